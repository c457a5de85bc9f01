package kube

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/lading-dev/lading/pkg/status"
)

// A Want is a kind of objects to read.
type Want struct {
	Group, Kind string
	// Namespace is empty for all namespaces, and for what has none.
	Namespace string
	// Labels and Fields are selectors as kubectl takes them, empty for all.
	Labels, Fields string
	// OnlyMetadata leaves what objects hold, such as the values of Secrets, on
	// the server.
	OnlyMetadata bool
}

// List reads the objects of every want, each of them once, in the order of the
// wants and then by name. A kind that is forbidden or not served is a gap; the
// error is for a cluster of which nothing can be read. Objects come without
// what nobody judges by: managedFields and kubectl's copy of the last
// configuration.
func (c *Client) List(ctx context.Context, wants []Want) ([]*unstructured.Unstructured, []status.Gap, error) {
	resources, err := c.Resources(ctx)
	if err != nil {
		return nil, nil, err
	}
	return c.ListKnown(ctx, resources, wants)
}

// ListKnown is [Client.List] for who knows already which kinds the cluster serves.
func (c *Client) ListKnown(ctx context.Context, resources *Resources, wants []Want) ([]*unstructured.Unstructured, []status.Gap, error) {
	lists := make([][]*unstructured.Unstructured, len(wants))
	gaps := make([]*status.Gap, len(wants))
	err := each(len(wants), func(i int) error {
		r, ok := resources.Find(wants[i].Group, wants[i].Kind)
		if !ok {
			gaps[i] = resources.missing(wants[i])
			return nil
		}
		found, _, err := c.list(ctx, r, wants[i], patience)
		lists[i], gaps[i] = found, gapOf(wants[i], err)
		if gaps[i] != nil {
			return nil
		}
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	m := newMerger()
	for i := range wants {
		m.add(lists[i])
		m.gap(gaps[i])
	}
	return m.objects, m.gaps, nil
}

// A merger puts lists together that may overlap.
type merger struct {
	objects []*unstructured.Unstructured
	gaps    []status.Gap
	seen    map[seenKey]bool
}

type seenKey struct {
	kind            schema.GroupKind
	namespace, name string
}

func newMerger() *merger { return &merger{seen: make(map[seenKey]bool)} }

func (m *merger) add(objects []*unstructured.Unstructured) {
	for _, o := range objects {
		k := seenKey{o.GroupVersionKind().GroupKind(), o.GetNamespace(), o.GetName()}
		if !m.seen[k] {
			m.seen[k] = true
			m.objects = append(m.objects, o)
		}
	}
}

func (m *merger) gap(g *status.Gap) {
	if g == nil {
		return
	}
	for _, known := range m.gaps {
		if known == *g {
			return
		}
	}
	m.gaps = append(m.gaps, *g)
}

// problemOf returns what kind of thing went wrong.
func problemOf(err error) Problem {
	var e *Error
	if errors.As(err, &e) {
		return e.Problem
	}
	return Other
}

// gapOf returns the gap that a failed list is, nil where it went well or where
// the failure is the whole cluster's.
func gapOf(w Want, err error) *status.Gap {
	if err == nil {
		return nil
	}
	var e *Error
	if !errors.As(err, &e) {
		return nil
	}
	gap := &status.Gap{Group: w.Group, Kind: w.Kind, Namespace: w.Namespace, Message: e.Error(), Next: e.Hint()}
	switch e.Problem {
	case Forbidden:
		gap.Reason = status.Forbidden
	case Absent:
		gap.Reason = status.KindNotServed
		gap.Message, gap.Next = e.Cluster+": the cluster serves no kind "+(schema.GroupKind{Group: w.Group, Kind: w.Kind}).String()+" any more", installer(w.Group)
	case Broken, Busy, Other:
		gap.Reason = status.Unreachable
	default:
		return nil
	}
	return gap
}

// pageSize is how many objects a request asks for.
const pageSize = 500

// list reads all objects of a want, page by page, and the version of the list.
// Each request is made so often at most.
func (c *Client) list(ctx context.Context, r Resource, w Want, attempts int) ([]*unstructured.Unstructured, string, error) {
	for restarts := 0; ; restarts++ {
		objects, version, err := c.pages(ctx, r, w, attempts)
		if restarts < 2 && isExpired(err) {
			continue // a list that took longer than the server keeps its history
		}
		return objects, version, err
	}
}

func (c *Client) pages(ctx context.Context, r Resource, w Want, attempts int) ([]*unstructured.Unstructured, string, error) {
	var objects []*unstructured.Unstructured
	token := ""
	for {
		p, err := c.page(ctx, r, w, token, attempts)
		if err != nil {
			return nil, "", err
		}
		objects = append(objects, p.objects...)
		if token = p.next; token == "" {
			return objects, p.version, nil
		}
	}
}

// selectors are the query of a want.
func (w Want) selectors() url.Values {
	query := url.Values{}
	if w.Labels != "" {
		query.Set("labelSelector", w.Labels)
	}
	if w.Fields != "" {
		query.Set("fieldSelector", w.Fields)
	}
	return query
}

// accept is the form to ask for objects in, empty for the usual one. See
// https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches.
func (w Want) accept(metadata string) string {
	if !w.OnlyMetadata {
		return ""
	}
	return "application/json;as=" + metadata + ";g=meta.k8s.io;v=v1"
}

// A page is a part of a list.
type page struct {
	objects       []*unstructured.Unstructured
	version, next string
}

func (c *Client) page(ctx context.Context, r Resource, w Want, token string, attempts int) (*page, error) {
	query := w.selectors()
	query.Set("limit", strconv.Itoa(pageSize))
	if token != "" {
		query.Set("continue", token)
	}
	var p *page
	err := again(ctx, attempts, func() error {
		body, err := c.open(ctx, opening{
			path: r.path(w.Namespace, ""), query: query, accept: w.accept("PartialObjectMetadataList"),
			verb: "list", resource: r.full(), namespace: w.Namespace,
		})
		if err != nil {
			return err
		}
		defer body.Close()
		if p, err = readPage(body, r); err != nil {
			err = fmt.Errorf("reading the list of %s: %w", r.full(), err)
		}
		return c.explain(err, "list", r.full(), w.Namespace)
	})
	return p, err
}

// readPage decodes a list.
func readPage(body io.Reader, r Resource) (*page, error) {
	var list struct {
		Metadata struct {
			ResourceVersion string `json:"resourceVersion"`
			Continue        string `json:"continue"`
		} `json:"metadata"`
		Items []json.RawMessage `json:"items"`
	}
	var buffer bytes.Buffer
	if _, err := buffer.ReadFrom(body); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(buffer.Bytes(), &list); err != nil {
		return nil, err
	}
	p := &page{version: list.Metadata.ResourceVersion, next: list.Metadata.Continue}
	p.objects = make([]*unstructured.Unstructured, len(list.Items))
	d := newDecoder()
	for i, item := range list.Items {
		o, err := d.decode(item, r)
		if err != nil {
			return nil, err
		}
		p.objects[i] = o
	}
	return p, nil
}

// patience is how often a request is made that fails for a reason that passes.
const patience = 4

// again makes a request again where the server is busy or broken for a moment,
// or the connection broke. It waits as long as the server says, within reason;
// nobody answering at all is an answer.
func again(ctx context.Context, attempts int, request func() error) error {
	pause := 200 * time.Millisecond
	for attempt := 1; ; attempt++ {
		err := request()
		if attempt >= attempts || !isPassing(err) {
			return err
		}
		if wait, ok := retryAfter(err); ok {
			pause = wait
		}
		if pause > 15*time.Second {
			return err
		}
		if sleep(ctx, pause) != nil {
			if errors.Is(ctx.Err(), context.Canceled) {
				return ctx.Err()
			}
			return err
		}
		pause *= 2
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
