// Where an engine finds the repository. It runs elsewhere, so a path of this
// machine means nothing to it, and what it is told lies in Git, so credentials
// have no place in it.

package gitops

import (
	"cmp"
	"net/url"
	"strings"

	"github.com/lading-dev/lading/internal/gitrepo"
	"github.com/lading-dev/lading/pkg/settings"
)

// engineURL returns the URL of the repository as an engine reaches it:
// gitops.url, else the repository that is published to, else, where that is a
// path, the one that the settings name. It is empty where all are paths.
func engineURL(g settings.GitOps, p *settings.Project, spec settings.EnvironmentSpec) string {
	named := cmp.Or(spec.GitOps.Repository, p.Spec.GitOps.Repository)
	for _, raw := range []string{g.URL, g.Repository, named} {
		if raw != "" && !isLocal(raw) {
			return withoutCredentials(raw)
		}
	}
	return ""
}

func isLocal(raw string) bool {
	return gitrepo.IsPath(raw) || strings.HasPrefix(raw, "~/") || strings.HasPrefix(strings.ToLower(raw), "file:")
}

// withoutCredentials keeps the user of ssh URLs, which is no secret.
func withoutCredentials(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.User == nil {
		return Redact(raw)
	}
	if u.Scheme == "http" || u.Scheme == "https" {
		u.User = nil
	} else {
		u.User = url.User(u.User.Username())
	}
	return u.String()
}

// asSSH writes git's short form, user@host:path, as a URL.
func asSSH(raw string) string {
	m := scpLike.FindStringSubmatch(raw)
	if m == nil || strings.Contains(raw, "://") {
		return raw
	}
	user, _, ok := strings.Cut(raw, "@")
	if !ok {
		user = "git"
	}
	return "ssh://" + user + "@" + m[1] + "/" + strings.TrimPrefix(m[2], "/")
}

// CheckEngines reports what keeps engines from syncing environments as the
// settings have them. Environments without an engine are left alone.
func CheckEngines(environments []Environment) settings.Problems {
	var problems settings.Problems
	for _, e := range environments {
		s := newSite(e.Project, e.Name, e.GitOps, "")
		if s == nil {
			continue
		}
		if p := s.problem(); p != nil {
			problems = append(problems, p)
		}
	}
	return problems
}

// problem is the first thing that is wrong with a site.
func (s *site) problem() *settings.Problem {
	if s.url == "" {
		return s.wrong("gitops.url", "is missing: the engine cannot reach a repository that is a path of this machine",
			"set gitops.url to the URL under which the engine reaches it, as in https://git.example.com/platform/rendered.git")
	}
	if p := s.engine.problem(s); p != nil {
		return p
	}
	_, p := s.groupPath()
	return p
}

// wrong makes a problem of a field of the environment.
func (s *site) wrong(field, message, hint string) *settings.Problem {
	return &settings.Problem{
		Position: s.project.Place(s.name(), field),
		Path:     "environment " + s.name() + ": " + field,
		Message:  message,
		Hint:     hint,
	}
}
