// What lies in a synced directory and makes an engine do something else.

package gitops

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// A stray is a file that an engine takes for more than a manifest.
type stray struct {
	// name is the file's name, as [path.Match] understands it.
	name string
	does string
}

var (
	argocdStrays = []stray{
		{".argocd-source*.yaml", "Argo CD lets it overrule the Application"},
		{"Chart.yaml", "Argo CD reads it as a manifest, and other tools take the directory for a Helm chart"},
		{"[Kk]ustomization", "other tools take the directory for a kustomization"},
		{"kustomization.y*ml", "Argo CD reads it as a manifest and cannot apply it"},
	}
	fluxStrays = []stray{
		{".argocd-source*.yaml", "Flux reads it as a manifest"},
		{".sourceignore", "Flux leaves out the files that it names"},
		{"Chart.yaml", "Flux reads it as a manifest and cannot apply it"},
		{"[Kk]ustomization", "Flux applies what it lists and nothing else"},
		{"kustomization.y*ml", "Flux applies what it lists and nothing else"},
	}
)

// noticeStrays looks for strays in what the run sees of a site's directories.
func (p *planner) noticeStrays(s *site) {
	dirs := []string{s.dir(), s.base + sharedDir}
	for _, d := range p.branch.directories {
		if d.settings.EnvironmentName() == s.name() {
			dirs = append(dirs, d.path)
		}
	}
	listed := make(map[string]bool)
	for _, dir := range dirs {
		p.fail(p.straysBelow(s, dir))
		if s.grouping() != byDeployment {
			for parent := range parents(dir) {
				if !listed[parent] {
					listed[parent] = true
					p.fail(p.straysIn(s, parent))
				}
			}
		}
	}
}

func (p *planner) straysBelow(s *site, dir string) error {
	if what, _, err := p.tree.look(dir); err != nil || what != folder {
		return err
	}
	if err := p.straysIn(s, dir); err != nil {
		return err
	}
	entries, err := p.tree.list(dir)
	for _, name := range sortedKeys(entries) {
		if err == nil && entries[name].IsDir() {
			err = p.straysBelow(s, path.Join(dir, name))
		}
	}
	return err
}

func (p *planner) straysIn(s *site, dir string) error {
	entries, err := p.tree.list(dir)
	for _, name := range sortedKeys(entries) {
		for _, stray := range s.strays {
			if ok, _ := path.Match(stray.name, name); ok && !entries[name].IsDir() {
				p.notice("%s is not lading's and lies where %s syncs: %s; move it away", path.Join(dir, name), s.environment.Engine.Kind, stray.does)
			}
		}
	}
	return err
}

// variable is what Flux substitutes where a Kustomization has postBuild, see
// https://fluxcd.io/flux/components/kustomize/kustomizations/#post-build-variable-substitution.
var variable = regexp.MustCompile(`\$\{[_A-Za-z][^}]*\}`)

// noticeVariables tells of texts in the files that a plan writes which would
// change if somebody turned substitution on.
func (p *planner) noticeVariables(s *site) {
	if s.environment.Engine.Kind != "flux" {
		return
	}
	for _, c := range p.changes {
		if !p.belongs(s, c.Path) || isLedger(c.Path) {
			continue
		}
		if found := variable.Find(c.After); found != nil {
			p.notice("%s holds %s, which Flux replaces where spec.postBuild is set; lading never sets it", c.Path, found)
		}
	}
}

// belongs reports whether a file lies in a directory of the site.
func (p *planner) belongs(s *site, file string) bool {
	if strings.HasPrefix(file, s.base+sharedDir+"/") {
		return true
	}
	for dir := range parents(file) {
		if d := p.wanted[dir]; d != nil {
			return d.settings.EnvironmentName() == s.name()
		}
	}
	return false
}

// noticeMovedEnvironments tells of the engine objects of an environment that
// has another name now. They cannot go in the same commit: the root of the old
// name would delete what they sync before the root of the new one is there.
func (p *planner) noticeMovedEnvironments() {
	var told []string
	for _, dir := range sortedKeys(p.moved) {
		was, now := p.records[dir].ledger.Environment, p.moved[dir].settings.EnvironmentName()
		old := path.Join(escape(was), engineDir)
		if was == now || slices.Contains(told, was) {
			continue
		}
		told = append(told, was)
		if what, _, err := p.tree.look(old); err == nil && what == folder {
			p.notice("the engine objects in %s stay, although environment %s is %s now: see \"Renaming an environment\" in docs/engines.md", old, was, now)
		}
	}
}
