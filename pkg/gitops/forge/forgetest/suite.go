// Package forgetest is the law of [forge.Forge]: what each forge must do,
// tried against a fake of its API. It is for tests only.
package forgetest

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lading-dev/lading/pkg/gitops/forge"
)

// A Start makes a forge and the world that its fake server shows.
type Start func(t *testing.T) (forge.Forge, *World)

// Run tries everything that a forge promises.
func Run(t *testing.T, start Start) {
	t.Parallel()
	for _, law := range laws {
		t.Run(law.name, func(t *testing.T) {
			t.Parallel()
			f, w := start(t)
			law.holds(t, f, w)
		})
	}
}

var laws = []struct {
	name  string
	holds func(*testing.T, forge.Forge, *World)
}{
	{"access is tested without a change", accessChangesNothing},
	{"none is found where there is none", noneIsFound},
	{"what is opened is there", openedIsThere},
	{"the newest is found on any page", newestIsFound},
	{"each state is told", statesAreTold},
	{"reviews are seen", reviewsAreSeen},
	{"an update keeps what people set", updateKeeps},
	{"closing leaves a comment", closingComments},
	{"auto-merge goes on and off", autoMergeSwitches},
	{"a branch is deleted, also twice", branchIsDeleted},
	{"conflict is not refusal", conflictIsNotRefusal},
	{"each failure has its type", failuresHaveTypes},
	{"a server that recovers is no failure", recoveryIsNoFailure},
	{"nothing is opened twice", nothingOpensTwice},
	{"the token stays with its server", tokenStays},
	{"the token is in no error", tokenIsInNoError},
	{"the end of the context ends it", contextEnds},
	{"a page for people is no answer", pageIsNoAnswer},
}

func accessChangesNothing(t *testing.T, f forge.Forge, w *World) {
	succeed(t, f.Access(t.Context()))
	requests, _ := w.took()
	for _, request := range requests {
		if !strings.HasPrefix(request, "GET ") {
			t.Errorf("access asked for %s", request)
		}
	}
	if f.MaxBody() < 4000 {
		t.Errorf("MaxBody() = %d, want room for a text", f.MaxBody())
	}
}

func noneIsFound(t *testing.T, f forge.Forge, w *World) {
	w.Add(Pull{Head: "other"})
	w.Add(Pull{Base: "release"})
	w.Add(Pull{Fork: true})
	got, err := f.Latest(t.Context(), "lading/prod", "main")
	succeed(t, err)
	if got != nil {
		t.Errorf("found %+v, want none", got)
	}
}

func openedIsThere(t *testing.T, f forge.Forge, w *World) {
	content := forge.Content{Title: "Deploy web", Body: "- image\n", Labels: []string{"lading", "prod"}, Reviewers: []string{w.Reviewer}, Draft: true}
	got, err := f.Open(t.Context(), "lading/prod", "main", content)
	succeed(t, err)
	if !strings.HasPrefix(got.URL, "http") {
		t.Errorf("URL is %q, want a page for people", got.URL)
	}
	want := &forge.PullRequest{Number: 1, URL: got.URL, State: forge.Open, Title: "Deploy web", Body: "- image\n", Head: strings.Repeat("b", 40)}
	same(t, want, got)
	found, err := f.Latest(t.Context(), "lading/prod", "main")
	succeed(t, err)
	same(t, want, found)
	there := Pull{
		Number: 1, Head: "lading/prod", Base: "main", SHA: strings.Repeat("b", 40), Title: "Deploy web", Body: "- image\n",
		State: forge.Open, Draft: true, Labels: content.Labels, Reviewers: content.Reviewers,
	}
	if w.NoLabels {
		there.Labels = nil
	}
	same(t, there, w.Pull(1))
}

func newestIsFound(t *testing.T, f forge.Forge, w *World) {
	w.Add(Pull{State: forge.Merged, Title: "old"})
	newest := w.Add(Pull{State: forge.Merged, Title: "newest"})
	for range 3 {
		w.Add(Pull{Fork: true})
		w.Add(Pull{Head: "other"})
	}
	got, err := f.Latest(t.Context(), "lading/prod", "main")
	succeed(t, err)
	if got == nil || got.Number != newest || got.Title != "newest" {
		t.Errorf("found %+v, want number %d", got, newest)
	}
}

func statesAreTold(t *testing.T, f forge.Forge, w *World) {
	for _, state := range []forge.State{forge.Merged, forge.Closed, forge.Open} {
		w.Add(Pull{State: state})
		got, err := f.Latest(t.Context(), "lading/prod", "main")
		succeed(t, err)
		if got == nil || got.State != state {
			t.Errorf("found %+v, want one that is %s", got, state)
		}
	}
}

