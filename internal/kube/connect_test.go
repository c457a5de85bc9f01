package kube

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// tlsServer starts a server and returns it with the file of its authority.
func tlsServer(t *testing.T, handler http.HandlerFunc) (*httptest.Server, string) {
	t.Helper()
	s := httptest.NewUnstartedServer(handler)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	return s, writeFile(t, "ca.crt", string(ca))
}

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func environment(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

// showsVersion answers /version and tells the request's Authorization header.
func showsVersion(seen *[]string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		*seen = append(*seen, r.Header.Get("Authorization"))
		_, _ = w.Write([]byte(`{"gitVersion":"v1.34.1"}`))
	}
}

// config is a kubeconfig with one context for each server.
func config(current, user string, contexts ...string) string {
	var b strings.Builder
	b.WriteString("apiVersion: v1\nkind: Config\ncurrent-context: " + current + "\nusers:\n- name: ada\n  user: " + user + "\nclusters:\n")
	for i := 0; i < len(contexts); i += 2 {
		b.WriteString("- name: " + contexts[i] + "\n  cluster: " + contexts[i+1] + "\n")
	}
	b.WriteString("contexts:\n")
	for i := 0; i < len(contexts); i += 2 {
		b.WriteString("- name: " + contexts[i] + "\n  context: {cluster: " + contexts[i] + ", user: ada}\n")
	}
	return b.String()
}

