package kube

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
)

// A follower lists and watches one resource for a view. The order of things
// (list, watch from there, go on after the watch ends, list again after 410) is
// that of client-go's reflector; the follower makes its requests.
type follower struct {
	view     *view
	resource Resource
	// opened is when the present watch began, zero while there is none.
	opened time.Time
	// unwatchable tells that only lists are possible, absent that not even they are.
	unwatchable, absent bool
	// wait is how long the server asked to wait.
	wait time.Duration
}

func newFollower(v *view, r Resource) *follower {
	return &follower{view: v, resource: r, unwatchable: !slices.Contains(r.Verbs, "watch")}
}

// run returns when the resource is not served any more.
func (f *follower) run(ctx context.Context) {
	requests := &cache.ListWatch{ListWithContextFunc: f.list, WatchFuncWithContext: f.watch}
	reflector := cache.NewReflectorWithOptions(pagesOnly{requests}, &unstructured.Unstructured{}, f.view, cache.ReflectorOptions{Name: f.resource.full()})
	rhythm := f.view.observer.rhythm
	pause := rhythm.retry
	for ctx.Err() == nil {
		f.opened, f.wait = time.Time{}, 0
		if f.unwatchable {
			f.poll(ctx)
			continue
		}
		_ = reflector.ListAndWatchWithContext(ctx) // noted where it happened
		// A list that was given up with ctx may still be writing to f.
		if ctx.Err() != nil || f.absent {
			return
		}
		if f.unwatchable {
			continue
		}
		if !f.opened.IsZero() && f.view.observer.client.now().Sub(f.opened) > rhythm.steady {
			pause = rhythm.retry
		}
		jitter := time.Duration(rand.Int64N(int64(pause) / 4))
		if sleep(ctx, max(pause+jitter, f.wait)) != nil {
			return
		}
		pause = min(pause*8/5, rhythm.slow)
	}
}

// poll reads the list once, and lets some time pass.
func (f *follower) poll(ctx context.Context) {
	if objects, version, err := f.load(ctx); err == nil {
		list := make([]any, len(objects))
		for i, o := range objects {
			list[i] = o
		}
		_ = f.view.Replace(list, version) // which cannot fail
	}
	_ = sleep(ctx, max(f.view.observer.rhythm.poll, f.wait)) // the loop of the caller looks at ctx
}

// load reads the whole list. The first one has patience, as somebody waits for
// nothing else; later ones are made again by who called, and the view tells of
// failures meanwhile.
func (f *follower) load(ctx context.Context) ([]*unstructured.Unstructured, string, error) {
	o := f.view.observer
	select {
	case o.slots <- struct{}{}:
		defer func() { <-o.slots }()
	case <-ctx.Done():
		return nil, "", ctx.Err()
	}
	attempts := 1
	if !f.view.isSettled() {
		attempts = patience
	}
	objects, version, err := o.client.list(ctx, f.resource, f.view.want, attempts)
	if err != nil {
		f.note(ctx, err)
	}
	return objects, version, err
}

// note remembers a failure.
func (f *follower) note(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return // nobody listens any more
	}
	f.absent = problemOf(err) == Absent
	f.wait, _ = retryAfter(err)
	f.wait = min(f.wait, time.Minute)
	f.view.failed(err)
}

// pagesOnly tells the reflector not to ask for a list as a stream of events, of
// which nobody bounds the memory.
type pagesOnly struct{ *cache.ListWatch }

// IsWatchListSemanticsUnSupported has the name that client-go looks for.
func (pagesOnly) IsWatchListSemanticsUnSupported() bool { return true }

// list reads the whole list at the newest version, in pages whatever
// the reflector asks for: a cache of the server may be behind.
func (f *follower) list(ctx context.Context, _ metav1.ListOptions) (runtime.Object, error) {
	objects, version, err := f.load(ctx)
	if err != nil {
		return nil, err
	}
	list := &unstructured.UnstructuredList{Object: map[string]any{}, Items: make([]unstructured.Unstructured, len(objects))}
	list.SetResourceVersion(version)
	for i, o := range objects {
		list.Items[i] = *o
	}
	return list, nil
}

// watch opens a watch. Where that fails the answer is that the version
// is too old, so that the reflector lists again: only a fresh list shows that
// what is known is not from before the outage.
func (f *follower) watch(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
	query := f.view.want.selectors()
	query.Set("watch", "1")
	query.Set("resourceVersion", o.ResourceVersion)
	query.Set("allowWatchBookmarks", strconv.FormatBool(o.AllowWatchBookmarks))
	if o.TimeoutSeconds != nil {
		query.Set("timeoutSeconds", strconv.FormatInt(*o.TimeoutSeconds, 10))
	}
	namespace := f.view.want.Namespace
	body, err := f.view.observer.client.open(ctx, opening{
		path: f.resource.path(namespace, ""), query: query, accept: f.view.want.accept("PartialObjectMetadata"),
		verb: "watch", resource: f.resource.full(), namespace: namespace,
	})
	switch {
	case err == nil:
		f.opened = f.view.observer.client.now()
		return watch.NewStreamWatcher(&events{json.NewDecoder(body), body, f.resource}, reporter{}), nil
	case problemOf(err) == Forbidden || statusCode(err) == http.StatusMethodNotAllowed:
		f.unwatchable = true
	case !isExpired(err) && problemOf(err) != Absent:
		f.note(ctx, err)
	}
	return nil, apierrors.NewResourceExpired(err.Error())
}

// events decodes what a watch says.
type events struct {
	decoder  *json.Decoder
	body     io.Closer
	resource Resource
}

func (e *events) Close() { _ = e.body.Close() } // it was only read

func (e *events) Decode() (watch.EventType, runtime.Object, error) {
	var event struct {
		Type   watch.EventType `json:"type"`
		Object json.RawMessage `json:"object"`
	}
	if err := e.decoder.Decode(&event); err != nil {
		return "", nil, err
	}
	if event.Type == watch.Error {
		var status metav1.Status
		err := json.Unmarshal(event.Object, &status)
		return event.Type, &status, err
	}
	o, err := newDecoder().decode(event.Object, e.resource)
	if err != nil {
		return "", nil, fmt.Errorf("an event about %s: %w", e.resource.full(), err)
	}
	return event.Type, o, nil
}

// reporter makes a Status of what cannot be decoded.
type reporter struct{}

func (reporter) AsObject(err error) runtime.Object {
	status := apierrors.NewInternalError(err).Status()
	return &status
}
