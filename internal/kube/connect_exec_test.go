package kube

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/lading-dev/lading/internal/kube/kubetest"
)

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

// firstEnds is when the first credential of onceSlow ends.
var firstEnds = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// onceSlow prints a credential that ends, and then one that takes a while.
func onceSlow(seconds string) string {
	return `end=2026-01-02T03:04:05Z
if [ $(wc -l < $(dirname $0)/count) -gt 1 ]; then echo 'To sign in, open https://login.example and enter ABC' >&2; sleep ` + seconds + `; end=2999-01-02T03:04:05Z; fi
echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"t","expirationTimestamp":"'$end'"}}'`
}

// The program may take longer than those who wait for it: it goes on, and runs
// once for all of them.
func TestPluginsMayBeSlowerThanARequest(t *testing.T) {
	t.Parallel()
	server, ca := tlsServer(t, answers(200, ""))
	file, count := pluginConfig(t, server.URL, ca, onceSlow("0.5"))
	c, err := Connect(Options{Kubeconfig: file, Now: func() time.Time { return firstEnds }})
	if err != nil {
		t.Fatal(err)
	}
	get := func(patience time.Duration) error {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		return c.ask(ctx, ask{method: "GET", path: "/x"}, new(any))
	}
	if err := get(time.Minute); err != nil {
		t.Fatal(err)
	}
	err = get(100 * time.Millisecond)
	wantProblem(t, err, Plugin)
	want := "login.sh gave no credential: it has not ended yet\n  To sign in, open https://login.example and enter ABC"
	if err != nil && !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			if err := get(time.Minute); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if runs, err := os.ReadFile(count); err != nil || string(runs) != "run\nrun\n" {
		t.Errorf("got runs %q, %v, want two", runs, err)
	}
}

// A heartbeat waits less long than a program may take: it tells of the program,
// and not that the server is silent.
func TestAnObserverOutlivesASlowPlugin(t *testing.T) {
	t.Parallel()
	s := kubetest.New(t, kubetest.Options{})
	put(t, s, podIn("ml", "a"))
	file, _ := pluginConfig(t, s.URL, writeFile(t, "ca.crt", string(s.CA())), onceSlow("0.5"))
	var hours atomic.Int64
	c, err := Connect(Options{Kubeconfig: file, Now: func() time.Time { return firstEnds.Add(time.Duration(hours.Load())*time.Hour - time.Minute) }})
	if err != nil {
		t.Fatal(err)
	}
	hasty := fast()
	hasty.silence = 100 * time.Millisecond
	o, err := c.observe(t.Context(), pods, hasty)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	hours.Add(1)
	comes(t, o, "the program is slow", o.fails(Plugin))
	comes(t, o, "it gave a credential", o.has("Pod/ml/a"))
}

// One that waits for a login waits for somebody who does not see it.
func TestPluginsThatWaitForAPersonAreEnded(t *testing.T) {
	t.Parallel()
	program := writeFile(t, "kubelogin", "#!/bin/sh\necho 'To sign in, open https://login.example and enter ABC' >&2\nexec sleep 60\n")
	if err := os.Chmod(program, 0o700); err != nil {
		t.Fatal(err)
	}
	p, err := newPlugin(&rest.Config{ExecProvider: &api.ExecConfig{Command: program}}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	p.limit = 200 * time.Millisecond
	_, err = p.credential(t.Context())
	var e *pluginError
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want a *pluginError", err)
	}
	got := []string{e.problem, e.stderr, e.next}
	if diff := cmp.Diff([]string{"it did not end within 200ms", "To sign in, open https://login.example and enter ABC", "log in again: az login"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestPluginsMayBeToldAllOfTheCluster(t *testing.T) {
	t.Parallel()
	ca := writeFile(t, "ca.crt", string(kubetest.New(t, kubetest.Options{}).CA()))
	user := "{exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, provideClusterInfo: true, command: login}}"
	text := config("dev", user, "dev", "{server: 'https://dev.example', certificate-authority: "+ca+", proxy-url: 'http://proxy.example:3128', "+
		"extensions: [{name: client.authentication.k8s.io/exec, extension: {audience: lading}}]}")
	c, err := Options{Kubeconfig: writeFile(t, "config", text)}.withDefaults().choose()
	if err != nil {
		t.Fatal(err)
	}
	p, err := newPlugin(c.config, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	var info struct {
		Spec struct {
			Cluster struct {
				Server    string          `json:"server"`
				Authority []byte          `json:"certificate-authority-data"`
				Proxy     string          `json:"proxy-url"`
				Config    json.RawMessage `json:"config"`
			} `json:"cluster"`
		} `json:"spec"`
	}
	if err := json.Unmarshal([]byte(p.info), &info); err != nil {
		t.Fatal(err)
	}
	authority, err := os.ReadFile(ca)
	if err != nil {
		t.Fatal(err)
	}
	told := info.Spec.Cluster
	want := []string{"https://dev.example", string(authority), "http://proxy.example:3128", `{"audience":"lading"}`}
	if diff := cmp.Diff(want, []string{told.Server, string(told.Authority), told.Proxy, string(told.Config)}); diff != "" {
		t.Error(diff)
	}
}
