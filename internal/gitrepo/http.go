package gitrepo

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/lading-dev/lading/internal/proxy"
)

// dialerFor chooses the way to a server.
func dialerFor(l location, o Options) (dialer, error) {
	if l.scheme == "ssh" {
		return newSSHDialer(l, o)
	}
	return newHTTPDialer(l, o)
}

// httpDialer speaks smart HTTP, see https://git-scm.com/docs/gitprotocol-http.
type httpDialer struct {
	name   string
	base   *url.URL
	agent  string
	client *http.Client
	login  *login
}

func newHTTPDialer(l location, o Options) (*httpDialer, error) {
	transport, err := NewTransport(o)
	if err != nil {
		return nil, err
	}
	d := &httpDialer{name: l.String(), base: l.url(), agent: "git/2.0 (" + o.Agent + ")"}
	d.login = newLogin(l, o)
	d.client = &http.Client{CheckRedirect: d.checkRedirect, Transport: transport}
	return d, nil
}

// NewTransport returns a transport that goes through the proxies and trusts
// the authorities that the environment names, as git would. The error is a
// [*LocationError] about a file with certificates.
func NewTransport(o Options) (*http.Transport, error) {
	roots, err := certificates(o)
	if err != nil {
		return nil, err
	}
	return &http.Transport{
		Proxy:                 proxy.ByEnvironment(o.getenv),
		DialContext:           (&net.Dialer{Timeout: 30 * time.Second}).DialContext,
		TLSClientConfig:       &tls.Config{RootCAs: roots},
		TLSHandshakeTimeout:   30 * time.Second,
		ForceAttemptHTTP2:     true,
		MaxIdleConnsPerHost:   2,
		IdleConnTimeout:       time.Minute,
		ExpectContinueTimeout: time.Second,
	}, nil
}

// certificates returns the authorities to trust: the system's, and those of
// the files that git and OpenSSL look at.
func certificates(o Options) (*x509.CertPool, error) {
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	for _, name := range []string{"GIT_SSL_CAINFO", "SSL_CERT_FILE"} {
		file := o.getenv(name)
		if file == "" {
			continue
		}
		pem, err := os.ReadFile(file)
		if err != nil {
			return nil, &LocationError{file, "cannot be read as certificates: " + err.Error(), "correct or unset " + name}
		}
		if !pool.AppendCertsFromPEM(pem) {
			return nil, &LocationError{file, "holds no certificates in PEM form", "correct or unset " + name}
		}
	}
	return pool, nil
}

func (d *httpDialer) close() error {
	d.client.CloseIdleConnections()
	return nil
}

// checkRedirect follows the first request only, as git does, and never from
// https to http. Credentials do not follow to another host.
func (d *httpDialer) checkRedirect(req *http.Request, via []*http.Request) error {
	switch {
	case req.Method != http.MethodGet:
		return errors.New("the server redirects a request that it should answer")
	case via[0].URL.Scheme == "https" && req.URL.Scheme != "https":
		return errors.New("the server redirects from https to http")
	case len(via) >= 5:
		return errors.New("the server redirects too often")
	}
	if req.URL.Scheme != via[0].URL.Scheme || req.URL.Host != via[0].URL.Host {
		req.Header.Del("Authorization")
	}
	return nil
}

func (d *httpDialer) dial(ctx context.Context, service string) (line, error) {
	target := d.base.JoinPath("info", "refs")
	target.RawQuery = "service=" + service
	resp, err := d.do(ctx, func() (*http.Request, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
		if err == nil && service == uploadPack {
			req.Header.Set("Git-Protocol", "version=2")
		}
		return req, err
	})
	if err != nil {
		return nil, err
	}
	if kind := resp.Header.Get("Content-Type"); kind != "application/x-"+service+"-advertisement" {
		_ = resp.Body.Close()
		return nil, &ProtocolError{d.name, fmt.Errorf("the answer is %s, not that of a Git server", orNothing(kind))}
	}
	if moved := resp.Request.URL; moved.Host != target.Host || moved.Path != target.Path {
		d.base = &url.URL{Scheme: moved.Scheme, Host: moved.Host, Path: strings.TrimSuffix(moved.Path, "/info/refs"), RawPath: strings.TrimSuffix(moved.RawPath, "/info/refs")}
		d.login.moved(d.base)
	}
	return &httpLine{dialer: d, service: service, first: resp.Body, greet: bufio.NewReader(resp.Body)}, nil
}

