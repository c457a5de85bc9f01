// Ways in that need no kubeconfig: a server with a token or a certificate,
// and the service account of a pod.

package kube

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/client-go/rest"
)

// direct uses the server and the credentials of the options.
func (o Options) direct() (*way, error) {
	server, err := o.serverURL(o.Server)
	if err != nil {
		return nil, err
	}
	a := &way{name: "server " + server, config: &rest.Config{Host: server}}
	return a, o.lay(a)
}

// serverURL wants a URL; https is meant where no scheme is written.
func (o Options) serverURL(text string) (string, error) {
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil {
		return "", misconfigured("", fmt.Sprintf("%sserver %q is no address of an API server, want https://HOST:PORT", from(o.ServerFrom), redacted(text)), "")
	}
	return strings.TrimSuffix(u.String(), "/"), nil
}

// redacted keeps a user and a password out of messages, also where they keep an
// address from being one.
func redacted(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return address
	}
	scheme, _, found := strings.Cut(address[:at], "://")
	if !found {
		return "xxxxx" + address[at:]
	}
	return scheme + "://xxxxx" + address[at:]
}

// from begins a message with what named a value.
func from(source string) string {
	if source == "" {
		return ""
	}
	return source + ": "
}

// lay puts the credentials of the options over those of a way.
func (o Options) lay(a *way) error {
	if o.CAFile != "" {
		a.config.CAFile, a.config.CAData, a.config.Insecure = o.path(o.CAFile), nil, false
	}
	if !o.hasCredential() {
		return nil
	}
	forget(a.config)
	switch {
	case o.ClientCert != "":
		a.config.CertFile, a.config.KeyFile = o.path(o.ClientCert), o.path(o.ClientKey)
		if o.ClientKey == "" {
			return misconfigured(a.name, "a client certificate is given without its key", "name the key's file with --client-key")
		}
		a.credential = credential{what: "the client certificate in " + o.ClientCert, next: "give a client certificate that the cluster's authority signed"}
	case o.TokenFile != "":
		return o.tokenFile(a, o.path(o.TokenFile), o.TokenFile)
	default:
		if err := oneWord(o.Token); err != nil {
			return misconfigured(a.name, fmt.Sprintf("the token in %s %v", orName(o.TokenFrom, "the environment"), err), "set it to the token and nothing else")
		}
		a.config.BearerToken = strings.TrimSpace(o.Token)
		a.credential = credential{what: "the token in " + orName(o.TokenFrom, "the environment"), next: "put a fresh token into " + orName(o.TokenFrom, "the environment")}
		a.credential.token = func() string { return a.config.BearerToken }
	}
	return nil
}

func orName(name, otherwise string) string {
	if name == "" {
		return otherwise
	}
	return name
}

// forget drops the credentials that a context has.
func forget(c *rest.Config) {
	c.Username, c.Password, c.BearerToken, c.BearerTokenFile = "", "", "", ""
	c.CertFile, c.KeyFile, c.CertData, c.KeyData = "", "", nil, nil
	c.ExecProvider, c.AuthProvider = nil, nil
}

// tokenFile reads a token from a file, again and again: those of service
// accounts are replaced while a long wait goes on.
func (o Options) tokenFile(a *way, file, shown string) error {
	data, err := os.ReadFile(file)
	if err == nil {
		if wrong := oneWord(string(data)); wrong != nil {
			err = fmt.Errorf("%s %w", shown, wrong)
		}
	}
	if err != nil {
		return misconfigured(a.name, "reading the token: "+err.Error(), "name a file with nothing but the token in it")
	}
	a.config.BearerTokenFile = file
	a.credential = credential{what: "the token in " + shown, next: "put a fresh token into " + shown}
	a.credential.token = func() string {
		data, _ := os.ReadFile(file)
		return string(data)
	}
	return nil
}

// oneWord wants a token that can stand in the header of a request. What is
// there instead is never shown.
func oneWord(token string) error {
	token = strings.TrimSpace(token)
	if token == "" {
		return errors.New("is empty, want a token")
	}
	if strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return errors.New("has spaces, line breaks or other characters that no token has, want one token")
	}
	return nil
}

