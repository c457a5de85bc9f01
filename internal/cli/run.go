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
	changed := make(map[string]bool)
	for _, r := range fl.rendered {
		if r.output == nil {
			run.Failed = append(run.Failed, r.settings)
			continue
		}
		inputs := fl.inputs(env, src, r, changed)
		run.Rendered = append(run.Rendered, gitops.Rendered{
			Settings: r.settings, Set: r.output.Set, Inputs: inputs, Incomplete: r.output.Incomplete,
		})
	}
	run.Environments = fl.environments()
	if len(changed) == 0 || run.Commit == "" {
		return run, nil
	}
	run.Commit += gitops.DirtyMark
	if !allowDirty {
		return nil, dirtyError(changed)
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

// inputs returns the files that a deployment was rendered from, by path in the
// source repository, with their digests. It notes those that differ from the
// commit in changed.
func (fl *fleet) inputs(env *Env, src *source.Repo, r rendered, changed map[string]bool) map[string]string {
	if src == nil {
		return nil
	}
	inputs := make(map[string]string)
	add := func(file, digest string) {
		name, ok := src.Within(file)
		if !ok {
			return
		}
		inputs[name] = digest
		if src.Differs(name, digest) {
			changed[name] = true
		}
	}
	for file, digest := range r.output.Inputs {
		if !strings.HasPrefix(file, "@") {
			add(filepath.Join(fl.loaded.Root.Dir(), filepath.FromSlash(file)), digest)
		}
	}
	for _, file := range settingsFiles(r.settings) {
		file = inDir(env.Dir, file)
		if digest, err := fileDigest(file); err == nil {
			add(file, digest)
		}
	}
	return inputs
}

// settingsFiles are the files with the documents of a deployment.
func settingsFiles(r *settings.Resolved) []string {
	files := []string{r.Position.File}
	if r.Project != nil {
		files = append(files, r.Project.Position.File)
	}
	return files
}

func fileDigest(file string) (string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	return digestOf(data), nil
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
