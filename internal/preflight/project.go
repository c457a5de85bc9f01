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
		c.say(problem.State, name, id, problem.Message, problem.Next)
	}
	if len(problems) == 0 {
		c.say(OK, name, id, "allows the repository and where it is applied", "")
	}
}

// notAllowed returns what a project forbids, each with what to add.
func (c *checker) notAllowed(spec map[string]any) []Check {
	var problems []Check
	for _, root := range c.Engine.Roots {
		url := text(root.Body, "spec", "source", "repoURL")
		if repositories, _ := spec["sourceRepos"].([]any); url != "" && !matches(repositories, url) {
			problems = append(problems, Check{State: Failed, Message: "does not allow the repository " + url, Next: "add it to spec.sourceRepos of the AppProject"})
		}
	}
	cluster := cmp.Or(c.Engine.Server, c.Engine.Name)
	for _, namespace := range namespacesOf(c.Objects) {
		switch state := c.reaches(mappings(spec["destinations"]), namespace); state {
		case Failed:
			problems = append(problems, Check{State: state, Message: fmt.Sprintf("does not allow namespace %s of cluster %s", namespace, cluster), Next: "add it to spec.destinations of the AppProject"})
		case Unknown:
			problems = append(problems, Check{State: state, Message: fmt.Sprintf("names clusters in another way than %s, so that nobody here can tell whether it allows namespace %s of it", cluster, namespace),
				Next: "compare with: argocd cluster list"})
		}
	}
	for _, o := range c.Objects {
		if problem, next := kindNotAllowed(spec, o); problem != "" {
			problems = append(problems, Check{State: Failed, Message: problem, Next: next})
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

// reaches tells whether the destinations allow a namespace of the cluster. One
// that names it by URL where only its name is known here, or the other way
// round, may allow it or take it back.
func (c *checker) reaches(destinations []map[string]any, namespace string) State {
	server, name := c.destination()
	allowed, mayAllow, mayDeny := false, false, false
	for _, d := range destinations {
		ofServer, ofName, where := text(d, "server"), text(d, "name"), text(d, "namespace")
		isServer, isName, isWhere := leadsTo(ofServer, server), leadsTo(ofName, name), allows(where, namespace, 0)
		switch {
		case (isServer || isName) && isWhere:
			allowed = true
		case name != "" && !isName && denies(ofName),
			server != "" && !isServer && denies(ofServer) && isWhere,
			isServer && !isWhere && denies(where):
			return Failed
		}
		unknown := cmp.Or(otherForm(ofServer, server), otherForm(ofName, name))
		mayAllow = mayAllow || unknown != "" && isWhere
		mayDeny = mayDeny || denies(unknown) || unknown != "" && !isWhere && denies(where)
	}
	switch {
	case allowed && !mayDeny:
		return OK
	case allowed || mayAllow:
		return Unknown
	}
	return Failed
}

// destination is the cluster by its URL and by its name, of which one is empty
// where it is not known. The one that Argo CD runs in has both by default.
func (c *checker) destination() (server, name string) {
	const ownServer, ownName = "https://kubernetes.default.svc", "in-cluster"
	server, name = c.Engine.Server, c.Engine.Name
	switch {
	case server == ownServer:
		name = ownName
	case name == ownName:
		server = ownServer
	}
	return server, name
}

// leadsTo tells that a pattern is for a cluster; the one of all is for those
// whose URL or name is not known, too.
func leadsTo(pattern, value string) bool {
	return pattern == "*" || value != "" && allows(pattern, value, 0)
}

// otherForm is a pattern for what is not known of a cluster.
func otherForm(pattern, value string) string {
	if value != "" || pattern == "*" {
		return ""
	}
	return pattern
}

// allows tells that a pattern matches. One with an exclamation mark does where
// the rest of it does not.
func allows(pattern, value string, separator byte) bool {
	if excluded, isNegative := strings.CutPrefix(pattern, "!"); isNegative {
		return !glob.Match(excluded, value, separator)
	}
	return pattern == "*" || glob.Match(pattern, value, separator)
}

// denies tells that a pattern takes back what others allow where it does not
// match itself.
func denies(pattern string) bool { return strings.HasPrefix(pattern, "!") }

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
// begins with an exclamation mark forbids it.
func matches(patterns []any, repository string) bool {
	allowed := false
	for _, p := range patterns {
		pattern, _ := p.(string)
		switch {
		case isRepository(pattern, repository):
			allowed = true
		case denies(pattern):
			return false
		}
	}
	return allowed
}

func isRepository(pattern, repository string) bool {
	excluded, isNegative := strings.CutPrefix(pattern, "!")
	pattern = normalURL(excluded)
	if isNegative {
		pattern = "!" + pattern
	}
	return allows(pattern, normalURL(repository), '/')
}

// normalURL writes a URL of git as Argo CD compares it: in lower case, without
// .git, and git@host:path as ssh://git@host/path without the scheme.
func normalURL(raw string) string {
	u := strings.ToLower(strings.TrimSpace(raw))
	user, _, isForUser := strings.Cut(u, "@")
	if isForUser && !strings.ContainsAny(user, "/:") {
		u = strings.Replace(u, ":", "/", 1)
	}
	return strings.TrimPrefix(strings.TrimSuffix(u, ".git"), "ssh://")
}
