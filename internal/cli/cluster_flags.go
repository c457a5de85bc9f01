// Which cluster a command looks at, as whom: flags, then variables, then the
// settings, then the kubeconfig's current context.

package cli

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lading-dev/lading/internal/kube"
	"github.com/lading-dev/lading/pkg/settings"
)

// clusterFlags lay over what the settings and the environment say of clusters.
type clusterFlags struct {
	kubeconfig, context, engineContext, server  string
	tokenFile, authority, clientCert, clientKey string
	inCluster                                   bool

	// clients are those of this run, so that one cluster is one client.
	clients map[clusterKey]*kube.Client
}

// A clusterKey is what tells ways into clusters apart.
type clusterKey struct {
	context, server              string
	token, tokenFile, clientCert string
	inCluster                    bool
}

func (f *clusterFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.kubeconfig, "kubeconfig", "", "kubeconfig file (default: KUBECONFIG, then ~/.kube/config)")
	flags.StringVar(&f.context, "context", "", "context of the kubeconfig (default: LADING_CONTEXT_<ENV>, then the settings')")
	flags.StringVar(&f.server, "server", "", "URL of the API server, with the token of LADING_TOKEN or --token-file, or a client certificate")
	flags.StringVar(&f.tokenFile, "token-file", "", "file with a bearer token")
	flags.StringVar(&f.authority, "certificate-authority", "", "file with the authority that signed the API server's certificate")
	flags.StringVar(&f.clientCert, "client-certificate", "", "file with a client certificate")
	flags.StringVar(&f.clientKey, "client-key", "", "file with the key of --client-certificate")
	flags.BoolVar(&f.inCluster, "in-cluster", false, "use the service account of the pod that this runs in")
	cmd.MarkFlagsMutuallyExclusive("in-cluster", "context")
	cmd.MarkFlagsMutuallyExclusive("in-cluster", "server")
	cmd.MarkFlagsMutuallyExclusive("token-file", "client-certificate")
	cmd.MarkFlagsRequiredTogether("client-certificate", "client-key")
}

// addEngine is for commands that ask the engine as well.
func (f *clusterFlags) addEngine(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.engineContext, "engine-context", "", "context of the engine's cluster (default: LADING_CONTEXT_<ENV>_ENGINE, then the settings', then the environment's)")
}

// connect finds the way to the cluster of an environment. No request is made.
func (f *clusterFlags) connect(env *Env, e settings.EnvironmentSpec, config settings.DeployerConfig) (*kube.Client, error) {
	return f.client(f.options(env, e, config))
}

// engine finds the way to the cluster of the environment's engine, which is the
// environment's own unless another one is named.
func (f *clusterFlags) engine(env *Env, e settings.EnvironmentSpec, config settings.DeployerConfig) (*kube.Client, error) {
	o := f.options(env, e, config)
	variable := environmentVariable("LADING_CONTEXT", e) + "_ENGINE"
	context, from := e.Engine.Context, pathOfEnvironment(e)+".engine.context"
	if value := env.Getenv(variable); value != "" {
		context, from = value, variable
	}
	if f.engineContext != "" {
		context, from = f.engineContext, "--engine-context"
	}
	if context != "" && context != o.Context {
		o = f.base(env, e)
		o.Context, o.ContextFrom = context, from
		o.TokenFile, o.CAFile, o.ClientCert, o.ClientKey = "", "", "", "" // of the environment's cluster
	}
	return f.client(o)
}

// client returns the client of this way in, the same one each time.
func (f *clusterFlags) client(o kube.Options) (*kube.Client, error) {
	if err := forTheSettings(o); err != nil {
		return nil, err
	}
	key := clusterKey{o.Context, o.Server, o.Token, o.TokenFile, o.ClientCert, o.InCluster}
	if c := f.clients[key]; c != nil {
		return c, nil
	}
	c, err := kube.Connect(o)
	if err != nil {
		return nil, misconfigured(err)
	}
	if f.clients == nil {
		f.clients = make(map[clusterKey]*kube.Client)
	}
	f.clients[key] = c
	return c, nil
}

