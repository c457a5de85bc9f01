package kube

import (
	"context"
	"io"
	"net/url"
	"strconv"
	"time"
)

// LogOptions say which log to read, and from where.
type LogOptions struct {
	Namespace, Pod, Container    string
	Previous, Follow, Timestamps bool
	// Tail is how many lines from the end, -1 for all.
	Tail int64
	// Since is how far to look back, 0 for to the beginning.
	Since time.Duration
	// After is a moment from which on to read; it goes before Since. The
	// server knows whole seconds.
	After time.Time
}

// Logs opens the log of a container. Read it to its end, which with Follow is
// that of the container, and close it.
func (c *Client) Logs(ctx context.Context, o LogOptions) (io.ReadCloser, error) {
	pods := Resource{Version: "v1", Name: "pods", Namespaced: true}
	return c.open(ctx, opening{
		path: pods.path(o.Namespace, o.Pod) + "/log", query: o.query(),
		verb: "get", resource: "pods/log", namespace: o.Namespace,
	})
}

func (o LogOptions) query() url.Values {
	query := url.Values{}
	for name, on := range map[string]bool{"previous": o.Previous, "follow": o.Follow, "timestamps": o.Timestamps} {
		if on {
			query.Set(name, "true")
		}
	}
	if o.Container != "" {
		query.Set("container", o.Container)
	}
	if o.Tail >= 0 {
		query.Set("tailLines", strconv.FormatInt(o.Tail, 10))
	}
	switch {
	case !o.After.IsZero():
		query.Set("sinceTime", o.After.UTC().Format(time.RFC3339))
	case o.Since > 0:
		query.Set("sinceSeconds", strconv.FormatInt(int64(max(o.Since, time.Second)/time.Second), 10))
	}
	return query
}
