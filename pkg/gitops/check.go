// The checks that keep the directories and branches of two deployments apart.

package gitops

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lading-dev/lading/pkg/settings"
)

// Check reports what is wrong with the branches and directories of deployments
// as far as it shows before anything is rendered: templates that cannot be
// expanded, two deployments in one directory (ignoring case), a directory in
// another, branches that cannot exist side by side. [Layout] checks again with
// the namespaces that overlays decide on.
func Check(resolved []*settings.Resolved, environments []Environment) settings.Problems {
	var c claims
	for _, r := range resolved {
		c.deployment(r, r.Namespace)
	}
	for _, e := range environments {
		c.environment(e.Project, e.Name, e.GitOps)
	}
	return slices.Concat(c.check(), checkMessages(environments))
}

// A claimed directory is one that a deployment, or an environment's shared or
// engine objects, writes to.
type claimed struct {
	Destination
	repository string // normalised
	dir        string
	label      string
	at         settings.Position
}

// claims collects directories, and what is wrong with the templates that they
// come from.
type claims struct {
	list     []claimed
	problems settings.Problems
	seen     map[string]bool // environments with their branches, problems
}

// deployment claims the directory of a deployment and its environment's own
// directories beside it.
func (c *claims) deployment(r *settings.Resolved, namespace string) (claimed, bool) {
	vars := variablesOf(r, namespace)
	branch, err := branchOf(r.GitOps.Branch, vars)
	if err != nil {
		c.broken(r, "gitops.branch", err)
		return claimed{}, false
	}
	dir, err := directoryOf(r.GitOps.Path, vars)
	if err != nil {
		c.broken(r, "gitops.path", err)
		return claimed{}, false
	}
	own := c.claim(Destination{r.GitOps.Repository, branch}, dir, label(r), r.Position)
	c.reserve(own.Destination, r.Project, r.EnvironmentName(), r.GitOps)
	return own, true
}

// environment claims an environment's own directories where its branch does
// not depend on a deployment.
func (c *claims) environment(p *settings.Project, name string, g settings.GitOps) (Destination, bool) {
	branch, err := branchOf(g.Branch, environmentVariables(p, name))
	if err != nil {
		return Destination{}, false
	}
	to := Destination{g.Repository, branch}
	c.reserve(to, p, name, g)
	return to, true
}

func (c *claims) reserve(to Destination, p *settings.Project, name string, g settings.GitOps) {
	key := to.key() + "\x00" + name
	if c.once(key) {
		at := p.Place(name, "gitops")
		base := environmentDir(name, g)
		c.claim(to, base+sharedDir, "the shared objects of "+name, at)
		c.claim(to, base+engineDir, "the engine objects of "+name, at)
	}
}

func (c *claims) claim(to Destination, dir, label string, at settings.Position) claimed {
	own := claimed{Destination: to, repository: NormalizeURL(to.Repository), dir: dir, label: label, at: at}
	c.list = append(c.list, own)
	return own
}

// broken reports a template once, however many deployments use it.
func (c *claims) broken(r *settings.Resolved, field string, err error) {
	p := &settings.Problem{Position: r.Project.Place(r.EnvironmentName(), field), Path: field, Message: err.Error()}
	if c.once(p.Error()) {
		c.problems = append(c.problems, p)
	}
}

func (c *claims) once(key string) bool {
	if c.seen == nil {
		c.seen = make(map[string]bool)
	}
	defer func() { c.seen[key] = true }()
	return !c.seen[key]
}

func (c *claims) check() settings.Problems {
	return slices.Concat(c.problems, checkDirectories(c.list), checkBranches(c.list))
}

// environmentDir is the directory of an environment's own objects, with its
// last slash: <environment>/, or the root of the branch where the branch
// stands for the environment and paths do not name it.
func environmentDir(name string, g settings.GitOps) string {
	if names(g.Branch, "environment") && !names(g.Path, "environment") {
		return ""
	}
	return escape(name) + "/"
}

// checkDirectories reports directories that are equal or lie in one another,
// ignoring case.
func checkDirectories(claims []claimed) settings.Problems {
	byPath := make(map[string]claimed, len(claims))
	var problems settings.Problems
	for _, c := range claims {
		if other, ok := byPath[c.key(c.dir)]; ok {
			problems = append(problems, overlap(c, other, "is also the directory of"))
			continue
		}
		byPath[c.key(c.dir)] = c
	}
	for _, c := range claims {
		for parent := range parents(c.dir) {
			if other, ok := byPath[c.key(parent)]; ok {
				problems = append(problems, overlap(c, other, "lies in "+other.dir+", the directory of"))
			}
		}
	}
	return problems
}

func (c claimed) key(dir string) string {
	return c.repository + "\x00" + c.Branch + "\x00" + strings.ToLower(dir)
}

func overlap(c, other claimed, how string) *settings.Problem {
	where := ""
	if at := other.at.String(); at != "" {
		where = " (" + at + ")"
	}
	return &settings.Problem{
		Position: c.at,
		Message:  fmt.Sprintf("directory %s of %s %s %s%s", c.dir, c.label, how, other.label, where),
		Hint:     "give each deployment a directory of its own: name {{environment}}, {{namespace}} and {{deployment}} in gitops.path",
	}
}

// parents yields the directories above a path, the nearest first.
func parents(path string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for {
			i := strings.LastIndexByte(path, '/')
			if i < 0 {
				return
			}
			path = path[:i]
			if !yield(path) {
				return
			}
		}
	}
}

// checkBranches reports branches of one repository that cannot exist side by
// side: names that differ in case only, and one name below another.
func checkBranches(claims []claimed) settings.Problems {
	first := make(map[string]claimed)
	seen := make(map[string]bool)
	var problems settings.Problems
	for _, c := range claims {
		if seen[c.repository+"\x00"+c.Branch] {
			continue
		}
		seen[c.repository+"\x00"+c.Branch] = true
		key := c.repository + "\x00" + strings.ToLower(c.Branch)
		if other, ok := first[key]; ok {
			problems = append(problems, branchProblem(c, other, "differs only in case from"))
		} else {
			first[key] = c
		}
	}
	for _, key := range sortedKeys(first) {
		c := first[key]
		for parent := range parents(c.Branch) {
			if other, ok := first[c.repository+"\x00"+strings.ToLower(parent)]; ok {
				problems = append(problems, branchProblem(c, other, "cannot exist beside"))
			}
		}
	}
	return problems
}

func branchProblem(c, other claimed, how string) *settings.Problem {
	return &settings.Problem{
		Position: c.at,
		Message:  fmt.Sprintf("branch %s of %s %s branch %s of %s", c.Branch, c.label, how, other.Branch, other.label),
		Hint:     "change gitops.branch",
	}
}
