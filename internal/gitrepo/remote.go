package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
)

// A rung is one way to get objects. They are tried from the first on: each
// needs less of the server than the one before and costs more.
type rung int

const (
	// lazy: a commit alone, then each tree and file when it is needed.
	lazy rung = iota
	// blobless: a commit with all its trees, then each file when it is needed.
	blobless
	// shallow: a commit with all that is in it.
	shallow
	// full: a commit with its whole history.
	full
)

func (r rung) String() string { return [...]string{"lazy", "blobless", "shallow", "full"}[r] }

// filter is what to leave out when a commit is fetched.
func (r rung) filter() string { return [...]string{"tree:0", "blob:none", "", ""}[r] }

func (r rung) depth() int {
	if r == full {
		return 0
	}
	return 1
}

// remote reaches a repository through a server.
type remote struct {
	where   location
	dialer  dialer
	options Options
	up      *uploader
	rung    rung
	store   *store
	// whole are the trees that are here with all trees below them.
	whole map[hash]bool
	// head is the commit that is being read: what a fuller rung begins with.
	head hash
	// current is where a ref was when it was asked for last, seen the tip before
	// that was read: what is new since then is less than all.
	current, seen hash
	// down is the way to push again, where each request stands alone.
	down *receiver
}

func newRemote(l location, d dialer, o Options) *remote {
	return &remote{where: l, dialer: d, options: o, store: newMemoryStore(), whole: make(map[hash]bool)}
}

func (r *remote) close() error {
	r.hangUp()
	r.forget()
	return errors.Join(r.dialer.close(), r.store.close())
}

func (r *remote) hangUp() {
	if r.up != nil {
		_ = r.up.line.close()
		r.up = nil
	}
}

// withTimeout bounds one exchange. The conversation outlives the context: done
// parts them before it ends that.
func (r *remote) withTimeout(ctx context.Context, times time.Duration) (limited context.Context, done func()) {
	limit := times * r.options.Timeout
	limited, cancel := context.WithTimeoutCause(ctx, limit, &UnreachableError{r.where.String(),
		fmt.Errorf("the server gave no answer within %s", limit), ""})
	return limited, func() {
		if r.up != nil {
			r.up.line.idle()
		}
		cancel()
	}
}

// explain returns why an exchange failed, in a type that callers know.
func (r *remote) explain(ctx context.Context, err error) error {
	var timeout *UnreachableError
	if ctx.Err() != nil {
		if errors.As(context.Cause(ctx), &timeout) {
			return timeout
		}
		return ctx.Err()
	}
	var server *serverError
	switch {
	case errors.As(err, &server):
		return &ProtocolError{r.where.String(), &serverError{redact(server.words)}}
	case errors.Is(err, errEOF):
		return &UnreachableError{r.where.String(), err, ""}
	}
	return err
}

// connect returns a conversation. A fresh one knows the present state: a process
// on the server remembers the refs that it began with, and so does version 0.
func (r *remote) connect(ctx context.Context, fresh bool) (*uploader, error) {
	if r.up != nil && !r.up.spent && (!fresh || r.up.ad.v2 && r.up.line.stateless()) {
		return r.up, nil
	}
	r.hangUp()
	l, err := r.dialer.dial(ctx, uploadPack)
	if err != nil {
		return nil, err
	}
	ad, err := r.advertisement(l)
	if err != nil {
		_ = l.close()
		return nil, err
	}
	r.up = &uploader{line: l, ad: ad, agent: r.options.Agent}
	return r.up, nil
}

// advertisement reads how a service begins. One that says nothing at all has
// no such repository: that is how servers answer over ssh.
func (r *remote) advertisement(l line) (*advertisement, error) {
	ad, err := readAdvertisement(l.greeting())
	if errors.Is(err, errEOF) {
		return nil, &NotFoundError{r.where.String(), redact(l.said()), notFoundHint}
	}
	var server *serverError
	if errors.As(err, &server) {
		return nil, &NotFoundError{r.where.String(), redact(server.words), notFoundHint}
	}
	if err != nil {
		return nil, &ProtocolError{r.where.String(), err}
	}
	if !ad.sha1() {
		return nil, sha256Error(r.where.String())
	}
	return ad, nil
}

const notFoundHint = "check the spelling of the repository's address, and that these credentials may read it"

func sha256Error(name string) error {
	return &UnsupportedError{name, "the repository uses SHA-256 object names",
		"publish to a repository with SHA-1 object names (git init --object-format=sha1)"}
}

