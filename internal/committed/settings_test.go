package committed

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lading-dev/lading/pkg/settings"
)

func TestSettingLinesNameWhatGaveTheValue(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "greet.yaml")
	text := `apiVersion: lading.dev/v1alpha1
kind: PipelineDeployment
metadata: {name: greet}
spec:
  image: registry.example.com/app:1
  secretEnv: {TOKEN: {secret: api, key: token}}
  settings:
    deployer:
      pod_settings:
        env: [{name: KEY, valueFrom: {secretKeyRef: {name: api, key: key}}}]
`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	loaded, err := settings.Load(settings.Options{Files: []string{file}, Dir: dir, NoProject: true})
	if err != nil {
		t.Fatal(err)
	}
	target := &Target{Resolved: loaded.Resolved[0]}
	for path, want := range map[string]string{
		"secretEnv.TOKEN":                "greet.yaml:6:22: spec.secretEnv.TOKEN",
		"secretEnv.KEY":                  "greet.yaml:10:14: spec.settings.deployer.pod_settings.env",
		"settings.deployer.service_port": "spec.settings.deployer.service_port, which no settings file sets",
		"":                               "",
	} {
		if got := strings.TrimPrefix(target.SettingLine(path), dir+"/"); got != want {
			t.Errorf("%s is at %q, want %q", path, got, want)
		}
	}
}

func TestTheSettingsTellHowAVariableWasGiven(t *testing.T) {
	t.Parallel()
	text := `apiVersion: lading.dev/v1alpha1
kind: PipelineDeployment
metadata: {name: greet}
spec:
  image: registry.example.com/app:1
  secretEnv: {TOKEN: {secret: api, key: token}}
`
	file := filepath.Join(t.TempDir(), "greet.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	loaded, err := settings.Load(settings.Options{Files: []string{file}, Dir: filepath.Dir(file), NoProject: true})
	if err != nil {
		t.Fatal(err)
	}
	with, without := &Target{Resolved: loaded.Resolved[0]}, &Target{}
	for path, want := range map[string]string{
		"secretEnv.TOKEN": "secretEnv.TOKEN",
		"secretEnv.KEY":   "settings.deployer.pod_settings.env",
		"health":          "health",
		"":                "",
	} {
		if got := with.SettingPath(path); got != want {
			t.Errorf("%q means %q, want %q", path, got, want)
		}
		if got := without.SettingPath(path); got != path {
			t.Errorf("without settings %q means %q", path, got)
		}
	}
}
