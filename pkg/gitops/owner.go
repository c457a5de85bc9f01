package gitops

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"path"
	"regexp"
	"strings"
)

// An Owner is who publishes: one project in one source repository. Only the
// owner of a directory changes or removes it.
type Owner struct {
	// Project is the project's key; empty without a project.
	Project string `json:"project"`
	// Source is the source repository as [NormalizeURL] writes it; empty
	// where the settings lie in none.
	Source string `json:"source"`
}

func (o Owner) String() string {
	switch {
	case o.Project == "" && o.Source == "":
		return "settings without a project or repository"
	case o.Project == "":
		return "settings of " + o.Source
	case o.Source == "":
		return "project " + o.Project
	}
	return "project " + o.Project + " of " + o.Source
}

// sharedLedger returns the name of this owner's ledger in a directory of
// shared objects, where several owners have one each. The key is escaped to
// the last dot, so that the name cannot end in an extension that an engine
// reads; owners without a key are told apart by their source.
func (o Owner) sharedLedger() string {
	switch {
	case o.Project != "":
		return ledgerName + "-" + escapeAll(o.Project, ".")
	case o.Source != "":
		sum := sha256.Sum256([]byte(o.Source))
		return ledgerName + "-_" + hex.EncodeToString(sum[:6])
	}
	return ledgerName
}

// scpLike is git's short form of ssh URLs, [user@]host:path.
// See https://git-scm.com/docs/git-clone#_git_urls.
var scpLike = regexp.MustCompile(`^(?:[^@/:]+@)?(\[[^\]]+\]|[^/:]{2,}):(.*)$`)

// defaultPorts are left out of normalised URLs.
var defaultPorts = map[string]string{"http": "80", "https": "443", "ssh": "22", "git": "9418"}

// NormalizeURL writes the URL of a repository as host/path, so that the ways to
// spell one repository (https, ssh, git@host:path, with credentials, with
// .git) become one, and no credential is left in it. A local path is cleaned.
func NormalizeURL(raw string) string {
	if u, err := url.Parse(raw); err == nil && u.Host != "" {
		host := strings.ToLower(u.Hostname())
		if port := u.Port(); port != "" && port != defaultPorts[u.Scheme] {
			host += ":" + port
		}
		return joinRepository(host, u.Path)
	}
	if m := scpLike.FindStringSubmatch(raw); m != nil && !strings.Contains(raw, "://") {
		return joinRepository(strings.ToLower(m[1]), m[2])
	}
	if raw == "" {
		return ""
	}
	local := strings.TrimPrefix(raw, "file://")
	return strings.TrimSuffix(path.Clean(local), ".git")
}

func joinRepository(host, p string) string {
	p = strings.Trim(path.Clean("/"+p), "/")
	return strings.TrimSuffix(host+"/"+strings.TrimSuffix(p, ".git"), "/")
}

// Redact removes credentials from a URL so that it can be printed.
func Redact(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.User == nil {
		return redactBroken(raw, err)
	}
	if _, secret := u.User.Password(); !secret && u.Scheme != "http" && u.Scheme != "https" {
		return raw // ssh://git@host: the user is not a secret
	}
	u.User = nil
	return u.String()
}

// redactBroken handles what url.Parse refuses, which may hold a password all
// the same.
func redactBroken(raw string, err error) string {
	scheme, rest, ok := strings.Cut(raw, "://")
	if err == nil || !ok {
		return raw
	}
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		rest = rest[i+1:]
	}
	return scheme + "://" + rest
}
