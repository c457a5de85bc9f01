package parallel_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lading-dev/lading/internal/parallel"
)

func TestEachCallsEveryIndexAndFewAtOnce(t *testing.T) {
	t.Parallel()
	var called [20]bool
	var now, most atomic.Int32
	if err := parallel.Each(len(called), 3, func(i int) error {
		if n := now.Add(1); n > most.Load() {
			most.Store(n)
		}
		time.Sleep(time.Millisecond)
		called[i] = true
		now.Add(-1)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for i, yes := range called {
		if !yes {
			t.Errorf("%d was not called", i)
		}
	}
	if n := most.Load(); n > 3 {
		t.Errorf("%d were called at once, want 3 at most", n)
	}
}

func TestEachBeginsNoMoreAfterAnError(t *testing.T) {
	t.Parallel()
	failure := errors.New("no network")
	var called atomic.Int32
	err := parallel.Each(100, 2, func(i int) error {
		called.Add(1)
		if i >= 3 {
			return failure
		}
		return nil
	})
	if n := called.Load(); err != failure || n < 4 || n > 6 {
		t.Errorf("got %v after %d calls, want the failure after the fifth or so", err, n)
	}
}

func TestEachReturnsTheErrorOfTheLowestIndex(t *testing.T) {
	t.Parallel()
	first, second := errors.New("first"), errors.New("second")
	told := make(chan struct{})
	err := parallel.Each(2, 2, func(i int) error {
		if i == 1 {
			close(told)
			return second
		}
		<-told
		return first
	})
	if err != first {
		t.Errorf("got %v, want the first", err)
	}
}
