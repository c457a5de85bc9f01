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

	// Kubeconfigs of clusters with OpenID Connect name this one.
	_ "k8s.io/client-go/plugin/pkg/client/auth/oidc"

	"github.com/lading-dev/lading/internal/proxy"
)

// transport authenticates requests and notices a connection that is dead.
func (o Options) transport(a *way) (http.RoundTripper, error) {
	config := rest.CopyConfig(a.config)
	config.UserAgent = cmp.Or(o.Agent, "lading")
	exec := config.ExecProvider
	config.ExecProvider = nil // run by plugin, which keeps what it prints
	security, err := rest.TLSConfigFor(config)
	if err != nil {
		return nil, err
	}
	if security == nil {
		security = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	base := o.connections(config, security)
	var rt http.RoundTripper = base
	if exec != nil {
		p, err := newPlugin(exec, a.config, o.Now)
		if err != nil {
			return nil, err
		}
		security.GetClientCertificate = p.certificate
		rt = &authenticated{plugin: p, base: base}
	}
	return rest.HTTPWrappersForConfig(config, rt)
}

func (o Options) connections(config *rest.Config, security *tls.Config) *http.Transport {
	return &http.Transport{
		Proxy:                 orElse(config.Proxy, proxy.ByEnvironment(o.Getenv)),
		DialContext:           (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
		TLSClientConfig:       security,
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: time.Minute,
		IdleConnTimeout:       90 * time.Second,
		MaxIdleConnsPerHost:   25,
		ForceAttemptHTTP2:     true,
		HTTP2:                 &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 10 * time.Second},
		DisableCompression:    config.DisableCompression,
	}
}

type proxyFunc = func(*http.Request) (*url.URL, error)

func orElse(a, b proxyFunc) proxyFunc {
	if a != nil {
		return a
	}
	return b
}
