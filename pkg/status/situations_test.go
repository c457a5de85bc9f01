package status

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	yamldocs "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	"github.com/lading-dev/lading/pkg/manifest"
)

// A situationFile is one file of testdata/status, <kind>-<situation>.yaml. Its
// first document tells what is wanted, the others are the objects of the
// cluster as kubectl shows them:
//
//	# One line that says what the situation is.
//	kind: Expect
//	now: "2026-03-01T12:00:00Z"
//	results:
//	- id: deployment.apps/prod/web   # as manifest.ID prints it
//	  phase: Failed                  # phase, reason, setting and final are compared whole;
//	  reason: ImageNotFound          # what is left out is wanted empty
//	  setting: image
//	  final: true
//	  message: [manifest unknown]    # each is a part of the message
//	  next: [kubectl describe]       # each is a part of the next step
//	  objects: [pod/prod/web-1]      # compared whole where they are given
//	  evidence: [Failed, BackOff]    # reasons of the events, newest first, compared whole where given
//	  log: prod/web-1/server         # container whose log would tell more; " --previous" may follow
//	warnings: [{id: …}]            # wanted of the object's configuration, written like results
//	gaps: [{kind: Pod, reason: Forbidden, message: m, next: n}]  # kinds that could not be read
//	skipLoadBalancer: true
//	health: [{group: example.com, kind: Widget, current: status.ok}]  # the user's own rules
//	---
//	apiVersion: apps/v1
//	kind: Deployment
type situationFile struct {
	Kind             string         `json:"kind"`
	Now              time.Time      `json:"now"`
	Results          []wanted       `json:"results"`
	Warnings         []wanted       `json:"warnings"`
	Gaps             []wantedGap    `json:"gaps"`
	SkipLoadBalancer bool           `json:"skipLoadBalancer"`
	Health           []wantedHealth `json:"health"`
}

type wanted struct {
	ID       string   `json:"id"`
	Phase    string   `json:"phase"`
	Reason   string   `json:"reason"`
	Setting  string   `json:"setting"`
	Final    bool     `json:"final"`
	Message  []string `json:"message"`
	Next     []string `json:"next"`
	Objects  []string `json:"objects"`
	Evidence []string `json:"evidence"`
	Log      string   `json:"log"`
}

type wantedGap struct {
	Group     string `json:"group"`
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Reason    Reason `json:"reason"`
	Message   string `json:"message"`
	Next      string `json:"next"`
	Final     bool   `json:"final"`
}

type wantedHealth struct {
	Group      string `json:"group"`
	Kind       string `json:"kind"`
	Current    string `json:"current"`
	InProgress string `json:"inProgress"`
	Failed     string `json:"failed"`
}

func TestSituations(t *testing.T) {
	t.Parallel()
	for _, file := range situationFiles(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			t.Parallel()
			want, judge := readSituationFile(t, file)
			if len(want.Results) == 0 {
				t.Fatal("the file expects no result")
			}
			for _, w := range want.Results {
				compareResult(t, w, judge.Object)
			}
			for _, w := range want.Warnings {
				compareResult(t, w, warningOf(judge))
			}
		})
	}
}

// compareResult judges the object that is meant. It is looked for by the text
// of its ID, so that a file may also ask for what is not there.
func compareResult(t *testing.T, want wanted, judge func(manifest.ID) Result) {
	t.Helper()
	id := parseID(t, want.ID)
	want.ID = id.String()
	got := judge(id)
	if diff := cmp.Diff(want, shown(got, want)); diff != "" {
		t.Errorf("%s (-want +got):\n%s\nmessage: %s\nnext: %s", want.ID, diff, got.Message, got.Next)
	}
}

// warningOf judges the configuration of an object that is there.
func warningOf(j *Judge) func(manifest.ID) Result {
	return func(id manifest.ID) Result {
		if r := j.staleConfig(j.Live.Get(id)); r != nil {
			return *r
		}
		return Result{ID: id}
	}
}

