package kube

import (
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"

	"github.com/lading-dev/lading/internal/kube/kubetest"
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
	another := writeFile(t, "another", "just a text\n")
	wrong := writeFile(t, "wrong", "apiVersion: v1\nkind: Config\ncontexts: s3cret\n")
	none := writeFile(t, "none", config("''", "{}", "dev", "{server: 'https://dev.example'}"))
	lost := writeFile(t, "lost", config("dev", "{token: x}", "dev", "{server: 'https://dev.example', certificate-authority: gone.crt}"))
	noServer := writeFile(t, "noserver", config("dev", "{token: x}", "dev", "{}"))
	plain := writeFile(t, "plain", config("dev", "{token: x}", "dev", "{server: 'http://dev.example:8080'}"))
	terminal := writeFile(t, "terminal", config("dev", "{exec: {apiVersion: client.authentication.k8s.io/v1, command: login, interactiveMode: Always}}", "dev", "{server: 'https://dev.example'}"))
	byProxy := func(url string) string {
		return writeFile(t, "proxy", config("dev", "{token: x}", "dev", "{server: 'https://dev.example', proxy-url: '"+url+"'}"))
	}
	spaced, ftp, schemeless := byProxy("http://ada:s3cret@pro xy:3128"), byProxy("ftp://ada:s3cret@proxy:3128"), byProxy("ada:s3cret@proxy:3128")
	gcp := writeFile(t, "gcp", config("dev", "{auth-provider: {name: gcp}}", "dev", "{server: 'https://dev.example'}"))
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
		{"a file that is no kubeconfig", Options{Kubeconfig: another}, another + ": the kubeconfig cannot be read: want a mapping with apiVersion: v1 and kind: Config", "'kubectl config view' reads the same files"},
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
		{"a password in the address", Options{Server: "https://u:pw@h", Token: "x"}, `server "https://xxxxx@h" is no address of an API server, want https://HOST:PORT`, ""},
		{"a token file that is empty", Options{Server: "h:1", TokenFile: empty}, "server https://h:1: reading the token: " + empty + " is empty, want a token", "name a file with nothing but the token in it"},
		{"a token file with more than a token", Options{Server: "h:1", TokenFile: broken}, "server https://h:1: reading the token: " + broken + " has spaces, line breaks or other characters that no token has, want one token", "name a file with nothing but the token in it"},
		{"a variable with more than a token", Options{Server: "h:1", Token: "s3cret s3cret", TokenFrom: "LADING_TOKEN"}, "server https://h:1: the token in LADING_TOKEN has spaces, line breaks or other characters that no token has, want one token", "set it to the token and nothing else"},
		{"an authority that is no PEM", Options{Server: "h:1", Token: "x", CAFile: notPEM}, "server https://h:1: " + notPEM + " holds no PEM block, want the certificate authority", ""},
		{"an authority that is missing", Options{Server: "h:1", Token: "x", CAFile: "/no/ca"}, "server https://h:1: reading the certificate authority: open /no/ca: no such file or directory", "correct the path; in a kubeconfig it is relative to that file"},
		{"a certificate without a key", Options{Server: "h:1", ClientCert: notPEM}, "server https://h:1: a client certificate is given without its key", "name the key's file with --client-key"},
		{"a password in an address that is none", Options{Server: "https://u:s3cret@h h", Token: "x"}, `server "https://xxxxx@h h" is no address of an API server, want https://HOST:PORT`, ""},
		{"a password and no credential", Options{Server: "https://u:s3cret@h", Home: dir}, "there is no credential for server https://xxxxx@h", "set LADING_TOKEN, or give --token-file or --client-certificate, or name a context with --context"},
		{"a proxy that is none", Options{Kubeconfig: spaced}, noProxy("http://xxxxx@pro xy:3128"), "correct it in " + spaced},
		{"a proxy of another kind", Options{Kubeconfig: ftp}, noProxy("ftp://xxxxx@proxy:3128"), "correct it in " + ftp},
		{"a proxy without a scheme", Options{Kubeconfig: schemeless}, noProxy("xxxxx@proxy:3128"), "correct it in " + schemeless},
		{"a provider that is no more", Options{Kubeconfig: gcp}, `context "dev" (https://dev.example): no Auth Provider found for name "gcp"`,
			"install gke-gcloud-auth-plugin, and get a fresh kubeconfig: gcloud container clusters get-credentials CLUSTER"},
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

func noProxy(url string) string {
	return fmt.Sprintf(`context "dev": proxy-url %q of cluster "dev" is no address of a proxy, want http://, https:// or socks5://HOST:PORT`, url)
}

// What client-go writes to its log lands in the middle of a table.
func TestClientGoIsSilent(t *testing.T) {
	t.Parallel()
	_, c := connected(t, kubetest.Options{})
	if klog.Background().Enabled() {
		t.Error("its log goes somewhere")
	}
	if got := c.Config().WarningHandler; got != (rest.NoWarnings{}) {
		t.Errorf("warnings of the server go to %v", got)
	}
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
