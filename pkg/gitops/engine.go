// The objects with which a GitOps engine syncs what lading writes.

package gitops

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/settings"
)

// An engine knows the objects of one GitOps engine. Nothing is read or written.
type engine interface {
	// unit returns the objects that sync one directory. The first one is
	// written to the unit's own file; another one to the site's source file.
	unit(s *site, u *unit) []map[string]any
	// root returns the objects that a person applies once, so that the engine
	// syncs the directory of the site's engine objects.
	root(s *site) []map[string]any
	// problem says why the engine cannot sync a site, nil where it can.
	problem(s *site) *settings.Problem
	// notes say what the engine needs before it can sync a site.
	notes(s *site) []string
}

// engines are the engines that lading knows, by the name that engine.kind
// gives them. To add one: a file with its objects, a line here and in the enum
// of the setting.
var engines = []struct {
	kind string
	engine
	// namespace is where its objects live unless engine.namespace says so.
	namespace string
	strays    []stray
}{
	{"argocd", argocd{}, "argocd", argocdStrays},
	{"flux", flux{}, "flux-system", fluxStrays},
}

// A site is an environment on a branch, as its engine sees it.
type site struct {
	engine
	project     *settings.Project
	environment settings.EnvironmentSpec
	gitops      settings.GitOps
	// namespace is that of the engine's objects.
	namespace string
	// url is where the engine finds the repository, empty where that is not
	// known; branch is what it follows there.
	url, branch string
	// base is the directory of the environment's own objects with its last
	// slash, empty for the root of the branch.
	base string
	// strays are the files that the engine takes for more than manifests.
	strays []stray
	// shared is the name of the object that syncs the shared objects, empty
	// where there are none.
	shared string
}

// dir is the directory of the site's engine objects.
func (s *site) dir() string { return s.base + engineDir }

// name is the environment's name as in paths.
func (s *site) name() string { return cmp.Or(s.environment.Name, "default") }

// newSite returns the site of an environment on a branch, nil where the
// settings name no engine for it.
func newSite(p *settings.Project, environment string, g settings.GitOps, branch string) *site {
	spec, ok := environmentSpec(p, environment)
	if !ok {
		return nil
	}
	for _, e := range engines {
		if e.kind != spec.Engine.Kind {
			continue
		}
		return &site{
			engine: e.engine, project: p, environment: spec, gitops: g,
			namespace: cmp.Or(spec.Engine.Namespace, e.namespace),
			url:       engineURL(g, p, spec), branch: branch,
			base: environmentDir(environment, g), strays: e.strays,
		}
	}
	return nil
}

func environmentSpec(p *settings.Project, name string) (settings.EnvironmentSpec, bool) {
	if p == nil {
		return settings.EnvironmentSpec{}, false
	}
	i := slices.IndexFunc(p.Spec.Environments, func(e settings.EnvironmentSpec) bool { return e.Name == name })
	if i < 0 {
		return settings.EnvironmentSpec{}, false
	}
	return p.Spec.Environments[i], true
}

// A unit is what an engine syncs by itself: the directory of a deployment, of
// several, or of the environment's shared objects.
type unit struct {
	unitKey
	// name is the name of its object.
	name string
	// path is the directory, "." for the root of the branch; skip are the
	// directories below it that other objects sync.
	path string
	skip []string
	// namespace is the one that its objects lie in, empty for several.
	namespace string
	// timeout is in seconds, 0 where the settings name none.
	timeout int
	// needsShared tells that it cannot be synced before the shared objects.
	needsShared bool
	labels      map[string]any
	// scaled are the objects whose replicas an autoscaler decides.
	scaled []manifest.ID
	// by is the deployment that it is named after in messages.
	by *directory
}

// The kinds of units.
const (
	byDeployment  = "deployment"
	byNamespace   = "namespace"
	byEnvironment = "environment"
	sharedUnit    = "shared"
	sourceUnit    = "source" // no directory: where a unit is read from
)

// A unitKey says which unit it is. It stays the same as long as what is synced
// is the same, whatever the deployment is called, and names the file.
type unitKey struct {
	kind string
	// of is the id of a deployment or the name of a namespace.
	of string
}

// file is the name of the unit's file in the directory of engine objects.
func (k unitKey) file() string {
	if k.of == "" {
		return k.kind + ".yaml"
	}
	return shorten(k.kind+"-"+escape(k.of)) + ".yaml"
}

// unitOf reads what unitKey.file writes.
func unitOf(file string) unitKey {
	kind, of, _ := strings.Cut(strings.TrimSuffix(file, ".yaml"), "-")
	return unitKey{kind, of}
}

// groups tells that the unit syncs deployments.
func (k unitKey) groups() bool {
	return k.kind == byDeployment || k.kind == byNamespace || k.kind == byEnvironment
}

// engineName makes a name that people recognise and nobody else has: the text
// as a Kubernetes name, cut so that the whole is a label value, which both
// engines make of it, and a digest of what it stands for.
func engineName(text string, of ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(of, "\x00")))
	const digest = 10
	return manifest.K8sName(text, 63-1-digest) + "-" + hex.EncodeToString(sum[:])[:digest]
}

// nameOf is the name that a unit gets when it is first written.
func (s *site) nameOf(k unitKey, deployment string) string {
	if k.kind == byDeployment {
		return engineName(s.name()+"-"+deployment, s.name(), k.of)
	}
	return engineName(strings.Trim(s.name()+"-"+k.kind+"-"+k.of, "-"), s.at(k.kind, k.of)...)
}

// rootName is the name of the object that a person applies.
func (s *site) rootName() string { return engineName(s.name()+"-root", s.at("root")...) }

// sourceName is the name of the repository with a branch, for engines in which
// that is an object. All environments on the branch have one.
func (s *site) sourceName() string {
	repository := NormalizeURL(s.url)
	text := repository[strings.LastIndexByte(repository, '/')+1:] + "-" + s.branch
	return engineName(text, repository, s.branch)
}

// at tells a place from those that other projects have in the same engine.
func (s *site) at(more ...string) []string {
	return append([]string{NormalizeURL(s.url), s.branch, s.base}, more...)
}

// labels are those of all of a site's objects. They say nothing about the
// project, since projects share some of the objects.
func (s *site) labels() map[string]any {
	return map[string]any{"lading.dev/environment": s.name()}
}

// context is the kubeconfig context of the engine's cluster, as far as the
// settings tell.
func (s *site) context() string {
	return cmp.Or(s.environment.Engine.Context, s.environment.Cluster.Context)
}
