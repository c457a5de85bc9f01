// Package gittest gives tests real Git: the git executable with a pinned
// environment, and servers on the loopback interface that run it, over smart
// HTTP and over ssh. Servers can lack abilities, and can fail in the ways in
// which servers fail.
package gittest

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Env is the environment in which git runs: no configuration of the user or
// the machine, and a fixed clock and identity, so that commits have the same
// names everywhere.
func Env() []string {
	return []string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=/nonexistent",
		"LC_ALL=C",
		"TZ=UTC",
		"GIT_CONFIG_NOSYSTEM=1",
		"GIT_CONFIG_GLOBAL=" + os.DevNull,
		"GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=Ann Author", "GIT_AUTHOR_EMAIL=ann@example.com", "GIT_AUTHOR_DATE=1700000000 +0100",
		"GIT_COMMITTER_NAME=Carl Committer", "GIT_COMMITTER_EMAIL=carl@example.com", "GIT_COMMITTER_DATE=1700000000 +0100",
		"GIT_CONFIG_COUNT=4",
		"GIT_CONFIG_KEY_0=init.defaultBranch", "GIT_CONFIG_VALUE_0=main",
		"GIT_CONFIG_KEY_1=safe.directory", "GIT_CONFIG_VALUE_1=*",
		"GIT_CONFIG_KEY_2=protocol.file.allow", "GIT_CONFIG_VALUE_2=always",
		"GIT_CONFIG_KEY_3=gc.auto", "GIT_CONFIG_VALUE_3=0",
	}
}

// Try runs git in a directory and returns what it printed on both streams.
func Try(dir string, args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = Env()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return strings.TrimRight(out.String(), "\n"), err
}

// Git runs git in a directory and returns what it printed. The test ends if
// git fails.
func Git(t testing.TB, dir string, args ...string) string {
	t.Helper()
	out, err := Try(dir, args...)
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// Bare makes an empty bare repository below a directory and returns its path.
func Bare(t testing.TB, dir, name string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	Git(t, dir, "init", "--quiet", "--bare", path)
	return path
}

// Commit writes files to a branch of a bare repository with git's own tools,
// on top of what is there, and returns the commit. A file without content is
// removed.
func Commit(t testing.TB, repo, branch, message string, files map[string]string) string {
	t.Helper()
	index := filepath.Join(t.TempDir(), "index")
	run := func(stdin string, args ...string) string {
		t.Helper()
		cmd := exec.Command("git", args...)
		cmd.Dir = repo
		cmd.Env = append(Env(), "GIT_INDEX_FILE="+index)
		cmd.Stdin = strings.NewReader(stdin)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("git %s: %v %s", strings.Join(args, " "), err, out)
		}
		return strings.TrimSpace(string(out))
	}
	parent, _ := Try(repo, "rev-parse", "--quiet", "--verify", "refs/heads/"+branch)
	args := []string{"commit-tree", "-m", message}
	if parent != "" {
		run("", "read-tree", parent)
		args = append(args, "-p", parent)
	}
	var lines strings.Builder
	for name, text := range files {
		if text == "" {
			lines.WriteString("0 0000000000000000000000000000000000000000\t" + name + "\n")
			continue
		}
		lines.WriteString("100644 " + run(text, "hash-object", "-w", "--stdin") + "\t" + name + "\n")
	}
	run(lines.String(), "update-index", "--add", "--index-info")
	commit := run("", append(args, run("", "write-tree"))...)
	run("", "update-ref", "refs/heads/"+branch, commit)
	return commit
}

// Files returns every file of a branch with its content.
func Files(t testing.TB, repo, branch string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	list := Git(t, repo, "ls-tree", "-r", "--name-only", "-z", "refs/heads/"+branch)
	for name := range strings.SplitSeq(list, "\x00") {
		if name != "" {
			cmd := exec.Command("git", "cat-file", "blob", "refs/heads/"+branch+":"+name)
			cmd.Dir, cmd.Env = repo, Env()
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("reading %s: %v", name, err)
			}
			files[name] = string(out)
		}
	}
	return files
}

// Fsck lets git check everything that a repository holds.
func Fsck(t testing.TB, repo string) {
	t.Helper()
	out, err := Try(repo, "fsck", "--strict", "--full", "--no-dangling", "--no-progress")
	if err != nil || strings.TrimSpace(out) != "" && !strings.HasPrefix(out, "notice:") {
		t.Fatalf("git fsck: %v\n%s", err, out)
	}
}

// Hook installs a hook in a bare repository.
func Hook(t testing.TB, repo, name, script string) {
	t.Helper()
	dir := filepath.Join(repo, "hooks")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}

// Input runs git in a directory with text on its standard input.
func Input(t testing.TB, dir, text string, args ...string) {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Env, cmd.Stdin = dir, Env(), strings.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// Squash commits what merging a branch brings to another one as one commit of
// that one, and returns it.
func Squash(t testing.TB, repo, onto, branch string) string {
	t.Helper()
	tree := Git(t, repo, "merge-tree", "--write-tree", onto, branch)
	commit := Git(t, repo, "commit-tree", tree, "-p", onto, "-m", "squashed")
	Git(t, repo, "update-ref", "refs/heads/"+onto, commit)
	return commit
}

// OnTop returns a commit, of no branch yet, with the tree of a branch on top of
// another commit.
func OnTop(t testing.TB, repo, parent, branch string) string {
	t.Helper()
	return Git(t, repo, "commit-tree", branch+"^{tree}", "-p", parent, "-m", "review")
}