// tip asks where a branch is now.
func (r *remote) tip(ctx context.Context, branch string) (hash, error) {
	return r.ref(ctx, refName(branch))
}

// ref asks where a ref is now.
func (r *remote) ref(ctx context.Context, name string) (hash, error) {
	ctx, cancel := r.withTimeout(ctx, 1)
	defer cancel()
	up, err := r.connect(ctx, true)
	if err != nil {
		return hash{}, r.explain(ctx, err)
	}
	h, err := up.ref(ctx, name)
	if err != nil {
		r.hangUp()
		return hash{}, r.explain(ctx, err)
	}
	r.current = h
	return h, nil
}

// get returns an object, and fetches it first where it must.
func (r *remote) get(ctx context.Context, h hash, kind plumbing.ObjectType) ([]byte, error) {
	if kind == plumbing.CommitObject || kind == plumbing.AnyObject {
		r.head = h
	}
	if err := r.ensure(ctx, []hash{h}, ""); err != nil {
		return nil, err
	}
	if h == r.current {
		r.seen = h
	}
	return r.store.get(h, kind)
}

func (r *remote) prefetch(ctx context.Context, hashes []hash) error {
	return r.ensure(ctx, hashes, "")
}

func (r *remote) prefetchTrees(ctx context.Context, trees []hash) error {
	if r.rung != lazy || len(trees) == 0 {
		return r.ensure(ctx, trees, "")
	}
	// The trees may be here already without those below them.
	trees = slices.DeleteFunc(slices.Clone(trees), func(h hash) bool { return r.whole[h] })
	if len(trees) == 0 {
		return nil
	}
	if err := r.climb(ctx, trees, trees, "blob:none"); err != nil {
		return err
	}
	for _, h := range trees {
		r.whole[h] = true
	}
	return nil
}

// ensure brings objects into the store.
func (r *remote) ensure(ctx context.Context, hashes []hash, filter string) error {
	missing := slices.DeleteFunc(slices.Clone(hashes), r.store.has)
	if len(missing) == 0 {
		return nil
	}
	return r.climb(ctx, hashes, missing, filter)
}

// climb fetches what is missing, on the present rung or on the first one
// further down that brings it.
func (r *remote) climb(ctx context.Context, hashes, missing []hash, filter string) error {
	for {
		err := r.bring(ctx, missing, filter)
		if err == nil || decisive(ctx, err) {
			return err
		}
		if r.rung == full {
			return errors.Join(r.explain(ctx, err), r.restart(lazy))
		}
		if err := r.restart(r.rung + 1); err != nil {
			return err
		}
		// A fresh store begins with the commit again: a server that believes
		// us to have a commit does not send what is in it.
		missing, filter = append([]hash{r.head}, hashes...), ""
	}
}

// bring fetches objects: the commit first, with which others may come, and
// then by name those that did not.
func (r *remote) bring(ctx context.Context, missing []hash, filter string) error {
	if slices.Contains(missing, r.head) {
		if err := r.bringHead(ctx); err != nil {
			return err
		}
		if missing = slices.DeleteFunc(slices.Clone(missing), r.store.has); len(missing) == 0 {
			return nil
		}
	}
	if r.rung >= shallow {
		return fmt.Errorf("the server did not send object %s", missing[0])
	}
	if filter == "" {
		filter = r.rung.filter()
	}
	wants := slices.Clone(missing)
	slices.SortFunc(wants, func(a, b hash) int { return slices.Compare(a[:], b[:]) })
	wants = slices.Compact(wants)
	if err := r.fetch(ctx, fetchRequest{wants: wants, filter: filter}); err != nil {
		return err
	}
	if i := slices.IndexFunc(wants, func(h hash) bool { return !r.store.has(h) }); i >= 0 {
		return fmt.Errorf("the server did not send object %s", wants[i])
	}
	return nil
}

// bringHead fetches the commit. One that follows a tip that is here comes with
// the trees that it changed, and nothing else is needed to change it again.
func (r *remote) bringHead(ctx context.Context) error {
	if r.rung <= blobless && r.head == r.current && !r.seen.IsZero() && r.store.has(r.seen) {
		err := r.fetch(ctx, fetchRequest{wants: []hash{r.head}, haves: []hash{r.seen}, filter: "blob:none"})
		if err == nil && r.store.has(r.head) || err != nil && decisive(ctx, err) {
			return err
		}
	}
	req := fetchRequest{wants: []hash{r.head}, depth: r.rung.depth(), filter: r.rung.filter()}
	if r.rung >= shallow {
		req.haves = r.store.heads
	}
	return r.fetch(ctx, req)
}

