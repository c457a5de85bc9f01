package gitrepo_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lading-dev/lading/internal/gitrepo"
	"github.com/lading-dev/lading/internal/gittest"
)

// odd makes a repository that holds one of everything that Git can hold.
func odd(t *testing.T, path string) {
	t.Helper()
	work := filepath.Join(t.TempDir(), "work")
	gittest.Git(t, ".", "clone", "--quiet", path, work)
	for name, text := range map[string]string{
		"prod/web/a.yaml": "a\n", "run.sh": "#!/bin/sh\n", "big.bin": "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
		"Prod": "a file whose name differs in case\n", ".gitattributes": "*.bin filter=lfs\n",
	} {
		file := filepath.Join(work, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Join(work, "run.sh"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("prod", filepath.Join(work, "link")); err != nil {
		t.Fatal(err)
	}
	gittest.Git(t, work, "-c", "filter.lfs.clean=cat", "add", "-A")
	gittest.Git(t, work, "update-index", "--add", "--cacheinfo", "160000,1111111111111111111111111111111111111111,module")
	gittest.Git(t, work, "commit", "--quiet", "-m", "odd")
	gittest.Git(t, work, "push", "--quiet", "origin", "HEAD:main")
}

func TestOddEntriesAreSeenAndLeftAlone(t *testing.T) {
	everyWay(t, func(t *testing.T, f fixture) {
		odd(t, f.path)
		before := gittest.Git(t, f.path, "ls-tree", "-r", "main")
		r := f.open(t)
		s := fetch(t, r, "main")
		entries, err := s.ReadDir(".")
		if err != nil {
			t.Fatal(err)
		}
		got := make(map[string]string)
		for _, e := range entries {
			info, _ := e.Info()
			got[e.Name()] = fmt.Sprint(e.(gitrepo.Entry).Kind, " ", info.Mode())
		}
		want := map[string]string{
			".gitattributes": "file -rw-r--r--", "Prod": "file -rw-r--r--", "big.bin": "file -rw-r--r--", "run.sh": "file -rwxr-xr-x",
			"link": "symbolic link Lrwxr-xr-x", "module": "submodule ?rwxr-xr-x", "prod": "directory drwxr-xr-x",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("entries (-want +got):\n%s", diff)
		}
		for _, path := range []string{"link", "module"} {
			if _, err := s.ReadFile(path); err == nil || errors.Is(err, fs.ErrNotExist) {
				t.Errorf("reading %s: %v", path, err)
			}
			if _, err := s.ReadFile(path + "/web/a.yaml"); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("reading through %s: %v", path, err)
			}
		}
		publish(t, r, "main", "mine", write("prod/web/b.yaml", "b\n"), write("run.sh", "#!/bin/bash\n"))
		lines := strings.Split(gittest.Git(t, f.path, "ls-tree", "-r", "main"), "\n")
		kept := 0
		for _, line := range lines {
			if strings.Contains(before, line) {
				kept++
			} else if strings.HasSuffix(line, "\trun.sh") && !strings.HasPrefix(line, "100755") {
				t.Errorf("run.sh lost its mode: %s", line)
			}
		}
		if kept != len(lines)-2 {
			t.Errorf("%d of %d entries are as they were, want all but two:\n%s", kept, len(lines), strings.Join(lines, "\n"))
		}
		gittest.Fsck(t, f.path)
	})
}

func TestSpliceSaysWhatIsInTheWay(t *testing.T) {
	t.Parallel()
	path := gittest.Bare(t, t.TempDir(), "r.git")
	odd(t, path)
	s := fetch(t, openAt(t, path, gitrepo.Options{}), "main")
	for name, c := range map[string]struct {
		changes []gitrepo.Change
		want    *gitrepo.BlockedError
	}{
		"below a file":           {[]gitrepo.Change{write("run.sh/x", "1")}, &gitrepo.BlockedError{Path: "run.sh", Kind: gitrepo.File, Want: "a directory"}},
		"below a link":           {[]gitrepo.Change{write("link/x", "1")}, &gitrepo.BlockedError{Path: "link", Kind: gitrepo.Symlink, Want: "a directory"}},
		"below a submodule":      {[]gitrepo.Change{write("module/x", "1")}, &gitrepo.BlockedError{Path: "module", Kind: gitrepo.Submodule, Want: "a directory"}},
		"over a directory":       {[]gitrepo.Change{write("prod", "1")}, &gitrepo.BlockedError{Path: "prod", Kind: gitrepo.Directory, Want: "a file"}},
		"over a link":            {[]gitrepo.Change{write("link", "1")}, &gitrepo.BlockedError{Path: "link", Kind: gitrepo.Symlink, Want: "a file"}},
		"removing a directory":   {[]gitrepo.Change{write("prod", "")}, &gitrepo.BlockedError{Path: "prod", Kind: gitrepo.Directory, Want: "a file to remove"}},
		"over a half-empty one":  {[]gitrepo.Change{write("prod", "1"), write("prod/web/x", "")}, &gitrepo.BlockedError{Path: "prod", Kind: gitrepo.Directory, Want: "a file"}},
		"file becomes directory": {[]gitrepo.Change{write("run.sh", ""), write("run.sh/x", "1")}, nil},
		"directory becomes file": {[]gitrepo.Change{write("prod", "1"), write("prod/web/a.yaml", "")}, nil},
		"removing nothing":       {[]gitrepo.Change{write("nothing/here", ""), write("run.sh/x", ""), write("link/x", "")}, nil},
	} {
		staged, err := s.Splice(c.changes)
		var blocked *gitrepo.BlockedError
		errors.As(err, &blocked)
		if diff := cmp.Diff(c.want, blocked); diff != "" || c.want == nil && err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
		if name == "removing nothing" && staged.Changed() {
			t.Errorf("%s changes %v", name, staged.Edits())
		}
	}
	for _, path := range []string{"", ".", "/a", "a//b", "a/../b", "a/.git/hooks", "a/.GIT", "git~1/x", "a\\b", "a/"} {
		if _, err := s.Splice([]gitrepo.Change{write(path, "1")}); err == nil {
			t.Errorf("a change of %q was accepted", path)
		}
	}
	if _, err := s.Splice([]gitrepo.Change{write("a", "1"), write("a", "2")}); err == nil {
		t.Error("two changes of one file were accepted")
	}
}

func TestFoldersDisappearWithTheirLastFile(t *testing.T) {
	t.Parallel()
	path := gittest.Bare(t, t.TempDir(), "r.git")
	gittest.Commit(t, path, "main", "base", map[string]string{"a/b/c": "1\n", "a/b/d": "1\n"})
	r := openAt(t, path, gitrepo.Options{})
	publish(t, r, "main", "all gone", write("a/b/c", ""), write("a/b/d", ""))
	if got := gittest.Git(t, path, "ls-tree", "-r", "-t", "main"); got != "" {
		t.Errorf("left over:\n%s", got)
	}
	publish(t, r, "main", "back again", write("a/b/c", "1\n"))
	gittest.Fsck(t, path)
}

func TestEditsTellWhatDiffers(t *testing.T) {
	t.Parallel()
	path := gittest.Bare(t, t.TempDir(), "r.git")
	gittest.Commit(t, path, "main", "base", map[string]string{"same": "1\n", "old": "1\n", "gone": "1\n"})
	s := fetch(t, openAt(t, path, gitrepo.Options{}), "main")
	staged, err := s.Splice([]gitrepo.Change{write("same", "1\n"), write("old", "2\n"), write("gone", ""), write("new", "2\n")})
	if err != nil {
		t.Fatal(err)
	}
	one, two := "d00491fd7e5bb6fa28c517a0bb32b8b506539d4d", "0cfbf08886fca9a91cb753ec8734c84fcbe52c9f"
	want := []gitrepo.Edit{{"gone", one, ""}, {"new", "", two}, {"old", one, two}}
	if diff := cmp.Diff(want, staged.Edits()); diff != "" {
		t.Errorf("edits (-want +got):\n%s", diff)
	}
}

func TestTenThousandFilesInOneFolder(t *testing.T) {
	t.Parallel()
	path := gittest.Bare(t, t.TempDir(), "r.git")
	var changes []gitrepo.Change
	for i := range 10_000 {
		changes = append(changes, write(fmt.Sprintf("folder/file-%d.yaml", i), fmt.Sprintf("%d\n", i%7)))
	}
	r := openAt(t, path, gitrepo.Options{})
	publish(t, r, "main", "many", changes...)
	publish(t, r, "main", "one", write("folder/file-5000.yaml", "changed\n"))
	if got := gittest.Git(t, path, "diff", "--stat", "main~", "main"); !strings.Contains(got, "1 file changed") {
		t.Errorf("diff:\n%s", got)
	}
	gittest.Fsck(t, path)
}

func TestSignedCommitsAreVerifiedByGit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := gittest.Bare(t, dir, "r.git")
	key := filepath.Join(dir, "key")
	run(t, dir, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key)
	r := openAt(t, path, gitrepo.Options{})
	staged, err := fetch(t, r, "main").Splice([]gitrepo.Change{write("a", "1\n")})
	if err != nil {
		t.Fatal(err)
	}
	signed := info("signed\n\nwith a body")
	signed.Sign = func(data []byte) (string, error) {
		file := filepath.Join(dir, "data")
		if err := os.WriteFile(file, data, 0o600); err != nil {
			return "", err
		}
		run(t, dir, "ssh-keygen", "-q", "-Y", "sign", "-n", "git", "-f", key, file)
		signature, err := os.ReadFile(file + ".sig")
		return string(signature), err
	}
	c, err := staged.Commit(signed)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Push(context.Background(), "main", c); err != nil {
		t.Fatal(err)
	}
	public, err := os.ReadFile(key + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	allowed := filepath.Join(dir, "allowed")
	if err := os.WriteFile(allowed, []byte("carl@example.com "+string(public)), 0o600); err != nil {
		t.Fatal(err)
	}
	got := gittest.Git(t, path, "-c", "gpg.ssh.allowedSignersFile="+allowed, "verify-commit", c.Hash())
	if !strings.Contains(got, `Good "git" signature for carl@example.com`) {
		t.Errorf("git verify-commit: %s", got)
	}
	gittest.Fsck(t, path)
	back := fetch(t, r, "main").Tip()
	if back.Message != "signed\n\nwith a body\n" || back.Author.String() != signed.Author.String() {
		t.Errorf("read back %q by %s", back.Message, back.Author)
	}
}
