package committed_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lading-dev/lading/internal/cli"
	"github.com/lading-dev/lading/internal/committed"
	"github.com/lading-dev/lading/internal/gitrepo"
	"github.com/lading-dev/lading/internal/gittest"
	"github.com/lading-dev/lading/pkg/settings"
)

// A harbour is a project, the repository that it publishes to, and the ways to
// reach that.
type harbour struct {
	dir, bare string
	// local is the repository of this machine, repository the way to it.
	local, repository string
}

const shop = `apiVersion: lading.dev/v1alpha1
kind: Project
metadata: {name: shop}
spec:
  key: abcdef
  deployments: ["deployments/*.yaml"]
  environments: [{name: prod}]
`

const greet = `apiVersion: lading.dev/v1alpha1
kind: PipelineDeployment
metadata: {name: greet}
spec: {image: registry.example.com/zenml:greet, entrypoint: image, settings: {resources: {min_replicas: 1}}}
`

func newHarbour(t *testing.T) *harbour {
	t.Helper()
	h := &harbour{dir: t.TempDir(), bare: gittest.Bare(t, t.TempDir(), "r.git")}
	h.local = "file://" + filepath.ToSlash(h.bare)
	h.repository = h.local
	h.write(t, "lading.yaml", shop)
	return h
}

// overWays runs a test on a repository of this machine, over http, and over
// http from a server that cannot leave objects out.
func overWays(t *testing.T, test func(t *testing.T, h *harbour)) {
	t.Helper()
	t.Parallel()
	for name, o := range map[string]*gittest.Options{"local": nil, "http": {}, "http without filter": {NoFilter: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarbour(t)
			if o != nil {
				h.repository = gittest.HTTPServer(t, filepath.Dir(h.bare), *o).URL + "/r.git"
			}
			test(t, h)
		})
	}
}

func (h *harbour) write(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join(h.dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// run runs a command of lading, which must do what it is asked to.
func (h *harbour) run(t *testing.T, args ...string) {
	t.Helper()
	var out bytes.Buffer
	env := &cli.Env{
		Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Getenv: func(string) string { return "" }, Dir: h.dir,
		Now:    func() time.Time { return time.Date(2026, 2, 1, 12, 0, 0, 0, time.UTC) },
		Sleep:  func(context.Context, time.Duration) error { return nil },
		Random: func() float64 { return 0.5 },
	}
	if got := cli.Main(env, args); got != 0 {
		t.Fatalf("lading %s: exit status %d\n%s", strings.Join(args, " "), got, &out)
	}
}

// publish publishes greet with a number of replicas and returns the commit.
func (h *harbour) publish(t *testing.T, replicas int, more ...string) string {
	t.Helper()
	h.write(t, "deployments/greet.yaml", strings.Replace(greet, "min_replicas: 1", fmt.Sprintf("min_replicas: %d", replicas), 1))
	h.run(t, append([]string{"publish", "--trust-inputs", "--repository", h.local}, more...)...)
	return h.git(t, "rev-parse", "main")
}

func (h *harbour) git(t *testing.T, args ...string) string {
	t.Helper()
	return gittest.Git(t, h.bare, args...)
}

// foreign commits a file of somebody else.
func (h *harbour) foreign(t *testing.T) string {
	t.Helper()
	return gittest.Commit(t, h.bare, "main", "other", map[string]string{"other/file.yaml": fmt.Sprint(time.Now().UnixNano())})
}

// read reads targets with a clock that goes on.
func (h *harbour) read(t *testing.T, revision string, names ...string) []*committed.Target {
	t.Helper()
	loaded, err := settings.Load(settings.Options{Dir: h.dir})
	if err != nil {
		t.Fatal(err)
	}
	for i := range loaded.Environments {
		loaded.Environments[i].GitOps.Repository = h.repository
	}
	now := time.Date(2026, 2, 1, 12, 0, 0, 0, time.UTC)
	r := &committed.Reader{
		Project: loaded.Project, Environments: loaded.Environments, Resolved: loaded.Resolved,
		Names: names, Revision: revision,
		Open: func(ctx context.Context, repository string) (*gitrepo.Repo, error) {
			return gitrepo.Open(ctx, repository, gitrepo.Options{Getenv: func(string) string { return "" }})
		},
		Now:  func() time.Time { now = now.Add(time.Minute); return now },
		Warn: func(text string) { t.Error(text) },
	}
	t.Cleanup(r.Close)
	targets, err := r.Read(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return targets
}

// one reads greet.
func (h *harbour) one(t *testing.T, revision string) *committed.Target {
	t.Helper()
	targets := h.read(t, revision, "greet")
	if len(targets) != 1 {
		t.Fatalf("got %d targets, want one", len(targets))
	}
	return targets[0]
}
