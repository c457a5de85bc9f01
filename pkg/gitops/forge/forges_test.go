package forge_test

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lading-dev/lading/pkg/gitops/forge"
)

// A recorder notes where the first request goes.
type recorder struct{ url, auth string }

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	if r.url == "" {
		r.url = req.URL.String()
		r.auth = req.Header.Get("Authorization") + req.Header.Get("JOB-TOKEN")
	}
	return &http.Response{StatusCode: 418, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("{}")), Request: req}, nil
}

func TestRepositoriesLeadToTheirAPI(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, repository, kind, api, want string }{
		{"GitHub by https", "https://github.com/acme/deploy.git", "", "", "https://api.github.com/repos/acme/deploy"},
		{"a password in the URL", "https://me:secret@github.com/acme/deploy", "", "", "https://api.github.com/repos/acme/deploy"},
		{"GitHub by ssh over the https port", "ssh://git@ssh.github.com:443/acme/deploy.git", "", "", "https://api.github.com/repos/acme/deploy"},
		{"GitHub with data residency", "https://acme.ghe.com/acme/deploy", "", "", "https://api.acme.ghe.com/repos/acme/deploy"},
		{"GitHub Enterprise on a port", "https://git.example.com:8443/acme/deploy", "github", "", "https://git.example.com:8443/api/v3/repos/acme/deploy"},
		{"an API of its own", "git@git.example.com:acme/deploy", "github", "https://api.example.com/", "https://api.example.com/repos/acme/deploy"},
		{"GitLab with subgroups", "git@gitlab.com:acme/platform/deploy.git", "", "", "https://gitlab.com/api/v4/projects/acme%2Fplatform%2Fdeploy"},
		{"GitLab in a folder", "https://example.com/git/acme/deploy.git", "gitlab", "https://example.com/git/api/v4", "https://example.com/git/api/v4/projects/acme%2Fdeploy"},
		{"GitLab by ssh on a port", "ssh://git@git.example.com:2222/acme/deploy.git", "gitlab", "", "https://git.example.com/api/v4/projects/acme%2Fdeploy"},
		{"Codeberg", "https://codeberg.org/acme/deploy", "", "", "https://codeberg.org/api/v1/repos/acme/deploy"},
		{"Gitea without TLS", "http://localhost:3000/acme/deploy", "gitea", "", "http://localhost:3000/api/v1/repos/acme/deploy"},
		{"Bitbucket", "https://me@bitbucket.org/acme/deploy.git", "", "", "https://api.bitbucket.org/2.0/repositories/acme/deploy"},
		{"Azure DevOps", "https://org@dev.azure.com/org/my%20project/_git/deploy", "", "", "https://dev.azure.com/org/my%20project/_apis/git/repositories/deploy?api-version=7.1"},
		{"Azure DevOps by ssh", "git@ssh.dev.azure.com:v3/org/project/deploy", "", "", "https://dev.azure.com/org/project/_apis/git/repositories/deploy?api-version=7.1"},
		{"Azure DevOps under its old name", "https://org.visualstudio.com/DefaultCollection/project/_git/deploy", "", "", "https://org.visualstudio.com/project/_apis/git/repositories/deploy?api-version=7.1"},
		{"a project named as its repository", "https://dev.azure.com/org/_git/deploy", "", "", "https://dev.azure.com/org/deploy/_apis/git/repositories/deploy?api-version=7.1"},
		{"Azure DevOps Server", "https://tfs.example.com/tfs/Main/project/_git/deploy", "azure", "", "https://tfs.example.com/tfs/Main/project/_apis/git/repositories/deploy?api-version=7.1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sent := &recorder{}
			f, err := forge.For(forge.Options{
				Repository: c.repository, Kind: c.kind, API: c.api, HTTPClient: &http.Client{Transport: sent},
				Token: func() (string, error) { return "t", nil },
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := f.Access(t.Context()); err == nil {
				t.Error("a teapot is taken for a forge")
			}
			if diff := cmp.Diff(c.want, sent.url); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatIsNoForgeIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, repository, kind, api, want string }{
		{"an unknown host", "https://git.example.com/acme/deploy", "", "", `which forge runs on "git.example.com" is not known: set gitops.forge.kind`},
		{"a host that only looks known", "https://notgithub.com/acme/deploy", "", "", `which forge runs on "notgithub.com" is not known: set gitops.forge.kind`},
		{"an unknown kind", "https://github.com/acme/deploy", "svn", "", `gitops.forge.kind is "svn", want one of azure, bitbucket, forgejo, gitea, github, gitlab`},
		{"a folder", "/srv/deploy.git", "github", "", "pull requests need a repository on a server, as https://host/owner/name or git@host:owner/name"},
		{"a file URL", "file:///srv/deploy.git", "", "", "pull requests need a repository on a server, as https://host/owner/name or git@host:owner/name"},
		{"nothing", "", "", "", "pull requests need a repository on a server, as https://host/owner/name or git@host:owner/name"},
		{"an owner alone", "https://github.com/acme", "", "", `the repository's path on GitHub is "acme", want owner/name`},
		{"too deep", "https://github.com/a/b/c", "", "", `the repository's path on GitHub is "a/b/c", want owner/name`},
		{"GitLab without a group", "https://gitlab.com/deploy", "", "", `the repository's path on GitLab is "deploy", want group/name`},
		{"Azure DevOps without _git", "https://dev.azure.com/org/project/deploy", "", "", `the repository's path on Azure DevOps is "org/project/deploy", want organisation/project/_git/name`},
		{"Bitbucket Data Center", "https://git.example.com/acme/deploy", "bitbucket", "", `the repository is on "git.example.com": of Bitbucket, only bitbucket.org has the API that is used here, not Data Center`},
		{"an API with a password", "https://github.com/acme/deploy", "", "https://me:secret@api.example.com", "gitops.forge.api is not an address as https://host/path, without user and query"},
		{"a URL that cannot be read", "https://me:secret@github.com:x/acme/deploy", "", "", "the repository's URL cannot be read"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := forge.For(forge.Options{Repository: c.repository, Kind: c.kind, API: c.api})
			if err == nil || err.Error() != c.want {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestTokensAreWrittenAsTheirForgeReadsThem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, repository, token, want string }{
		{"GitHub", "https://github.com/a/b", "ghp_x", "Bearer ghp_x"},
		{"GitLab", "https://gitlab.com/a/b", "glpat-x", "Bearer glpat-x"},
		{"the job of GitLab CI", "https://gitlab.com/a/b", "glcbt-x", "glcbt-x"},
		{"Gitea", "https://gitea.com/a/b", "x", "token x"},
		{"Bitbucket", "https://bitbucket.org/a/b", "x", "Bearer x"},
		{"a user of Bitbucket", "https://bitbucket.org/a/b", "me:x", "Basic bWU6eA=="},
		{"Azure DevOps", "https://dev.azure.com/o/p/_git/b", "x", "Basic Ong="},
		{"a pipeline of Azure DevOps", "https://dev.azure.com/o/p/_git/b", "eyJx.y.z", "Bearer eyJx.y.z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sent := &recorder{}
			f, err := forge.For(forge.Options{
				Repository: c.repository, HTTPClient: &http.Client{Transport: sent}, Token: func() (string, error) { return c.token, nil },
			})
			if err != nil {
				t.Fatal(err)
			}
			_ = f.Access(t.Context())
			if sent.auth != c.want {
				t.Errorf("sent %q, want %q", sent.auth, c.want)
			}
		})
	}
}

func TestWithoutATokenNothingIsSent(t *testing.T) {
	t.Parallel()
	sent := &recorder{}
	f, err := forge.For(forge.Options{Repository: "https://github.com/a/b", HTTPClient: &http.Client{Transport: sent}})
	if err != nil {
		t.Fatal(err)
	}
	err = f.Access(t.Context())
	var missing *forge.TokenError
	if !errors.As(err, &missing) || !missing.Missing || sent.url != "" {
		t.Fatalf("got %v and a request to %q", err, sent.url)
	}
	want := "set GITHUB_TOKEN or GH_TOKEN or GH_ENTERPRISE_TOKEN or GITHUB_ENTERPRISE_TOKEN or LADING_FORGE_TOKEN or LADING_FORGE_TOKEN_FILE to a token with the rights contents: write and pull-requests: write (classic: repo)"
	if diff := cmp.Diff(want, missing.Hint()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTokensAreFound(t *testing.T) {
	t.Parallel()
	files := map[string]string{"/run/token": "from-file\n", "/run/blank": " \n"}
	readFile := func(name string) ([]byte, error) {
		text, ok := files[name]
		if !ok {
			return nil, os.ErrNotExist
		}
		return []byte(text), nil
	}
	for _, c := range []struct {
		name, kind  string
		env         map[string]string
		want, wrong string
	}{
		{"by the forge's name", "github", map[string]string{"GH_TOKEN": "b", "GITLAB_TOKEN": "c"}, "b", ""},
		{"in order", "github", map[string]string{"GH_TOKEN": "b", "GITHUB_TOKEN": "a"}, "a", ""},
		{"ours first", "gitlab", map[string]string{"CI_JOB_TOKEN": "b", "LADING_FORGE_TOKEN": "a"}, "a", ""},
		{"in a file", "forgejo", map[string]string{"GITEA_TOKEN": "b", "LADING_FORGE_TOKEN_FILE": "/run/token"}, "from-file", ""},
		{"a pipeline", "azure", map[string]string{"SYSTEM_ACCESSTOKEN": "x"}, "x", ""},
		{"nowhere", "bitbucket", map[string]string{"GITHUB_TOKEN": "a"}, "", "Bitbucket: no token is set"},
		{"a missing file", "github", map[string]string{"LADING_FORGE_TOKEN_FILE": "/nowhere", "GH_TOKEN": "a"}, "", "reading the token that LADING_FORGE_TOKEN_FILE names: file does not exist"},
		{"a blank file", "github", map[string]string{"LADING_FORGE_TOKEN_FILE": "/run/blank"}, "", "LADING_FORGE_TOKEN_FILE holds no token: it is blank"},
		{"two lines", "github", map[string]string{"GH_TOKEN": "secret\nX-Evil: 1"}, "", "GH_TOKEN holds no token: there is a space, a line end or a letter beyond ASCII in it"},
		{"an unknown kind", "svn", nil, "", `kind of forge is "svn", want one of azure, bitbucket, forgejo, gitea, github, gitlab`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := forge.TokenFrom(func(name string) string { return c.env[name] }, readFile, c.kind)
			wrong := ""
			if err != nil {
				wrong = err.Error()
			}
			if diff := cmp.Diff([]string{c.want, c.wrong}, []string{got, wrong}); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheKindIsKnownBeforeTheToken(t *testing.T) {
	t.Parallel()
	for repository, want := range map[string]string{
		"git@github.com:a/b": "github", "https://codeberg.org/a/b": "forgejo", "https://org.visualstudio.com/p/_git/b": "azure",
	} {
		if got, err := forge.KindOf(repository, ""); err != nil || got != want {
			t.Errorf("KindOf(%q) = %q, %v, want %q", repository, got, err, want)
		}
	}
}

func TestTokensGoToTheirOwnServer(t *testing.T) {
	t.Parallel()
	const evil = "https://evil.example.com/acme/deploy"
	type env map[string]string
	for _, c := range []struct {
		name, repository, kind, api string
		env                         env
		want, wrong                 string
	}{
		{"a known host", onGitHub, "", "", env{"GITHUB_TOKEN": "a"}, "a", ""},
		{"a known host by ssh", "git@gitlab.com:a/b", "", "", env{"GITLAB_TOKEN": "a"}, "a", ""},
		{"settings that lead elsewhere", evil, "github", "", env{"GITHUB_TOKEN": "a"}, "", "GitHub: no token for this server: GITHUB_TOKEN may be for another one"},
		{"an API elsewhere", onGitHub, "", "https://evil.example.com", env{"GH_TOKEN": "a", "LADING_FORGE_TOKEN": "b"}, "", "GitHub: no token for this server: LADING_FORGE_TOKEN and GH_TOKEN may be for another one"},
		{"an API elsewhere, in CI", "https://git.example.com/a/b", "gitlab", "https://evil.example.com", env{"GITLAB_TOKEN": "a", "CI_SERVER_URL": "https://git.example.com"}, "", "GitLab: no token for this server: GITLAB_TOKEN may be for another one"},
		{"the server of the CI", "https://git.example.com/a/b", "gitlab", "", env{"GITLAB_TOKEN": "a", "CI_SERVER_URL": "https://git.example.com"}, "a", ""},
		{"a known host, from the CI of another", onGitLab, "", "", env{"GITLAB_TOKEN": "a", "CI_SERVER_URL": "https://git.example.com"}, "", "GitLab: no token for this server: GITLAB_TOKEN may be for another one"},
		{"Enterprise beside the cloud", "https://git.example.com/a/b", "github", "", env{"GITHUB_TOKEN": "a", "GH_ENTERPRISE_TOKEN": "b", "GH_HOST": "git.example.com"}, "b", ""},
		{"Enterprise without a host", onGitHub, "", "", env{"GH_ENTERPRISE_TOKEN": "b"}, "", "GitHub: no token for this server: GH_ENTERPRISE_TOKEN may be for another one"},
		{"a host that a person names", "https://git.example.com/a/b", "gitea", "", env{"GITEA_TOKEN": "a", "LADING_FORGE_HOST": "git.example.com"}, "a", ""},
		{"the Actions of Gitea", "https://git.example.com/a/b", "gitea", "", env{"GITEA_TOKEN": "a", "GITEA_ACTIONS": "true", "GITHUB_SERVER_URL": "https://git.example.com"}, "a", ""},
		{"the Actions of GitHub", "https://git.example.com/a/b", "forgejo", "", env{"GITEA_TOKEN": "a", "GITHUB_SERVER_URL": "https://git.example.com"}, "", "Forgejo: no token for this server: GITEA_TOKEN may be for another one"},
		{"an API that a person names", onGitHub, "", "https://api.example.com/v3", env{"LADING_FORGE_TOKEN": "a", "LADING_FORGE_HOST": "api.example.com"}, "a", ""},
		{"plain http", "http://git.example.com/a/b", "gitea", "", env{"GITEA_TOKEN": "a", "GITEA_SERVER_URL": "https://git.example.com"}, "", "Gitea: no token for this server: GITEA_TOKEN may be for another one"},
		{"plain http that is wanted", "http://git.example.com/a/b", "gitea", "", env{"GITEA_TOKEN": "a", "GITEA_SERVER_URL": "http://git.example.com"}, "a", ""},
		{"plain http to this machine", "http://localhost:3000/a/b", "gitea", "", env{"GITEA_TOKEN": "a", "LADING_FORGE_HOST": "localhost"}, "a", ""},
		{"plain http to a known host", "http://gitea.com/a/b", "", "", env{"GITEA_TOKEN": "a"}, "", "Gitea: no token for this server: GITEA_TOKEN may be for another one"},
		{"a pipeline", onAzure, "", "", env{"SYSTEM_ACCESSTOKEN": "a", "SYSTEM_COLLECTIONURI": "https://dev.azure.com/org/"}, "a", ""},
		{"none at all", onBitbucket, "", "", env{}, "", "Bitbucket: no token is set"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := forge.TokenFor(func(name string) string { return c.env[name] }, os.ReadFile, forge.Options{Repository: c.repository, Kind: c.kind, API: c.api})
			wrong := ""
			if err != nil {
				wrong = err.Error()
			}
			if diff := cmp.Diff([]string{c.want, c.wrong}, []string{got, wrong}); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// What the hint says is what helps.
func TestTheHintAboutAnotherServerHelps(t *testing.T) {
	t.Parallel()
	for _, repository := range []string{"https://git.example.com/a/b", "http://git.example.com:3000/a/b", "git@git.example.com:a/b"} {
		env := map[string]string{"GITEA_TOKEN": "a"}
		find := func() (string, error) {
			return forge.TokenFor(func(name string) string { return env[name] }, os.ReadFile, forge.Options{Repository: repository, Kind: "gitea"})
		}
		_, err := find()
		var missing *forge.TokenError
		if !errors.As(err, &missing) {
			t.Fatalf("%s: got %v, want a token error", repository, err)
		}
		_, host, _ := strings.Cut(missing.Hint(), "LADING_FORGE_HOST=")
		env["LADING_FORGE_HOST"] = host
		if token, err := find(); token != "a" {
			t.Errorf("%s: with LADING_FORGE_HOST=%s: %v", repository, host, err)
		}
	}
}