func orNothing(kind string) string {
	if kind == "" {
		return "nothing"
	}
	return kind
}

// do sends a request, with other credentials when those sent were refused.
// Each attempt needs a new request.
func (d *httpDialer) do(ctx context.Context, request func() (*http.Request, error)) (*http.Response, error) {
	for {
		req, err := request()
		if err != nil {
			return nil, err
		}
		req.Header.Set("User-Agent", d.agent)
		d.login.apply(req)
		resp, err := d.client.Do(req)
		if err != nil {
			return nil, d.unreachable(ctx, err)
		}
		if resp.StatusCode == http.StatusOK {
			return resp, nil
		}
		said := wordsOf(resp)
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusUnauthorized {
			return nil, d.status(resp, said)
		}
		more, err := d.login.next(ctx)
		if err != nil {
			return nil, err
		}
		if !more {
			return nil, d.login.refused(d.name, false, said)
		}
	}
}

// unreachable explains why there was no answer.
func (d *httpDialer) unreachable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var at *url.Error
	if errors.As(err, &at) {
		err = at.Err
	}
	var unknown x509.UnknownAuthorityError
	var verification *tls.CertificateVerificationError
	next := ""
	if errors.As(err, &unknown) || errors.As(err, &verification) {
		next = "if the server's certificate comes from an authority of your own, name its file in GIT_SSL_CAINFO"
	}
	return &UnreachableError{d.name, fmt.Errorf("%s", redact(err.Error())), next}
}

// status explains an answer other than 200 by its number alone.
func (d *httpDialer) status(resp *http.Response, said string) error {
	switch code := resp.StatusCode; {
	case code == http.StatusForbidden:
		return d.login.refused(d.name, true, said)
	case code == http.StatusNotFound || code == http.StatusGone:
		return &NotFoundError{d.name, said, notFoundHint}
	case code == http.StatusRequestEntityTooLarge:
		return &serverError{strings.TrimSpace(fmt.Sprintf("%s %s", resp.Status, said))}
	case code == http.StatusTooManyRequests || code >= 500:
		return &statusError{&UnreachableError{d.name, fmt.Errorf("the server answers %s", resp.Status), ""}}
	}
	return &ProtocolError{d.name, fmt.Errorf("the server answers %s", resp.Status)}
}

// A statusError is a failure inside of the server. Other requests may fare
// better.
type statusError struct{ *UnreachableError }

func (e *statusError) Unwrap() error { return e.UnreachableError }

// wordsOf returns what the server says, where it is plain text.
func wordsOf(resp *http.Response) string {
	if !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain") {
		return ""
	}
	said := new(words)
	_, _ = io.Copy(said, io.LimitReader(resp.Body, maxWords))
	return redact(said.String())
}

// httpLine is a conversation over HTTP, in which each request stands alone.
type httpLine struct {
	dialer  *httpDialer
	service string
	first   io.Closer
	greet   *bufio.Reader
	last    io.ReadCloser
}

func (l *httpLine) greeting() *bufio.Reader { return l.greet }
func (l *httpLine) stateless() bool         { return true }
func (l *httpLine) said() string            { return "" }
func (l *httpLine) idle()                   {}

func (l *httpLine) ask(ctx context.Context, body []byte) (*bufio.Reader, error) {
	l.finish()
	target := l.dialer.base.JoinPath(l.service)
	resp, err := l.dialer.do(ctx, func() (*http.Request, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, target.String(), bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		req.Header.Set("Content-Type", "application/x-"+l.service+"-request")
		req.Header.Set("Accept", "application/x-"+l.service+"-result")
		if l.service == uploadPack {
			req.Header.Set("Git-Protocol", "version=2")
		}
		return req, nil
	})
	if err != nil {
		return nil, err
	}
	l.last = resp.Body
	return bufio.NewReader(resp.Body), nil
}

// finish reads to the end of the last answer, so that its connection is used
// again.
func (l *httpLine) finish() {
	for _, body := range []io.Closer{l.first, l.last} {
		if r, ok := body.(io.ReadCloser); ok {
			_, _ = io.Copy(io.Discard, io.LimitReader(r, 64<<10))
			_ = r.Close()
		}
	}
	l.first, l.last = nil, nil
}

func (l *httpLine) close() error {
	l.finish()
	return nil
}
