package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lading-dev/lading/internal/gittest"
	"github.com/lading-dev/lading/internal/sign"
)

// signEnv is a world with files, a repository around the working directory and
// nothing else. Names below "home" are those of the user.
func signEnv(t *testing.T, files, variables map[string]string) (*Env, *bytes.Buffer) {
	t.Helper()
	root := t.TempDir()
	dir := filepath.Join(root, "work")
	gittest.Git(t, root, "init", "--quiet", dir)
	for name, text := range files {
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var stderr bytes.Buffer
	getenv := func(name string) string {
		switch name {
		case "HOME":
			return filepath.Join(root, "home")
		case "GIT_CONFIG_NOSYSTEM":
			return "1"
		}
		return strings.ReplaceAll(variables[name], "$ROOT", root)
	}
	return &Env{Dir: dir, Getenv: getenv, Stderr: &stderr}, &stderr
}

var signNames = []string{gpgSign, gpgFormat, signingKey}

func TestGitConfigurationIsReadWithoutGit(t *testing.T) {
	t.Parallel()
	const own = "[core]\n\tbare = false\n"
	for name, c := range map[string]struct {
		files, variables map[string]string
		want             gitConfig
	}{
		"nothing": {nil, nil, gitConfig{}},
		"the user's": {
			map[string]string{"home/.gitconfig": "[commit]\n\tgpgSign = true\n[user]\n\tname = Ada\n\tsigningKey = \"a key\" # old\n"},
			nil, gitConfig{gpgSign: "true", signingKey: "a key"},
		},
		"the repository's over the user's": {
			map[string]string{
				"home/.config/git/config": "[gpg]\n\tformat = x509\n[commit]\n\tgpgsign\n",
				"home/.gitconfig":         "[gpg]\n\tformat = ssh\n",
				"work/.git/config":        own + "[COMMIT]\n\tGPGSIGN = false\n",
			},
			nil, gitConfig{gpgFormat: "ssh", gpgSign: "false"},
		},
		"git's variables for the files": {
			map[string]string{
				"home/.gitconfig": "[gpg]\n\tformat = x509\n",
				"elsewhere":       "[gpg]\n\tformat = ssh\n[gpg \"ssh\"]\n\tformat = no\n",
			},
			map[string]string{"GIT_CONFIG_GLOBAL": "$ROOT/elsewhere"}, gitConfig{gpgFormat: "ssh"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env, _ := signEnv(t, c.files, c.variables)
			got, err := loadGitConfig(env, signNames)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Both ways say the same of what the repository itself says.
func TestGitAndItsFilesAgree(t *testing.T) {
	t.Parallel()
	env, _ := signEnv(t, map[string]string{
		"work/.git/config": "[core]\n\tbare = false\n[commit]\n\tgpgSign\n[gpg]\n\tformat = openpgp\n\tformat = ssh\n[user]\n\tsigningKey = key::ssh-ed25519 AAAA\n",
	}, nil)
	want := gitConfig{gpgSign: "true", gpgFormat: "ssh", signingKey: "key::ssh-ed25519 AAAA"}
	for name, read := range map[string]func() (gitConfig, error){
		"git":       func() (gitConfig, error) { return askGitConfig(env, "git", signNames) },
		"the files": func() (gitConfig, error) { return loadGitConfig(env, signNames) },
	} {
		got, err := read()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// A configuration that nobody can read may ask for signatures.
func TestAnUnreadableConfigurationIsToldOrFails(t *testing.T) {
	t.Parallel()
	env, stderr := signEnv(t, map[string]string{"work/.git/config": "[core\n"}, nil)
	got, err := (&signFlags{}).configuredKey(env)
	if got != nil || err != nil || !strings.HasPrefix(stderr.String(), "lading: warning: commits are not signed, ") {
		t.Errorf("key %v, error %v, said %q", got, err, stderr)
	}
	if got, err := (&signFlags{sign: true}).configuredKey(env); err == nil {
		t.Errorf("--sign signs with %v", got)
	}
	if got, err := loadGitConfig(env, signNames); err == nil {
		t.Errorf("without git it says %v", got)
	}
}

func TestTheKeyIsChosenByWhoIsNearest(t *testing.T) {
	t.Parallel()
	const public = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIbbzlV0WGKEHYxgZGLaYTgkMSXbKHJcJbVvFTZyVGnE a@b"
	const private = "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n"
	git := "[core]\n\tbare = false\n[commit]\n\tgpgSign = yes\n[gpg]\n\tformat = ssh\n[user]\n\tsigningKey = "
	file := func(name, path string) *sign.Options { return &sign.Options{Name: name, File: path} }
	for name, c := range map[string]struct {
		flag, config string
		variables    map[string]string
		want         *sign.Options
	}{
		"the flag": {
			"k", git + "x", map[string]string{"LADING_SIGNING_KEY": private}, file("k (--signing-key)", "$ROOT/work/k"),
		},
		"the flag with a public key": {public, git + "x", nil, &sign.Options{Name: "--signing-key", Key: public}},
		"the key in a variable": {
			"", git + "x", map[string]string{"LADING_SIGNING_KEY": private}, &sign.Options{Name: "LADING_SIGNING_KEY", Key: private},
		},
		"a file in a variable": {
			"", git + "x", map[string]string{"LADING_SIGNING_KEY_FILE": "../k"}, file("../k (LADING_SIGNING_KEY_FILE)", "$ROOT/k"),
		},
		"git's configuration": {
			"", git + "~/k.pub", nil, file("../home/k.pub (user.signingKey of git's configuration)", "$ROOT/home/k.pub"),
		},
		"git's configuration with a public key": {
			"", git + "\"key::" + public + "\"", nil, &sign.Options{Name: "user.signingKey of git's configuration", Key: "key::" + public},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env, _ := signEnv(t, map[string]string{"work/.git/config": c.config + "\n"}, c.variables)
			got, err := (&signFlags{key: c.flag}).choose(env)
			if err != nil {
				t.Fatal(err)
			}
			c.want.File = strings.ReplaceAll(c.want.File, "$ROOT", filepath.Dir(env.Dir))
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
