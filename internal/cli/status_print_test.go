package cli

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/status"
)

var printTime = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func printEnv() (*Env, *bytes.Buffer, *bytes.Buffer) {
	var stdout, stderr bytes.Buffer
	return &Env{Stdout: &stdout, Stderr: &stderr, Now: func() time.Time { return printTime }}, &stdout, &stderr
}

func printID(group, kind, name string) manifest.ID {
	return manifest.ID{Group: group, Kind: kind, Namespace: "ml", Name: name}
}

// printRow is a deployment that is well.
func printRow(environment, name string) statusRow {
	core := "zenml-" + name
	ok := func(group, kind string) status.Result {
		return status.Result{ID: printID(group, kind, core), Phase: status.Ready}
	}
	return statusRow{
		Report: status.Report{
			Environment: environment, Deployment: name, DeploymentID: "3f2a9c1e-0b7d-4c55-9f1e-1a2b3c4d5e6f",
			Commit: "9b1d8a4c2f0e6d7b5a3c1e9f8d7b6a5c4e3f2a1b",
			Result: ok("apps", "Deployment"),
			Sync: status.Sync{
				Result:   status.Result{ID: manifest.ID{Group: "argoproj.io", Kind: "Application", Namespace: "argocd", Name: name}, Phase: status.Ready},
				Revision: "9b1d8a4c2f0e6d7b5a3c1e9f8d7b6a5c4e3f2a1b",
			},
			Objects:   []status.Result{ok("apps", "Deployment"), ok("", "Service")},
			ReadyPods: 2, DesiredPods: 2,
			URLs:    []status.Endpoint{{URL: "http://203.0.113.7:8000", Via: printID("", "Service", core)}},
			Created: printTime.Add(-5 * time.Hour),
		},
		Namespace: "ml",
	}
}

// printedRows are deployments in all sorts of states.
func printedRows() []statusRow {
	remark := printRow("prod", "greet")
	remark.Warnings = []status.Result{{
		ID: printID("autoscaling", "HorizontalPodAutoscaler", "zenml-greet"), Phase: status.Ready, Reason: "AtLimit",
		Message: "10 replicas are the most that it may have", Next: "raise settings.resources.max_replicas", Setting: "settings.resources.max_replicas",
	}}
	rows := []statusRow{remark, brokenRow(), lateRow("prod", "late-a"), lateRow("prod", "late-b"), supersededRow(), unknownRow(), goneRow()}
	return rows
}

func brokenRow() statusRow {
	r := printRow("prod", "broken")
	pod := printID("", "Pod", "zenml-broken-7f9c-x2x4q")
	r.Result = status.Result{
		ID: printID("apps", "Deployment", "zenml-broken"), Phase: status.Failed, Reason: "CrashLoop", Final: true,
		Message: "container main of pod zenml-broken-7f9c-x2x4q ended with exit code 1 for the 6th time: ModuleNotFoundError: No module named 'torch'",
		Next:    "lading logs broken --env prod --previous", Setting: "image",
		Objects: []manifest.ID{pod},
		Evidence: []status.Evidence{
			{Object: pod, Reason: "BackOff", Message: "Back-off restarting failed container main", Count: 6, Last: printTime.Add(-30 * time.Second)},
			{Object: pod, Reason: "Pulled", Message: "Container image pulled", Count: 1, Last: printTime.Add(-10 * time.Minute)},
		},
		Log: &status.LogRef{Namespace: "ml", Pod: pod.Name, Container: "main", Previous: true},
	}
	r.Objects[0] = r.Result
	r.Objects[1] = status.Result{ID: r.Objects[1].ID, Phase: status.Progressing, Reason: "NoReadyEndpoints", Message: "none of its pods is ready"}
	r.Objects = append(r.Objects, status.Result{
		ID: printID("autoscaling", "HorizontalPodAutoscaler", "zenml-broken"), Phase: status.Progressing, Reason: "NoMetrics", Message: "no metrics of its pods are known",
	})
	r.ReadyPods, r.URLs = 0, nil
	r.GaveUp = "not ready within 5m of being synced"
	r.Setting = "deployments/broken/deployment.yaml:6: spec.image"
	r.Log = []string{"Traceback (most recent call last):", "\x1b[31mModuleNotFoundError\x1b[0m: No module named 'torch'"}
	return r
}

