package kube

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// failed asks for the version and returns what it failed with.
func failed(t *testing.T, o Options) *Error {
	t.Helper()
	c, err := Connect(o)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Version(t.Context())
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want an *Error", err)
	}
	return e
}

// A server that redirects elsewhere is not followed: whoever is there would be
// shown the token.
func TestCredentialsDoNotFollowARedirect(t *testing.T) {
	t.Parallel()
	var seen []string
	elsewhere := httptest.NewServer(showsVersion(&seen))
	t.Cleanup(elsewhere.Close)
	server, ca := tlsServer(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL+r.URL.Path, http.StatusFound)
	})
	e := failed(t, Options{Server: server.URL, Token: "t0ken", CAFile: ca})
	if len(seen) > 0 {
		t.Errorf("the other server was shown %q", seen)
	}
	if !strings.Contains(e.Error(), "redirects to "+strings.TrimPrefix(elsewhere.URL, "http://")) {
		t.Errorf("got %v", e)
	}
}

// answers makes a server that answers everything with one status.
func answers(code int, message string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		fmt.Fprintf(w, `{"apiVersion":"v1","kind":"Status","status":"Failure","code":%d,"message":%q}`, code, message)
	}
}

// certified starts a server with a certificate for a name that ends at a time,
// and returns the file of that certificate.
func certified(t *testing.T, name string, ends time.Time) (string, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: ends.Add(-time.Hour), NotAfter: ends, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if ip := net.ParseIP(name); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{name}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(answers(200, ""))
	s.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.URL, writeFile(t, "ca.crt", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
}

// A failure is what the user is told.
type failure struct {
	Problem   Problem
	Message   string // the beginning
	Hint      string // the beginning
	Temporary bool
}

func (want failure) compare(t *testing.T, name string, e *Error) {
	t.Helper()
	cut := func(text, want string) string { return text[:min(len(text), len(want))] }
	got := failure{e.Problem, cut(e.Error(), want.Message), cut(e.Hint(), want.Hint), e.Temporary()}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s\nwhole: %s\nhint: %s", name, diff, e.Error(), e.Hint())
	}
	if strings.Contains(e.Error(), "s3cret") {
		t.Errorf("%s: the message has the token: %v", name, e)
	}
}

func TestConnectionsThatFailSayWhy(t *testing.T) {
	t.Parallel()
	good, ca := tlsServer(t, answers(200, ""))
	plain := httptest.NewServer(answers(200, ""))
	t.Cleanup(plain.Close)
	_, otherCA := certified(t, "127.0.0.1", time.Now().Add(time.Hour))
	renamed, renamedCA := certified(t, "elsewhere.example", time.Now().Add(time.Hour))
	expired, expiredCA := certified(t, "127.0.0.1", time.Now().Add(-time.Hour))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "https://" + listener.Addr().String()
	listener.Close()
	tlsToPlain := strings.Replace(plain.URL, "http://", "https://", 1)
	for name, test := range map[string]struct {
		server, ca string
		want       failure
	}{
		"another authority": {good.URL, otherCA, failure{Untrusted, "server " + good.URL + ": the server's certificate is signed by an authority that is not trusted here", "give the cluster's authority with --certificate-authority FILE", false}},
		"another name":      {renamed, renamedCA, failure{Untrusted, "server " + renamed + ": the server's certificate is not for that address: x509: ", "use an address that the certificate has", false}},
		"expired":           {expired, expiredCA, failure{Untrusted, "server " + expired + ": the server's certificate has expired or is not valid yet: current time", "renew the certificate", false}},
		"no TLS":            {tlsToPlain, ca, failure{Untrusted, "server " + tlsToPlain + ": the server does not speak TLS", "check the port", false}},
		"refused":           {closed, ca, failure{Unreachable, "server " + closed + ": the server cannot be reached: nothing listens there (connection refused)", "check that the cluster runs", true}},
		"no address":        {"https://no-such-host.invalid:6443", ca, failure{Unreachable, "server https://no-such-host.invalid:6443: the server is not known: no address for no-such-host.invalid", "check the server's name", true}},
		"no API server":     {good.URL, ca, failure{Other, "server " + good.URL + ": get /version: the server answers, and not as an API server of Kubernetes does", "", false}},
	} {
		test.want.compare(t, name, failed(t, Options{Server: test.server, CAFile: test.ca, Token: "s3cret"}))
	}
}

