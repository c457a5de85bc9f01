package forge

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"
)

const (
	attempts  = 4                      // of one request to a server that fails
	firstWait = 500 * time.Millisecond // doubled each time
	longWait  = 15 * time.Second       // a rate limit that ends later is an error
	maxAnswer = 32 << 20               // bytes

	// answerTime is how long one attempt may take: a server that hangs is a
	// server that fails.
	answerTime = time.Minute
)

// A client speaks JSON with one server. The methods of the forges are made of
// its calls; it alone knows the token, and turns every answer that is no
// success into an error of this package.
type client struct {
	kind      kind
	base      string
	authorize func(h http.Header, token string)
	right     func(h http.Header, body []byte) string // that a 403 says is missing
	http      *http.Client
	sleep     func(ctx context.Context, d time.Duration) error
	agent     string

	once     sync.Once
	getToken func() (string, error)
	token    string
	tokenErr error
}

func newClient(k kind, api string, o Options) *client {
	plain := o.HTTPClient
	if plain == nil {
		plain = http.DefaultClient
	}
	own := *plain
	own.CheckRedirect = sameServer
	c := &client{kind: k, base: api, authorize: bearer, http: &own, sleep: o.Sleep, getToken: o.Token, agent: o.UserAgent}
	c.right = func(http.Header, []byte) string { return "" }
	if c.agent == "" {
		c.agent = "lading"
	}
	return c
}

func bearer(h http.Header, token string) { h.Set("Authorization", "Bearer "+token) }

func basic(h http.Header, user, password string) {
	h.Set("Authorization", "Basic "+encoded(user+":"+password))
}

// sameServer follows a redirect only where the token may go too, and only when
// nothing is changed: a POST that became a GET would look like a success.
func sameServer(req *http.Request, via []*http.Request) error {
	first := via[0]
	if len(via) > 5 || first.Method != http.MethodGet || req.URL.Host != first.URL.Host || req.URL.Scheme != first.URL.Scheme {
		return http.ErrUseLastResponse
	}
	return nil
}

// A call is one request.
type call struct {
	doing  string
	method string
	path   string // below the base
	query  url.Values
	in     any // sent as JSON
	out    any // read from JSON
}

func (c *client) get(ctx context.Context, doing, path string, query url.Values, out any) (http.Header, error) {
	return c.do(ctx, call{doing: doing, method: http.MethodGet, path: path, query: query, out: out})
}

func (c *client) send(ctx context.Context, doing, method, path string, in, out any) error {
	_, err := c.do(ctx, call{doing: doing, method: method, path: path, in: in, out: out})
	return err
}

// do makes a call and reads its answer.
func (c *client) do(ctx context.Context, one call) (http.Header, error) {
	target := c.base + one.path
	if len(one.query) > 0 {
		target += "?" + one.query.Encode()
	}
	resp, _, err := c.exchangeJSON(ctx, one.doing, one.method, target, one.in, one.out)
	return headerOf(resp), err
}

// exchangeJSON is exchange with values on both sides.
func (c *client) exchangeJSON(ctx context.Context, doing, method, target string, in, out any) (*http.Response, []byte, error) {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return nil, nil, err
		}
	}
	resp, answer, err := c.exchange(ctx, doing, method, target, body)
	if err != nil || out == nil || len(answer) == 0 {
		return resp, answer, err
	}
	if json.Unmarshal(answer, out) != nil {
		err = c.refused(doing, "the answer is not the JSON that was expected", "check gitops.forge.kind and gitops.forge.api")
	}
	return resp, answer, err
}

func headerOf(resp *http.Response) http.Header {
	if resp == nil {
		return nil
	}
	return resp.Header
}

// exchange sends a request, again where that can help, and returns an answer
// that is a success. A POST to a server that failed is not sent twice: it may
// have had its effect, and the next run finds it.
func (c *client) exchange(ctx context.Context, doing, method, target string, body []byte) (*http.Response, []byte, error) {
	if err := c.loadToken(doing); err != nil {
		return nil, nil, err
	}
	wait := firstWait
	for attempt := 1; ; attempt++ {
		resp, answer, err := c.try(ctx, doing, method, target, body)
		var server *ServerError
		if errors.As(err, &server) {
			server.Attempts = attempt
		}
		pause, again := retryable(err, method, wait)
		if !again || attempt == attempts || c.sleep == nil {
			return resp, answer, err
		}
		if slept := c.sleep(ctx, pause); slept != nil {
			return nil, nil, slept
		}
		wait *= 2
	}
}

// retryable tells whether an error may pass, and how long to wait for that.
func retryable(err error, method string, wait time.Duration) (time.Duration, bool) {
	var limit *limited
	if errors.As(err, &limit) && limit.after > 0 {
		return limit.after, limit.after <= longWait
	}
	var server *ServerError
	return wait, errors.As(err, &server) && (method != http.MethodPost || server.Status == http.StatusServiceUnavailable)
}

func (c *client) loadToken(doing string) error {
	c.once.Do(func() {
		if c.getToken != nil {
			c.token, c.tokenErr = c.getToken()
		}
		if c.tokenErr == nil && c.token == "" {
			c.tokenErr = c.kind.tokenError(Answer{Forge: c.kind.title, Doing: doing}, true)
		}
	})
	return c.tokenErr
}

func (c *client) try(ctx context.Context, doing, method, target string, body []byte) (*http.Response, []byte, error) {
	within, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	req, err := c.request(within, method, target, body)
	if err != nil {
		return nil, nil, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, nil, c.unreachable(ctx, doing, err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, nil, c.unreachable(ctx, doing, err)
	}
	return resp, answer, c.refusal(doing, resp, answer)
}

func (c *client) request(ctx context.Context, method, target string, body []byte) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, method, target, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if len(body) > 0 {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.agent)
	c.authorize(req.Header, c.token)
	return req, nil
}

// unreachable is the error where no answer came. The end of the context is not
// the server's fault.
func (c *client) unreachable(ctx context.Context, doing string, err error) error {
	if ended := context.Cause(ctx); ended != nil {
		return ended
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	return &ServerError{Answer: Answer{Forge: c.kind.title, Doing: doing, Message: c.hide(err.Error())}, Err: err}
}

func (c *client) refused(doing, message, help string) *RefusedError {
	return &RefusedError{Answer: Answer{Forge: c.kind.title, Doing: doing, Message: message}, Help: help}
}

func (c *client) lacks(doing, right string) *RightsError {
	return &RightsError{Answer: Answer{Forge: c.kind.title, Doing: doing}, Right: right, Needs: c.kind.rights}
}