// shown writes a result as the file does.
func shown(r Result, want wanted) wanted {
	w := wanted{
		ID: r.ID.String(), Phase: string(r.Phase), Reason: string(r.Reason), Setting: r.Setting, Final: r.Final,
		Message: partsOf(r.Message, want.Message), Next: partsOf(r.Next, want.Next),
	}
	if want.Objects != nil {
		w.Objects = textsOf(r.Objects)
	}
	if want.Evidence != nil {
		w.Evidence = []string{}
		for _, e := range r.Evidence {
			w.Evidence = append(w.Evidence, e.Reason)
		}
	}
	if l := r.Log; l != nil {
		w.Log = l.Namespace + "/" + l.Pod + "/" + l.Container
		if l.Previous {
			w.Log += " --previous"
		}
	}
	return w
}

func textsOf[T fmt.Stringer](all []T) []string {
	texts := []string{}
	for _, one := range all {
		texts = append(texts, one.String())
	}
	return texts
}

// partsOf returns the wanted parts that the text has, or the text itself
// where it is no part of what is wanted.
func partsOf(text string, parts []string) []string {
	for _, part := range parts {
		if !strings.Contains(text, part) {
			return []string{text}
		}
	}
	return parts
}

func situationFiles(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("../../testdata/status/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no situations in testdata/status: %v", err)
	}
	return files
}

func readSituationFile(t testing.TB, file string) (situationFile, *Judge) {
	t.Helper()
	docs := documents(t, file)
	var want situationFile
	if err := yaml.UnmarshalStrict(docs[0], &want); err != nil || want.Kind != "Expect" {
		t.Fatalf("%s: the first document is no Expect: %v", file, err)
	}
	var objects []*unstructured.Unstructured
	for i, doc := range docs[1:] {
		o := &unstructured.Unstructured{}
		text, err := yaml.YAMLToJSONStrict(doc)
		if err == nil {
			err = o.UnmarshalJSON(text)
		}
		if err != nil {
			t.Fatalf("%s: document %d: %v", file, i+2, err)
		}
		objects = append(objects, o)
	}
	var gaps []Gap
	for _, g := range want.Gaps {
		gaps = append(gaps, Gap(g))
	}
	judge := &Judge{Live: NewLive(objects, gaps), Now: want.Now, SkipLoadBalancer: want.SkipLoadBalancer}
	for _, h := range want.Health {
		rule, err := NewHealthRule(h.Group, h.Kind, h.Current, h.InProgress, h.Failed)
		if err != nil {
			t.Fatalf("%s: health: %v", file, err)
		}
		judge.Health = append(judge.Health, rule)
	}
	return want, judge
}

func documents(t testing.TB, file string) [][]byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var docs [][]byte
	for r := yamldocs.NewYAMLReader(bufio.NewReader(bytes.NewReader(text))); ; {
		doc, err := r.Read()
		if errors.Is(err, io.EOF) {
			return docs
		}
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if len(bytes.TrimSpace(doc)) > 0 {
			docs = append(docs, doc)
		}
	}
}

// Every reason that a situation expects is in the catalogue, and every reason
// of the catalogue that is about workloads and pods is shown by a situation.
func TestReasonsAreInTheCatalogueAndShown(t *testing.T) {
	t.Parallel()
	var shown []string
	for _, file := range situationFiles(t) {
		want, _ := readSituationFile(t, file)
		for _, w := range slices.Concat(want.Results, want.Warnings) {
			shown = append(shown, w.Reason)
		}
	}
	for _, reason := range shown {
		if reason != "" && !slices.ContainsFunc(Reasons(), func(r ReasonInfo) bool { return string(r.Code) == reason }) {
			t.Errorf("reason %s is not in the catalogue", reason)
		}
	}
	for _, r := range slices.Concat(workloadReasons, podReasons) {
		if !slices.Contains(shown, string(r.Code)) {
			t.Errorf("no situation shows reason %s", r.Code)
		}
	}
}

func TestCatalogueNamesEachReasonOnce(t *testing.T) {
	t.Parallel()
	seen := map[Reason]bool{}
	for _, r := range Reasons() {
		if seen[r.Code] || r.Code == "" || r.Meaning == "" || r.Next == "" {
			t.Errorf("reason %q is there twice or says too little: %+v", r.Code, r)
		}
		seen[r.Code] = true
	}
}
