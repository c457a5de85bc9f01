package gitrepo

import (
	"bufio"
	"bytes"
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLocationsAreReadAsGitReadsThem(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]location{
		"/srv/r.git":                     {scheme: "file", path: "/srv/r.git", written: "/srv/r.git"},
		"~/r.git":                        {scheme: "file", path: "/home/ann/r.git", written: "/home/ann/r.git"},
		"file:///srv/my%20repo.git":      {scheme: "file", path: "/srv/my repo.git", written: "/srv/my repo.git"},
		"/srv/with:colon":                {scheme: "file", path: "/srv/with:colon", written: "/srv/with:colon"},
		"git@host:team/r.git":            {scheme: "ssh", user: "git", host: "host", path: "team/r.git"},
		"host:/abs/r.git":                {scheme: "ssh", host: "host", path: "/abs/r.git"},
		"git@[::1]:r.git":                {scheme: "ssh", user: "git", host: "[::1]", path: "r.git"},
		"ssh://git@host:2222/team/r.git": {scheme: "ssh", user: "git", host: "host:2222", path: "/team/r.git"},
		"ssh://host/~ann/r.git":          {scheme: "ssh", host: "host", path: "~ann/r.git"},
		"git+ssh://host/r.git":           {scheme: "ssh", host: "host", path: "/r.git"},
		"HTTPS://tok@host:8443/a%20b/r":  {scheme: "https", user: "tok", host: "host:8443", path: "/a%20b/r"},
	} {
		got, err := parseLocation(raw, "/home/ann")
		if err != nil {
			t.Errorf("%s: %v", raw, err)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(location{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", raw, diff)
		}
		if strings.Contains(got.String(), "tok") {
			t.Errorf("%s shows its token: %s", raw, got)
		}
	}
	if got := redact(`fetching "https://ann:s3cret@host/r": no`); got != `fetching "https://***@host/r": no` {
		t.Errorf("redacted: %s", got)
	}
}

func TestTokensGoToTheirOwnHostOnly(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		env  map[string]string
		at   string
		want *credential
	}{
		{map[string]string{"GITHUB_TOKEN": "t"}, "https://github.com/o/r", &credential{"GITHUB_TOKEN", "x-access-token", "t"}},
		{map[string]string{"GITHUB_TOKEN": "t"}, "http://github.com/o/r", nil},
		{map[string]string{"GITHUB_TOKEN": "t"}, "https://github.com.evil.example/o/r", nil},
		{map[string]string{"GITHUB_TOKEN": "t"}, "https://gitlab.com/o/r", nil},
		{map[string]string{"GITHUB_TOKEN": "t", "GITHUB_SERVER_URL": "https://ghe.example.com"}, "https://github.com/o/r", nil},
		{map[string]string{"GITHUB_TOKEN": "t", "GITHUB_SERVER_URL": "https://ghe.example.com"}, "https://GHE.example.com:443/o/r", &credential{"GITHUB_TOKEN", "x-access-token", "t"}},
		{map[string]string{"CI_JOB_TOKEN": "t", "CI_SERVER_URL": "https://gl.example.com:8443"}, "https://gl.example.com:8443/o/r", &credential{"CI_JOB_TOKEN", "gitlab-ci-token", "t"}},
		{map[string]string{"CI_JOB_TOKEN": "t", "CI_SERVER_URL": "https://gl.example.com:8443"}, "https://gl.example.com/o/r", nil},
		{map[string]string{"CI_JOB_TOKEN": "t"}, "https://gitlab.com/o/r", nil},
		{map[string]string{"GITLAB_TOKEN": "t"}, "https://gitlab.com/o/r", &credential{"GITLAB_TOKEN", "oauth2", "t"}},
		{map[string]string{"GITEA_TOKEN": "t", "GITHUB_SERVER_URL": "https://github.com"}, "https://github.com/o/r", nil},
		{map[string]string{"GITEA_TOKEN": "t", "GITHUB_SERVER_URL": "https://tea.example.com", "GITEA_ACTIONS": "true"}, "https://tea.example.com/o/r", &credential{"GITEA_TOKEN", "lading", "t"}},
		{map[string]string{"LADING_GIT_TOKEN": "t"}, "https://git.example.com/r", nil},
		{map[string]string{"LADING_GIT_TOKEN": "t", "LADING_GIT_HOST": "git.example.com"}, "https://git.example.com/r", &credential{"LADING_GIT_TOKEN", "lading", "t"}},
		{map[string]string{"LADING_GIT_TOKEN": "t", "LADING_GIT_HOST": "git.example.com"}, "http://git.example.com/r", nil},
		{map[string]string{"LADING_GIT_TOKEN": "t", "LADING_GIT_HOST": "http://git.example.com"}, "http://git.example.com/r", &credential{"LADING_GIT_TOKEN", "lading", "t"}},
		{map[string]string{"LADING_GIT_PASSWORD": "p", "LADING_GIT_USERNAME": "ann", "LADING_GIT_HOST": "localhost:3000"}, "http://localhost:3000/r", &credential{"LADING_GIT_PASSWORD", "ann", "p"}},
	} {
		at, err := url.Parse(c.at)
		if err != nil {
			t.Fatal(err)
		}
		l := &login{options: Options{Getenv: func(name string) string { return c.env[name] }}}
		got, err := l.fromEnvironment(context.Background(), at)
		if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(credential{})); diff != "" || err != nil {
			t.Errorf("%v to %s: %v (-want +got):\n%s", c.env, c.at, err, diff)
		}
	}
}

