package render_test

import (
	"context"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/lading-dev/lading/pkg/render"
	"github.com/lading-dev/lading/pkg/settings"
)

// A renderer keeps what it has parsed, but not beyond a change of the file.
func TestAChangedImportIsSeen(t *testing.T) {
	t.Parallel()
	r := render.New(render.Options{})
	for _, text := range []string{"one", "two", "two", "one"} {
		files := fstest.MapFS{
			"extra.jsonnet": {Data: []byte("[{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: import 'lib.libsonnet' }]")},
			"lib.libsonnet": {Data: []byte("{ text: '" + text + "' }")},
		}
		if got := extraData(t, r, files, "extra.jsonnet"); got != text {
			t.Errorf("data.text is %q, want %q", got, text)
		}
	}
}

// lading/ in an import is the library; a folder of that name is a folder.
func TestAFolderOfTheUserMayBeCalledLading(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{
		"lading/main.jsonnet": {Data: []byte(`
			local deployment = import 'lading/deployment.libsonnet';
			local own = import './own.libsonnet';
			[{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: own + { has: std.toString('fromContext' in deployment) } }]`)},
		"lading/own.libsonnet": {Data: []byte("{ text: 'mine' }")},
	}
	if got := extraData(t, render.New(render.Options{}), files, "lading/main.jsonnet"); got != "mine" {
		t.Errorf("data.text is %q, want mine", got)
	}
}

// Jsonnet sees exactly these fields; docs/templates.md lists them.
func TestContextOfJsonnet(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{"extra.jsonnet": {Data: []byte(`function(context) {
		apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' },
		data: { text: std.join(' ', std.objectFields(context)), pod: std.join(' ', std.objectFields(context.pod)) },
	}`)}}
	want := "annotations args auth autoscaling command deployment_id deployment_name env image image_pull_policy " +
		"image_pull_secrets labels liveness_probe_failure_threshold liveness_probe_initial_delay liveness_probe_path " +
		"liveness_probe_period liveness_probe_timeout manage_namespace name namespace namespace_labels pairs pod " +
		"pod_settings probe_port readiness_probe_failure_threshold readiness_probe_initial_delay readiness_probe_path " +
		"readiness_probe_period readiness_probe_timeout replicas resources security_context selector " +
		"service_account_name service_name service_port service_type target_port"
	if diff := cmp.Diff(want, extraData(t, render.New(render.Options{}), files, "extra.jsonnet")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// extraData renders an additional resource and returns its data.text.
func extraData(t *testing.T, r *render.Renderer, files fstest.MapFS, file settings.Path) any {
	t.Helper()
	loaded, err := load(t, cases+"/defaults")
	if err != nil {
		t.Fatal(err)
	}
	deployment := loaded.Resolved[0]
	deployment.Spec.Settings.Deployer.AdditionalResources = []settings.Path{file}
	out, err := r.Render(context.Background(), render.Input{Settings: deployment, Files: files})
	if err != nil {
		t.Fatal(story(err))
	}
	return at(out.Set, "ConfigMap/data/text")
}
