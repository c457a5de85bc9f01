package kube

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lading-dev/lading/internal/kube/kubetest"
	"github.com/lading-dev/lading/pkg/status"
)

// fast is the rhythm of tests.
func fast() rhythm {
	return rhythm{
		poll: 20 * time.Millisecond, rediscover: 30 * time.Millisecond, beat: 20 * time.Millisecond, silence: 2 * time.Second,
		retry: 10 * time.Millisecond, slow: 50 * time.Millisecond, steady: time.Second,
	}
}

func observing(t *testing.T, c *Client, wants []Want) *Observer {
	t.Helper()
	o, err := c.observe(t.Context(), wants, fast())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.Close)
	return o
}

// comes waits until the observer is as wanted. It looks only when it is told
// that there is something new, so that it hangs where nothing tells.
func comes(t *testing.T, o *Observer, what string, as func() bool) {
	t.Helper()
	timeout := time.After(20 * time.Second)
	for !as() {
		select {
		case <-o.Changed():
		case <-timeout:
			found, gaps := o.Live()
			t.Fatalf("it never came to this: %s; there are %v, gaps %+v, error %v", what, named(found), gaps, o.Err())
		}
	}
}

func (o *Observer) has(names ...string) func() bool {
	return func() bool {
		found, _ := o.Live()
		return o.Err() == nil && slices.Equal(named(found), names)
	}
}

func (o *Observer) fails(problem Problem) func() bool {
	return func() bool {
		var e *Error
		return errors.As(o.Err(), &e) && e.Problem == problem
	}
}

func TestAnObserverKeepsUp(t *testing.T) {
	t.Parallel()
	s, c := connected(t, kubetest.Options{}, podIn("ml", "a"), podIn("ml", "b", "labels: {app: web}"))
	o := observing(t, c, []Want{{Kind: "Pod", Labels: "app=web"}, {Kind: "Pod", Namespace: "ml"}})
	if found, gaps := o.Live(); !slices.Equal(named(found), []string{"Pod/ml/b", "Pod/ml/a"}) || gaps != nil {
		t.Fatalf("got %v, gaps %v at first", named(found), gaps)
	}
	put(t, s, podIn("ml", "c", "managedFields: [{manager: m}]"))
	comes(t, o, "a pod is new", o.has("Pod/ml/b", "Pod/ml/a", "Pod/ml/c"))
	found, _ := o.Live()
	if found[2].GetManagedFields() != nil {
		t.Error("an object of a watch has managed fields")
	}
	put(t, s, podIn("ml", "a", "labels: {app: web}"))
	comes(t, o, "a pod gets a label", o.has("Pod/ml/a", "Pod/ml/b", "Pod/ml/c"))
	s.Delete("", "Pod", "ml", "a")
	comes(t, o, "a pod is deleted", o.has("Pod/ml/b", "Pod/ml/c"))
	if lists := count(s, "limit=500"); lists != 2 {
		t.Errorf("it listed %d times, want once a want", lists)
	}
}

// count counts requests with these words.
func count(s *kubetest.Server, words string) int {
	n := 0
	for _, r := range s.Requests() {
		if strings.Contains(r, words) {
			n++
		}
	}
	return n
}

func TestAnObserverSurvivesARestart(t *testing.T) {
	t.Parallel()
	s, c := connected(t, kubetest.Options{}, podIn("ml", "a"))
	o := observing(t, c, pods)
	s.Stop()
	comes(t, o, "the server is away", o.fails(Unreachable))
	s.Delete("", "Pod", "ml", "a")
	put(t, s, podIn("ml", "b"))
	if found, _ := o.Live(); !slices.Equal(named(found), []string{"Pod/ml/a"}) {
		t.Errorf("got %v, want what was last seen", named(found))
	}
	if err := s.Restart(); err != nil {
		t.Fatal(err)
	}
	healed := func() bool { return o.Err() == nil }
	comes(t, o, "the server is back", healed)
	if !o.has("Pod/ml/b")() {
		found, _ := o.Live()
		t.Errorf("it is healed, and shows %v of before", named(found))
	}
}

