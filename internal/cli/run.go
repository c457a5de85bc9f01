package cli

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lading-dev/lading/internal/source"
	"github.com/lading-dev/lading/pkg/gitops"
	"github.com/lading-dev/lading/pkg/render"
	"github.com/lading-dev/lading/pkg/settings"
)

// run describes what was rendered to pkg/gitops: the objects, where they come
// from and whose they are. A source tree that differs from its commit is
// refused unless allowDirty.
func (fl *fleet) run(ctx context.Context, env *Env, allowDirty bool) (*gitops.Run, error) {
	src, err := source.Find(fl.loaded.Root.Dir())
	if err != nil {
		return nil, err
	}
	run := &gitops.Run{Tool: gitops.Tool{Version: toolVersion(), Templates: render.TemplatesDigest()}}
	if p := fl.loaded.Project; p != nil {
		run.Owner.Project = p.Spec.Key
	}
	if src != nil {
		fl.source = src
		run.Owner.Source = gitops.NormalizeURL(src.URL)
		run.Commit, run.Author, run.Subject = src.Commit, src.Author, src.Subject
	}
	found := newInputFinder(src, fl.loaded.Root.Dir(), env.Dir)
	for _, r := range fl.rendered {
		if r.output == nil {
			run.Failed = append(run.Failed, r.settings)
			continue
		}
		run.Rendered = append(run.Rendered, gitops.Rendered{
			Settings: r.settings, Set: r.output.Set, Inputs: found.of(r), Incomplete: r.output.Incomplete,
		})
	}
	run.Environments = fl.environments()
	if len(found.changed) == 0 || run.Commit == "" {
		return run, nil
	}
	run.Commit += gitops.DirtyMark
	if !allowDirty {
		return nil, dirtyError(found.changed)
	}
	return run, nil
}

// environments are those that were loaded, as pkg/gitops knows them.
func (fl *fleet) environments() []gitops.Environment {
	var all []gitops.Environment
	for _, e := range fl.loaded.Environments {
		all = append(all, gitops.Environment{
			Name: e.Name, Complete: e.Complete, Project: fl.loaded.Project, GitOps: e.GitOps,
		})
	}
	return all
}

// dirtyError refuses to publish what no commit of the source has.
func dirtyError(changed map[string]bool) error {
	files := make([]string, 0, len(changed))
	for file := range changed {
		files = append(files, file)
	}
	slices.Sort(files)
	const most = 5
	list := strings.Join(files[:min(most, len(files))], ", ")
	if len(files) > most {
		list += fmt.Sprintf(" and %d more", len(files)-most)
	}
	return &gitops.SafetyError{
		Message: "the settings differ from what is committed: " + list,
		Next:    "commit the changes, or publish them as they are with --allow-dirty",
	}
}

// An inputFinder finds the files of deployments in the repository of the
// settings. Deployments share files, and each is looked at once.
type inputFinder struct {
	repo *source.Repo
	root string // of the paths that renders record
	dir  string // of the paths that settings were named by
	// names are paths in the repository by file, "" for files outside.
	names map[string]string
	// digests are those of settings files, "" for what is no file.
	digests map[string]string
	// changed are the files that differ from the commit.
	changed map[string]bool
}

func newInputFinder(repo *source.Repo, root, dir string) *inputFinder {
	return &inputFinder{
		repo: repo, root: root, dir: dir,
		names: make(map[string]string), digests: make(map[string]string), changed: make(map[string]bool),
	}
}

// of returns the files that a deployment was rendered from, by path in the
// repository, with their digests; nil where there is no repository.
func (f *inputFinder) of(r rendered) map[string]string {
	if f.repo == nil {
		return nil
	}
	inputs := make(map[string]string)
	add := func(file, digest string) {
		if name := f.name(file, digest); name != "" {
			inputs[name] = digest
		}
	}
	for file, digest := range r.output.Inputs {
		if !strings.HasPrefix(file, "@") {
			add(filepath.Join(f.root, filepath.FromSlash(file)), digest)
		}
	}
	for _, file := range settingsFiles(r.settings) {
		file = inDir(f.dir, file)
		if digest := f.digest(file); digest != "" {
			add(file, digest)
		}
	}
	return inputs
}

// name returns the path of a file in the repository, and notes whether it
// differs from the commit.
func (f *inputFinder) name(file, digest string) string {
	if name, known := f.names[file]; known {
		return name
	}
	name, inside := f.repo.Within(file)
	if !inside {
		name = ""
	} else if f.repo.Differs(name, digest) {
		f.changed[name] = true
	}
	f.names[file] = name
	return name
}

func (f *inputFinder) digest(file string) string {
	if digest, known := f.digests[file]; known {
		return digest
	}
	if data, err := os.ReadFile(file); err == nil {
		f.digests[file] = digestOf(data)
	} else {
		f.digests[file] = "" // standard input, for one
	}
	return f.digests[file]
}

// settingsFiles are the files with the documents of a deployment.
func settingsFiles(r *settings.Resolved) []string {
	files := []string{r.Position.File}
	if r.Project != nil {
		files = append(files, r.Project.Position.File)
	}
	return files
}

func digestOf(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// writeTree writes what publish would commit to a directory.
func writeTree(ctx context.Context, env *Env, fl *fleet, dir string) error {
	run, err := fl.run(ctx, env, true)
	if err != nil {
		return err
	}
	plans, err := gitops.WriteDir(ctx, inDir(env.Dir, dir), run)
	if err != nil {
		return err
	}
	files := 0
	for _, p := range plans {
		files += len(p.Changes)
		notice(env, p)
	}
	say(env, "%s: %s", dir, cmp.Or(plural(files, "file changed", "files changed"), "unchanged"))
	return nil
}

// notice prints what the user should know of a plan.
func notice(env *Env, p *gitops.Plan) {
	for _, n := range p.Notices {
		say(env, "note: %s", n)
	}
}

// plural counts things, "" where there are none.
func plural(n int, one, many string) string {
	switch n {
	case 0:
		return ""
	case 1:
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
