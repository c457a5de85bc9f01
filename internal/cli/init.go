package cli

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lading-dev/lading/overlays"
	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/settings"
)

func newInit(env *Env) *cobra.Command {
	var oneFile, fromZenML string
	cmd := &cobra.Command{
		Use:   "init [DIR]",
		Short: "Write a first project, or a single settings file",
		Example: `  lading init --one-file greet.yaml            # five lines are enough
  lading init ml-platform                      # a project with dev, staging and prod
  lading init --from-zenml config.yaml --one-file greet.yaml`,
		Long: `Init writes a project: lading.yaml, one deployment and an overlay for each
environment; with --one-file only a single deployment. With --from-zenml the
deployment is converted from a ZenML run configuration. Files that exist are
never overwritten.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return misuse(cmd, fmt.Errorf("want one directory, got %d arguments", len(args)))
			}
			if len(args) == 1 && oneFile != "" {
				return misuse(cmd, errors.New("want a directory or --one-file, not both"))
			}
			if len(args) == 1 && isYAML(args[0]) {
				return &usageError{
					fmt.Sprintf("want a directory, got %q", args[0]),
					"a single settings file: lading init --one-file " + shellWord(args[0]),
				}
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			dir := env.Dir
			if len(args) == 1 {
				dir = inDir(env.Dir, args[0])
			}
			s := &scaffold{env: env, dir: dir}
			return s.write(oneFile, fromZenML)
		},
	}
	cmd.Flags().StringVar(&oneFile, "one-file", "", "write only this settings file, without a project")
	cmd.Flags().StringVar(&fromZenML, "from-zenml", "", "convert this ZenML run configuration")
	return cmd
}

// A scaffold is the files that init writes.
type scaffold struct {
	env   *Env
	dir   string
	files newFiles
	notes []string
}

func (s *scaffold) write(oneFile, fromZenML string) error {
	name := "greet"
	if oneFile != "" {
		name = deploymentName(oneFile)
	} else if fromZenML != "" {
		name = deploymentName(fromZenML)
	}
	deployment, err := s.deployment(name, fromZenML)
	if err != nil {
		return err
	}
	if oneFile != "" {
		s.files.add(inDir(s.env.Dir, oneFile), deployment)
	} else if err := s.project(name, deployment); err != nil {
		return err
	}
	return s.save()
}

// deploymentName makes a name of a file's name.
func deploymentName(file string) string {
	base := filepath.Base(file)
	return manifest.K8sName(strings.TrimSuffix(base, filepath.Ext(base)), 63)
}

const firstDeployment = `apiVersion: lading.dev/v1alpha1
kind: PipelineDeployment
metadata: {name: %s}
spec:
  image: registry.example.com/zenml:%s
`

// deployment returns the text of the deployment's file.
func (s *scaffold) deployment(name, fromZenML string) ([]byte, error) {
	if fromZenML == "" {
		return fmt.Appendf(nil, firstDeployment, name, name), nil
	}
	data, err := os.ReadFile(inDir(s.env.Dir, fromZenML))
	if err != nil {
		return nil, fmt.Errorf("reading the ZenML run configuration: %w", err)
	}
	text, notes, err := settings.FromZenML(fromZenML, data, name)
	s.notes = notes
	return text, err
}

const firstProject = `apiVersion: lading.dev/v1alpha1
kind: Project
metadata:
  name: %s
spec:
  # Part of every derived id and of the ownership of published files: keep it.
  key: %s
  deployments: ["deployments/*/deployment.yaml"]
  environments:
    - name: dev
      overlays: [overlays/dev]
    - name: staging
      overlays: [overlays/staging]
    - name: prod
      overlays: [overlays/prod]
      # cluster: {context: prod}    # of your kubeconfig; for lading status
      # engine: {kind: argocd}      # or flux; then: lading bootstrap --env prod
  gitops:
    # Where rendered manifests are committed: a URL or a path.
    repository: ../rendered.git
    branch: main
`

// project adds the project file, one deployment and the example overlays.
func (s *scaffold) project(name string, deployment []byte) error {
	title, err := manifest.AppendYAML(nil, filepath.Base(s.dir))
	if err != nil {
		return fmt.Errorf("naming the project after its directory: %w", err)
	}
	key, err := manifest.AppendYAML(nil, randomKey())
	if err != nil {
		return err
	}
	s.files.add(filepath.Join(s.dir, "lading.yaml"),
		fmt.Appendf(nil, firstProject, bytes.TrimSpace(title), bytes.TrimSpace(key)))
	s.files.add(filepath.Join(s.dir, "deployments", name, "deployment.yaml"), deployment)
	for _, environment := range []string{"dev", "staging", "prod"} {
		err := fs.WalkDir(overlays.FS, environment, func(file string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := fs.ReadFile(overlays.FS, file)
			s.files.add(filepath.Join(s.dir, filepath.FromSlash(path.Join("overlays", file))), data)
			return err
		})
		if err != nil {
			return fmt.Errorf("reading the example overlay %q: %w", environment, err)
		}
	}
	return nil
}

// save writes all files, or none where one of them exists.
func (s *scaffold) save() error {
	if err := s.files.write(s.env); err != nil {
		return err
	}
	for _, note := range s.notes {
		say(s.env, "note: %s", note)
	}
	look, publish := s.next()
	say(s.env, "next: %s", look)
	say(s.env, "then: %s", publish)
	return nil
}

// next is the commands to go on with: the one that shows the manifests, and the one
// that commits them to a first repository.
func (s *scaffold) next() (look, publish string) {
	if len(s.files) == 1 {
		file := shellWord(relative(s.env.Dir, s.files[0].path))
		return "lading render -f " + file, "lading publish -f " + file + " --repository ./rendered.git --init"
	}
	look, publish = "lading render --env prod", "lading publish --init"
	if s.dir != s.env.Dir {
		look = fmt.Sprintf("cd %s && %s", shellWord(relative(s.env.Dir, s.dir)), look)
	}
	return look, publish
}

// randomKey returns six random characters that need no quotes in YAML.
func randomKey() string {
	const letters = "abcdefghijkmnpqrstuvwxyz"
	const all = letters + "23456789"
	key := make([]byte, 6)
	if _, err := rand.Read(key); err != nil {
		panic(err) // crypto/rand never fails on supported systems
	}
	for i, b := range key {
		alphabet := all
		if i == 0 {
			alphabet = letters
		}
		key[i] = alphabet[int(b)%len(alphabet)]
	}
	return string(key)
}

// inDir makes a path absolute.
func inDir(dir, file string) string {
	if filepath.IsAbs(file) {
		return filepath.Clean(file)
	}
	return filepath.Join(dir, file)
}

// nearby writes a path as a person in dir would type it, also where it lies a
// little above.
func nearby(dir, file string) string {
	rel, err := filepath.Rel(dir, file)
	if err != nil || strings.HasPrefix(rel, filepath.Join("..", "..", "..")) {
		return file
	}
	return rel
}

// relative writes a path as a person in dir would type it.
func relative(dir, file string) string {
	rel, err := filepath.Rel(dir, file)
	if err != nil || slices.Contains(strings.Split(rel, string(filepath.Separator)), "..") {
		return file
	}
	return rel
}
