package preflight

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const application = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: root, namespace: argocd}\nspec: {source: {repoURL: 'https://git.example.com/ml/rendered.git'}}"

func TestEngineChecks(t *testing.T) {
	t.Parallel()
	project := func(spec string) string {
		return "\n---\napiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: {name: default, namespace: argocd}\nspec: {" + spec + "}"
	}
	const all = "sourceRepos: ['*'], destinations: [{server: '*', namespace: '*'}], clusterResourceWhitelist: [{group: '*', kind: '*'}]"
	for name, test := range map[string]struct {
		live, unread string
		change       func(*Input, *Facts)
		want         []string
	}{
		"all is allowed":      {live: application + project(all)},
		"no root":             {live: project(all), want: []string{"failed engine application.argoproj.io/argocd/root: does not exist, so that nothing is synced"}},
		"no project":          {live: application, want: []string{"failed AppProject appproject.argoproj.io/argocd/default: does not exist"}},
		"roots are not read":  {live: application + project(all), unread: "Application", want: []string{"unknown engine application.argoproj.io/argocd/root: cannot be read: ada may not list applications"}},
		"no engine there":     {change: func(_ *Input, f *Facts) { f.EngineMissing = "hub does not serve argoproj.io/v1alpha1" }, want: []string{"failed engine /: hub does not serve argoproj.io/v1alpha1"}},
		"an unknown cluster":  {change: func(_ *Input, f *Facts) { f.EngineProblem = "no context hub" }, want: []string{"unknown engine /: no context hub"}},
		"nothing to sync yet": {live: project(all), change: func(in *Input, _ *Facts) { in.Engine.Roots = nil }, want: []string{"unknown engine /: what it is to sync is not known, since no URL of the repository is"}},
		"another repository": {live: application + project(strings.Replace(all, "['*']", "['https://git.example.com/web/*']", 1)),
			want: []string{"failed AppProject appproject.argoproj.io/argocd/default: does not allow the repository https://git.example.com/ml/rendered.git"}},
		"the repository by pattern": {live: application + project(strings.Replace(all, "['*']", "['https://git.example.com/ml/*']", 1))},
		"a repository taken back": {live: application + project(strings.Replace(all, "['*']", "['*', '!https://git.example.com/ml/*']", 1)),
			want: []string{"failed AppProject appproject.argoproj.io/argocd/default: does not allow the repository https://git.example.com/ml/rendered.git"}},
		"another namespace": {live: application + project(strings.Replace(all, "namespace: '*'", "namespace: 'web-*'", 1)),
			want: []string{"failed AppProject appproject.argoproj.io/argocd/default: does not allow namespace ml of cluster https://prod.example.com"}},
		"a namespace taken back": {live: application + project(strings.Replace(all, "namespace: '*'}", "namespace: '*'}, {server: '*', namespace: '!ml'}", 1)),
			want: []string{"failed AppProject appproject.argoproj.io/argocd/default: does not allow namespace ml of cluster https://prod.example.com"}},
		"another cluster": {live: application + project(strings.Replace(all, "server: '*'", "server: 'https://dev.example.com'", 1)),
			want: []string{"failed AppProject appproject.argoproj.io/argocd/default: does not allow namespace ml of cluster https://prod.example.com"}},
		"a cluster by a name that is not known": {live: application + project(strings.Replace(all, "server: '*'", "name: prod", 1)),
			want: []string{"unknown AppProject appproject.argoproj.io/argocd/default: names clusters in another way than https://prod.example.com, so that nobody here can tell whether it allows namespace ml of it"}},
		"a kind that is forbidden": {live: application + project(all+", namespaceResourceBlacklist: [{group: apps, kind: Deploy*}]"),
			want: []string{"failed AppProject appproject.argoproj.io/argocd/default: forbids the kind Deployment.apps"}},
		"a kind that is not allowed": {live: application + project(all+", namespaceResourceWhitelist: [{group: '', kind: ConfigMap}]"),
			want: []string{"failed AppProject appproject.argoproj.io/argocd/default: does not allow the kind Deployment.apps"}},
		"no kind is allowed": {live: application + project(all+", namespaceResourceWhitelist: []"),
			want: []string{"failed AppProject appproject.argoproj.io/argocd/default: does not allow the kind Deployment.apps"}},
		"a kind that is allowed": {live: application + project(all+", namespaceResourceWhitelist: [{group: '*', kind: Deployment}]")},
		"a cluster-scoped kind that is forbidden": {live: application + project(all+", clusterResourceBlacklist: [{group: '', kind: Namespace}]"),
			want: []string{"failed AppProject appproject.argoproj.io/argocd/default: forbids the cluster-scoped kind Namespace"}},
		"a cluster-scoped kind that is forbidden of another name": {live: application + project(all+", clusterResourceBlacklist: [{group: '', kind: Namespace, name: kube-*}]")},
		"no cluster-scoped kinds": {live: application + project("sourceRepos: ['*'], destinations: [{server: 'https://prod.example.com', namespace: m*}]"),
			want: []string{"failed AppProject appproject.argoproj.io/argocd/default: does not allow the cluster-scoped kind Namespace"}},
	} {
		in := Input{
			Environment: "prod", Objects: parse(t, workload("", plainPod)+ml),
			Engine: Engine{Kind: "argocd", Namespace: "argocd", Server: "https://prod.example.com", Roots: parse(t, application)},
		}
		facts := everything(t, in, test.live, test.unread)
		if test.change != nil {
			test.change(&in, facts)
		}
		if diff := cmp.Diff(test.want, bad(Run(in, facts))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// The cases are what Argo CD itself answers, where it can be told from here.
func TestDestinationsOfProjects(t *testing.T) {
	t.Parallel()
	const own, prod = "https://kubernetes.default.svc", "https://1.2.3.4"
	for _, test := range []struct {
		destinations, server, name string
		want                       State
	}{
		{"{server: '*', namespace: '!kube-system'}", own, "", OK},
		{"{server: '*', namespace: '!m*'}", own, "", Failed},
		{"{server: '!https://x', namespace: '*'}", own, "", OK},
		{"{server: '!" + own + "', namespace: '*'}, {server: '*', namespace: '*'}", own, "", Failed},
		{"{server: '!" + own + "', namespace: web}, {server: '*', namespace: '*'}", own, "", OK},
		{"{name: in-cluster, namespace: '*'}", own, "", OK},
		{"{server: '" + own + "', namespace: '*'}", "", "in-cluster", OK},
		{"{name: '*', namespace: '*'}", own, "", OK},
		{"{name: '*', namespace: '*'}", prod, "", OK},
		{"{server: '" + prod + "', namespace: '*'}", "", "prod", Unknown},
		{"{server: '" + prod + "', namespace: web}", "", "prod", Failed},
		{"{server: '" + prod + "', namespace: '*'}, {name: prod, namespace: ml}", "", "prod", OK},
		{"{name: dev, namespace: '*'}", "", "prod", Failed},
		{"{name: prod, namespace: ml}, {server: '!" + prod + "', namespace: '*'}", "", "prod", Unknown},
		{"{name: prod, namespace: ml}, {server: '" + prod + "', namespace: '!ml'}", "", "prod", Unknown},
		{"{name: '!prod', namespace: '*'}, {name: '*', namespace: '*'}", "", "prod", Failed},
		{"", own, "", Failed},
	} {
		c := &checker{Input: Input{Engine: Engine{Server: test.server, Name: test.name}}}
		spec := parse(t, "spec: {destinations: ["+test.destinations+"]}")[0].Body
		if got := c.reaches(mappings(mapping(spec, "spec")["destinations"]), "ml"); got != test.want {
			t.Errorf("[%s] is %s for %s%s, want %s", test.destinations, got, test.server, test.name, test.want)
		}
	}
}

func TestRepositoriesOfProjects(t *testing.T) {
	t.Parallel()
	const url = "https://git.example.com/ml/rendered.git"
	for _, test := range []struct {
		patterns []any
		url      string
		want     bool
	}{
		{[]any{"*"}, url, true},
		{[]any{"!https://git.example.com/secret/*"}, url, true},
		{[]any{"!https://git.example.com/secret/*"}, "https://git.example.com/secret/x", false},
		{[]any{"*", "!https://git.example.com/ML/*"}, url, false},
		{[]any{"https://git.example.com/ML/*"}, url, true},
		{[]any{"https://git.example.com/ML/Rendered"}, url, true},
		{[]any{"git@git.example.com:ml/*"}, "ssh://git@git.example.com/ml/rendered.git", true},
		{[]any{"ssh://git@git.example.com/ml/rendered"}, "git@git.example.com:ml/rendered.git", true},
		{[]any{"https://git.example.com/*"}, url, false},
		{nil, url, false},
	} {
		if got := matches(test.patterns, test.url); got != test.want {
			t.Errorf("%q allow %s: %t, want %t", test.patterns, test.url, got, test.want)
		}
	}
}

func TestSecretsOfFlux(t *testing.T) {
	t.Parallel()
	const roots = "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {name: rendered, namespace: flux-system}\nspec: {secretRef: {name: git}}"
	for name, test := range map[string]struct {
		live string
		want []string
	}{
		"both are there": {live: secret("flux-system", "git") + secret("flux-system", "prod")},
		"in another namespace": {live: secret("ml", "git") + secret("ml", "prod"), want: []string{
			"failed engine secret/flux-system/git: does not exist, and Flux cannot read the repository without it",
			"failed engine secret/flux-system/prod: does not exist, and Flux has no way into the environment's cluster without it",
		}},
	} {
		in := Input{
			Environment: "prod", Objects: parse(t, workload("", plainPod)),
			Engine: Engine{Kind: "flux", Namespace: "flux-system", KubeconfigSecret: "prod", Roots: parse(t, roots)},
		}
		if diff := cmp.Diff(test.want, bad(Run(in, everything(t, in, ml+"\n---\n"+roots+test.live)))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
