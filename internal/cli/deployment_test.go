package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lading-dev/lading/internal/gittest"
)

// A desk is a directory with settings, at which commands are run one after the
// other, with a clock that stands still.
type desk struct {
	dir    string
	getenv func(string) string
	now    time.Time
}

// run runs a command and checks its exit status and what it prints on either
// stream.
func (d *desk) run(t *testing.T, want exitStatus, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	env := &Env{
		Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Getenv: d.getenv, Dir: d.dir,
		Now:    func() time.Time { return d.now },
		Sleep:  func(context.Context, time.Duration) error { return nil },
		Random: func() float64 { return 0.5 },
	}
	root := newRoot(env)
	root.SetArgs(args)
	if got := report(env, root.ExecuteContext(context.Background())); got != want {
		t.Fatalf("lading %s: exit status %d, want %d\n%s", strings.Join(args, " "), got, want, &out)
	}
	return out.String()
}

func (d *desk) write(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join(d.dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

const shop = `apiVersion: lading.dev/v1alpha1
kind: Project
metadata: {name: shop}
spec:
  key: abcdef
  deployments: ["deployments/*.yaml"]
  environments: [{name: prod}]
`

const greet = `apiVersion: lading.dev/v1alpha1
kind: PipelineDeployment
metadata: {name: greet}
spec: {image: registry.example.com/zenml:greet, entrypoint: image, settings: {resources: {min_replicas: 1}}}
`

// TestADeploymentIsLookedAfterOverEveryWay tells a deployment's life on a
// repository that publish itself made, on a local path, over http and over ssh.
func TestADeploymentIsLookedAfterOverEveryWay(t *testing.T) {
	t.Parallel()
	for name, serve := range map[string]func(t *testing.T, root string) (string, *gittest.Server){
		"local": func(_ *testing.T, root string) (string, *gittest.Server) {
			return "file://" + filepath.ToSlash(root), nil
		},
		"http": func(t *testing.T, root string) (string, *gittest.Server) {
			s := gittest.HTTPServer(t, root, gittest.Options{})
			return s.URL, s
		},
		"http without filter": func(t *testing.T, root string) (string, *gittest.Server) {
			s := gittest.HTTPServer(t, root, gittest.Options{NoFilter: true})
			return s.URL, s
		},
		"ssh": func(t *testing.T, root string) (string, *gittest.Server) {
			s := gittest.SSHServer(t, root, gittest.Options{})
			return s.URL, s
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			bare := gittest.Bare(t, root, "r.git")
			prefix, server := serve(t, root)
			d := &desk{dir: t.TempDir(), now: time.Date(2026, 2, 1, 12, 0, 0, 0, time.UTC), getenv: func(name string) string {
				if server == nil {
					return ""
				}
				return map[string]string{"LADING_SSH_KEY": server.Key, "LADING_SSH_KNOWN_HOSTS": server.KnownHosts}[name]
			}}
			live(t, d, prefix+"/r.git")
			gittest.Fsck(t, bare)
		})
	}
}

func live(t *testing.T, d *desk, repository string) {
	d.write(t, "lading.yaml", shop)
	d.write(t, "deployments/greet.yaml", greet)
	to := func(args ...string) []string { return append(args, "--repository", repository) }
	d.run(t, done, to("publish", "--trust-inputs")...)
	d.write(t, "deployments/greet.yaml", strings.Replace(greet, "min_replicas: 1", "min_replicas: 3", 1))
	d.run(t, done, to("publish", "--trust-inputs")...)

	has(t, d.run(t, done, to("history", "greet")...), "1 changed", "2 added")
	has(t, d.run(t, done, to("verify", "--trust-inputs")...), "prod/zenml-deployments/greet  ok         reproducible")
	has(t, d.run(t, done, to("rollback", "greet", "--to", "previous", "--reason", "test", "--until", "2d")...), "1 changed")
	has(t, d.run(t, done, to("publish", "--trust-inputs")...), "is pinned and stays as it is: test, until 2026-02-03T12:00:00Z", "unchanged")
	has(t, d.run(t, refused, to("publish", "--trust-inputs", "--fail-on-pinned")...), "would be passed over")
	has(t, d.run(t, done, to("verify", "--trust-inputs")...), "pinned: test")

	d.now = d.now.Add(48 * time.Hour)
	has(t, d.run(t, done, to("publish", "--trust-inputs")...), "1 changed")
	has(t, d.run(t, differs, to("delete", "greet", "--dry-run")...), "2 removed")
	has(t, d.run(t, done, to("delete", "greet")...), "2 removed")
	has(t, d.run(t, refused, to("publish", "--trust-inputs")...), "was deleted from prod/zenml-deployments/greet on purpose")
	has(t, d.run(t, done, to("delete", "greet", "--undelete")...), "ledger only")
	has(t, d.run(t, done, to("publish", "--trust-inputs")...), "2 added")
	has(t, d.run(t, done, to("verify", "main", "--integrity")...), "prod/zenml-deployments/greet  ok")
	has(t, d.run(t, done, to("history", "greet", "--limit", "0")...), "2 removed; deleted", "pinned at")
}

func has(t *testing.T, text string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(text, want) {
			t.Errorf("output is\n%s\nwant in it: %s", text, want)
		}
	}
}

// TestSettingsThatCannotBeRenderedDoNotHideIntegrity keeps what is known.
func TestSettingsThatCannotBeRenderedDoNotHideIntegrity(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	gittest.Bare(t, root, "r.git")
	d := &desk{dir: root, now: time.Unix(1700000000, 0), getenv: func(string) string { return "" }}
	d.write(t, "lading.yaml", shop)
	d.write(t, "deployments/greet.yaml", greet)
	d.run(t, done, "publish", "--trust-inputs", "--repository", "file://"+root+"/r.git")
	d.write(t, "deployments/greet.yaml", greet+"  oops: true\n")
	has(t, d.run(t, misused, "verify", "--trust-inputs", "--repository", "file://"+root+"/r.git"), "prod/zenml-deployments/greet  ok", "is not valid YAML")
}

func TestATimeToComeIsATimeOrADuration(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 2, 1, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"": "", "24h": "2026-02-02T12:00:00Z", "3d": "2026-02-04T12:00:00Z", "90m": "2026-02-01T13:30:00Z",
		"2026-02-01T14:00:00+01:00": "2026-02-01T13:00:00Z",
	} {
		if got, err := endOf(text, now); got != want || err != nil {
			t.Errorf("%q is %s (%v), want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"0h", "-1d", "d", "1.5d", "tomorrow", "2026-02-01", "2026-02-01T12:00:00Z", " "} {
		if got, err := endOf(text, now); statusOf(err) != misused {
			t.Errorf("%q is %s (%v), want misuse", text, got, err)
		}
	}
}
