// Package kube talks to the API server of a Kubernetes cluster, and only
// reads from it: it finds the way in ([Connect]), turns what goes wrong into
// an [Error] with the next step, asks what the user may do ([Client.Can]),
// lists and watches objects and streams logs. It knows nothing of settings
// or Git.
package kube

import (
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"
)

// Options say which cluster to talk to, as whom.
type Options struct {
	Getenv func(string) string
	// Home is the user's directory; relative paths are those of Dir.
	Home, Dir string
	// Kubeconfig is a file; empty are those of KUBECONFIG, else ~/.kube/config.
	Kubeconfig string
	// Context is one of the kubeconfig's; empty is its current one.
	Context string
	// ContextFrom and ServerFrom say what named them, for messages.
	ContextFrom, ServerFrom string
	// Server is the URL of an API server. Without a Context it is reached with
	// the credentials given here, else with those of a context that has it.
	Server string
	// Credentials, which go before those of a context.
	TokenFile, CAFile, ClientCert, ClientKey string
	// Token is one that the environment has; TokenFrom names the variable.
	Token, TokenFrom string
	// InCluster is the service account of the pod that this runs in.
	InCluster bool
	// ServiceAccount is where a pod has its service account mounted; empty is
	// the usual place.
	ServiceAccount string
	// Agent is the User-Agent header.
	Agent string
	// Environment is named in hints.
	Environment string
	// Now is the clock; nil is the system's.
	Now func() time.Time

	// headerTimeout is how long a server may take to begin an answer.
	headerTimeout time.Duration
}

// A Client is the way to one cluster as one user. It is safe for concurrent use.
type Client struct {
	name        string
	environment string
	credential  credential
	config      *rest.Config
	http        *http.Client
	// plain is a REST client of the library, which knows no kinds but the
	// answers about failures. It is made once.
	plain func() (*rest.RESTClient, error)
	now   func() time.Time
}

// A credential is what the client shows the server, for messages.
type credential struct {
	what string // as in: the token in LADING_TOKEN
	next string // what to do where it is not accepted
	// token and certificate are looked into for the day on which they end.
	token       func() string
	certificate []byte
}

// Connect finds the way to a cluster. It reads files and makes no request.
// The error is an [*Error].
func Connect(o Options) (*Client, error) {
	silence()
	o = o.withDefaults()
	a, err := o.choose()
	if err != nil {
		return nil, err
	}
	if err := a.check(); err != nil {
		return nil, err
	}
	c := &Client{name: a.name, environment: o.Environment, credential: a.credential, now: o.Now}
	transport, err := o.transport(a)
	if err != nil {
		return nil, misconfigured(a.name, err.Error(), successor(a.config.AuthProvider))
	}
	c.http = &http.Client{Transport: transport, CheckRedirect: staysThere}
	c.config = &rest.Config{
		Host: a.config.Host, APIPath: a.config.APIPath, Transport: transport,
		QPS:            -1, // the server itself says when it is asked too much
		WarningHandler: rest.NoWarnings{},
	}
	c.plain = sync.OnceValues(c.newPlain)
	return c, nil
}

// silence keeps the libraries of client-go from writing into what is printed:
// what goes wrong is an error here.
var silence = sync.OnceFunc(func() { klog.SetLoggerWithOptions(logr.Discard(), klog.ContextualLogger(true)) })

// staysThere follows no redirect to another server: the transport would show it
// the credentials. API servers do not redirect at all.
func staysThere(r *http.Request, via []*http.Request) error {
	first := via[0].URL
	switch {
	case r.URL.Scheme != first.Scheme || r.URL.Host != first.Host:
		return fmt.Errorf("it redirects to %s, which is not shown the credentials", r.URL.Host)
	case len(via) >= 5:
		return fmt.Errorf("it redirects too often, and last to %s", r.URL.Path)
	}
	return nil
}

func (o Options) withDefaults() Options {
	if o.Getenv == nil {
		o.Getenv = func(string) string { return "" }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.headerTimeout == 0 {
		o.headerTimeout = time.Minute
	}
	if o.ServiceAccount == "" {
		o.ServiceAccount = "/var/run/secrets/kubernetes.io/serviceaccount"
	}
	return o
}

// A way is the one that was chosen.
type way struct {
	name       string
	config     *rest.Config
	credential credential
}

// choose takes the first way that is given: the pod's service account where
// it is asked for, a server with credentials, a context, and where there is
// no kubeconfig at all the service account. A context that is named beside the
// service account is for those who are not in a pod.
func (o Options) choose() (*way, error) {
	switch {
	case o.InCluster && (o.Context == "" || o.inPod()):
		return o.inCluster()
	case o.Context == "" && o.Server != "" && o.hasCredential():
		return o.direct()
	}
	k, err := o.kubeconfig()
	if err != nil {
		return nil, err
	}
	switch {
	case len(k.files) > 0:
		return o.byContext(k)
	case o.Context == "" && o.inPod():
		return o.inCluster()
	case o.Server != "":
		return nil, o.noCredential(nil)
	}
	return nil, o.noKubeconfig(k)
}

func (o Options) hasCredential() bool {
	return o.Token != "" || o.TokenFile != "" || o.ClientCert != ""
}

// Name is what to call the cluster in messages: context "prod" (https://…).
func (c *Client) Name() string { return c.name }

// Config returns what the libraries of client-go need. Its transport
// authenticates by itself.
func (c *Client) Config() *rest.Config { return rest.CopyConfig(c.config) }

// httpClient returns the client that all requests share.
func (c *Client) httpClient() *http.Client { return c.http }
