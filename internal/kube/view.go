package kube

import (
	"context"
	"maps"
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/lading-dev/lading/pkg/status"
)

// A view is what an observer knows of one want. It is the store that a reflector
// of client-go fills.
type view struct {
	observer *Observer
	want     Want
	// settled is closed when the want was tried for the first time.
	settled chan struct{}
	once    sync.Once

	mu      sync.Mutex
	objects map[string]*unstructured.Unstructured // by namespace and name
	sorted  []*unstructured.Unstructured          // nil after a change
	gap     *status.Gap
	problem error
	loaded  bool // read at least once
}

func newView(o *Observer, w Want) *view {
	return &view{observer: o, want: w, settled: make(chan struct{}), objects: make(map[string]*unstructured.Unstructured)}
}

// run keeps the view up to date: it waits for the kind to be served, follows it,
// and starts again when the kind was taken away.
func (v *view) run(ctx context.Context, resources *Resources) {
	for ctx.Err() == nil {
		if r, ok := resources.Find(v.want.Group, v.want.Kind); ok {
			newFollower(v, r).run(ctx)
		} else {
			v.forget(resources.missing(v.want))
		}
		if sleep(ctx, v.observer.rhythm.rediscover) != nil {
			return
		}
		if fresh, err := v.observer.client.Resources(ctx); err == nil {
			resources = fresh
		}
	}
}

// settle tells that the want was tried.
func (v *view) settle() { v.once.Do(func() { close(v.settled) }) }

func (v *view) isSettled() bool {
	select {
	case <-v.settled:
		return true
	default:
		return false
	}
}

// failed notes why the want cannot be read now. What was read before stays,
// unless it is clear that it can be read no more.
func (v *view) failed(err error) {
	gap := gapOf(v.want, err)
	v.mu.Lock()
	if gap != nil && gap.Reason == status.Unreachable && v.loaded {
		gap = nil
	}
	if gap == nil {
		v.problem = err
	}
	v.mu.Unlock()
	if gap != nil {
		v.forget(gap)
		return
	}
	v.settle()
	v.observer.tell()
}

// forget makes the want a gap.
func (v *view) forget(gap *status.Gap) {
	v.mu.Lock()
	news := v.gap == nil || *v.gap != *gap || v.problem != nil
	v.gap, v.problem, v.loaded = gap, nil, false
	v.objects, v.sorted = make(map[string]*unstructured.Unstructured), nil
	v.mu.Unlock()
	v.settle()
	if news {
		v.observer.tell()
	}
}

func (v *view) err() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.problem
}

// snapshot returns the objects by namespace and name. Nobody changes the list.
func (v *view) snapshot() ([]*unstructured.Unstructured, *status.Gap) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.sorted == nil {
		v.sorted = make([]*unstructured.Unstructured, 0, len(v.objects))
		for _, key := range slices.Sorted(maps.Keys(v.objects)) {
			v.sorted = append(v.sorted, v.objects[key])
		}
	}
	return v.sorted, v.gap
}

func keyOf(o *unstructured.Unstructured) string { return o.GetNamespace() + "/" + o.GetName() }

// Add takes a new object; it and the methods below make a view a store of client-go.
func (v *view) Add(o any) error { return v.Update(o) }

// Update takes an object as it is now.
func (v *view) Update(o any) error {
	u := o.(*unstructured.Unstructured)
	v.change(func() { v.objects[keyOf(u)] = u })
	return nil
}

// Delete drops an object.
func (v *view) Delete(o any) error {
	u := o.(*unstructured.Unstructured)
	v.change(func() { delete(v.objects, keyOf(u)) })
	return nil
}

// Replace takes a whole list: whatever was wrong before is not any more.
func (v *view) Replace(list []any, _ string) error {
	objects := make(map[string]*unstructured.Unstructured, len(list))
	for _, o := range list {
		u := o.(*unstructured.Unstructured)
		objects[keyOf(u)] = u
	}
	v.change(func() {
		v.objects, v.gap, v.problem, v.loaded = objects, nil, nil, true
	})
	v.settle()
	return nil
}

// Resync has nothing to do: nothing is derived from the objects.
func (v *view) Resync() error { return nil }

func (v *view) change(act func()) {
	v.mu.Lock()
	act()
	v.sorted = nil
	v.mu.Unlock()
	v.observer.tell()
}
