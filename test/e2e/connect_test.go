//go:build e2e

package e2e

import (
	"encoding/base64"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

// However a cluster cannot be asked, status tells why and what to do.
func TestClusterThatCannotBeAskedIsExplained(t *testing.T) {
	t.Parallel()
	ns := namespace(t)
	p := newLive(t, ns)
	p.deployment(t, "greet", "image: registry.example.com/app:1")
	p.publish(t)
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	other := httptest.NewUnstartedServer(http.NotFoundHandler())
	other.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes, which are to fail
	other.StartTLS()
	defer other.Close()
	admin := readFile(t, shared.Kubeconfig())
	kubectl(t, "create", "serviceaccount", "nobody", "-n", ns)
	tests := map[string]struct {
		kubeconfig string
		args       []string
		status     int
		says       []string
	}{
		"nobody listens":  {through(t, closed.URL), nil, 1, []string{"connection refused"}},
		"another service": {through(t, other.URL), nil, 1, []string{"authority"}},
		"not even TLS":    {through(t, strings.Replace(plain.URL, "http:", "https:", 1)), nil, 1, []string{"TLS"}},
		"unknown host":    {through(t, "https://cluster.invalid:6443"), nil, 1, []string{"cluster.invalid"}},
		"no such context": {shared.Kubeconfig(), []string{"--context", "prod"}, 2, []string{`"prod"`, "lading-test"}},
		"no kubeconfig":   {p.dir + "/absent", nil, 2, []string{"absent"}},
		"a bad token":     {badToken(t), nil, 1, []string{"does not accept the token"}},
		"no permissions":  {withToken(t, shared.Server(), authority(t), ns, "nobody"), nil, 1, []string{"list", "deployments", "lading rbac"}},
		"a broken file":   {writeKubeconfig(t, admin[:len(admin)/2]+"\n\t}"), nil, 2, []string{"kubeconfig"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p.kubeconfig = test.kubeconfig
			r := p.run(t, append([]string{"status", "--env", "test"}, test.args...)...)
			if r.status != test.status {
				t.Errorf("exit status %d, want %d", r.status, test.status)
			}
			for _, want := range test.says {
				if !strings.Contains(r.stderr+r.stdout, want) {
					t.Errorf("no word of %q", want)
				}
			}
			if !strings.Contains(r.stderr, "hint: ") && !strings.Contains(r.stdout, "next: ") {
				t.Error("no next step")
			}
			if t.Failed() {
				t.Logf("%s%s", r.stderr, r.stdout)
			}
		})
	}
}

// badToken is a kubeconfig with a token that the API server did not make.
func badToken(t *testing.T) string {
	t.Helper()
	ca, err := os.ReadFile(shared.CAFile())
	if err != nil {
		t.Fatal(err)
	}
	return writeKubeconfig(t, `{apiVersion: v1, kind: Config, current-context: a, contexts: [{name: a, context: {cluster: a, user: a}}],
clusters: [{name: a, cluster: {server: "`+shared.Server()+`", certificate-authority-data: `+base64.StdEncoding.EncodeToString(ca)+`}}],
users: [{name: a, user: {token: made-up}}]}`)
}

// What was not applied is asked about where that is wanted, and then what the
// API server says counts.
func TestServerDryRunSaysWhatTheAPIServerRefuses(t *testing.T) {
	t.Parallel()
	ns := namespace(t)
	p := newLive(t, ns)
	p.deployment(t, "good", "image: registry.example.com/app:1")
	p.deployment(t, "bad", "image: registry.example.com/app:1\nsettings: {deployer: {pod_settings: {additional_pod_spec_args: {dns_policy: Sometimes}}}}")
	p.deployment(t, "elsewhere", "image: registry.example.com/app:1\nsettings: {deployer: {namespace: "+ns+"-new}}")
	p.publish(t)
	all, r := p.status(t, "--server-dry-run")
	for _, name := range []string{"good", "elsewhere"} {
		if v := all[name]; v.Phase != "NotSynced" {
			t.Errorf("%s, which would be taken, is %s %s: %s", name, v.Phase, v.Reason, v.Message)
		}
	}
	v := all["bad"]
	if v.Phase != "Failed" || v.Reason != "WouldBeRefused" || !strings.Contains(v.Message, "dnsPolicy") || v.Next == "" || r.status != 5 {
		t.Errorf("what would be refused is %s %s: %s\nnext: %s\nexit status %d\n%s", v.Phase, v.Reason, v.Message, v.Next, r.status, r.stderr)
	}
	if out := kubectl(t, "get", "deployments", "-n", ns, "-o", "name"); out != "" {
		t.Errorf("it made %s", out)
	}
	p.kubeconfig = withToken(t, shared.Server(), authority(t), ns, reader(t, ns))
	eventually(t, "without the verb patch it is said", func() string {
		r := p.run(t, "status", "--env", "test", "--server-dry-run")
		return hide(!strings.Contains(r.stderr+r.stdout, "patch"), "yes") + hide(strings.Contains(r.stderr+r.stdout, "patch"), r.stderr+r.stdout)
	})
}