func reviewsAreSeen(t *testing.T, f forge.Forge, w *World) {
	number := w.Add(Pull{Comments: []string{"a remark", "another", "a third"}})
	reviewed := func() bool {
		got, err := f.Latest(t.Context(), "lading/prod", "main")
		succeed(t, err)
		return got.Reviewed
	}
	if reviewed() {
		t.Error("remarks on the whole are told as a review")
	}
	w.Change(number, func(p *Pull) { p.Remarked = true })
	if !reviewed() {
		t.Error("a remark on a line is not seen")
	}
	w.Change(number, func(p *Pull) { p.Remarked, p.Approved = false, true })
	if !reviewed() {
		t.Error("an approval is not seen")
	}
}

func updateKeeps(t *testing.T, f forge.Forge, w *World) {
	number := w.Add(Pull{Title: "old", Body: "old", Draft: true, Labels: []string{"theirs"}, Reviewers: []string{w.Reviewer}})
	content := forge.Content{Title: "new", Body: "new"}
	if !w.NoLabels {
		content.Labels = []string{"ours"}
	}
	succeed(t, f.Update(t.Context(), number, content))
	want := w.Pull(number)
	want.Title, want.Body, want.Draft, want.Reviewers = "new", "new", true, []string{w.Reviewer}
	want.Labels = append([]string{"theirs"}, content.Labels...)
	same(t, want, w.Pull(number))
	w.Change(number, func(p *Pull) { p.Draft = false })
	succeed(t, f.Update(t.Context(), number, forge.Content{Title: "newer", Draft: true}))
	if w.Pull(number).Draft {
		t.Error("an update made a draft of what people called ready")
	}
}

func closingComments(t *testing.T, f forge.Forge, w *World) {
	number := w.Add(Pull{Title: "web"})
	succeed(t, f.Close(t.Context(), number, "nothing is left to change"))
	got := w.Pull(number)
	same(t, []string{"nothing is left to change"}, got.Comments)
	same(t, forge.Closed, got.State)
	same(t, "web", got.Title)
}

func autoMergeSwitches(t *testing.T, f forge.Forge, w *World) {
	number := w.Add(Pull{})
	for _, on := range []bool{false, true, true, false, false} {
		err := f.SetAutoMerge(t.Context(), number, on)
		if w.NoAutoMerge {
			if !errors.Is(err, forge.ErrUnsupported) {
				t.Errorf("got %v, want %v", err, forge.ErrUnsupported)
			}
			continue
		}
		succeed(t, err)
		if got := w.Pull(number); got.AutoMerge != on || got.State != forge.Open {
			t.Errorf("auto-merge is %t and the state %s, want %t and open", got.AutoMerge, got.State, on)
		}
	}
}

func branchIsDeleted(t *testing.T, f forge.Forge, w *World) {
	w.Branches["lading/prod-2"] = strings.Repeat("c", 40)
	succeed(t, f.DeleteBranch(t.Context(), "lading/prod"))
	if w.hasBranch("lading/prod") || !w.hasBranch("lading/prod-2") || !w.hasBranch("main") {
		t.Error("not the one branch is gone")
	}
	succeed(t, f.DeleteBranch(t.Context(), "lading/prod"))
}

func conflictIsNotRefusal(t *testing.T, f forge.Forge, w *World) {
	w.Add(Pull{})
	_, err := f.Open(t.Context(), "lading/prod", "main", forge.Content{Title: "x"})
	is[*forge.ConflictError](t, err)
	_, err = f.Open(t.Context(), "nowhere", "main", forge.Content{Title: "x"})
	is[*forge.RefusedError](t, err)
	_, err = f.Latest(t.Context(), "nowhere", "main")
	succeed(t, err)
	is[*forge.NotFoundError](t, f.Update(t.Context(), 99, forge.Content{Title: "x"}))
}

