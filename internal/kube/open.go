package kube

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"syscall"
	"time"

	"golang.org/x/net/http2"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	utilnet "k8s.io/apimachinery/pkg/util/net"
)

// An opening is a GET whose answer is read as it comes.
type opening struct {
	path   string
	query  url.Values
	accept string // application/json where empty
	// verb, resource and namespace say in messages what was asked for.
	verb, resource, namespace string
}

// open makes the request once; who calls decides whether to try again.
func (c *Client) open(ctx context.Context, o opening) (io.ReadCloser, error) {
	client, err := c.plain()
	if err != nil {
		return nil, err
	}
	r := client.Get().AbsPath(o.path).MaxRetries(0).SetHeader("Accept", cmp.Or(o.accept, "application/json"))
	for name, values := range o.query {
		for _, value := range values {
			r.Param(name, value)
		}
	}
	body, err := r.Stream(ctx)
	return body, c.explain(err, o.verb, o.resource, o.namespace)
}

// isPassing tells of a failure that may be over at the next attempt. A server
// that refuses connections is not there, and whoever waits for it says so.
func isPassing(err error) bool {
	switch problemOf(err) {
	case Busy, Broken:
		return true
	}
	var reset http2.StreamError
	return utilnet.IsConnectionReset(err) || utilnet.IsProbableEOF(err) || errors.Is(err, syscall.EPIPE) ||
		errors.Is(err, io.ErrUnexpectedEOF) || utilnet.IsHTTP2ConnectionLost(err) || errors.As(err, &reset)
}

// retryAfter is how long the server asks to wait.
func retryAfter(err error) (time.Duration, bool) {
	seconds, ok := apierrors.SuggestsClientDelay(err)
	if !ok || seconds <= 0 {
		return 0, false
	}
	return time.Duration(seconds) * time.Second, true
}

// isExpired tells of a version that the server has forgotten.
// See https://kubernetes.io/docs/reference/using-api/api-concepts/#410-gone-responses.
func isExpired(err error) bool {
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return false
	}
	return status.Status().Code == http.StatusGone || apierrors.IsResourceExpired(err) || apierrors.IsGone(err)
}
