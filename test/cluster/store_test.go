package cluster

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

func TestDigestFollowsTheSources(t *testing.T) {
	t.Parallel()
	module := t.TempDir()
	write(t, module+"/go.mod", "module example.com/m\n")
	write(t, module+"/go.sum", "")
	p := part{name: "m", packages: []string{"."}}
	first := mustDigest(t, p, module)
	if again := mustDigest(t, p, module); again != first {
		t.Errorf("digest is %s, then %s, of the same files", first, again)
	}
	write(t, module+"/go.sum", "another")
	if changed := mustDigest(t, p, module); changed == first {
		t.Error("digest is the same after go.sum changed")
	}
	write(t, module+"/go.sum", "")
	p.packages = []string{"./other"}
	if changed := mustDigest(t, p, module); changed == first {
		t.Error("digest is the same for other packages")
	}
}

func TestDirectoryOfTheStoreIsWholeOrAbsent(t *testing.T) {
	t.Parallel()
	s := &store{t.TempDir()}
	dir := filepath.Join(s.dir, "m-1")
	failure := errors.New("no compiler")
	err := s.fill(dir, "m", func(to string) error {
		write(t, to+"/half", "")
		return failure
	})
	if !errors.Is(err, failure) {
		t.Errorf("fill: %v, want %v", err, failure)
	}
	if left, _ := os.ReadDir(s.dir); len(left) != 0 {
		t.Errorf("a failed build left %v", left)
	}
	if err := s.fill(dir, "m", func(to string) error { write(t, to+"/all", ""); return nil }); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir + "/all"); err != nil {
		t.Error(err)
	}
}

func TestStoreForgetsWhatNobodyUses(t *testing.T) {
	t.Parallel()
	s := &store{t.TempDir()}
	old := time.Now().Add(-unusedFor - time.Hour)
	for name, modified := range map[string]time.Time{"m-old": old, "m-new": time.Now(), "m-unfinished-1": time.Now(), "other-old": old} {
		if err := os.Mkdir(filepath.Join(s.dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(filepath.Join(s.dir, name), modified, modified); err != nil {
			t.Fatal(err)
		}
	}
	s.prune("m")
	for name, want := range map[string]bool{"m-old": false, "m-new": true, "m-unfinished-1": false, "other-old": true} {
		if _, err := os.Stat(filepath.Join(s.dir, name)); (err == nil) != want {
			t.Errorf("%s is there: %v, want %v", name, err == nil, want)
		}
	}
}

func TestLockIsForOne(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), lockFile)
	unlock, err := tryLock(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tryLock(file); !errors.Is(err, syscall.EWOULDBLOCK) {
		t.Errorf("the second lock: %v, want that somebody has it", err)
	}
	unlock()
	if unlock, err = tryLock(file); err != nil {
		t.Errorf("after unlock: %v", err)
	} else {
		unlock()
	}
}

func mustDigest(t *testing.T, p part, module string) string {
	t.Helper()
	key, err := digest(t.Context(), p, module)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
