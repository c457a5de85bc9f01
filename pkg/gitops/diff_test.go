package gitops

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func unified(t *testing.T, p *Plan) string {
	t.Helper()
	var b strings.Builder
	if err := p.Unified(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestADiffShowsManifestsAndNoLedgers(t *testing.T) {
	t.Parallel()
	tree := publish(t, runOf(greet(t, configMap("flags", "on")+configMap("limits", "1"))), nil)
	p := mustPlan(t, runOf(greet(t, configMap("flags", "off")+configMap("texts", "hi"))), tree)
	wantDiff(t, `diff --git a/prod/ml/greet/configmap-flags.yaml b/prod/ml/greet/configmap-flags.yaml
--- a/prod/ml/greet/configmap-flags.yaml
+++ b/prod/ml/greet/configmap-flags.yaml
@@ -1,6 +1,6 @@
 apiVersion: v1
 data:
-  value: "on"
+  value: "off"
 kind: ConfigMap
 metadata:
   name: flags
diff --git a/prod/ml/greet/configmap-limits.yaml b/prod/ml/greet/configmap-limits.yaml
deleted file mode 100644
--- a/prod/ml/greet/configmap-limits.yaml
+++ /dev/null
@@ -1,7 +0,0 @@
-apiVersion: v1
-data:
-  value: "1"
-kind: ConfigMap
-metadata:
-  name: limits
-  namespace: ml
diff --git a/prod/ml/greet/configmap-texts.yaml b/prod/ml/greet/configmap-texts.yaml
new file mode 100644
--- /dev/null
+++ b/prod/ml/greet/configmap-texts.yaml
@@ -0,0 +1,7 @@
+apiVersion: v1
+data:
+  value: hi
+kind: ConfigMap
+metadata:
+  name: texts
+  namespace: ml
`, unified(t, p))
}

func TestADiffShowsAMoveAsARename(t *testing.T) {
	t.Parallel()
	tree := publish(t, runOf(greet(t, configMap("flags", "on"))), nil)
	moved := deployed(t, platform(gitPath("{{environment}}/{{deployment}}")), "prod", "greet", "ml", configMap("flags", "off"))
	wantDiff(t, `diff --git a/prod/ml/greet/configmap-flags.yaml b/prod/greet/configmap-flags.yaml
rename from prod/ml/greet/configmap-flags.yaml
rename to prod/greet/configmap-flags.yaml
--- a/prod/ml/greet/configmap-flags.yaml
+++ b/prod/greet/configmap-flags.yaml
@@ -1,6 +1,6 @@
 apiVersion: v1
 data:
-  value: "on"
+  value: "off"
 kind: ConfigMap
 metadata:
   name: flags
diff --git a/prod/ml/greet/deployment.yaml b/prod/greet/deployment.yaml
rename from prod/ml/greet/deployment.yaml
rename to prod/greet/deployment.yaml
`, unified(t, mustPlan(t, runOf(moved), tree)))
}

func TestADiffNamesAMissingLineBreak(t *testing.T) {
	t.Parallel()
	tree := publish(t, runOf(greet(t, configMap("flags", "on"))), nil)
	file := greetDir + "configmap-flags.yaml"
	tree[file] = strings.TrimSuffix(tree[file], "\n")
	got := unified(t, mustPlan(t, runOf(greet(t, configMap("flags", "on"))), tree))
	if want := "-  namespace: ml\n\\ No newline at end of file\n+  namespace: ml\n"; !strings.HasSuffix(got, want) {
		t.Errorf("diff is\n%s\nwant at its end\n%s", got, want)
	}
}

// lading writes no Secret's values, but somebody may have put some into a file
// that it owns.
func TestADiffShowsNoValueOfASecret(t *testing.T) {
	t.Parallel()
	const empty = "{apiVersion: v1, kind: Secret, metadata: {name: keys, namespace: ml}, type: Opaque}\n"
	run := func() *Run { return runOf(greet(t, empty)) }
	tree := publish(t, run(), nil)
	file := greetDir + "secret-keys.yaml"
	for situation, c := range map[string]struct{ present, want string }{
		"values": {
			"kind: Secret\nstringData: {token: hunter2, again: hunter2}\ndata: {token: aHVudGVyMg==}\n",
			"-  again: fingerprint f52fbd32\n-  token: fingerprint f52fbd32\n",
		},
		"not a mapping": {"kind: Secret\ndata: hunter2\n", "-data: fingerprint f52fbd32\n"},
		"kubectl's copy": {
			"kind: Secret\nmetadata: {annotations: {kubectl.kubernetes.io/last-applied-configuration: 'hunter2'}}\n",
			"last-applied-configuration: fingerprint f52fbd32\n",
		},
		"in a List":   {"kind: List\nitems: [{kind: Secret, data: {token: hunter2}}]\n", "token: fingerprint f52fbd32\n"},
		"broken YAML": {"kind: Secret\ndata: {token: hunter2\n", "-# 35 bytes that are no YAML and may hold a Secret are not shown\n"},
	} {
		got := unified(t, mustPlan(t, run(), tree.with(mapTree{file: c.present})))
		if strings.Contains(got, "hunter2") || strings.Contains(got, "aHVudGVyMg") || !strings.Contains(got, c.want) {
			t.Errorf("%s: diff is\n%s\nwant in it\n%s", situation, got, c.want)
		}
	}
}

func TestTextThatNamesSecretsIsShownAsItIs(t *testing.T) {
	t.Parallel()
	const text = "# about the Secret\nkind: ConfigMap\ndata: {ref: 'Secret x'}\n"
	if diff := cmp.Diff(text, string(masked([]byte(text)))); diff != "" {
		t.Error(diff)
	}
}