// path is that of a file that the user named.
func (o Options) path(file string) string {
	if rest, ok := strings.CutPrefix(file, "~/"); ok && o.Home != "" {
		return filepath.Join(o.Home, rest)
	}
	if file == "" || filepath.IsAbs(file) {
		return file
	}
	return filepath.Join(o.Dir, file)
}

// inPod tells that this runs in a pod with a service account. See
// https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/.
func (o Options) inPod() bool {
	_, err := os.Stat(filepath.Join(o.ServiceAccount, "token"))
	return err == nil && o.Getenv("KUBERNETES_SERVICE_HOST") != ""
}

func (o Options) inCluster() (*way, error) {
	host, port := o.Getenv("KUBERNETES_SERVICE_HOST"), o.Getenv("KUBERNETES_SERVICE_PORT")
	if !o.inPod() {
		return nil, misconfigured("", "the service account of the pod is asked for, and this does not run in a pod with one",
			"outside of the cluster name a context: --context NAME, or unset incluster")
	}
	if port == "" {
		port = "443"
	}
	a := &way{name: "the cluster of this pod", config: &rest.Config{Host: "https://" + net.JoinHostPort(host, port)}}
	a.config.CAFile = filepath.Join(o.ServiceAccount, "ca.crt")
	if err := o.tokenFile(a, filepath.Join(o.ServiceAccount, "token"), filepath.Join(o.ServiceAccount, "token")); err != nil {
		return nil, err
	}
	a.credential.what, a.credential.next = "the token of the pod's service account", "give the pod a service account of this cluster"
	return a, o.lay(a)
}

// check finds what cannot work before any request is made.
func (a *way) check() error {
	for _, f := range []struct{ what, file string }{
		{"certificate authority", a.config.CAFile},
		{"client certificate", a.config.CertFile},
		{"client key", a.config.KeyFile},
	} {
		if f.file == "" {
			continue
		}
		data, err := os.ReadFile(f.file)
		if err != nil {
			return misconfigured(a.name, fmt.Sprintf("reading the %s: %v", f.what, err), "correct the path; in a kubeconfig it is relative to that file")
		}
		if block, _ := pem.Decode(data); block == nil {
			return misconfigured(a.name, fmt.Sprintf("%s holds no PEM block, want the %s", f.file, f.what), "")
		}
		if f.file == a.config.CertFile {
			a.credential.certificate = data
		}
	}
	if len(a.config.CertData) > 0 {
		a.credential.certificate = a.config.CertData
	}
	return a.checkPlain()
}

// checkPlain sends no credential where others can read it.
func (a *way) checkPlain() error {
	u, err := url.Parse(a.config.Host)
	if err != nil || u.Scheme != "http" || a.credential.what == "" {
		return nil
	}
	if ip := net.ParseIP(u.Hostname()); u.Hostname() == "localhost" || ip != nil && ip.IsLoopback() {
		return nil
	}
	return misconfigured(a.name, a.credential.what+" would go over plain http", "use the https:// address of the API server")
}

// ended tells since when a credential is no longer valid, as far as it says so
// itself.
func (c credential) ended(now time.Time) (time.Time, bool) {
	if block, _ := pem.Decode(c.certificate); block != nil {
		if cert, err := x509.ParseCertificate(block.Bytes); err == nil && now.After(cert.NotAfter) {
			return cert.NotAfter, true
		}
	}
	if c.token == nil {
		return time.Time{}, false
	}
	return expiredToken(c.token(), now)
}

// expiredToken reads the claim of a JSON Web Token that tells when it ends
// (RFC 7519, 4.1.4). Nothing is verified: it is for a message only.
func expiredToken(token string, now time.Time) (time.Time, bool) {
	parts := strings.Split(strings.TrimSpace(token), ".")
	if len(parts) != 3 {
		return time.Time{}, false
	}
	var claims struct {
		Expires float64 `json:"exp"`
	}
	data, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(data, &claims) != nil || claims.Expires == 0 {
		return time.Time{}, false
	}
	end := time.Unix(int64(claims.Expires), 0)
	return end, now.After(end)
}
