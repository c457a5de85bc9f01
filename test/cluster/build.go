package cluster

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// A part is a Go module beside this file, and what is taken from it.
type part struct {
	name     string   // of the module's directory, and of the program where packages is "."
	packages []string // what to build
	crds     []string // files of the modules that it requires: module path, then a pattern
	version  string   // a module whose version the programs are told; may be empty
	takes    string   // how long a build takes the first time
}

var (
	controlPlane = part{
		name: "control-plane", packages: []string{"."}, version: "k8s.io/kubernetes", takes: "about 8 minutes",
		crds: []string{"sigs.k8s.io/kwok kustomize/crd/bases/kwok.x-k8s.io_logs.yaml"},
	}
	flux = part{
		name: "flux", takes: "about 4 minutes",
		packages: []string{"github.com/fluxcd/source-controller", "github.com/fluxcd/kustomize-controller"},
		crds: []string{
			"github.com/fluxcd/source-controller config/crd/bases/*.yaml",
			"github.com/fluxcd/kustomize-controller config/crd/bases/*.yaml",
		},
	}
	argoCD = part{
		name: "argocd", packages: []string{"."}, takes: "about 3 minutes",
		crds: []string{
			"github.com/argoproj/argo-cd/v3 manifests/crds/application-crd.yaml",
			"github.com/argoproj/argo-cd/v3 manifests/crds/appproject-crd.yaml",
		},
	}
)

// parts are the modules that a cluster needs.
func parts(o Options) []part {
	list := []part{controlPlane}
	if o.Flux {
		list = append(list, flux)
	}
	if o.ArgoCD {
		list = append(list, argoCD)
	}
	return list
}

// programs are the directories of what was built, by part.
type programs map[string]string

func (p programs) in(of part, name string) string { return filepath.Join(p[of.name], name) }

func (p programs) kcp() string { return p.in(controlPlane, controlPlane.name) }

// Build returns the programs of parts, from the cache where they are there.
func Build(ctx context.Context, log io.Writer, list ...part) (programs, error) {
	root, err := sources(ctx)
	if err != nil {
		return nil, err
	}
	store, err := newStore()
	if err != nil {
		return nil, err
	}
	built := make(programs)
	for _, p := range list {
		if built[p.name], err = store.get(ctx, p, filepath.Join(root, p.name), log); err != nil {
			return nil, fmt.Errorf("building %s: %w", p.name, err)
		}
	}
	return built, nil
}

// BuildAll builds the programs of everything that a cluster can consist of.
func BuildAll(ctx context.Context, log io.Writer) error {
	_, err := Build(ctx, log, controlPlane, flux, argoCD)
	return err
}

// sources is the directory of this package.
func sources(ctx context.Context) (string, error) {
	dir, err := goOutput(ctx, "", "list", "-m", "-f", "{{.Dir}}", "github.com/lading-dev/lading")
	if err != nil {
		return "", fmt.Errorf("looking for the sources, which only a checkout of lading has: %w", err)
	}
	return filepath.Join(dir, "test", "cluster"), nil
}

// flags are those of make's builds, so that packages which both have are
// compiled once.
var flags = []string{"build", "-trimpath"}

// compile builds a part into a directory.
func compile(ctx context.Context, p part, module, dir string, log io.Writer) error {
	fmt.Fprintf(log, "building %s (%s the first time; kept in %s)\n", p.name, p.takes, filepath.Dir(dir))
	began := time.Now()
	ldflags, err := linkerFlags(ctx, p, module)
	if err != nil {
		return err
	}
	args := append(append([]string{}, flags...), "-ldflags", ldflags, "-o", dir+string(filepath.Separator))
	if _, err := goOutput(ctx, module, append(args, p.packages...)...); err != nil {
		return err
	}
	if err := copyCRDs(ctx, p, module, filepath.Join(dir, "crds")); err != nil {
		return err
	}
	fmt.Fprintf(log, "built %s in %s\n", p.name, time.Since(began).Round(time.Second))
	return nil
}

// linkerFlags tell Kubernetes its version, without which kubectl of another
// version refuses to talk to it.
func linkerFlags(ctx context.Context, p part, module string) (string, error) {
	out := []string{"-s", "-w"}
	if p.version == "" {
		return strings.Join(out, " "), nil
	}
	version, err := goOutput(ctx, module, "list", "-m", "-f", "{{.Version}}", p.version)
	if err != nil {
		return "", err
	}
	numbers := strings.Split(strings.TrimPrefix(version, "v"), ".")
	if len(numbers) < 3 {
		return "", fmt.Errorf("%s has version %q, want vX.Y.Z", p.version, version)
	}
	for _, set := range [][2]string{
		{"gitVersion", version}, {"gitMajor", numbers[0]}, {"gitMinor", numbers[1]}, {"gitTreeState", "clean"},
	} {
		out = append(out, "-X k8s.io/component-base/version."+set[0]+"="+set[1])
	}
	return strings.Join(out, " "), nil
}

// copyCRDs copies from the module cache what belongs to the programs.
func copyCRDs(ctx context.Context, p part, module, to string) error {
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	for _, line := range p.crds {
		required, pattern, _ := strings.Cut(line, " ")
		dir, err := goOutput(ctx, module, "list", "-m", "-f", "{{.Dir}}", required)
		if err != nil {
			return err
		}
		files, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return err
		}
		if len(files) == 0 {
			return fmt.Errorf("%s has no %s", required, pattern)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(to, filepath.Base(file)), data, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

// goOutput runs go in a directory. The flags of the caller's environment do not
// count, or the cache would hold what they asked for.
func goOutput(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("go %s: %w\n%s", args[0], err, tail(stderr.String(), 20))
	}
	return strings.TrimSpace(stdout.String()), nil
}
