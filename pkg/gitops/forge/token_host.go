package forge

import (
	"errors"
	"net"
	"net/url"
	"slices"
	"strings"
)

// A token belongs to a server, and settings that somebody changed must not
// send it to another: the environment says where it may go, never the settings
// alone.

// hostVariable names the host of tokens that nothing else gives one.
const hostVariable = "LADING_FORGE_HOST"

// A tokenVariable is a variable of the environment that holds a token, and
// those that say which server it is for. Where none of them is set it is for
// the hosts that its kind is known for.
type tokenVariable struct {
	name    string
	servers []string // URLs or hosts; the first that is set counts
	only    bool     // for a server that is named, never for the known hosts
	when    string   // a variable that must be set
}

var (
	githubTokens = []tokenVariable{
		{name: "GITHUB_TOKEN", servers: []string{"GITHUB_SERVER_URL"}},
		{name: "GH_TOKEN", servers: []string{"GITHUB_SERVER_URL"}},
		{name: "GH_ENTERPRISE_TOKEN", servers: []string{"GH_HOST"}, only: true},
		{name: "GITHUB_ENTERPRISE_TOKEN", servers: []string{"GH_HOST"}, only: true},
	}
	gitlabTokens = []tokenVariable{
		{name: "GITLAB_TOKEN", servers: []string{"CI_SERVER_URL"}},
		{name: "CI_JOB_TOKEN", servers: []string{"CI_SERVER_URL"}, only: true},
	}
	// The Actions of Gitea name its server as GitHub's do.
	giteaTokens = []tokenVariable{
		{name: "GITEA_TOKEN", servers: []string{"GITEA_SERVER_URL"}},
		{name: "GITEA_TOKEN", servers: []string{"GITHUB_SERVER_URL"}, only: true, when: "GITEA_ACTIONS"},
		{name: "FORGEJO_TOKEN", servers: []string{"FORGEJO_SERVER_URL"}},
		{name: "FORGEJO_TOKEN", servers: []string{"GITHUB_SERVER_URL"}, only: true, when: "GITEA_ACTIONS"},
	}
	forgejoTokens   = append(slices.Clone(giteaTokens[2:]), giteaTokens[:2]...)
	bitbucketTokens = []tokenVariable{{name: "BITBUCKET_TOKEN"}}
	azureTokens     = []tokenVariable{
		{name: "AZURE_DEVOPS_TOKEN", servers: []string{"SYSTEM_COLLECTIONURI"}},
		{name: "SYSTEM_ACCESSTOKEN", servers: []string{"SYSTEM_COLLECTIONURI"}},
	}
)

// TokenFor is [TokenFrom] for one repository: it passes over tokens that are
// for another server than the one that o leads to, also by its API, and says
// so where none is left.
func TokenFor(getenv func(string) string, readFile func(string) ([]byte, error), o Options) (string, error) {
	at, err := parseAddress(o.Repository)
	if err != nil {
		return "", err
	}
	k, err := kindOf(at, o.Kind)
	if err != nil {
		return "", err
	}
	api, err := apiOf(k, at, o.API)
	if err != nil {
		return "", err
	}
	to := destination{kind: k, website: at.hostname(), getenv: getenv}
	if to.api, err = url.Parse(api); err != nil {
		return "", err
	}
	token, err := findToken(getenv, readFile, k, to.takes)
	var missing *TokenError
	if errors.As(err, &missing) {
		missing.Host = to.name()
	}
	return token, err
}

// A destination is where a token would go.
type destination struct {
	kind    kind
	website string
	api     *url.URL
	getenv  func(string) string
}

// name is how [hostVariable] would name it.
func (d destination) name() string {
	if d.isSafe(false) {
		return d.api.Hostname()
	}
	return "http://" + d.api.Hostname()
}

// takes tells whether a token may go there. What is named by a variable may be
// plain http where the variable says so.
func (d destination) takes(v tokenVariable) bool {
	if v.when != "" && d.getenv(v.when) == "" {
		return false
	}
	for _, name := range append([]string{hostVariable}, v.servers...) {
		written := d.getenv(name)
		if written == "" {
			continue
		}
		if d.isAt(hostOf(written)) && d.isSafe(strings.HasPrefix(written, "http://")) {
			return true
		}
		if name != hostVariable {
			return false
		}
	}
	return !v.only && d.kind.has(d.website) && d.isUsual() && d.isSafe(false)
}

// isAt tells whether the API is on a host, or where servers of that host have
// it by themselves.
func (d destination) isAt(host string) bool {
	return host == d.api.Hostname() || host == d.website && d.isUsual()
}

// isUsual tells whether the API is where the website leads, not somewhere that
// a setting names.
func (d destination) isUsual() bool {
	usual, err := url.Parse(d.kind.api(address{scheme: "https", host: d.website}))
	return err == nil && (d.api.Hostname() == usual.Hostname() || d.api.Hostname() == d.website)
}

// isSafe tells whether nobody on the way reads along.
func (d destination) isSafe(agreed bool) bool {
	host := d.api.Hostname()
	ip := net.ParseIP(host)
	return agreed || d.api.Scheme == "https" || host == "localhost" || ip != nil && ip.IsLoopback()
}

// hostOf reads a URL, or a host with or without a port.
func hostOf(written string) string {
	if !strings.Contains(written, "://") {
		written = "https://" + written
	}
	u, err := url.Parse(written)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}