func TestAnObserverSurvivesWhatPasses(t *testing.T) {
	t.Parallel()
	unauthorized := kubetest.Refusal{Status: 401, Reason: "Unauthorized"}
	busy := kubetest.Refusal{Status: 429, Reason: "TooManyRequests", RetryAfter: 1}
	for name, test := range map[string]struct {
		begin   func(*kubetest.Server)
		problem Problem // Other where nobody needs to notice
		end     func(*kubetest.Server)
	}{
		"a cut connection":         {begin: func(s *kubetest.Server) { s.Cut() }},
		"a forgotten history":      {begin: func(s *kubetest.Server) { s.Compact() }},
		"a cut and an old version": {begin: func(s *kubetest.Server) { s.Compact(); s.Cut() }},
		"an expired token":         {func(s *kubetest.Server) { s.Fail(kubetest.Fault{Refusal: unauthorized}); s.Cut() }, Unauthorized, (*kubetest.Server).Heal},
		"too many requests":        {func(s *kubetest.Server) { s.Fail(kubetest.Fault{Refusal: busy}); s.Cut() }, Busy, (*kubetest.Server).Heal},
		"watches that are refused": {func(s *kubetest.Server) { s.Fail(kubetest.Fault{Refusal: busy, Watches: true}); s.Cut() }, Busy, (*kubetest.Server).Heal},
		"a server that fails":      {func(s *kubetest.Server) { s.Fail(kubetest.Fault{Refusal: kubetest.Refusal{Status: 500}}); s.Cut() }, Broken, (*kubetest.Server).Heal},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, c := connected(t, kubetest.Options{}, podIn("ml", "a"))
			o := observing(t, c, pods)
			test.begin(s)
			if test.end != nil {
				comes(t, o, name, o.fails(test.problem))
				test.end(s)
			}
			put(t, s, podIn("ml", "b"))
			comes(t, o, "all is well again", o.has("Pod/ml/a", "Pod/ml/b"))
		})
	}
}

func TestASilentNetworkIsNoticed(t *testing.T) {
	t.Parallel()
	s, c := connected(t, kubetest.Options{}, podIn("ml", "a"))
	slow := fast()
	slow.silence = 100 * time.Millisecond
	o, err := c.observe(t.Context(), pods, slow)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	s.Fail(kubetest.Fault{Hang: true})
	comes(t, o, "nobody answers", o.fails(Unreachable))
	s.Heal()
	comes(t, o, "they do again", o.has("Pod/ml/a"))
}

func TestAKindThatMayNotBeWatchedIsPolled(t *testing.T) {
	t.Parallel()
	s, c := connected(t, kubetest.Options{}, podIn("ml", "a"))
	s.Deny(kubetest.Denial{Verb: "watch"})
	o := observing(t, c, pods)
	put(t, s, podIn("ml", "b"))
	comes(t, o, "a new pod is found", o.has("Pod/ml/a", "Pod/ml/b"))
	put(t, s, podIn("ml", "c"))
	comes(t, o, "another is found", o.has("Pod/ml/a", "Pod/ml/b", "Pod/ml/c"))
	if watches := count(s, "watch=1"); watches != 1 {
		t.Errorf("it tried to watch %d times, want once", watches)
	}
}

func TestGapsOfAnObserverComeAndGo(t *testing.T) {
	t.Parallel()
	s, c := connected(t, kubetest.Options{}, podIn("ml", "a"))
	o := observing(t, c, []Want{{Kind: "Pod"}, {Group: "acme.example", Kind: "Thing"}})
	gaps := func(want ...status.Reason) func() bool {
		return func() bool {
			reasons := []status.Reason{}
			_, gaps := o.Live()
			for _, g := range gaps {
				reasons = append(reasons, g.Reason)
			}
			return slices.Equal(want, reasons) && o.Err() == nil
		}
	}
	if !gaps(status.KindNotServed)() {
		_, got := o.Live()
		t.Fatalf("got %+v at first", got)
	}
	s.Serve(kubetest.Type{Group: "acme.example", Version: "v1", Kind: "Thing", Namespaced: true})
	put(t, s, "{apiVersion: acme.example/v1, kind: Thing, metadata: {namespace: ml, name: x}}")
	comes(t, o, "the CRD is installed", o.has("Pod/ml/a", "Thing/ml/x"))
	s.Deny(kubetest.Denial{Resource: "pods"})
	s.Cut()
	comes(t, o, "pods become forbidden", gaps(status.Forbidden))
	if found, _ := o.Live(); !slices.Equal(named(found), []string{"Thing/ml/x"}) {
		t.Errorf("got %v, want no pods that nobody may see", named(found))
	}
	s.Allow()
	comes(t, o, "they are allowed again", gaps())
	s.Withdraw("acme.example", "Thing")
	comes(t, o, "the CRD is removed", gaps(status.KindNotServed))
}

func TestObserveFailsWhereNothingCanBeRead(t *testing.T) {
	t.Parallel()
	s, c := connected(t, kubetest.Options{})
	s.Fail(kubetest.Fault{Refusal: kubetest.Refusal{Status: 401, Reason: "Unauthorized"}, Match: func(_, path string) bool { return path == "/api/v1/pods" }})
	_, err := c.observe(t.Context(), pods, fast())
	wantProblem(t, err, Unauthorized)
	s.Stop()
	_, err = c.observe(t.Context(), pods, fast())
	wantProblem(t, err, Unreachable)
}

func TestAnObserverEndsWithEverything(t *testing.T) {
	t.Parallel()
	_, c := connected(t, kubetest.Options{}, podIn("ml", "a"))
	o := observing(t, c, []Want{{Kind: "Pod"}, {Kind: "Service"}, {Group: "acme.example", Kind: "Thing"}})
	done := make(chan struct{})
	go func() { o.Close(); close(done) }()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		t.Fatal("it does not end")
	}
	if diff := cmp.Diff(error(nil), o.Err()); diff != "" {
		t.Error(diff)
	}
}