// decisive tells errors that are the same on every rung.
func decisive(ctx context.Context, err error) bool {
	var connecting *connectError
	if ctx.Err() != nil || errors.As(err, &connecting) {
		return true
	}
	var status *statusError
	if errors.As(err, &status) {
		return false
	}
	for _, typed := range []any{new(*AuthError), new(*NotFoundError), new(*HostKeyError), new(*UnsupportedError), new(*UnreachableError)} {
		if errors.As(err, typed) {
			return true
		}
	}
	return false
}

// A connectError is what went wrong before anything was asked for.
type connectError struct{ error }

func (e *connectError) Unwrap() error { return e.error }

// restart goes to another rung, with a fresh store.
func (r *remote) restart(at rung) error {
	r.rung = at
	r.hangUp()
	next := newMemoryStore()
	if r.rung >= shallow {
		var err error
		if next, err = newDiskStore(r.options.TempDir); err != nil {
			return err
		}
	}
	err := r.store.close()
	r.store, r.whole = next, make(map[hash]bool)
	return err
}

// fetch makes one attempt on the present rung.
func (r *remote) fetch(ctx context.Context, req fetchRequest) error {
	times := time.Duration(1)
	if r.rung >= shallow {
		times = 10
	}
	limited, cancel := r.withTimeout(ctx, times)
	defer cancel()
	old := r.up
	up, err := r.connect(limited, false)
	if err != nil {
		return &connectError{r.explain(limited, err)}
	}
	if !r.possible(up) {
		return errRung
	}
	err = r.receive(limited, up, req)
	if errors.Is(err, errEOF) && up == old && !up.spent && limited.Err() == nil {
		r.hangUp()
		if up, err = r.connect(limited, false); err == nil {
			err = r.receive(limited, up, req)
		}
	}
	if err != nil {
		r.hangUp()
		if limited.Err() != nil {
			return r.explain(limited, err)
		}
	}
	return err
}

var errRung = errors.New("the server cannot do that")

// possible tells whether the server says that it can do what the rung needs.
func (r *remote) possible(up *uploader) bool {
	switch r.rung {
	case lazy, blobless:
		return up.filters() && up.shallows()
	case shallow:
		return up.shallows()
	}
	return true
}

// receive sends a request and keeps what comes.
func (r *remote) receive(ctx context.Context, up *uploader, req fetchRequest) error {
	pack, err := up.fetch(ctx, req)
	if err != nil {
		return err
	}
	if err := r.store.addPack(pack); err != nil {
		return err
	}
	if r.rung >= shallow && slices.Contains(req.wants, r.head) {
		r.store.heads = append(r.store.heads, r.head)
	}
	return nil
}

// maxHistory bounds how many commits are fetched from a server that sends
// their files with them.
const maxHistory = 50

// since fetches the commits between two tips, without their files where the
// server can leave those out. The trees that they changed come with them, since
// what follows is another try on the new tip.
func (r *remote) since(ctx context.Context, tip, base hash) (*history, error) {
	if r.rung <= blobless && !base.IsZero() && r.store.has(base) {
		err := r.fetch(ctx, fetchRequest{wants: []hash{tip}, haves: []hash{base}, filter: "blob:none"})
		if err == nil && r.store.has(tip) {
			return r.store.history(tip, true)
		}
		if err != nil && decisive(ctx, err) {
			return nil, err
		}
	}
	ctx, cancel := r.withTimeout(ctx, 10)
	defer cancel()
	up, err := r.connect(ctx, true)
	if err != nil {
		return nil, r.explain(ctx, err)
	}
	req := fetchRequest{wants: []hash{tip}, filter: "tree:0"}
	if !base.IsZero() {
		req.haves = []hash{base}
	} else {
		req.depth = maxHistory
	}
	if !up.filters() {
		req.filter = ""
		if up.shallows() {
			req.depth = maxHistory
		}
	}
	commits := newMemoryStore()
	pack, err := up.fetch(ctx, req)
	if err == nil {
		err = commits.addPack(pack)
	}
	if err != nil {
		r.hangUp()
		return nil, r.explain(ctx, err)
	}
	return commits.history(tip, req.depth == 0)
}
