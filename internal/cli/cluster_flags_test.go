package cli

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lading-dev/lading/internal/kube"
	"github.com/lading-dev/lading/pkg/settings"
)

// chosen is the way in that was taken.
type chosen struct {
	Context, ContextFrom, Server, ServerFrom, Token, TokenFrom string
	InCluster                                                  bool
}

func TestTheClusterIsTheFirstThatIsNamed(t *testing.T) {
	t.Parallel()
	both := settings.Cluster{Context: "of-env", Server: "https://of-env"}
	all := map[string]string{"LADING_CONTEXT_EU_PROD": "of-variable", "LADING_SERVER": "https://of-variable", "LADING_TOKEN": "t0ken"}
	for name, test := range map[string]struct {
		flags   clusterFlags
		getenv  map[string]string
		cluster settings.Cluster
		config  settings.DeployerConfig
		want    chosen
	}{
		"nothing": {want: chosen{ContextFrom: "spec.deployer.kubernetes_context"}},
		"--in-cluster before all": {flags: clusterFlags{inCluster: true}, getenv: all, cluster: both,
			want: chosen{InCluster: true}},
		"--context before variables, without their token": {flags: clusterFlags{context: "of-flag"}, getenv: all, cluster: both,
			want: chosen{Context: "of-flag", ContextFrom: "--context"}},
		"--context and --server": {flags: clusterFlags{context: "of-flag", server: "https://of-flag"},
			want: chosen{Context: "of-flag", ContextFrom: "--context", Server: "https://of-flag", ServerFrom: "--server"}},
		"--server with the token of a variable": {flags: clusterFlags{server: "https://of-flag"}, getenv: all, cluster: both,
			want: chosen{Server: "https://of-flag", ServerFrom: "--server", Token: "t0ken", TokenFrom: "LADING_TOKEN"}},
		"LADING_CONTEXT before the settings": {getenv: all, cluster: both,
			want: chosen{Context: "of-variable", ContextFrom: "LADING_CONTEXT_EU_PROD"}},
		"LADING_SERVER of the environment before that of all": {
			getenv:  map[string]string{"LADING_SERVER": "https://x", "LADING_SERVER_EU_PROD": "https://y", "LADING_TOKEN": "x", "LADING_TOKEN_EU_PROD": "y"},
			cluster: both,
			want:    chosen{Server: "https://y", ServerFrom: "LADING_SERVER_EU_PROD", Token: "y", TokenFrom: "LADING_TOKEN_EU_PROD"}},
		"a token for something else leaves the environment's context": {getenv: map[string]string{"LADING_TOKEN": "t0ken"}, cluster: both,
			want: chosen{Context: "of-env", ContextFrom: "environments[eu-prod].cluster.context"}},
		"a token file is for the environment's context too": {flags: clusterFlags{tokenFile: "token"}, cluster: both,
			want: chosen{Context: "of-env", ContextFrom: "environments[eu-prod].cluster.context"}},
		"a client certificate chooses the server of the settings": {flags: clusterFlags{clientCert: "ada.crt"}, cluster: both,
			want: chosen{Server: "https://of-env", ServerFrom: "environments[eu-prod].cluster.server", TokenFrom: "LADING_TOKEN"}},
		"the environment's context": {cluster: both,
			want: chosen{Context: "of-env", ContextFrom: "environments[eu-prod].cluster.context"}},
		"the environment's server": {cluster: settings.Cluster{Server: "https://of-env"}, config: settings.DeployerConfig{KubernetesContext: "of-project"},
			want: chosen{Server: "https://of-env", ServerFrom: "environments[eu-prod].cluster.server", TokenFrom: "LADING_TOKEN"}},
		"a server that only pods know is none": {cluster: settings.Cluster{Server: "https://kubernetes.default.svc"}, getenv: map[string]string{"LADING_TOKEN": "x"},
			want: chosen{ContextFrom: "spec.deployer.kubernetes_context"}},
		"the project's context and incluster": {config: settings.DeployerConfig{KubernetesContext: "of-project", InCluster: true},
			want: chosen{Context: "of-project", ContextFrom: "spec.deployer.kubernetes_context", InCluster: true}},
	} {
		env := &Env{Getenv: func(name string) string { return test.getenv[name] }}
		o := test.flags.options(env, settings.EnvironmentSpec{Name: "eu-prod", Cluster: test.cluster}, test.config)
		got := chosen{o.Context, o.ContextFrom, o.Server, o.ServerFrom, o.Token, o.TokenFrom, o.InCluster}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestATokenGoesOnlyToAServerThatThePersonNames(t *testing.T) {
	t.Parallel()
	d := &desk{dir: t.TempDir()}
	d.write(t, "token", "t0ken")
	e := settings.EnvironmentSpec{Name: "prod", Cluster: settings.Cluster{Server: "https://elsewhere.example"}}
	for name, test := range map[string]struct {
		flags  clusterFlags
		getenv map[string]string
		want   string
	}{
		"of a variable": {getenv: map[string]string{"LADING_TOKEN": "t0ken"},
			want: "the token in LADING_TOKEN goes only to a server that you name, and https://elsewhere.example comes from environments[prod].cluster.server"},
		"of a file": {flags: clusterFlags{tokenFile: filepath.Join(d.dir, "token")},
			want: "the token in " + filepath.Join(d.dir, "token") + " goes only to a server that you name, and https://elsewhere.example comes from environments[prod].cluster.server"},
		"that is named": {getenv: map[string]string{"LADING_TOKEN": "t0ken", "LADING_SERVER": "https://elsewhere.example"}},
	} {
		env := &Env{Dir: d.dir, Getenv: func(name string) string { return test.getenv[name] }}
		got := ""
		if _, err := test.flags.connect(env, e, settings.DeployerConfig{}); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

const twoContexts = `apiVersion: v1
kind: Config
current-context: a
clusters: [{name: a, cluster: {server: "https://a.example"}}, {name: hub, cluster: {server: "https://hub.example"}}]
users: [{name: u, user: {token: x}}]
contexts: [{name: a, context: {cluster: a, user: u}}, {name: hub, context: {cluster: hub, user: u}}]
`

func TestTheEngineIsInTheSameClusterUnlessAnotherIsNamed(t *testing.T) {
	t.Parallel()
	d := &desk{dir: t.TempDir()}
	d.write(t, "config", twoContexts)
	for name, test := range map[string]struct {
		flags  clusterFlags
		engine string
		getenv map[string]string
		want   string // empty for the very same client
	}{
		"nothing is named":     {},
		"the same context":     {flags: clusterFlags{context: "a"}, engine: "a"},
		"another one":          {engine: "hub", want: `context "hub" (https://hub.example)`},
		"another by variable":  {getenv: map[string]string{"LADING_CONTEXT_PROD_ENGINE": "hub"}, want: `context "hub" (https://hub.example)`},
		"another by flag":      {flags: clusterFlags{engineContext: "hub"}, engine: "a", want: `context "hub" (https://hub.example)`},
		"a flag for the first": {flags: clusterFlags{context: "a"}, engine: "hub", want: `context "hub" (https://hub.example)`},
	} {
		env := &Env{Dir: d.dir, Getenv: func(name string) string { return test.getenv[name] }}
		test.flags.kubeconfig = "config"
		e := settings.EnvironmentSpec{Name: "prod", Engine: settings.Engine{Context: test.engine}}
		own, err := test.flags.connect(env, e, settings.DeployerConfig{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		engine, err := test.flags.engine(env, e, settings.DeployerConfig{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := nameUnlessSame(engine, own); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

func nameUnlessSame(c, other *kube.Client) string {
	if c == other {
		return ""
	}
	return c.Name()
}

func TestAServerIsReadWithTheCredentialsOfEachEnvironment(t *testing.T) {
	t.Parallel()
	getenv := map[string]string{"LADING_SERVER": "https://one.example", "LADING_TOKEN_ML": "of-ml", "LADING_TOKEN_AGENTS": "of-agents"}
	env := &Env{Getenv: func(name string) string { return getenv[name] }}
	var flags clusterFlags
	clients := make(map[*kube.Client]bool)
	for _, name := range []string{"ml", "agents", "ml"} {
		client, err := flags.connect(env, settings.EnvironmentSpec{Name: name}, settings.DeployerConfig{})
		if err != nil {
			t.Fatal(err)
		}
		clients[client] = true
	}
	if len(clients) != 2 {
		t.Errorf("got %d ways to the server, want one for each token", len(clients))
	}
}
