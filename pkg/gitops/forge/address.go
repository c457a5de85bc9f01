package forge

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// An address is where a repository is: what its URL says without the parts
// that only Git needs.
type address struct {
	scheme string // of the website, http or https
	host   string // with a port where the website has one
	path   string // without .git and slashes around
}

// scpURL is how Git also writes ssh: user@host:path.
var scpURL = regexp.MustCompile(`^(?:[^@/:]+@)?([^@/:]+):([^/].*|/.*)$`)

// parseAddress reads a repository's URL. Users and passwords in it are not
// looked at, and no error shows them.
func parseAddress(written string) (address, error) {
	if !strings.Contains(written, "://") {
		if m := scpURL.FindStringSubmatch(written); m != nil {
			return address{scheme: "https", host: strings.ToLower(m[1]), path: trimPath(m[2])}.checked()
		}
	}
	u, err := url.Parse(written)
	if err != nil {
		return address{}, fmt.Errorf("the repository's URL cannot be read")
	}
	at := address{scheme: "https", host: strings.ToLower(u.Hostname()), path: trimPath(u.Path)}
	switch u.Scheme {
	case "http", "https":
		at.scheme, at.host = u.Scheme, strings.ToLower(u.Host)
	case "ssh", "git+ssh":
	default:
		at.host = ""
	}
	return at.checked()
}

func trimPath(path string) string {
	return strings.TrimSuffix(strings.Trim(path, "/"), ".git")
}

func (at address) checked() (address, error) {
	if at.host == "" || at.path == "" {
		return address{}, fmt.Errorf("pull requests need a repository on a server, as https://host/owner/name or git@host:owner/name")
	}
	return at, nil
}

// hostname is the host without a port.
func (at address) hostname() string {
	return (&url.URL{Host: at.host}).Hostname()
}

// website is the address of the server for people.
func (at address) website() string { return at.scheme + "://" + at.host }

// below removes the folder that the whole server is in, when the address of
// its API shows that there is one: of https://host/git/api/v4 it is git.
func (at address) below(api string) address {
	u, err := url.Parse(api)
	if err != nil || u.Host != at.host {
		return at
	}
	folder, _, found := strings.Cut(u.Path, "/api/")
	if rest, ok := strings.CutPrefix("/"+at.path, folder+"/"); found && ok {
		at.path = rest
	}
	return at
}

// ownerAndName splits the path where a forge has exactly two levels.
func (at address) ownerAndName(title string) (owner, name string, err error) {
	owner, name, ok := strings.Cut(at.path, "/")
	if !ok || owner == "" || name == "" || strings.Contains(name, "/") {
		return "", "", fmt.Errorf("the repository's path on %s is %q, want owner/name", title, at.path)
	}
	return owner, name, nil
}

// apiOf returns the base of all requests, without a slash at its end.
func apiOf(k kind, at address, written string) (string, error) {
	if written == "" {
		return k.api(at), nil
	}
	u, err := url.Parse(written)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.RawQuery != "" {
		return "", fmt.Errorf("gitops.forge.api is not an address as https://host/path, without user and query")
	}
	return strings.TrimRight(written, "/"), nil
}