func TestConnectByEachWayIn(t *testing.T) {
	t.Parallel()
	var seen []string
	server, ca := tlsServer(t, showsVersion(&seen))
	cluster := "{server: '" + server.URL + "', certificate-authority: " + ca + "}"
	kubeconfig := writeFile(t, "config", config("dev", "{token: of-config}", "dev", cluster, "prod", cluster))
	named := writeFile(t, "config", config("dev", "{username: ada, password: pw}", "dev", cluster))
	elsewhere := writeFile(t, "config", config("other", "{token: of-config}", "other", "{server: 'https://other.example'}", "prod", cluster))
	token := writeFile(t, "token", "of-file\n")
	pod := t.TempDir()
	authority, _ := os.ReadFile(ca)
	for name, data := range map[string]string{"token": "of-pod", "ca.crt": string(authority)} {
		if err := os.WriteFile(filepath.Join(pod, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	host, port, _ := strings.Cut(strings.TrimPrefix(server.URL, "https://"), ":")
	inPod := environment("KUBERNETES_SERVICE_HOST", host, "KUBERNETES_SERVICE_PORT", port)
	home := t.TempDir()
	if err := os.MkdirAll(filepath.Join(home, ".kube"), 0o700); err != nil {
		t.Fatal(err)
	}
	text, _ := os.ReadFile(kubeconfig)
	if err := os.WriteFile(filepath.Join(home, ".kube", "config"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name    string
		options Options
		called  string
		bearer  string
	}{
		{"the kubeconfig's current context", Options{Kubeconfig: kubeconfig}, `context "dev" (` + server.URL + `)`, "of-config"},
		{"a context that is named", Options{Kubeconfig: kubeconfig, Context: "prod"}, `context "prod" (` + server.URL + `)`, "of-config"},
		{"KUBECONFIG, where a file may be missing", Options{Getenv: environment("KUBECONFIG", "/nowhere:"+kubeconfig)}, `context "dev" (` + server.URL + `)`, "of-config"},
		{"the usual file", Options{Home: home}, `context "dev" (` + server.URL + `)`, "of-config"},
		{"a relative path", Options{Dir: filepath.Dir(kubeconfig), Kubeconfig: "config"}, `context "dev" (` + server.URL + `)`, "of-config"},
		{"a token file over name and password", Options{Kubeconfig: named, TokenFile: token}, `context "dev" (` + server.URL + `)`, "of-file"},
		{"a token file over a context", Options{Kubeconfig: kubeconfig, TokenFile: token}, `context "dev" (` + server.URL + `)`, "of-file"},
		{"a server with a token of the environment", Options{Server: server.URL, Token: "of-env", CAFile: ca}, "server " + server.URL, "of-env"},
		{"a server with a token file", Options{Server: server.URL, TokenFile: token, CAFile: ca}, "server " + server.URL, "of-file"},
		{"a server that a context has", Options{Kubeconfig: kubeconfig, Server: server.URL + "/"}, `context "dev" (` + server.URL + `)`, "of-config"},
		{"a server that a context has which is not the current one", Options{Kubeconfig: elsewhere, Server: server.URL}, `context "prod" (` + server.URL + `)`, "of-config"},
		{"the pod's service account when asked", Options{InCluster: true, Getenv: inPod, ServiceAccount: pod}, "the cluster of this pod", "of-pod"},
		{"the pod's service account without a kubeconfig", Options{Getenv: inPod, ServiceAccount: pod}, "the cluster of this pod", "of-pod"},
	} {
		seen = nil
		c, err := Connect(test.options)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		version, err := c.Version(t.Context())
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		got := []string{c.Name(), version, strings.Join(seen, ",")}
		if diff := cmp.Diff([]string{test.called, "v1.34.1", "Bearer " + test.bearer}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestConnectTellsWhatIsWrongWithTheConfiguration(t *testing.T) {
	t.Parallel()
	good := writeFile(t, "config", config("dev", "{token: s3cret}", "dev", "{server: 'https://dev.example:6443'}", "prod", "{server: 'https://prod.example:6443'}"))
	dir := t.TempDir()
	broken := writeFile(t, "broken", "apiVersion: v1\nkind: Config\nusers:\n- name: a\n  user: {token: s3cret\n")
	wrong := writeFile(t, "wrong", "apiVersion: v1\nkind: Config\ncontexts: s3cret\n")
	none := writeFile(t, "none", config("''", "{}", "dev", "{server: 'https://dev.example'}"))
	lost := writeFile(t, "lost", config("dev", "{token: x}", "dev", "{server: 'https://dev.example', certificate-authority: gone.crt}"))
	noServer := writeFile(t, "noserver", config("dev", "{token: x}", "dev", "{}"))
	plain := writeFile(t, "plain", config("dev", "{token: x}", "dev", "{server: 'http://dev.example:8080'}"))
	terminal := writeFile(t, "terminal", config("dev", "{exec: {apiVersion: client.authentication.k8s.io/v1, command: login, interactiveMode: Always}}", "dev", "{server: 'https://dev.example'}"))
	empty, notPEM := writeFile(t, "empty", " \n"), writeFile(t, "not.pem", "hello")
	for _, test := range []struct {
		name          string
		options       Options
		message, hint string
	}{
		{"no such context", Options{Kubeconfig: good, Context: "prd", ContextFrom: "environments[prod].cluster.context"},
			`environments[prod].cluster.context: there is no context "prd" in ` + good,
			`did you mean "prod"? there are dev, prod; --context NAME goes before environments[prod].cluster.context`},
		{"no such context by flag", Options{Kubeconfig: good, Context: "staging", ContextFrom: "--context"},
			`--context: there is no context "staging" in ` + good, `there are dev, prod`},
		{"no kubeconfig", Options{Home: dir}, "there is no kubeconfig: looked for " + filepath.Join(dir, ".kube", "config"),
			"name one with --kubeconfig or KUBECONFIG, or give --server with LADING_TOKEN or --token-file"},
		{"no kubeconfig for a context", Options{Home: dir, Context: "prod"}, `no kubeconfig has the context "prod": looked for ` + filepath.Join(dir, ".kube", "config"),
			"name one with --kubeconfig or KUBECONFIG, or give --server with LADING_TOKEN or --token-file"},
		{"a kubeconfig that is named and missing", Options{Kubeconfig: filepath.Join(dir, "x")}, "reading the kubeconfig: open " + filepath.Join(dir, "x") + ": no such file or directory",
			"name the file with --kubeconfig, or in KUBECONFIG"},
		{"a kubeconfig that is no YAML", Options{Kubeconfig: broken}, broken + ":5: the kubeconfig cannot be read: did not find expected ',' or '}'", "'kubectl config view' reads the same files"},
		{"a kubeconfig of another shape", Options{Kubeconfig: wrong}, wrong + ": the kubeconfig cannot be read: json: cannot unmarshal string into Go struct field Config.contexts of type []v1.NamedContext", "'kubectl config view' reads the same files"},
		{"no current context", Options{Kubeconfig: none}, "no context is named, and " + none + " has no current one", "name one with --context, or in the environment's cluster.context; there is dev"},
		{"a missing authority in the kubeconfig", Options{Kubeconfig: lost}, `context "dev": unable to read certificate-authority ` + filepath.Join(filepath.Dir(lost), "gone.crt") + ` for dev due to open ` + filepath.Join(filepath.Dir(lost), "gone.crt") + `: no such file or directory`,
			"the contexts, clusters and users stand in " + lost},
		{"a cluster without a server", Options{Kubeconfig: noServer}, `context "dev": no server found for cluster "dev"`, "the contexts, clusters and users stand in " + noServer},
		{"a token over plain http to a host that is no address", Options{Server: "http://127.example:1", Token: "x"}, "server http://127.example:1: the token in the environment would go over plain http", "use the https:// address of the API server"},
		{"a token over plain http", Options{Kubeconfig: plain, Token: "x"}, `context "dev" (http://dev.example:8080): the token in the environment would go over plain http`, "use the https:// address of the API server"},
		{"a plugin that wants a terminal", Options{Kubeconfig: terminal}, `context "dev" (https://dev.example): the credential plugin login wants a terminal (interactiveMode: Always), which it is not given`, ""},
		{"a server without a credential", Options{Server: "https://other.example", ServerFrom: "--server", Kubeconfig: good}, "--server: there is no credential for server https://other.example, and no context in " + good + " has it",
			"set LADING_TOKEN, or give --token-file or --client-certificate, or name a context with --context"},
		{"a server that is none", Options{Server: "https://", Token: "x", ServerFrom: "LADING_SERVER"}, `LADING_SERVER: server "https://" is no address of an API server, want https://HOST:PORT`, ""},
		{"a password in the address", Options{Server: "https://u:pw@h", Token: "x"}, `server "https://u:xxxxx@h" is no address of an API server, want https://HOST:PORT`, ""},
		{"a token file that is empty", Options{Server: "h:1", TokenFile: empty}, "server https://h:1: reading the token: " + empty + " is empty, want a token", "name a file with nothing but the token in it"},
		{"a token file with more than a token", Options{Server: "h:1", TokenFile: broken}, "server https://h:1: reading the token: " + broken + " has spaces, line breaks or other characters that no token has, want one token", "name a file with nothing but the token in it"},
		{"a variable with more than a token", Options{Server: "h:1", Token: "s3cret s3cret", TokenFrom: "LADING_TOKEN"}, "server https://h:1: the token in LADING_TOKEN has spaces, line breaks or other characters that no token has, want one token", "set it to the token and nothing else"},
		{"an authority that is no PEM", Options{Server: "h:1", Token: "x", CAFile: notPEM}, "server https://h:1: " + notPEM + " holds no PEM block, want the certificate authority", ""},
		{"an authority that is missing", Options{Server: "h:1", Token: "x", CAFile: "/no/ca"}, "server https://h:1: reading the certificate authority: open /no/ca: no such file or directory", "correct the path; in a kubeconfig it is relative to that file"},
		{"a certificate without a key", Options{Server: "h:1", ClientCert: notPEM}, "server https://h:1: a client certificate is given without its key", "name the key's file with --client-key"},
		{"no pod", Options{InCluster: true, ServiceAccount: dir}, "the service account of the pod is asked for, and this does not run in a pod with one", "outside of the cluster name a context: --context NAME, or unset incluster"},
	} {
		_, err := Connect(test.options)
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%s: got %v, want an *Error", test.name, err)
			continue
		}
		if diff := cmp.Diff([]any{test.message, test.hint, Misconfigured, false}, []any{e.Error(), e.Hint(), e.Problem, e.Temporary()}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
		if strings.Contains(e.Error(), "s3cret") {
			t.Errorf("%s: the message has a secret: %v", test.name, e)
		}
	}
}

// TestClientCertificatesAreShown asks a server that wants one, with those of
// files and with those that a plugin prints.
func TestClientCertificatesAreShown(t *testing.T) {
	t.Parallel()
	key, cert := keyPair(t)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(cert))
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(`{"gitVersion":"of ` + r.TLS.PeerCertificates[0].Subject.CommonName + `"}`))
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool}
	s.StartTLS()
	t.Cleanup(s.Close)
	ca := writeFile(t, "ca.crt", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})))
	printed, err := json.Marshal(map[string]any{
		"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
		"status": map[string]any{"clientCertificateData": cert, "clientKeyData": key},
	})
	if err != nil {
		t.Fatal(err)
	}
	plugged, _ := pluginConfig(t, s.URL, ca, "cat <<'END'\n"+string(printed)+"\nEND")
	for name, o := range map[string]Options{
		"files":  {Server: s.URL, CAFile: ca, ClientCert: writeFile(t, "tls.crt", cert), ClientKey: writeFile(t, "tls.key", key)},
		"plugin": {Kubeconfig: plugged},
	} {
		c, err := Connect(o)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := c.Version(t.Context()); err != nil || got != "of ada" {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
}

// keyPair makes a client certificate for ada, as PEM.
func keyPair(t *testing.T) (key, cert string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "ada"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: encoded})),
		string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func TestRequestsGoThroughTheProxyOfTheEnvironment(t *testing.T) {
	t.Parallel()
	var asked string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.Method + " " + r.Host
		w.WriteHeader(http.StatusForbidden)
	}))
	t.Cleanup(proxy.Close)
	c, err := Connect(Options{Server: "https://far.example:6443", Token: "x", Getenv: environment("HTTPS_PROXY", proxy.URL)})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Version(t.Context())
	var e *Error
	if !errors.As(err, &e) || asked != "CONNECT far.example:6443" {
		t.Errorf("got %v, and the proxy was asked to %q", err, asked)
	}
}

