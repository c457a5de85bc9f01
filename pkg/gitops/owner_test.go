package gitops

import (
	"strings"
	"testing"
)

func TestNormalizeURL(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"https://git.example.com/ml/settings.git":           "git.example.com/ml/settings",
		"https://bot:s3cret@git.example.com/ml/settings":    "git.example.com/ml/settings",
		"https://GIT.example.com:443/ml//settings/":         "git.example.com/ml/settings",
		"git@git.example.com:ml/settings.git":               "git.example.com/ml/settings",
		"git.example.com:ml/settings":                       "git.example.com/ml/settings",
		"ssh://git@git.example.com:22/ml/settings.git":      "git.example.com/ml/settings",
		"ssh://git@git.example.com:2222/ml/settings.git":    "git.example.com:2222/ml/settings",
		"https://git.example.com/Ml/Settings":               "git.example.com/Ml/Settings",
		"file:///srv/git/settings.git":                      "/srv/git/settings",
		"/srv/git/../git/settings.git":                      "/srv/git/settings",
		"./rendered.git":                                    "rendered",
		"":                                                  "",
		"https://git.example.com/ml/settings.git/":          "git.example.com/ml/settings",
		"http://localhost:8080/ml/settings?token=s3cret#x1": "localhost:8080/ml/settings",
	} {
		if got := NormalizeURL(raw); got != want {
			t.Errorf("%q: got %q, want %q", raw, got, want)
		}
	}
}

func TestRedactHidesCredentials(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"https://git.example.com/x":                "https://git.example.com/x",
		"https://s3cret@git.example.com/x":         "https://git.example.com/x",
		"https://bot:s3cret@git.example.com/x":     "https://git.example.com/x",
		"ssh://git@git.example.com/x":              "ssh://git@git.example.com/x",
		"ssh://git:s3cret@git.example.com/x":       "ssh://git.example.com/x",
		"https://bot:s3cret@git.example.com:bad/x": "https://git.example.com:bad/x",
		"https://bot:s3%zzcret@git.example.com/x":  "https://git.example.com/x",
		"/srv/git/x": "/srv/git/x",
	} {
		got := Redact(raw)
		if got != want {
			t.Errorf("%q: got %q, want %q", raw, got, want)
		}
		if strings.Contains(got, "cret") {
			t.Errorf("%q still shows the secret", got)
		}
	}
}

func TestEachOwnerHasASharedLedgerOfItsOwn(t *testing.T) {
	t.Parallel()
	for want, owner := range map[string]Owner{
		".lading-3k9x0q":        {Project: "3k9x0q", Source: source},
		".lading-team%2Eyaml":   {Project: "team.yaml"},
		".lading-%54eam":        {Project: "Team"},
		".lading-_286e07b517e3": {Source: source},
		".lading":               {},
	} {
		if got := owner.sharedLedger(); got != want {
			t.Errorf("%s: got %s, want %s", owner, got, want)
		}
	}
}