func lateRow(environment, name string) statusRow {
	r := printRow(environment, name)
	r.Sync.Phase, r.Sync.Reason, r.Sync.Revision = status.NotSynced, "Suspended", "1111111111111111111111111111111111111111"
	r.Sync.Final = true
	r.Sync.ID.Name = "ml"
	r.Sync.Message = "the Kustomization is suspended"
	r.Sync.Next = "flux resume kustomization ml -n flux-system"
	r.Result, r.ReadyPods, r.Revision = r.Sync.Result, 0, "#7"
	return r
}

func supersededRow() statusRow {
	r := printRow("staging", "web")
	r.Sync.Phase, r.Sync.Reason, r.Sync.Revision = status.Superseded, "RevisionSuperseded", "2222222222222222222222222222222222222222"
	r.Sync.Message = "the engine is at newer content"
	r.Result, r.ReadyPods = r.Sync.Result, 0
	return r
}

func unknownRow() statusRow {
	r := printRow("staging", "sänger 語")
	r.Result = status.Result{Phase: status.Unknown, Reason: "Unreachable", Message: "dial tcp 203.0.113.9:6443:\n\tconnection refused \x1b]0;gotcha\a\u202e & <so> \"on\""}
	r.ReadyPods, r.DesiredPods, r.Created, r.URLs = 0, 0, time.Time{}, nil
	return r
}

func goneRow() statusRow {
	r := printRow("staging", "old")
	r.Phase, r.Sync.Phase, r.Objects[0].Phase, r.Objects = status.Gone, status.Ready, status.Gone, nil
	r.ReadyPods, r.DesiredPods, r.Created, r.URLs = 0, 0, time.Time{}, nil
	return r
}

// compareGolden compares with a file of testdata/status-output, which -update
// rewrites.
func compareGolden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("..", "..", "testdata", "status-output", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (rewrite it with make update):\n%s", name, diff)
	}
}

func TestStatusIsPrintedInEachFormat(t *testing.T) {
	t.Parallel()
	for _, format := range statusFormats {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			env, stdout, stderr := printEnv()
			if err := printReports(env, printedRows(), format); err != nil {
				t.Fatal(err)
			}
			compareGolden(t, "all."+format, stdout.Bytes())
			if stderr.Len() > 0 {
				t.Errorf("standard error has %q, want nothing", stderr)
			}
		})
	}
}

func TestWhatIsPrintedIsHarmless(t *testing.T) {
	t.Parallel()
	for _, format := range statusFormats {
		env, stdout, _ := printEnv()
		rows := []statusRow{brokenRow(), unknownRow()}
		rows[0].Report.Message += "\x00\x9b2J\u009b2J\ufffe\u2028\U000e0001"
		rows[0].Deployment = "\x1b[2J\u202e\u0007"
		rows[0].Setting = "a\x1b[2J.yaml:1: spec"
		if err := printReports(env, rows, format); err != nil {
			t.Fatal(err)
		}
		for _, r := range stdout.String() {
			if r != '\n' && r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u202e' && format != "yaml" {
				t.Errorf("%s: the output has %U", format, r)
			}
		}
		if !utf8.Valid(stdout.Bytes()) {
			t.Errorf("%s: the output is not valid UTF-8", format)
		}
	}
}

func TestNoDeploymentsAreAnEmptyStatus(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"table": "ENV  NAME  PHASE  PODS  AGE  REASON  MESSAGE\n",
		"wide":  "ENV  NAME  PHASE  PODS  AGE  COMMIT  REVISION  NAMESPACE  ID  URL  REASON  MESSAGE\n",
		"json": `{
  "apiVersion": "lading.dev/v1alpha1",
  "kind": "StatusReport",
  "time": "2026-03-01T12:00:00Z",
  "ready": false,
  "exitStatus": 0,
  "deployments": []
}
`,
		"yaml": `apiVersion: lading.dev/v1alpha1
deployments: []
exitStatus: 0
kind: StatusReport
ready: false
time: "2026-03-01T12:00:00Z"
`,
		"junit": xml.Header + `<testsuites name="lading status" tests="0" failures="0" errors="0" skipped="0"></testsuites>` + "\n",
	}
	for format, text := range want {
		env, stdout, _ := printEnv()
		if err := printReports(env, nil, format); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(text, stdout.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", format, diff)
		}
	}
}