// forTheSettings refuses to send a token to a server that only the settings
// name: who may change them could send it anywhere.
func forTheSettings(o kube.Options) error {
	if !strings.HasSuffix(o.ServerFrom, serverSetting) || o.Token == "" && o.TokenFile == "" {
		return nil
	}
	token := "the token in " + cmp.Or(o.TokenFile, o.TokenFrom)
	return &usageError{
		fmt.Sprintf("%s goes only to a server that you name, and %s comes from %s", token, o.Server, o.ServerFrom),
		"if the token belongs there: --server " + o.Server + ", or LADING_SERVER=" + o.Server,
	}
}

// misconfigured makes wrong use of what was found wrong without asking anybody.
func misconfigured(err error) error {
	var e *kube.Error
	if errors.As(err, &e) && e.Problem == kube.Misconfigured {
		return &usageError{e.Error(), e.Hint()}
	}
	return err
}

func (f *clusterFlags) base(env *Env, e settings.EnvironmentSpec) kube.Options {
	return kube.Options{
		Getenv: env.Getenv, Home: env.Getenv("HOME"), Dir: env.Dir, Now: env.Now,
		Kubeconfig: f.kubeconfig, TokenFile: f.tokenFile, CAFile: f.authority,
		ClientCert: f.clientCert, ClientKey: f.clientKey,
		Agent: "lading/" + toolVersion(), Environment: e.Name,
	}
}

// options chooses the first that is given. A token of a variable is for a server
// that was named as one, and never for that of a context. Where it was only the
// settings that named it, forTheSettings refuses to send the token.
func (f *clusterFlags) options(env *Env, e settings.EnvironmentSpec, config settings.DeployerConfig) kube.Options {
	o := f.base(env, e)
	token, tokenFrom := f.ofEnvironment(env, "LADING_TOKEN", e)
	contextFrom := environmentVariable("LADING_CONTEXT", e)
	context := env.Getenv(contextFrom)
	server, serverFrom := f.ofEnvironment(env, "LADING_SERVER", e)
	path := pathOfEnvironment(e)
	switch {
	case f.inCluster:
		o.InCluster = true
	case f.context != "":
		o.Context, o.ContextFrom = f.context, "--context"
		if f.server != "" {
			o.Server, o.ServerFrom = f.server, "--server"
		}
	case f.server != "":
		o.Server, o.ServerFrom = f.server, "--server"
	case context != "":
		o.Context, o.ContextFrom = context, contextFrom
	case server != "":
		o.Server, o.ServerFrom = server, serverFrom
	case ofAnotherPlace(e.Cluster.Server) && f.clientCert != "":
		o.Server, o.ServerFrom = e.Cluster.Server, path+serverSetting
	case e.Cluster.Context != "":
		o.Context, o.ContextFrom = e.Cluster.Context, path+".cluster.context"
	case ofAnotherPlace(e.Cluster.Server):
		o.Server, o.ServerFrom = e.Cluster.Server, path+serverSetting
	default:
		o.InCluster = config.InCluster
		o.Context, o.ContextFrom = config.KubernetesContext, "spec.deployer.kubernetes_context"
	}
	if o.Server != "" && o.Context == "" {
		o.Token, o.TokenFrom = token, tokenFrom
	}
	return o
}

// ofEnvironment reads a variable of the environment, else the one of all.
func (f *clusterFlags) ofEnvironment(env *Env, name string, e settings.EnvironmentSpec) (value, from string) {
	own := environmentVariable(name, e)
	if value := env.Getenv(own); value != "" {
		return value, own
	}
	return env.Getenv(name), name
}

// environmentVariable is the variable that holds something for an environment:
// LADING_CONTEXT_EU_PROD for eu-prod.
func environmentVariable(name string, e settings.EnvironmentSpec) string {
	upper := strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToUpper(cmp.Or(e.Name, "default")))
	return name + "_" + upper
}

func pathOfEnvironment(e settings.EnvironmentSpec) string {
	return fmt.Sprintf("environments[%s]", cmp.Or(e.Name, "default"))
}

// serverSetting ends the path of the field that names a server.
const serverSetting = ".cluster.server"

// ofAnotherPlace tells that a server can be meant for people: Argo CD calls the
// cluster that it runs in by a name that only its pods know.
func ofAnotherPlace(server string) bool {
	return server != "" && !strings.Contains(server, "//kubernetes.default")
}
