package gitrepo_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/lading-dev/lading/internal/gitrepo"
	"github.com/lading-dev/lading/internal/gittest"
)

// A way is one way to reach a bare repository. Each test that takes a way must
// hold for all of them.
type way struct {
	name string
	// serve returns the location of repositories below root, and options.
	serve func(t testing.TB, root string) (prefix string, o gitrepo.Options)
}

var ways = []way{
	{"local", func(t testing.TB, root string) (string, gitrepo.Options) { return root, gitrepo.Options{} }},
	{"http", overHTTP(gittest.Options{})},
	{"http without filter", overHTTP(gittest.Options{NoFilter: true})},
	{"http version 0", overHTTP(gittest.Options{Version0: true})},
	{"http version 0 without filter", overHTTP(gittest.Options{Version0: true, NoFilter: true})},
	{"ssh", overSSH(gittest.Options{})},
	{"ssh without filter", overSSH(gittest.Options{NoFilter: true})},
	{"ssh version 0", overSSH(gittest.Options{Version0: true})},
	{"ssh version 0 any object", overSSH(gittest.Options{Version0: true, AnyObject: true})},
	{"ssh version 0 without filter", overSSH(gittest.Options{Version0: true, NoFilter: true})},
}

func overHTTP(o gittest.Options) func(testing.TB, string) (string, gitrepo.Options) {
	return func(t testing.TB, root string) (string, gitrepo.Options) {
		return gittest.HTTPServer(t, root, o).URL, gitrepo.Options{TempDir: t.TempDir()}
	}
}

func overSSH(o gittest.Options) func(testing.TB, string) (string, gitrepo.Options) {
	return func(t testing.TB, root string) (string, gitrepo.Options) {
		s := gittest.SSHServer(t, root, o)
		return s.URL, sshOptions(t, s)
	}
}

func sshOptions(t testing.TB, s *gittest.Server) gitrepo.Options {
	return gitrepo.Options{TempDir: t.TempDir(), Getenv: env(map[string]string{
		"LADING_SSH_KEY": s.Key, "LADING_SSH_KNOWN_HOSTS": s.KnownHosts,
	})}
}

func env(values map[string]string) func(string) string {
	return func(name string) string { return values[name] }
}

// A fixture is a bare repository and a way to it.
type fixture struct {
	path     string // where git finds it
	location string // where we find it
	options  gitrepo.Options
}

func (f fixture) open(t testing.TB) *gitrepo.Repo {
	t.Helper()
	r, err := gitrepo.Open(context.Background(), f.location, f.options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	return r
}

// everyWay runs a test over all ways, each with an empty repository.
func everyWay(t *testing.T, test func(t *testing.T, f fixture)) {
	t.Parallel()
	for _, w := range ways {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			test(t, newFixture(t, w))
		})
	}
}

func newFixture(t testing.TB, w way) fixture {
	t.Helper()
	root := t.TempDir()
	path := gittest.Bare(t, root, "r.git")
	prefix, o := w.serve(t, root)
	location := prefix + "/r.git"
	if w.name == "local" {
		location = filepath.Join(prefix, "r.git")
	}
	return fixture{path, location, o}
}

var when = time.Unix(1700000000, 0).In(time.FixedZone("", 3600))

// info is what the commits of these tests say; it equals git's own environment
// in gittest.
func info(message string) gitrepo.CommitInfo {
	return gitrepo.CommitInfo{
		Author:    gitrepo.Signature{Name: "Ann Author", Email: "ann@example.com", When: when},
		Committer: gitrepo.Signature{Name: "Carl Committer", Email: "carl@example.com", When: when},
		Message:   message,
	}
}

func fetch(t testing.TB, r *gitrepo.Repo, branch string) *gitrepo.Snapshot {
	t.Helper()
	s, err := r.Fetch(context.Background(), branch)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// write makes a change of one file; empty text removes it.
func write(path, text string) gitrepo.Change {
	if text == "" {
		return gitrepo.Change{Path: path}
	}
	return gitrepo.Change{Path: path, Data: []byte(text)}
}

func commit(t testing.TB, s *gitrepo.Snapshot, message string, changes ...gitrepo.Change) *gitrepo.Commit {
	t.Helper()
	staged, err := s.Splice(changes)
	if err != nil {
		t.Fatal(err)
	}
	c, err := staged.Commit(info(message))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// publish brings changes to the tip of a branch.
func publish(t testing.TB, r *gitrepo.Repo, branch, message string, changes ...gitrepo.Change) *gitrepo.Commit {
	t.Helper()
	c := commit(t, fetch(t, r, branch), message, changes...)
	if err := r.Push(context.Background(), branch, c); err != nil {
		t.Fatal(err)
	}
	return c
}