func TestNetrcFindsTheHost(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]*credential{
		"machine a login x password 1 machine b login y password 2": {"", "y", "2"},
		"machine b\n\tpassword 2\n\tlogin y\n":                      {"", "y", "2"},
		"machine a login x password 1":                              nil,
		"machine a login b password b":                              nil,
		"machine a login x password 1\ndefault login z password 3":  {"", "z", "3"},
		"machine machine login b":                                   nil,
		"machine b":                                                 {"", "", ""},
		"macdef init\nmachine b login y":                            nil,
		"":                                                          nil,
	} {
		if diff := cmp.Diff(want, netrc(text, "b"), cmp.AllowUnexported(credential{})); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

func TestWhatServersSayFitsATerminal(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{
		"Counting: 10%\rCounting: 100%, done.\nremote: no\n": "Counting: 100%, done.\nremote: no",
		"\x1b[31mred\x1b[0m\n":                               "[31mred[0m",
		"\n\n  \n":                                           "",
	} {
		if got := tidy([]byte(said)); got != want {
			t.Errorf("%q is shown as %q, want %q", said, got, want)
		}
	}
	if got := tidy(bytes.Repeat([]byte("x"), 10*maxWords)); len(got) > maxWords {
		t.Errorf("%d bytes are shown", len(got))
	}
}

func TestSignaturesAreReadBack(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"Ann <ann@example.com> 1700000000 +0130": "Ann <ann@example.com> 1700000000 +0130",
		"Ann <ann@example.com> 1700000000 -0800": "Ann <ann@example.com> 1700000000 -0800",
	} {
		if got := parseSignature(line).String(); got != want {
			t.Errorf("%q is %q", line, got)
		}
	}
	evil := Signature{Name: "a\n<b>", Email: "c>\nparent d", When: parseSignature("x <> 1 +0000").When}
	if got := evil.String(); got != "ab <cparent d> 1 +0000" {
		t.Errorf("cleaned: %q", got)
	}
	for _, line := range []string{"", "x", "x <", "<> nonsense", "x <y> 1e9 +0000"} {
		_ = parseSignature(line)
	}
}

// FuzzServerAnswers feeds what servers may say to all readers of it.
func FuzzServerAnswers(f *testing.F) {
	hash := strings.Repeat("1", 40)
	f.Add([]byte("001e# service=git-upload-pack\n0000000eversion 2\n000cls-refs\n0000"))
	f.Add([]byte("0040" + hash + " refs/heads/main\x00a b\n0000"))
	f.Add([]byte("0008NAK\n0009\x01PACK0000"))
	f.Add([]byte("000eunpack ok\n0017ok refs/heads/main\n0000"))
	f.Add([]byte("0010ERR go away\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if a, err := readAdvertisement(bytes.NewReader(data)); err == nil && a == nil {
			t.Error("no advertisement and no error")
		}
		_ = readReport(bufio.NewReader(bytes.NewReader(data)), capabilities{"report-status": "", "side-band-64k": ""}, new(words))
		_ = readReport(bufio.NewReader(bytes.NewReader(data)), capabilities{"report-status": ""}, new(words))
		up := &uploader{ad: &advertisement{caps: capabilities{"side-band-64k": ""}}}
		if pack, err := up.answerV0(bufio.NewReader(bytes.NewReader(data)), true); err == nil {
			_ = newMemoryStore().addPack(pack)
		}
		_, _ = parseTree(data)
		_, _ = parseCommit(hash20(), data)
		_ = netrc(string(data), "b")
		_, _ = parseLocation(string(data), "")
	})
}

func hash20() (h hash) { return h }

func TestTreesAreReadAndWrittenAlike(t *testing.T) {
	t.Parallel()
	entries := []treeEntry{{mode: "100644", name: "a.b"}, {mode: "40000", name: "a"}, {mode: "100755", name: "a0"}, {mode: "160000", name: "A"}}
	data := encodeTree(entries)
	back, err := parseTree(data)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range back {
		names = append(names, e.name)
	}
	if diff := cmp.Diff([]string{"A", "a.b", "a", "a0"}, names); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	if _, err := parseTree(data[:len(data)-3]); err == nil {
		t.Error("a tree that is cut off was read")
	}
}