func TestYAMLAndJSONAreTheSameValue(t *testing.T) {
	t.Parallel()
	values := map[string]any{}
	for _, format := range []string{"json", "yaml"} {
		env, stdout, _ := printEnv()
		if err := printReports(env, printedRows(), format); err != nil {
			t.Fatal(err)
		}
		var v any
		if err := yaml.Unmarshal(stdout.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		values[format] = v
	}
	if diff := cmp.Diff(values["json"], values["yaml"]); diff != "" {
		t.Errorf("-json +yaml:\n%s", diff)
	}
}

// What JSON escapes is still what was said.
func TestJSONKeepsWhatWasSaid(t *testing.T) {
	t.Parallel()
	const said = "\x1b[2J \u009b \u202e \U000e0001 語 \u2028"
	row := unknownRow()
	row.Message = said
	env, stdout, _ := printEnv()
	if err := printReports(env, []statusRow{row}, "json"); err != nil {
		t.Fatal(err)
	}
	var doc statusDocument
	if err := json.Unmarshal(stdout.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if got := doc.Deployments[0].Message; got != said {
		t.Errorf("got %q, want %q", got, said)
	}
}

func TestJUnitCanBeReadBack(t *testing.T) {
	t.Parallel()
	env, stdout, _ := printEnv()
	if err := printReports(env, printedRows(), "junit"); err != nil {
		t.Fatal(err)
	}
	var got junitReport
	if err := xml.Unmarshal(stdout.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := junitCounts{Tests: 7, Failures: 3, Errors: 1, Skipped: 1}
	if diff := cmp.Diff(want, got.junitCounts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	if len(got.Suites) != 2 || got.Suites[0].Name != "prod" || len(got.Suites[0].Cases) != 4 {
		t.Errorf("suites %+v, want prod with 4 cases and staging", got.Suites)
	}
}

// A thousand deployments that wait for the same thing are told of once.
func TestTheSameDetailsAreWrittenOnce(t *testing.T) {
	t.Parallel()
	var rows []statusRow
	for i := range 1000 {
		rows = append(rows, lateRow("prod", fmt.Sprintf("d%03d", i)))
	}
	env, stdout, _ := printEnv()
	if err := printReports(env, rows, "table"); err != nil {
		t.Fatal(err)
	}
	_, details, _ := strings.Cut(stdout.String(), "\n\n")
	want := `prod/d000, prod/d001, prod/d002, prod/d003, prod/d004 and 995 more: NotSynced (Suspended)
  message:  the Kustomization is suspended
  object:   application.argoproj.io/argocd/ml
  engine:   at 1111111111, wanted is the content of 9b1d8a4c2f
  next:     flux resume kustomization ml -n flux-system
`
	if diff := cmp.Diff(want, details); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestLongListsAreCutInTheDetails(t *testing.T) {
	t.Parallel()
	row := brokenRow()
	row.Result.Objects, row.Result.Evidence = nil, nil
	for i := range 9 {
		row.Result.Objects = append(row.Result.Objects, printID("", "Pod", fmt.Sprintf("p%d", i)))
		row.Result.Evidence = append(row.Result.Evidence, status.Evidence{Reason: fmt.Sprintf("E%d", i), Object: printID("", "Pod", "p")})
	}
	text := detailsOf(row, printTime)
	if !strings.Contains(text, "and 4 more") || strings.Contains(text, "pod/ml/p5") || strings.Contains(text, "E5") || !strings.Contains(text, "E4  pod/ml/p") {
		t.Errorf("got\n%s", text)
	}
}

func TestExitStatusIsThatOfTheWorst(t *testing.T) {
	t.Parallel()
	report := func(p status.Phase) status.Report {
		return status.Report{Environment: "prod", Deployment: strings.ToLower(string(p)), Result: status.Result{Phase: p, Reason: "R"}}
	}
	tests := map[string]struct {
		phases  []status.Phase
		want    exitStatus
		message string
	}{
		"nothing":               {nil, done, ""},
		"all well":              {[]status.Phase{status.Ready, status.Gone}, done, ""},
		"not synced":            {[]status.Phase{status.NotSynced}, differs, "prod/notsynced is NotSynced (R)"},
		"progressing":           {[]status.Phase{status.Progressing}, differs, "prod/progressing is Progressing (R)"},
		"missing":               {[]status.Phase{status.Missing}, differs, "prod/missing is Missing (R)"},
		"superseded":            {[]status.Phase{status.Superseded}, differs, "prod/superseded is Superseded (R)"},
		"failed":                {[]status.Phase{status.Failed}, rolloutBad, "prod/failed is Failed (R)"},
		"degraded":              {[]status.Phase{status.Degraded}, rolloutBad, "prod/degraded is Degraded (R)"},
		"unknown":               {[]status.Phase{status.Unknown}, failed, "prod/unknown is Unknown (R)"},
		"no phase at all":       {[]status.Phase{""}, failed, "prod/ is  (R)"},
		"failed before late":    {[]status.Phase{status.NotSynced, status.Failed, status.Ready}, rolloutBad, "2 of 3 deployments not as they ought to be: prod/notsynced is NotSynced (R), prod/failed is Failed (R)"},
		"unknown before failed": {[]status.Phase{status.Failed, status.Unknown}, failed, "2 of 2 deployments not as they ought to be: prod/failed is Failed (R), prod/unknown is Unknown (R)"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var reports []status.Report
			for _, p := range test.phases {
				reports = append(reports, report(p))
			}
			err := reportsStatus(reports)
			message := ""
			if err != nil {
				message = err.Error()
			}
			if got := statusOf(err); got != test.want || message != test.message {
				t.Errorf("got %d %q, want %d %q", got, message, test.want, test.message)
			}
		})
	}
	if got := statusOf(errors.Join(reportsStatus([]status.Report{report(status.NotSynced)}), errors.New("prod: unreachable"))); got != failed {
		t.Errorf("a status beside an error: got %d, want %d", got, failed)
	}
}

func TestColumnsHoldAnyScript(t *testing.T) {
	t.Parallel()
	tab := &table{head: []string{"NAME", "X"}, rows: [][]string{{"語語", "a"}, {"e\u0301te", "b"}, {"tab\tend", ""}}}
	want := []string{"NAME     X", "語語     a", "e\u0301te      b", "tab end"}
	if diff := cmp.Diff(want, tab.lines(tableWidth{})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, test := range []struct {
		text    string
		columns int
		want    string
	}{{"short", 5, "short"}, {"longer", 5, "long…"}, {"語語語", 4, "語…"}, {"any length", 0, "any length"}, {"a b c", 3, "a…"}} {
		if got := cut(test.text, test.columns); got != test.want {
			t.Errorf("cut(%q, %d) is %q, want %q", test.text, test.columns, got, test.want)
		}
	}
}

func TestAgesAreThoseOfKubectl(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		-time.Second: "0s", 45 * time.Second: "45s", 119 * time.Second: "119s", 2 * time.Minute: "2m", 119 * time.Minute: "119m",
		5 * time.Hour: "5h", 47 * time.Hour: "47h", 48 * time.Hour: "2d", 400 * 24 * time.Hour: "400d",
	} {
		if got := ageOf(printTime.Add(-d), printTime); got != want {
			t.Errorf("%s ago is %q, want %q", d, got, want)
		}
	}
}

func TestATableTellsTheCauseFirst(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]string{
		"0 of 1 pod of the new content are available: container \"main\" of pod zenml-4f2c-6f98-pkpvf cannot pull x":                 "container \"main\" of pod …6f98-pkpvf cannot pull x",
		"1 of 12 pods are available: no node fits pod zenml-4f2c-6f98-pkpvf":                                                         "no node fits pod …6f98-pkpvf",
		"application.argoproj.io/argocd/x is not there: what syncs the engine objects has not created it yet: Argo CD is at 947154b": "Argo CD is at 947154b",
		"0 of 2 pods are available":                                 "0 of 2 pods are available",
		"deployment.apps/ml/zenml-4f2c: available: no":              "deployment.apps/ml/zenml-4f2c: available: no",
		"namespace/ml is not\nin the cluster":                       "namespace/ml is not in the cluster",
		"3 of 4 pods are ready for minReadySeconds (15 s): waiting": "3 of 4 pods are ready for minReadySeconds (15 s): waiting",
	} {
		r := status.Report{DeploymentID: "4f2c", Result: status.Result{Message: message}}
		if got := briefOf(r); got != want {
			t.Errorf("%q: got %q, want %q", message, got, want)
		}
	}
}

func TestWhoWaitedInVainIsNotToldToWait(t *testing.T) {
	t.Parallel()
	row := lateRow("prod", "late")
	row.Next, row.GaveUp = "wait", "not ready within 5m of being synced"
	if got, want := nextOf(row), "wait longer, with a higher --timeout, or see what it does: lading logs late --env prod"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	row.GaveUp = ""
	if got := nextOf(row); got != "wait" {
		t.Errorf("while it may still come: got %q", got)
	}
}
