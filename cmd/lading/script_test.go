package main

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite expected output in the scripts")

// The test binary runs as lading inside scripts, so that main itself is tested.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"lading": main})
}

// TestScripts runs the stories of testdata/script. Identity and clock are
// pinned by git's own variables, which lading honours, so that commit hashes
// are expected values.
func TestScripts(t *testing.T) {
	t.Parallel()
	commands := forgeCommand(t)
	for name, command := range map[string]func(*testscript.TestScript, bool, []string){
		"bytes": rawBytes, "cluster": clusterCommand(t), "large": large, "status": status,
	} {
		commands[name] = command
	}
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("..", "..", "testdata", "script"),
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               pinEnvironment,
		Cmds:                commands,
	})
}

func pinEnvironment(env *testscript.Env) error {
	const date = "2026-01-02T03:04:05Z"
	for _, kv := range [][2]string{
		{"HOME", env.WorkDir},
		{"GIT_CONFIG_NOSYSTEM", "1"},
		{"GIT_CONFIG_GLOBAL", os.DevNull},
		{"GIT_AUTHOR_NAME", "Ada"}, {"GIT_AUTHOR_EMAIL", "ada@example.com"}, {"GIT_AUTHOR_DATE", date},
		{"GIT_COMMITTER_NAME", "CI"}, {"GIT_COMMITTER_EMAIL", "ci@example.com"}, {"GIT_COMMITTER_DATE", date},
	} {
		env.Setenv(kv[0], kv[1])
	}
	return nil
}
