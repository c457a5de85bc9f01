package status

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/lading-dev/lading/pkg/manifest"
)

var updateSync = flag.Bool("update-sync", false, "write what the engines' verdicts are into testdata/sync")

// A situation is one file testdata/sync/<engine>-<situation>.yaml. Its comment
// says what is shown. Its fields are:
//
//	now      the moment
//	dir      the deployment's directory
//	deleted  whether the deployment was deleted
//	ours     its objects, as Kind.group/namespace/name
//	hooks    those of them that are hooks to Argo CD
//	spare    those of them whose failing is only a warning
//	history  how commits stand to the target; others are unreadable
//	gaps     kinds that could not be read
//	unit     the engine's object as committed, left out where there is none
//	live     the objects of the engine's cluster
//	want     the verdict; -update-sync writes it, to be read in review
//
// Everything but want is what an engine leaves behind, so that a test with a
// real engine can compare its objects with these.
type situation struct {
	name  string
	text  []byte
	input EngineInput
}

var relations = map[string]Relation{"unrelated": Unrelated, "older": Older, "same": Same, "newer": Newer}

func situationsOf(t *testing.T, pattern string) []situation {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("../../testdata/sync", pattern))
	if err != nil || len(files) == 0 {
		t.Fatalf("no situations match %s: %v", pattern, err)
	}
	var all []situation
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, situation{filepath.Base(file), text, readSituation(t, file, text)})
	}
	return all
}

func readSituation(t *testing.T, file string, text []byte) EngineInput {
	t.Helper()
	docs := manifest.Documents(text)
	if len(docs) != 1 || docs[0].Err != nil {
		t.Fatalf("%s: want one document: %+v", file, docs)
	}
	f := fields(docs[0].Value.(map[string]any))
	now, err := time.Parse(time.RFC3339, f.text("now"))
	if err != nil {
		t.Fatalf("%s: now: %v", file, err)
	}
	in := EngineInput{Dir: f.text("dir"), Deleted: f.flag("deleted", false), Now: now, History: historyOf(t, f.at("history"))}
	if unit := f.at("unit"); unit != nil {
		in.Unit = &manifest.Object{Body: unit}
	}
	for key, ids := range map[string]*[]manifest.ID{"ours": &in.Ours, "hooks": &in.Hooks, "spare": &in.Spare} {
		texts, _ := f[key].([]any)
		for _, id := range texts {
			*ids = append(*ids, situationID(t, id.(string)))
		}
	}
	var live []*unstructured.Unstructured
	for _, o := range f.list("live") {
		live = append(live, &unstructured.Unstructured{Object: o})
	}
	var gaps []Gap
	for _, g := range f.list("gaps") {
		gaps = append(gaps, Gap{
			Group: g.text("group"), Kind: g.text("kind"), Namespace: g.text("namespace"),
			Reason: Reason(g.text("reason")), Message: g.text("message"), Next: g.text("next"),
		})
	}
	in.Live = NewLive(live, gaps)
	return in
}

func historyOf(t *testing.T, commits fields) History {
	known := map[string]Relation{}
	for commit := range commits {
		relation, ok := relations[commits.text(commit)]
		if !ok {
			t.Fatalf("history of %s is %q", commit, commits.text(commit))
		}
		known[commit] = relation
	}
	return func(revision string) Relation {
		if len(revision) != 40 {
			t.Errorf("History was asked for %q, which is no full commit id", revision)
		}
		return known[revision]
	}
}

func situationID(t *testing.T, text string) manifest.ID {
	words := strings.Split(text, "/")
	if len(words) != 3 {
		t.Fatalf("%q is no Kind.group/namespace/name", text)
	}
	kind, group, _ := strings.Cut(words[0], ".")
	return manifest.ID{Group: group, Kind: kind, Namespace: words[1], Name: words[2]}
}

// verdictText writes a verdict as the field want has it.
func verdictText(t *testing.T, s Sync) string {
	want := map[string]any{"phase": string(s.Phase)}
	for key, value := range map[string]string{"reason": string(s.Reason), "message": s.Message, "next": s.Next, "revision": s.Revision} {
		if value != "" {
			want[key] = value
		}
	}
	if s.ID != (manifest.ID{}) {
		want["object"] = s.ID.String()
	}
	if s.Final {
		want["final"] = true
	}
	var objects, evidence []any
	for _, id := range s.Objects {
		objects = append(objects, id.String())
	}
	for _, e := range s.Evidence {
		evidence = append(evidence, moment(e.Last)+" "+e.Object.String()+" "+e.Reason+": "+e.Message)
	}
	if objects != nil {
		want["objects"] = objects
	}
	if evidence != nil {
		want["evidence"] = evidence
	}
	var warnings []any
	for _, w := range s.Warnings {
		warnings = append(warnings, fmt.Sprintf("%s %s: %s", w.Phase, w.Reason, w.Message))
	}
	if warnings != nil {
		want["warnings"] = warnings
	}
	text, err := manifest.AppendYAML(nil, map[string]any{"want": want})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestSyncedReadsWhatEnginesSay(t *testing.T) {
	t.Parallel()
	for _, s := range situationsOf(t, "*.yaml") {
		t.Run(strings.TrimSuffix(s.name, ".yaml"), func(t *testing.T) {
			t.Parallel()
			got := verdictText(t, Synced(s.input))
			at := bytes.Index(s.text, []byte("\nwant:")) + 1
			if *updateSync {
				text := append(bytes.Clone(s.text[:at]), got...)
				if err := os.WriteFile(filepath.Join("../../testdata/sync", s.name), text, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if want := string(s.text[at:]); !*updateSync && want != got {
				t.Errorf("verdict (-want +got):\n%s", cmp.Diff(want, got))
			}
		})
	}
}