func TestSilentServersAreUnreachable(t *testing.T) {
	t.Parallel()
	stop := make(chan struct{})
	server, ca := tlsServer(t, func(http.ResponseWriter, *http.Request) { <-stop })
	t.Cleanup(func() { close(stop) })
	c, err := Connect(Options{Server: server.URL, CAFile: ca, Token: "s3cret"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = c.Version(ctx)
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want an *Error", err)
	}
	failure{Unreachable, "server " + server.URL + ": the server does not answer in time", "check the address, the network and the VPN", true}.compare(t, "silent", e)
	stopped, stopNow := context.WithCancel(t.Context())
	stopNow()
	if _, err = c.Version(stopped); !errors.Is(err, context.Canceled) || errors.As(err, &e) {
		t.Errorf("got %#v, want the cancellation as it is", err)
	}
}

func TestRefusalsNameTheCredential(t *testing.T) {
	t.Parallel()
	server, ca := tlsServer(t, answers(401, "Unauthorized"))
	at := "server " + server.URL + ": "
	old := "x." + base64.RawURLEncoding.EncodeToString([]byte(`{"exp":1767323045}`)) + ".s3cret"
	fileToken := writeFile(t, "token", "s3cret")
	user := func(u string) string {
		return writeFile(t, "config", config("dev", u, "dev", "{server: '"+server.URL+"', certificate-authority: "+ca+"}"))
	}
	context := `context "dev" (` + server.URL + "): "
	for name, test := range map[string]struct {
		options Options
		want    failure
	}{
		"of the environment": {Options{Server: server.URL, CAFile: ca, Token: "s3cret", TokenFrom: "LADING_TOKEN"},
			failure{Unauthorized, at + "the server does not accept the token in LADING_TOKEN: it is expired, revoked, or of another cluster", "put a fresh token into LADING_TOKEN", false}},
		"that says when it ended": {Options{Server: server.URL, CAFile: ca, Token: old, TokenFrom: "LADING_TOKEN"},
			failure{Unauthorized, at + "the server does not accept the token in LADING_TOKEN: it expired at 2026-01-02T03:04:05Z", "put a fresh token into LADING_TOKEN", false}},
		"of a file": {Options{Server: server.URL, CAFile: ca, TokenFile: fileToken},
			failure{Unauthorized, at + "the server does not accept the token in " + fileToken, "put a fresh token into " + fileToken, false}},
		"of a kubeconfig": {Options{Kubeconfig: user("{token: s3cret}")},
			failure{Unauthorized, context + `the server does not accept the token of user "ada"`, "put a fresh token into the kubeconfig", false}},
		"none": {Options{Kubeconfig: user("{}")},
			failure{Unauthorized, context + "the server wants a credential, and none is given", "set LADING_TOKEN", false}},
	} {
		test.want.compare(t, name, failed(t, test.options))
	}
}

func TestAnswersOfTheServerAreExplained(t *testing.T) {
	t.Parallel()
	refusal := `deployments.apps is forbidden: User "system:serviceaccount:ci:bot" cannot list resource "deployments" in API group "apps" in the namespace "ml"`
	for name, test := range map[string]struct {
		code                               int
		message, verb, resource, namespace string
		want                               failure
	}{
		"forbidden in a namespace": {403, refusal, "list", "deployments.apps", "ml",
			failure{Forbidden, "%s: system:serviceaccount:ci:bot may not list deployments.apps in namespace ml",
				`a Role in namespace ml with this rule would allow it: {apiGroups: ["apps"], resources: ["deployments"], verbs: ["list"]}; 'lading rbac --env prod' prints all that is needed`, false}},
		"forbidden in the cluster": {403, `nodes is forbidden: User "bot" cannot list resource "nodes" in API group "" at the cluster scope`, "list", "nodes", "",
			failure{Forbidden, "%s: bot may not list nodes", `a ClusterRole with this rule would allow it: {apiGroups: [""], resources: ["nodes"], verbs: ["list"]}`, false}},
		"logs": {403, `pods "x" is forbidden: User "bot" cannot get resource "pods/log" in API group "" in the namespace "ml"`, "get", "pods/log", "ml",
			failure{Forbidden, "%s: bot may not get pods/log in namespace ml", `a Role in namespace ml with this rule would allow it: {apiGroups: [""], resources: ["pods/log"], verbs: ["get"]}`, false}},
		"denied by admission": {403, "pods \"x\" is forbidden: exceeded quota", "patch", "pods", "ml",
			failure{Forbidden, `%s: the user may not patch pods in namespace ml: pods "x" is forbidden: exceeded quota`, "a Role", false}},
		"absent":          {404, "the server could not find the requested resource", "list", "widgets.example.com", "", failure{Absent, "%s: list widgets.example.com: the server could not find", "", false}},
		"asked too much":  {429, "slow down", "list", "pods", "ml", failure{Busy, "%s: list pods in namespace ml: the server is asked too much: slow down", "try again later", true}},
		"its own fault":   {503, "etcd is gone", "list", "pods", "ml", failure{Broken, "%s: list pods in namespace ml: the server fails (503): etcd is gone", "try again later", true}},
		"a wrong request": {400, "no such field", "list", "pods", "ml", failure{Other, "%s: list pods in namespace ml: the server says (400): no such field", "", false}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, ca := tlsServer(t, answers(test.code, test.message))
			c, err := Connect(Options{Server: server.URL, CAFile: ca, Token: "s3cret", Environment: "prod"})
			if err != nil {
				t.Fatal(err)
			}
			err = c.ask(t.Context(), ask{method: "GET", path: "/x", verb: test.verb, resource: test.resource, namespace: test.namespace}, new(any))
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v, want an *Error", err)
			}
			test.want.Message = strings.Replace(test.want.Message, "%s", c.Name(), 1)
			test.want.compare(t, name, e)
		})
	}
}

