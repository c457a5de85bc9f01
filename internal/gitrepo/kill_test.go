//go:build unix

package gitrepo

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/lading-dev/lading/internal/gittest"
)

var kills = flag.Int("kills", 20, "how many publishers to kill at random points")

// childVariable makes this test binary a publisher that is going to die: the
// repository, the step at which it kills itself or "-", and how many files a
// commit has.
const childVariable = "LADING_TEST_PUBLISHER"

func TestMain(m *testing.M) {
	if args := os.Getenv(childVariable); args != "" {
		child(args)
		return
	}
	os.Exit(m.Run())
}

// child publishes until somebody kills it.
func child(args string) {
	fields := strings.Fields(args)
	files := 1
	fmt.Sscan(fields[2], &files)
	r, err := Open(context.Background(), fields[0], Options{})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	r.backend.(*local).steps = func(step string) {
		if strings.ReplaceAll(step, " ", "-") == fields[1] {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
	time.AfterFunc(time.Minute, func() { os.Exit(3) }) // nobody came to kill it
	fmt.Println("ready")
	for i := 0; ; i++ {
		if err := publishOnce(r, fmt.Sprintf("%d-%d", os.Getpid(), i), files); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	}
}

func publishOnce(r *Repo, name string, files int) error {
	s, err := r.Fetch(context.Background(), "main")
	if err != nil {
		return err
	}
	var changes []Change
	for i := range files {
		changes = append(changes, Change{Path: fmt.Sprintf("dir%d/%s", i, name), Data: []byte(name + fmt.Sprint(i))})
	}
	staged, err := s.Splice(changes)
	if err != nil {
		return err
	}
	c, err := staged.Commit(CommitInfo{Author: Signature{"A", "a@b", time.Unix(1700000000, 0)},
		Committer: Signature{"A", "a@b", time.Unix(1700000000, 0)}, Message: name})
	if err != nil {
		return err
	}
	return r.Push(context.Background(), "main", c)
}

// startChild starts a publisher and waits until it is about to publish.
func startChild(t *testing.T, repo, step string, files int) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %s %d", childVariable, repo, strings.ReplaceAll(step, " ", "-"), files))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	line := make([]byte, 64)
	n, _ := out.Read(line)
	if !bytes.HasPrefix(line[:n], []byte("ready")) {
		t.Fatalf("the publisher says %q", line[:n])
	}
	return cmd
}

// survived checks that a repository is sound after a publisher was killed, and
// that the next one gets through at once.
func survived(t *testing.T, repo, name string) {
	t.Helper()
	gittest.Fsck(t, repo)
	if tip, err := gittest.Try(repo, "rev-parse", "--verify", "main^{tree}"); err != nil {
		t.Fatalf("the branch is broken: %s", tip)
	}
	r, err := Open(context.Background(), repo, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	before, err := r.Fetch(ctx, "main")
	if err != nil {
		t.Fatal(err)
	}
	if err := publishOnce(r, name, 1); err != nil {
		t.Fatalf("the next publisher: %v", err)
	}
	after, err := r.Fetch(ctx, "main")
	if err != nil || after.Tip().Parent() != before.Commit() {
		t.Fatalf("the next commit is %s on %s, %v; want it on %s", after.Commit(), after.Tip().Parent(), err, before.Commit())
	}
	if locks, _ := gittest.Try(repo, "rev-parse", "--git-path", "refs/heads/main.lock"); locks != "" {
		if _, err := os.Stat(repo + "/refs/heads/main.lock"); err == nil {
			t.Error("the lock is still there")
		}
	}
}

func TestDyingAtAnyStepLeavesTheRepositorySound(t *testing.T) {
	t.Parallel()
	for _, files := range []int{1, 30} {
		for _, step := range []string{"object 0", "object 2", "pack", "objects", "record", "locked", "moved"} {
			if (step == "pack") != (files > 1) && strings.ContainsAny(step, "0123456789") || step == "pack" && files == 1 {
				continue // many objects are written as a pack, few are not
			}
			t.Run(fmt.Sprintf("%d files, %s", files, step), func(t *testing.T) {
				t.Parallel()
				repo := gittest.Bare(t, t.TempDir(), "r.git")
				old := gittest.Commit(t, repo, "main", "base", map[string]string{"base": "1\n"})
				cmd := startChild(t, repo, step, files)
				_ = cmd.Wait()
				if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
					t.Fatalf("the publisher ended with %v, want it killed at %q", cmd.ProcessState, step)
				}
				tip := gittest.Git(t, repo, "rev-parse", "main")
				if moved := tip != old; moved != (step == "moved") {
					t.Errorf("main is %s after a death at %q, was %s", tip, step, old)
				}
				survived(t, repo, "next")
			})
		}
	}
}

func TestDyingAtRandomLeavesTheRepositorySound(t *testing.T) {
	t.Parallel()
	repo := gittest.Bare(t, t.TempDir(), "r.git")
	gittest.Commit(t, repo, "main", "base", map[string]string{"base": "1\n"})
	for i := range *kills {
		cmd := startChild(t, repo, "-", 1+29*(i%2))
		time.Sleep(rand.N(40 * time.Millisecond))
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		survived(t, repo, fmt.Sprintf("next%d", i))
	}
	if records, _ := os.ReadDir(repo + "/" + recordDir); len(records) > *kills {
		t.Errorf("%d records were left behind", len(records))
	}
}
