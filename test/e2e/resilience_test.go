//go:build e2e

package e2e

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lading-dev/lading/test/cluster"
)

// A run is a lading that runs while the test does something else.
type running struct {
	cmd            *exec.Cmd
	stdout, stderr output
	ended          chan struct{}
}

// start starts lading, and ends it with the test.
func (p liveProject) start(t *testing.T, args ...string) *running {
	t.Helper()
	r := &running{cmd: p.command(t, args...), ended: make(chan struct{})}
	r.cmd.Stdout, r.cmd.Stderr = &r.stdout, &r.stderr
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(r.ended)
		_ = r.cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = r.cmd.Process.Kill()
		<-r.ended
	})
	return r
}

// says waits until lading has written something.
func (r *running) says(t *testing.T, text string) {
	t.Helper()
	eventually(t, "lading says "+text, func() string {
		said := r.stdout.String() + r.stderr.String()
		return hide(!strings.Contains(said, text), "yes") + hide(strings.Contains(said, text), said)
	})
}

// end waits until lading has ended.
func (r *running) end(t *testing.T) result {
	t.Helper()
	select {
	case <-r.ended:
	case <-time.After(patience):
		t.Fatalf("lading has not ended within %s:\n%s%s", patience, r.stderr.String(), r.stdout.String())
	}
	return result{r.stdout.String(), r.stderr.String(), r.cmd.ProcessState.ExitCode()}
}

// unready is a project with a deployment whose pods are ready when the test
// wants it.
func unready(t *testing.T, namespace string) liveProject {
	t.Helper()
	p := newLive(t, namespace)
	p.deployment(t, "greet", "image: registry.example.com/unready:1\nsettings: {deployer: {service_type: ClusterIP}, resources: {min_replicas: 2}}")
	p.publish(t)
	p.mustSync(t)
	return p
}

// makeReady makes the pods of unready ready.
func makeReady(t *testing.T, namespace string) {
	t.Helper()
	kubectl(t, "annotate", "pods", "--all", "-n", namespace, "--overwrite", cluster.BehaveAnnotation+"=ok")
}

// through is a kubeconfig of the administrator's with another way to the
// server.
func through(t *testing.T, address string) string {
	t.Helper()
	config, err := os.ReadFile(shared.Kubeconfig())
	if err != nil {
		t.Fatal(err)
	}
	return writeKubeconfig(t, strings.ReplaceAll(string(config), shared.Server(), address))
}

func writeKubeconfig(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// withToken is a kubeconfig of a service account.
func withToken(t *testing.T, server string, authority []byte, namespace, account string) string {
	t.Helper()
	return writeKubeconfig(t, fmt.Sprintf(`
apiVersion: v1
kind: Config
current-context: account
contexts: [{name: account, context: {cluster: e2e, user: account}}]
clusters: [{name: e2e, cluster: {server: "%s", certificate-authority-data: %s}}]
users: [{name: account, user: {token: %s}}]
`, server, base64.StdEncoding.EncodeToString(authority), kubectl(t, "create", "token", account, "-n", namespace)))
}

func authority(t *testing.T) []byte {
	t.Helper()
	data, err := os.ReadFile(shared.CAFile())
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Not in parallel: others would see it.
func TestWaitSurvivesARestartOfTheAPIServer(t *testing.T) {
	ns := namespace(t)
	p := unready(t, ns)
	r := p.start(t, "status", "--env", "test", "--wait")
	r.says(t, "greet")
	if err := shared.StopComponent("kube-apiserver"); err != nil {
		t.Fatal(err)
	}
	r.says(t, "still trying")
	if err := shared.StartComponent(t.Context(), "kube-apiserver"); err != nil {
		t.Fatal(err)
	}
	makeReady(t, ns)
	if got := r.end(t); got.status != 0 {
		t.Errorf("exit status %d\n%s%s", got.status, got.stderr, got.stdout)
	}
}

// A wire is a way to the API server that can be cut.
type wire struct {
	address  string
	mu       sync.Mutex
	listener net.Listener
	open     map[net.Conn]bool
	silent   atomic.Bool // connections stay, and nothing comes through
}

func newWire(t *testing.T) *wire {
	t.Helper()
	w := &wire{address: "127.0.0.1:0", open: make(map[net.Conn]bool)}
	w.restore(t)
	t.Cleanup(w.cut)
	return w
}

func (w *wire) restore(t *testing.T) {
	t.Helper()
	listener, err := net.Listen("tcp", w.address)
	if err != nil {
		t.Fatal(err)
	}
	w.address = listener.Addr().String()
	w.mu.Lock()
	w.listener = listener
	w.mu.Unlock()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go w.carry(conn)
		}
	}()
}

func (w *wire) carry(from net.Conn) {
	to, err := net.Dial("tcp", strings.TrimPrefix(shared.Server(), "https://"))
	if err != nil {
		from.Close()
		return
	}
	w.mu.Lock()
	w.open[from], w.open[to] = true, true
	w.mu.Unlock()
	go w.copy(to, from)
	w.copy(from, to)
}

