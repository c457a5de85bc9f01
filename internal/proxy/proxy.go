// Package proxy finds the proxy that a request goes through by the variables of
// the environment.
package proxy

import (
	"net/http"
	"net/url"

	"golang.org/x/net/http/httpproxy"
)

// ByEnvironment reads HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, lower case
// before upper case, as curl and git do. The result is for [http.Transport].
func ByEnvironment(getenv func(string) string) func(*http.Request) (*url.URL, error) {
	first := func(names ...string) string {
		for _, name := range names {
			if value := getenv(name); value != "" {
				return value
			}
		}
		return ""
	}
	config := httpproxy.Config{
		HTTPProxy:  first("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"),
		HTTPSProxy: first("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"),
		NoProxy:    first("no_proxy", "NO_PROXY"),
	}
	of := config.ProxyFunc()
	return func(r *http.Request) (*url.URL, error) { return of(r.URL) }
}
