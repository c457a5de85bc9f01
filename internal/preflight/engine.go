// The GitOps engine: whether it is there, was told of the environment, and may
// do what it is going to be asked.

package preflight

import "github.com/lading-dev/lading/pkg/manifest"

// An Engine is what syncs an environment. Kind is empty where nothing does.
type Engine struct {
	Kind, Namespace string
	// KubeconfigSecret is with what Flux enters another cluster.
	KubeconfigSecret string
	// Project is the AppProject of its Applications; Server or Name are the
	// cluster that they go to, as Argo CD knows it.
	Project, Server, Name string
	// Roots are what bootstrap prints.
	Roots []*manifest.Object
}

// wants are the lists that tell whether the roots are there, and what they need.
func (e Engine) wants(w *wishes) {
	switch e.Kind {
	case "argocd":
		w.want(e.list("argoproj.io", "Application"))
		w.want(e.list("argoproj.io", "AppProject"))
	case "flux":
		w.want(e.list("kustomize.toolkit.fluxcd.io", "Kustomization"))
		w.want(e.list("source.toolkit.fluxcd.io", "GitRepository"))
		if len(e.secrets()) > 0 {
			w.names(e.list("", "Secret"))
		}
	}
}

func (e Engine) list(group, kind string) List {
	return List{Group: group, Kind: kind, Namespace: e.Namespace, Engine: true}
}

// An engineSecret is one that Flux cannot do without.
type engineSecret struct{ name, problem, setting string }

func (e Engine) secrets() []engineSecret {
	var secrets []engineSecret
	for _, root := range e.Roots {
		if name := text(root.Body, "spec", "secretRef", "name"); name != "" && root.Kind() == "GitRepository" {
			secrets = append(secrets, engineSecret{name, "Flux cannot read the repository", "engine.repository_secret"})
		}
	}
	if e.Kind == "flux" && e.KubeconfigSecret != "" {
		secrets = append(secrets, engineSecret{e.KubeconfigSecret, "Flux has no way into the environment's cluster", "engine.kubeconfig_secret"})
	}
	return secrets
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
		list := List{Group: root.Group(), Kind: root.Kind(), Namespace: root.Namespace(), Engine: true}
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
	c.engineSecrets()
	if c.Engine.Kind == "argocd" {
		c.appProject()
	}
}

func (c *checker) engineSecrets() {
	const name = "engine"
	list := c.Engine.list("", "Secret")
	for _, s := range c.Engine.secrets() {
		id := manifest.ID{Kind: "Secret", Namespace: c.Engine.Namespace, Name: s.name}
		live, known := c.facts.get(list, s.name)
		switch {
		case !known:
			c.unread(name, id, list)
		case live == nil:
			c.say(Failed, name, id, "does not exist, and "+s.problem+" without it", "create it in namespace "+id.Namespace+" of the engine's cluster, or correct "+s.setting)
		default:
			c.say(OK, name, id, "exists", "")
		}
	}
}
