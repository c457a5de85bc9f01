package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// push writes the objects, and then moves the branch by git's own protocol: a
// lock file that only one can create, a look at the present value, and a
// rename. A process that dies on the way leaves the branch as it was or as it
// should be, never in between.
func (l *local) push(ctx context.Context, branch string, old hash, c *Commit) error {
	ref, now, err := l.resolve(refName(branch))
	if err != nil {
		return err
	}
	if err := l.mayMove(branch, ref); err != nil {
		return err
	}
	if now != old {
		return errors.New("the branch has moved")
	}
	if now.IsZero() {
		other, err := l.conflicting(ref)
		if err != nil {
			return err
		}
		if other != "" {
			return &RefusedError{Branch: branch, Err: fmt.Errorf("there is %s, which cannot stand beside it", other),
				next: "change gitops.branch, or delete that ref"}
		}
	}
	if err := l.write(c.made); err != nil {
		return &AccessError{l.name, err}
	}
	l.steps("objects")
	return l.move(ctx, ref, old, c)
}

// move changes a ref under its lock.
func (l *local) move(ctx context.Context, ref string, old hash, c *Commit) error {
	lock, err := l.lock(ctx, ref, c.hash)
	if err != nil {
		return err
	}
	defer lock.release()
	l.steps("locked")
	_, now, err := l.resolve(ref)
	if err != nil {
		return err
	}
	if now != old {
		return errors.New("the branch has moved")
	}
	l.log(ref, old, c)
	if err := lock.commit(); err != nil {
		return &AccessError{l.name, err}
	}
	l.steps("moved")
	if l.fresh {
		return l.setHead(ref)
	}
	return nil
}

// setHead makes a new repository's HEAD the branch that was published, so that
// a clone has something to check out.
func (l *local) setHead(ref string) error {
	l.fresh = false
	head := filepath.Join(l.dir, "HEAD")
	if headOf(l.dir) == ref {
		return nil
	}
	if err := writeAtomically(head+".lock", head, []byte("ref: "+ref+"\n"), l.perm); err != nil {
		return &AccessError{l.name, fmt.Errorf("setting HEAD: %w", err)}
	}
	return nil
}

// log adds a line to the ref's log where the repository keeps logs. Git lives
// without it, so failing to is no failure.
func (l *local) log(ref string, old hash, c *Commit) {
	file := filepath.Join(l.common, "logs", filepath.FromSlash(ref))
	wanted := strings.ToLower(l.config.Section("core").Option("logAllRefUpdates"))
	on := wanted == "always" || truth(wanted) || wanted == "" && !l.bare
	if _, err := os.Stat(file); err != nil && !on {
		return
	}
	if os.MkdirAll(filepath.Dir(file), 0o777) != nil {
		return
	}
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return
	}
	defer f.Close()
	what := "push"
	if old == plumbing.ZeroHash {
		what = "push: created"
	}
	fmt.Fprintf(f, "%s %s %s\t%s\n", old, c.hash, c.Committer, what)
	_ = l.perm.apply(file)
}
