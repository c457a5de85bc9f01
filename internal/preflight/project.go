// What the AppProject of an environment's Applications lets through.

package preflight

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/lading-dev/lading/internal/glob"
	"github.com/lading-dev/lading/pkg/manifest"
)

// appProject checks that the project of the Applications allows where they
// read and write. See
// https://argo-cd.readthedocs.io/en/stable/user-guide/projects/.
func (c *checker) appProject() {
	const name = "AppProject"
	project := cmp.Or(c.Engine.Project, "default")
	id := manifest.ID{Group: "argoproj.io", Kind: "AppProject", Namespace: c.Engine.Namespace, Name: project}
	list := List{Group: "argoproj.io", Kind: "AppProject", Namespace: c.Engine.Namespace, Engine: true}
	live, known := c.facts.get(list, project)
	if !known {
		c.unread(name, id, list)
		return
	}
	if live == nil {
		c.say(Failed, name, id, "does not exist", "create it, or name one that there is in engine.project; there are "+c.names(list))
		return
	}
	spec := mapping(live.Body, "spec")
	problems := c.notAllowed(spec)
	for _, problem := range problems {
		c.say(Failed, name, id, problem[0], problem[1])
	}
	if len(problems) == 0 {
		c.say(OK, name, id, "allows the repository and where it is applied", "")
	}
}

// notAllowed returns what a project forbids, each with what to add.
func (c *checker) notAllowed(spec map[string]any) [][2]string {
	var problems [][2]string
	for _, root := range c.Engine.Roots {
		url := text(root.Body, "spec", "source", "repoURL")
		if repositories, _ := spec["sourceRepos"].([]any); url != "" && !matches(repositories, url) {
			problems = append(problems, [2]string{"does not allow the repository " + url, "add it to spec.sourceRepos of the AppProject"})
		}
	}
	destinations := mappings(spec["destinations"])
	for _, namespace := range namespacesOf(c.Objects) {
		if !c.reaches(destinations, namespace) {
			problems = append(problems, [2]string{
				fmt.Sprintf("does not allow namespace %s of cluster %s", namespace, cmp.Or(c.Engine.Server, c.Engine.Name)),
				"add it to spec.destinations of the AppProject"})
		}
	}
	for _, o := range c.Objects {
		if problem, next := kindNotAllowed(spec, o); problem != "" {
			problems = append(problems, [2]string{problem, next})
		}
	}
	return problems
}

// kindNotAllowed tells which of a project's four lists of kinds keeps an object
// out. Kinds in namespaces are allowed unless a list says otherwise, and those
// without only where one does.
func kindNotAllowed(spec map[string]any, o *manifest.Object) (problem, next string) {
	scope, what := "namespace", "kind "
	if o.Namespace() == "" {
		scope, what = "cluster", "cluster-scoped kind "
	}
	what += strings.Trim(o.Kind()+"."+o.Group(), ".")
	white, black := scope+"ResourceWhitelist", scope+"ResourceBlacklist"
	_, limited := spec[white].([]any)
	switch {
	case (limited || scope == "cluster") && !lists(mappings(spec[white]), o):
		return "does not allow the " + what, "add it to spec." + white + " of the AppProject"
	case lists(mappings(spec[black]), o):
		return "forbids the " + what, "take it out of spec." + black + " of the AppProject"
	}
	return "", ""
}

// reaches tells that one of the destinations is the cluster and the namespace.
// One that begins with an exclamation mark takes back what others allow.
func (c *checker) reaches(destinations []map[string]any, namespace string) bool {
	allowed := false
	for _, d := range destinations {
		server, isServer := d["server"].(string)
		name, isName := d["name"].(string)
		to := isServer && c.Engine.Server != "" && glob.Match(server, c.Engine.Server, 0) || isName && c.Engine.Name != "" && glob.Match(name, c.Engine.Name, 0) ||
			isServer && server == "*"
		pattern, _ := d["namespace"].(string)
		if excluded, isNegative := strings.CutPrefix(pattern, "!"); to && isNegative && glob.Match(excluded, namespace, 0) {
			return false
		}
		allowed = allowed || to && glob.Match(pattern, namespace, 0)
	}
	return allowed
}

// lists tells that a list of kinds has that of an object. Newer Argo CD lets one
// of cluster-scoped kinds also name the objects.
func lists(kinds []map[string]any, o *manifest.Object) bool {
	return slices.ContainsFunc(kinds, func(k map[string]any) bool {
		return fits(text(k, "group"), o.Group()) && fits(text(k, "kind"), o.Kind()) && fits(cmp.Or(text(k, "name"), "*"), o.Name())
	})
}

// fits matches a pattern of one of these lists; a broken one matches nothing.
func fits(pattern, value string) bool {
	match, err := path.Match(pattern, value)
	return match && err == nil
}

// matches tells that one of the patterns allows a repository, and none that
// begins with an exclamation mark forbids it. With or without .git is the same.
func matches(patterns []any, repository string) bool {
	repository = strings.TrimSuffix(repository, ".git")
	allowed := false
	for _, p := range patterns {
		pattern, _ := p.(string)
		if excluded, isNegative := strings.CutPrefix(pattern, "!"); isNegative {
			if isRepository(excluded, repository) {
				return false
			}
			continue
		}
		allowed = allowed || pattern == "*" || isRepository(pattern, repository)
	}
	return allowed
}

func isRepository(pattern, repository string) bool {
	return glob.Match(strings.TrimSuffix(pattern, ".git"), repository, '/')
}
