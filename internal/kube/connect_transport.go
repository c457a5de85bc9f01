// The transport that all requests go through.

package kube

import (
	"cmp"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/connrotation"

	// Kubeconfigs of clusters with OpenID Connect name this one.
	_ "k8s.io/client-go/plugin/pkg/client/auth/oidc"

	"github.com/lading-dev/lading/internal/proxy"
)

// transport authenticates requests and notices a connection that is dead.
func (o Options) transport(a *way) (http.RoundTripper, error) {
	config := rest.CopyConfig(a.config)
	config.UserAgent = cmp.Or(o.Agent, "lading")
	config.ExecProvider = nil // run by a plugin of ours, which keeps what it prints
	security, err := rest.TLSConfigFor(config)
	if err != nil {
		return nil, err
	}
	if security == nil {
		security = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	dialer := connrotation.NewDialer((&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}).DialContext)
	if a.config.ExecProvider == nil {
		return rest.HTTPWrappersForConfig(config, o.connections(config, security, dialer))
	}
	p, err := newPlugin(a.config, o.Now)
	if err != nil {
		return nil, err
	}
	p.replaced = dialer.CloseAll
	security.GetClientCertificate = p.certificate
	return rest.HTTPWrappersForConfig(config, &authenticated{p, o.connections(config, security, dialer)})
}

// connections are those for answers that begin at once, and endless ones for
// logs that are followed: a kubelet sends no header before the first line.
type connections struct{ usual, endless *http.Transport }

// RoundTrip implements [http.RoundTripper].
func (c connections) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Query().Get("follow") == "true" {
		return c.endless.RoundTrip(r)
	}
	return c.usual.RoundTrip(r)
}

func (o Options) connections(config *rest.Config, security *tls.Config, dialer *connrotation.Dialer) connections {
	usual := &http.Transport{
		Proxy:                 orElse(config.Proxy, proxy.ByEnvironment(o.Getenv)),
		DialContext:           dialer.DialContext,
		TLSClientConfig:       security,
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: o.headerTimeout,
		IdleConnTimeout:       90 * time.Second,
		MaxIdleConnsPerHost:   25,
		ForceAttemptHTTP2:     true,
		HTTP2:                 &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 10 * time.Second},
		DisableCompression:    config.DisableCompression,
	}
	endless := usual.Clone()
	endless.ResponseHeaderTimeout = 0
	return connections{usual, endless}
}

type proxyFunc = func(*http.Request) (*url.URL, error)

func orElse(a, b proxyFunc) proxyFunc {
	if a != nil {
		return a
	}
	return b
}