func (w *wire) copy(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		for w.silent.Load() && err == nil {
			time.Sleep(50 * time.Millisecond)
		}
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.silent.Store(false)
	w.listener.Close()
	for conn := range w.open {
		conn.Close()
	}
	clear(w.open)
}

func TestWaitSurvivesANetworkThatIsCut(t *testing.T) {
	t.Parallel()
	ns := namespace(t)
	p := unready(t, ns)
	w := newWire(t)
	p.kubeconfig = through(t, "https://"+w.address)
	r := p.start(t, "status", "--env", "test", "--wait")
	r.says(t, "greet")
	w.silent.Store(true)
	time.Sleep(2 * time.Second)
	w.cut()
	r.says(t, "still trying")
	makeReady(t, ns)
	w.restore(t)
	if got := r.end(t); got.status != 0 {
		t.Errorf("exit status %d\n%s%s", got.status, got.stderr, got.stdout)
	}
}

func TestWaitGivesUpOnANetworkThatStaysCut(t *testing.T) {
	t.Parallel()
	ns := namespace(t)
	p := unready(t, ns)
	w := newWire(t)
	p.kubeconfig = through(t, "https://"+w.address)
	r := p.start(t, "status", "--env", "test", "--wait", "--timeout", "8s", "--sync-timeout", "8s")
	r.says(t, "greet")
	w.cut()
	got := r.end(t)
	if got.status != 1 && got.status != 3 || !strings.Contains(got.stderr, "connection refused") {
		t.Errorf("exit status %d, want 1 or 3 and what is wrong\n%s%s", got.status, got.stderr, got.stdout)
	}
}

// A gate is a server before the API server that may refuse requests, as the
// API server does when it has too many.
type gate struct {
	*httptest.Server
	shut    atomic.Bool
	refused atomic.Int64
}

func newGate(t *testing.T) *gate {
	t.Helper()
	to, err := url.Parse(shared.Server())
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(authority(t))
	g := &gate{}
	proxy := &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(to) },
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}},
		FlushInterval: -1,
		ErrorHandler:  func(http.ResponseWriter, *http.Request, error) {}, // of clients that went away
	}
	g.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !g.shut.Load() {
			proxy.ServeHTTP(w, r)
			return
		}
		g.refused.Add(1)
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = io.WriteString(w, "too many requests, please try again later")
	}))
	t.Cleanup(func() {
		g.CloseClientConnections()
		g.Close()
	})
	return g
}

func (g *gate) authority() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: g.Certificate().Raw})
}

// reader makes a service account that may read everything.
func reader(t *testing.T, namespace string) string {
	t.Helper()
	kubectl(t, "create", "serviceaccount", "reader", "-n", namespace)
	apply(t, namespace, `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: `+namespace+`}
rules: [{apiGroups: ["*"], resources: ["*"], verbs: [get, list, watch]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: `+namespace+`}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: `+namespace+`}
subjects: [{kind: ServiceAccount, name: reader, namespace: `+namespace+`}]
`)
	return "reader"
}

func TestWaitSurvivesTooManyRequests(t *testing.T) {
	t.Parallel()
	ns := namespace(t)
	p := unready(t, ns)
	g := newGate(t)
	p.kubeconfig = withToken(t, g.URL, g.authority(), ns, reader(t, ns))
	r := p.start(t, "status", "--env", "test", "--wait")
	r.says(t, "greet")
	g.shut.Store(true)
	g.CloseClientConnections()
	eventually(t, "requests are refused", func() string { return hide(g.refused.Load() < 4, "yes") })
	makeReady(t, ns)
	g.shut.Store(false)
	if got := r.end(t); got.status != 0 {
		t.Errorf("exit status %d\n%s%s", got.status, got.stderr, got.stdout)
	}
}

func TestWaitSaysThatItsTokenIsNotTakenAnyMore(t *testing.T) {
	t.Parallel()
	ns := namespace(t)
	p := unready(t, ns)
	p.kubeconfig = withToken(t, shared.Server(), authority(t), ns, reader(t, ns))
	r := p.start(t, "status", "--env", "test", "--wait")
	r.says(t, "greet")
	kubectl(t, "delete", "serviceaccount", "reader", "-n", ns)
	eventually(t, "the token is refused", func() string {
		_, err := shared.Kubectl(t.Context(), "--kubeconfig", p.kubeconfig, "get", "pods", "-n", ns)
		if err == nil {
			return "it is taken"
		}
		return "yes"
	})
	makeReady(t, ns)
	got := r.end(t)
	if got.status != 1 || !strings.Contains(got.stderr, "hint: ") || !strings.Contains(got.stderr, "token") {
		t.Errorf("exit status %d, want 1 and a word on the token\n%s%s", got.status, got.stderr, got.stdout)
	}
}
