package gitrepo

import (
	"cmp"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
)

// A location says where a repository is: a local path or the URL of a server.
type location struct {
	scheme string // "file", "http", "https" or "ssh"
	// user and password are what the URL carries; they are never printed,
	// since tokens stand in either place.
	user, password string
	host           string // with the port, if any
	path           string // as the server wants it; absolute where it is local
	written        string // a local path as the user wrote it
}

// scpLike is git's short form of ssh URLs, [user@]host:path. A single letter
// before the colon is a drive of Windows.
var scpLike = regexp.MustCompile(`^(?:([^@/:]+)@)?(\[[^\]/]+\]|[^/:@]{2,}):(.*)$`)

// parseLocation reads what git takes for a repository, see
// https://git-scm.com/docs/git-clone#_git_urls.
func parseLocation(raw, home string) (location, error) {
	if raw == "" {
		return location{}, &LocationError{"", "names no repository", "give a path or a URL"}
	}
	if strings.ContainsFunc(raw, func(c rune) bool { return c < ' ' || c == 0x7f }) {
		return location{}, &LocationError{redact(raw), "holds control characters", "give a path or a URL"}
	}
	if strings.Contains(raw, "://") {
		return parseURL(raw)
	}
	if m := scpLike.FindStringSubmatch(raw); m != nil {
		if m[3] == "" {
			return location{}, &LocationError{redact(raw), "names a host but no repository", "write host:path"}
		}
		return location{scheme: "ssh", user: m[1], host: m[2], path: m[3]}, checkSSH(raw, m[1], m[2], m[3])
	}
	return localPath(raw, home)
}

func localPath(raw, home string) (location, error) {
	if rest, ok := strings.CutPrefix(raw, "~/"); ok && home != "" {
		raw = filepath.Join(home, rest)
	}
	written := raw
	path, err := filepath.Abs(raw)
	if err != nil {
		return location{}, &LocationError{raw, "is not a path: " + err.Error(), "give an absolute path"}
	}
	return location{scheme: "file", path: path, written: written}, nil
}

func parseURL(raw string) (location, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return location{}, &LocationError{redact(raw), "is not a URL", "escape special characters with % and their hexadecimal code"}
	}
	l := location{scheme: strings.ToLower(u.Scheme), host: u.Host, path: u.Path}
	if u.User != nil {
		l.user = u.User.Username()
		l.password, _ = u.User.Password()
	}
	switch l.scheme {
	case "file":
		if u.Host != "" && u.Host != "localhost" {
			return location{}, &LocationError{redact(raw), "names a host", "write file:///path"}
		}
		return localPath(filepath.FromSlash(u.Path), "")
	case "ssh", "git+ssh", "ssh+git":
		l.scheme = "ssh"
		if strings.HasPrefix(l.path, "/~") {
			l.path = l.path[1:]
		}
		return l, checkSSH(raw, l.user, l.host, l.path)
	case "http", "https":
		if u.Hostname() == "" || strings.Trim(u.Path, "/") == "" {
			return location{}, &LocationError{redact(raw), "names no repository on the server", "write " + l.scheme + "://host/path"}
		}
		if u.RawQuery != "" || u.Fragment != "" {
			return location{}, &LocationError{redact(raw), "has a query or a fragment", "use the address for git clone"}
		}
		l.path = u.EscapedPath()
		return l, nil
	}
	return location{}, &LocationError{redact(raw), "has the scheme " + l.scheme + ", want https, ssh, http or file",
		"use the https or ssh address of the repository"}
}

// checkSSH refuses what a program that is given these words could take for an
// option, see CVE-2017-1000117.
func checkSSH(raw, user, host, path string) error {
	if strings.Trim(path, "/") == "" || host == "" {
		return &LocationError{redact(raw), "names no repository on the server", "write ssh://user@host/path or user@host:path"}
	}
	for _, word := range []string{user, host, path} {
		if strings.HasPrefix(word, "-") {
			return &LocationError{redact(raw), "has a part that begins with a dash", "write ssh://user@host/path"}
		}
	}
	return nil
}

func (l location) local() bool { return l.scheme == "file" }

// String names the repository without anything secret.
func (l location) String() string {
	switch l.scheme {
	case "file":
		return cmp.Or(l.written, l.path)
	case "ssh":
		sep := "/"
		if strings.HasPrefix(l.path, "/") {
			sep = ""
		}
		user := l.user
		if user != "" {
			user += "@"
		}
		return "ssh://" + user + l.host + sep + l.path
	}
	return l.scheme + "://" + l.host + l.path
}

// url is the address of an http repository, without credentials.
func (l location) url() *url.URL {
	u, err := url.Parse(l.scheme + "://" + l.host + strings.TrimRight(l.path, "/"))
	if err != nil { // not possible: the parts come from a parsed URL
		return &url.URL{Scheme: l.scheme, Host: l.host, Path: l.path}
	}
	return u
}

// userinfo finds credentials in URLs inside of any text.
var userinfo = regexp.MustCompile(`(://)[^/@\s"']+@`)

// redact removes credentials from URLs in a text.
func redact(text string) string { return userinfo.ReplaceAllString(text, "${1}***@") }

// IsPath reports whether a location is a local path and no URL: one that is
// relative to the file or the directory in which it was written.
func IsPath(raw string) bool {
	return raw != "" && !strings.Contains(raw, "://") && !scpLike.MatchString(raw) && !strings.HasPrefix(raw, "~/")
}