func TestPluginsThatFailSayWhy(t *testing.T) {
	t.Parallel()
	server, ca := tlsServer(t, answers(200, ""))
	broken, _ := pluginConfig(t, server.URL, ca, "echo 'The SSO session has expired.' >&2; exit 3")
	odd, _ := pluginConfig(t, server.URL, ca, "echo hello")
	beta, _ := pluginConfig(t, server.URL, ca, `echo '{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential"}'`)
	void, _ := pluginConfig(t, server.URL, ca, `echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential"}'`)
	missing := func(command, hint string) string {
		return writeFile(t, "config", config("eks", "{exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: "+command+hint+"}}", "eks", "{server: '"+server.URL+"'}"))
	}
	for name, test := range map[string]struct {
		file, message, hint string
	}{
		"it exits":             {broken, "login.sh gave no credential: exit status 3\n  The SSO session has expired.", "log in again with the tool that the program belongs to"},
		"it prints no JSON":    {odd, "login.sh gave no credential: its output is no ExecCredential in JSON", "see what it prints when it is run by hand"},
		"another version":      {beta, "it printed ExecCredential client.authentication.k8s.io/v1beta1, want ExecCredential of client.authentication.k8s.io/v1, as the kubeconfig says", "see what it prints"},
		"no token in it":       {void, "its output has neither a token nor a client certificate", "see what it prints"},
		"missing, with a hint": {missing("no-such-plugin", ", installHint: 'get it at https://example.com'"), "no-such-plugin gave no credential: there is no such program", "get it at https://example.com"},
		"missing, no hint":     {missing("no-such-plugin", ""), "no-such-plugin gave no credential: there is no such program", "install it, or correct users[].user.exec.command in the kubeconfig"},
	} {
		e := failed(t, Options{Kubeconfig: test.file})
		if e.Problem != Plugin || e.Temporary() || !strings.Contains(e.Error(), test.message) || !strings.HasPrefix(e.Hint(), test.hint) {
			t.Errorf("%s: got %d %q, hint %q", name, e.Problem, e.Error(), e.Hint())
		}
	}
}
