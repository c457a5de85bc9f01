// What git's configuration says.

package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5"
	format "github.com/go-git/go-git/v5/plumbing/format/config"
)

// gitConfig holds the values of keys such as "commit.gpgsign", in lower case.
type gitConfig map[string]string

// readGitConfig returns the settings of git with the names, section.key in
// lower case, as they hold in the working directory. git itself is asked where
// it is installed, since only it knows includes and all its variables.
func readGitConfig(env *Env, names ...string) (gitConfig, error) {
	if program, err := exec.LookPath("git"); err == nil {
		return askGitConfig(env, program, names)
	}
	return loadGitConfig(env, names)
}

func askGitConfig(env *Env, program string, names []string) (gitConfig, error) {
	pattern := "^(" + strings.ReplaceAll(strings.Join(names, "|"), ".", `\.`) + ")$"
	cmd := exec.Command(program, "config", "--null", "--get-regexp", pattern)
	cmd.Dir = env.Dir
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		if exit.ExitCode() == 1 { // nothing matches
			return nil, nil
		}
		return nil, fmt.Errorf("git config: %s", strings.TrimSpace(string(exit.Stderr)))
	}
	if err != nil {
		return nil, err
	}
	values := make(gitConfig)
	for entry := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		key, value, ok := strings.Cut(entry, "\n")
		if !ok {
			value = "true" // a key alone is a switch that is on
		}
		values[key] = value
	}
	return values, nil
}

// loadGitConfig reads the files themselves, without what they include.
func loadGitConfig(env *Env, names []string) (gitConfig, error) {
	values := make(gitConfig)
	for _, file := range gitConfigFiles(env) {
		raw, err := readGitConfigFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", file, err)
		}
		values.add(raw, names)
	}
	repo, err := git.PlainOpenWithOptions(env.Dir, &git.PlainOpenOptions{DetectDotGit: true, EnableDotGitCommonDir: true})
	if errors.Is(err, git.ErrRepositoryNotExists) {
		return values, nil
	}
	if err != nil {
		return nil, err
	}
	local, err := repo.Config()
	if err != nil {
		return nil, err
	}
	values.add(local.Raw, names)
	return values, nil
}

// gitConfigFiles lists the files outside repositories, see
// https://git-scm.com/docs/git-config#FILES. Later ones count more.
func gitConfigFiles(env *Env) []string {
	var files []string
	if env.Getenv("GIT_CONFIG_NOSYSTEM") == "" {
		files = append(files, "/etc/gitconfig")
	}
	if global := env.Getenv("GIT_CONFIG_GLOBAL"); global != "" {
		return append(files, global)
	}
	home := env.Getenv("HOME")
	xdg := env.Getenv("XDG_CONFIG_HOME")
	if xdg == "" {
		xdg = filepath.Join(home, ".config")
	}
	return append(files, filepath.Join(xdg, "git", "config"), filepath.Join(home, ".gitconfig"))
}

func readGitConfigFile(file string) (*format.Config, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	raw := format.New()
	return raw, format.NewDecoder(f).Decode(raw)
}

// add lays the named values of one file over those before.
func (c gitConfig) add(raw *format.Config, names []string) {
	for _, name := range names {
		section, key, _ := strings.Cut(name, ".")
		for _, o := range raw.Section(section).Options {
			if o.IsKey(key) {
				// The decoder does not tell a key alone, which is on, from an empty one.
				c[name] = cmp.Or(o.Value, "true")
			}
		}
	}
}

// on reports whether a switch of git's is on. A value that git would not
// understand counts as on.
func (c gitConfig) on(name string) bool {
	value, ok := c[name]
	switch strings.ToLower(value) {
	case "", "false", "no", "off", "0":
		return false
	}
	return ok
}