func failuresHaveTypes(t *testing.T, f forge.Forge, w *World) {
	for range 10 {
		w.Add(Pull{State: forge.Closed})
	}
	fail := func(fault Fault) error {
		fault.Times = 10
		w.Fail(fault)
		defer func() { w.mu.Lock(); w.faults = nil; w.mu.Unlock() }()
		_, err := f.Latest(t.Context(), "lading/prod", "main")
		return err
	}
	is[*forge.TokenError](t, fail(Fault{Status: 401}))
	is[*forge.RightsError](t, fail(Fault{Status: 403, Body: `{"message": "no"}`}))
	is[*forge.NotFoundError](t, fail404(t, f, w))
	is[*forge.RefusedError](t, fail(Fault{Status: 400, Body: `{"message": "no"}`}))
	server := is[*forge.ServerError](t, fail(Fault{Status: 502, Body: "<html>"}))
	same(t, 4, server.Attempts)
	limit := is[*forge.RateLimitError](t, fail(Fault{Status: 429, Header: map[string]string{"Retry-After": "3600"}}))
	same(t, Now.Add(time.Hour), limit.Until)
	limit = is[*forge.RateLimitError](t, fail(Fault{Status: 403, Header: map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1900000000"}}))
	same(t, time.Unix(1900000000, 0).UTC(), limit.Until)
}

// fail404 asks for the repository: where lists are, 404 can mean none.
func fail404(t *testing.T, f forge.Forge, w *World) error {
	w.Fail(Fault{Status: 404, Times: 1})
	return f.Access(t.Context())
}

func recoveryIsNoFailure(t *testing.T, f forge.Forge, w *World) {
	number := w.Add(Pull{Title: "web"})
	w.Fail(Fault{Status: 503, Times: 2})
	w.Fail(Fault{Status: 429, Header: map[string]string{"Retry-After": "7"}, Times: 1})
	got, err := f.Latest(t.Context(), "lading/prod", "main")
	succeed(t, err)
	same(t, number, got.Number)
	_, slept := w.took()
	same(t, []time.Duration{500 * time.Millisecond, time.Second, 7 * time.Second}, slept)
}

func nothingOpensTwice(t *testing.T, f forge.Forge, w *World) {
	w.Fail(Fault{Method: "POST", Status: 502})
	_, err := f.Open(t.Context(), "lading/prod", "main", forge.Content{Title: "x"})
	is[*forge.ServerError](t, err)
	requests, _ := w.took()
	posts := 0
	for _, request := range requests {
		if strings.HasPrefix(request, "POST ") {
			posts++
		}
	}
	same(t, 1, posts)
}

func tokenStays(t *testing.T, f forge.Forge, w *World) {
	var asked atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	t.Cleanup(elsewhere.Close)
	for _, status := range []int{301, 302, 307, 308} {
		w.Fail(Fault{Status: status, Header: map[string]string{"Location": elsewhere.URL}, Times: 1})
		if err := f.Access(t.Context()); err == nil {
			t.Errorf("a redirect with status %d is taken for an answer", status)
		}
	}
	if asked.Load() > 0 {
		t.Error("another server was asked, with the token")
	}
}

func tokenIsInNoError(t *testing.T, f forge.Forge, w *World) {
	number := w.Add(Pull{})
	for _, status := range []int{302, 400, 401, 403, 404, 409, 418, 422, 429, 500, 503} {
		w.Fail(Fault{Status: status, Body: `{"message": "bad: ` + Token + `", "error": {"message": "` + Token + `"}}`})
		for doing, err := range everyCall(t.Context(), f, number) {
			if err == nil {
				continue // 404 is what deleting wants
			}
			text := err.Error()
			var helpful interface{ Hint() string }
			if errors.As(err, &helpful) {
				text += helpful.Hint()
			} else if !errors.Is(err, forge.ErrUnsupported) {
				t.Errorf("%s: status %d: %v has no hint", doing, status, err)
			}
			if strings.Contains(text, Token) || strings.Contains(text, Token[:10]) {
				t.Errorf("%s: status %d: the error shows the token: %s", doing, status, text)
			}
		}
		w.mu.Lock()
		w.faults = nil
		w.mu.Unlock()
	}
}

func everyCall(ctx context.Context, f forge.Forge, number int) map[string]error {
	_, latest := f.Latest(ctx, "lading/prod", "main")
	_, open := f.Open(ctx, "lading/prod", "main", forge.Content{Title: "x", Labels: []string{"a"}})
	return map[string]error{
		"Access": f.Access(ctx), "Latest": latest, "Open": open, "Update": f.Update(ctx, number, forge.Content{Title: "x"}),
		"Close": f.Close(ctx, number, "bye"), "SetAutoMerge": f.SetAutoMerge(ctx, number, true), "DeleteBranch": f.DeleteBranch(ctx, "x"),
	}
}

func contextEnds(t *testing.T, f forge.Forge, w *World) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.Access(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	if requests, slept := w.took(); len(requests)+len(slept) > 0 {
		t.Errorf("it went on with %q and slept %v", requests, slept)
	}
}

func pageIsNoAnswer(t *testing.T, f forge.Forge, w *World) {
	w.Fail(Fault{Status: 200, Body: "<html>please log in</html>", Times: 1})
	is[*forge.RefusedError](t, f.Access(t.Context()))
}

func succeed(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func same(t *testing.T, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// is returns the error of a type that another wraps.
func is[E error](t *testing.T, err error) E {
	t.Helper()
	var want E
	if !errors.As(err, &want) {
		t.Fatalf("got %T (%v), want a %T", err, err, want)
	}
	return want
}