// plugin writes a credential plugin that counts its runs, and a kubeconfig that
// names it.
func pluginConfig(t *testing.T, server, ca, script string) (file, count string) {
	t.Helper()
	dir := t.TempDir()
	count = filepath.Join(dir, "count")
	program := filepath.Join(dir, "login.sh")
	if err := os.WriteFile(program, []byte("#!/bin/sh\necho run >> "+count+"\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	user := "{exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: " + program + ", env: [{name: WHO, value: ada}]}}"
	return writeFile(t, "config", config("eks", user, "eks", "{server: '"+server+"', certificate-authority: "+ca+"}")), count
}

const prints = `echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"'$WHO-$(wc -l < "$(dirname "$0")/count" | tr -d ' ')'"%s}}'`

func TestPluginsGiveCredentials(t *testing.T) {
	t.Parallel()
	var seen []string
	server, ca := tlsServer(t, showsVersion(&seen))
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	ends := strings.Replace(prints, "%s", `,"expirationTimestamp":"2026-01-02T04:00:00Z"`, 1)
	file, _ := pluginConfig(t, server.URL, ca, ends)
	c, err := Connect(Options{Kubeconfig: file, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []time.Duration{0, time.Minute, time.Hour} {
		now = now.Add(step)
		if _, err := c.Version(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"Bearer ada-1", "Bearer ada-1", "Bearer ada-2"}, seen); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestPluginsAreAskedAgainWhenTheServerRefuses(t *testing.T) {
	t.Parallel()
	var seen []string
	server, ca := tlsServer(t, func(w http.ResponseWriter, r *http.Request) {
		if seen = append(seen, r.Header.Get("Authorization")); len(seen) == 2 {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = w.Write([]byte(`{"gitVersion":"v1.34.1"}`))
	})
	file, _ := pluginConfig(t, server.URL, ca, strings.Replace(prints, "%s", "", 1))
	c, err := Connect(Options{Kubeconfig: file})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := c.Version(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"Bearer ada-1", "Bearer ada-1", "Bearer ada-2"}, seen); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
