// The GitOps engine: whether it is there, was told of the environment, and may
// do what it is going to be asked.

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

// An Engine is what syncs an environment. Kind is empty where nothing does.
type Engine struct {
	Kind, Namespace string
	// Project is the AppProject of its Applications; Server or Name are the
	// cluster that they go to, as Argo CD knows it.
	Project, Server, Name string
	// Roots are what bootstrap prints.
	Roots []*manifest.Object
}

// wants are the lists that tell whether the roots are there.
func (e Engine) wants() []Want {
	var wants []Want
	switch e.Kind {
	case "argocd":
		wants = []Want{
			want("argoproj.io/v1alpha1", "argoproj.io", "Application", "applications", e.Namespace),
			want("argoproj.io/v1alpha1", "argoproj.io", "AppProject", "appprojects", e.Namespace),
		}
	case "flux":
		wants = []Want{
			want("kustomize.toolkit.fluxcd.io/v1", "kustomize.toolkit.fluxcd.io", "Kustomization", "kustomizations", e.Namespace),
			want("source.toolkit.fluxcd.io/v1", "source.toolkit.fluxcd.io", "GitRepository", "gitrepositories", e.Namespace),
		}
	}
	for i := range wants {
		wants[i].Engine = true
	}
	return wants
}

func (c *checker) engine() {
	const name = "engine"
	if c.Engine.Kind == "" {
		return
	}
	if c.facts.EngineProblem != "" {
		c.say(Unknown, name, manifest.ID{}, c.facts.EngineProblem, "name the engine's cluster with --engine-context, or in engine.context")
		return
	}
	if c.facts.EngineMissing != "" {
		c.say(Failed, name, manifest.ID{}, c.facts.EngineMissing, "install it, or name the cluster that it runs in with engine.context")
		return
	}
	if len(c.Engine.Roots) == 0 {
		c.say(Unknown, name, manifest.ID{}, "what it is to sync is not known, since no URL of the repository is", "set gitops.url")
	}
	for _, root := range c.Engine.Roots {
		list := List{root.Group(), root.Kind(), root.Namespace()}
		live, known := c.facts.get(list, root.Name())
		switch {
		case !known:
			c.unread(name, root.ID(), list)
		case live == nil:
			c.say(Failed, name, root.ID(), "does not exist, so that nothing is synced", "apply it once: lading bootstrap --env "+c.Environment+" | kubectl apply -f -")
		default:
			c.say(OK, name, root.ID(), "exists", "")
		}
	}
	if c.Engine.Kind == "argocd" {
		c.appProject()
	}
}

// appProject checks that the project of the Applications allows where they
// read and write. See
// https://argo-cd.readthedocs.io/en/stable/user-guide/projects/.
func (c *checker) appProject() {
	const name = "AppProject"
	project := cmp.Or(c.Engine.Project, "default")
	id := manifest.ID{Group: "argoproj.io", Kind: "AppProject", Namespace: c.Engine.Namespace, Name: project}
	list := List{"argoproj.io", "AppProject", c.Engine.Namespace}
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
	allowed := mappings(spec["clusterResourceWhitelist"])
	for _, o := range c.Objects {
		if o.Namespace() == "" && !lists(allowed, o) {
			problem := [2]string{fmt.Sprintf("does not allow the cluster-scoped kind %s", strings.Trim(o.Kind()+"."+o.Group(), ".")), "add it to spec.clusterResourceWhitelist of the AppProject"}
			if len(problems) == 0 || problems[len(problems)-1] != problem {
				problems = append(problems, problem)
			}
		}
	}
	return problems
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

// lists tells that a list of kinds has that of an object.
func lists(allowed []map[string]any, o *manifest.Object) bool {
	return slices.ContainsFunc(allowed, func(a map[string]any) bool {
		group, groupErr := path.Match(text(a, "group"), o.Group())
		kind, kindErr := path.Match(text(a, "kind"), o.Kind())
		return group && kind && groupErr == nil && kindErr == nil
	})
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
