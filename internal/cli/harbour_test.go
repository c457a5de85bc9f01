package cli

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lading-dev/lading/internal/committed"
	"github.com/lading-dev/lading/internal/gittest"
)

// A harbour is a project, the repository that it publishes to, and the ways to
// reach that.
type harbour struct {
	desk
	bare string
	// local is the repository of this machine, repository the way to it.
	local, repository string
}

func newHarbour(t *testing.T) *harbour {
	t.Helper()
	root := t.TempDir()
	h := &harbour{bare: gittest.Bare(t, root, "r.git")}
	h.local = "file://" + filepath.ToSlash(h.bare)
	h.repository = h.local
	h.desk = desk{dir: t.TempDir(), now: time.Date(2026, 2, 1, 12, 0, 0, 0, time.UTC), getenv: func(string) string { return "" }}
	h.write(t, "lading.yaml", shop)
	return h
}

// publish publishes greet with a number of replicas and returns the commit.
func (h *harbour) publish(t *testing.T, replicas int, more ...string) string {
	t.Helper()
	h.write(t, "deployments/greet.yaml", strings.Replace(greet, "min_replicas: 1", fmt.Sprintf("min_replicas: %d", replicas), 1))
	h.run(t, done, append([]string{"publish", "--trust-inputs", "--repository", h.local}, more...)...)
	return h.git(t, "rev-parse", "main")
}

func (h *harbour) git(t *testing.T, args ...string) string {
	t.Helper()
	return gittest.Git(t, h.bare, args...)
}

// foreign commits a file of somebody else.
func (h *harbour) foreign(t *testing.T, branch string) string {
	t.Helper()
	return gittest.Commit(t, h.bare, branch, "other", map[string]string{"other/file.yaml": fmt.Sprint(time.Now().UnixNano())})
}

// read reads targets as a command would.
func (h *harbour) read(t *testing.T, revision string, names ...string) []*committed.Target {
	t.Helper()
	f := &targetFlags{revision: revision}
	f.repository = h.repository
	t.Cleanup(f.close)
	now := h.now
	env := &Env{
		Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard, Getenv: h.getenv, Dir: h.dir,
		Now: func() time.Time { now = now.Add(time.Minute); return now },
	}
	targets, err := f.targets(context.Background(), env, names)
	if err != nil {
		t.Fatal(err)
	}
	return targets
}

// one reads greet.
func (h *harbour) one(t *testing.T, revision string) *committed.Target {
	t.Helper()
	targets := h.read(t, revision, "greet")
	if len(targets) != 1 {
		t.Fatalf("got %d targets, want one", len(targets))
	}
	return targets[0]
}
