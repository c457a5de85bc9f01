package forge

import (
	"context"
	"net/http"
	"time"
)

// Options say which repository a [Forge] is for and how it is reached.
type Options struct {
	// Repository is the URL that Git uses: https, ssh, or user@host:path.
	Repository string
	// Kind is one of [Kinds]; empty is found from the host of Repository.
	Kind string
	// API overrides the address of the API, for servers that have it
	// somewhere else than their kind usually does.
	API string
	// Token returns the token; it is asked once, before the first request.
	// [TokenFor] finds one from the environment.
	Token func() (string, error)
	// HTTPClient sends the requests; nil is [http.DefaultClient]. Proxies and
	// authorities are its business.
	HTTPClient *http.Client
	// Sleep waits between attempts and ends early with the context. Without
	// it nothing is tried twice.
	Sleep func(ctx context.Context, d time.Duration) error
	// UserAgent is what the servers' logs call us; empty is "lading".
	UserAgent string
}
