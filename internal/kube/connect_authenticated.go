// Requests that show the credential of a plugin.

package kube

import (
	"crypto/tls"
	"net/http"
)

// certificate answers the server's question for a client certificate.
func (p *plugin) certificate(asked *tls.CertificateRequestInfo) (*tls.Certificate, error) {
	c, err := p.credential(asked.Context())
	if err != nil || c.certificate == nil {
		return &tls.Certificate{}, err
	}
	return c.certificate, nil
}

// authenticated sends requests with a plugin's credential. One that the server
// does not take is replaced once.
type authenticated struct {
	plugin *plugin
	base   http.RoundTripper
}

// RoundTrip implements [http.RoundTripper].
func (a *authenticated) RoundTrip(r *http.Request) (*http.Response, error) {
	c, err := a.plugin.credential(r.Context())
	if err != nil {
		return nil, err
	}
	answer, err := a.base.RoundTrip(withToken(r, c))
	if err != nil || answer.StatusCode != http.StatusUnauthorized {
		return answer, err
	}
	a.plugin.drop(c)
	if r.Body != nil && r.Body != http.NoBody {
		return answer, nil // its body is gone; the next request does better
	}
	fresh, err := a.plugin.credential(r.Context())
	if err == nil && fresh.token == c.token && sameCertificate(fresh.certificate, c.certificate) {
		return answer, nil
	}
	answer.Body.Close()
	if err != nil {
		return nil, err
	}
	return a.base.RoundTrip(withToken(r, fresh))
}

func withToken(r *http.Request, c *issued) *http.Request {
	if c.token == "" {
		return r
	}
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+c.token)
	return r
}
