package status

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/lading-dev/lading/pkg/manifest"
)

func TestSyncReasonsAreTheCatalogue(t *testing.T) {
	t.Parallel()
	var catalogue []string
	for _, info := range syncReasons {
		catalogue = append(catalogue, string(info.Code))
		if !strings.HasSuffix(info.Meaning, ".") || !strings.HasSuffix(info.Next, ".") {
			t.Errorf("%s: meaning and next step are no sentences", info.Code)
		}
	}
	// What nobody can see happening is no reason; these two come of Compare,
	// the third of a unit that is no engine's.
	given := map[string]bool{string(NotYetApplied): true, string(DiffersFromLive): true, string(EngineUnknown): true}
	ofGaps := map[string]bool{string(Forbidden): true, string(KindNotServed): true, string(Unreachable): true}
	for _, s := range situationsOf(t, "*.yaml") {
		if reason := string(Synced(s.input).Reason); reason != "" && !ofGaps[reason] {
			given[reason] = true
		}
	}
	slices.Sort(catalogue)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(given)), catalogue); diff != "" {
		t.Errorf("reasons that situations give, and those of the catalogue (-given +catalogue):\n%s", diff)
	}
}

func TestSyncedLawsHoldInEverySituation(t *testing.T) {
	t.Parallel()
	for _, s := range situationsOf(t, "*.yaml") {
		got := Synced(s.input)
		switch {
		case got.Phase != Ready && (got.Reason == "" || got.Message == ""):
			t.Errorf("%s: %s without a reason or message", s.name, got.Phase)
		case got.Phase == NotSynced && got.Next == "", got.Phase == Failed && got.Next == "":
			t.Errorf("%s: no next step", s.name)
		case got.Final && got.Phase != NotSynced && got.Phase != Failed:
			t.Errorf("%s: %s is final", s.name, got.Phase)
		case got.Phase == Failed && !got.Final:
			t.Errorf("%s: failed, and may still become right", s.name)
		case strings.ContainsFunc(got.Message+got.Next, func(r rune) bool { return r < ' ' || r == 0x7f }):
			t.Errorf("%s: control characters in %q", s.name, got.Message)
		case strings.Contains(fmt.Sprint(got), "s3cr3t"):
			t.Errorf("%s: credentials in %v", s.name, got)
		}
		if again := Synced(s.input); !cmp.Equal(got, again) {
			t.Errorf("%s: asked again it says otherwise (-first +second):\n%s", s.name, cmp.Diff(got, again))
		}
	}
}

// Synced is fed what clusters send: any field can be missing or be of another
// kind than the types say.
func TestSyncedSurvivesObjectsThatLackAnything(t *testing.T) {
	t.Parallel()
	for _, s := range situationsOf(t, "*.yaml") {
		for _, o := range everyLiveObject(s.input.Live) {
			mutilate(o.Object, func() { Synced(s.input) })
		}
	}
}

func everyLiveObject(l *Live) []*unstructured.Unstructured {
	var all []*unstructured.Unstructured
	for _, objects := range l.byKind {
		all = append(all, objects...)
	}
	return all
}

// mutilate takes away each field in turn, and makes a text, a number and a list
// of it.
func mutilate(m map[string]any, try func()) {
	for key, value := range m {
		for _, other := range []any{nil, "text", int64(7), []any{"x"}, map[string]any{}} {
			if key == "metadata" { // the API server vouches for it
				break
			}
			m[key] = other
			try()
		}
		delete(m, key)
		if key != "metadata" {
			try()
		}
		m[key] = value
		switch v := value.(type) {
		case map[string]any:
			if key != "metadata" {
				mutilate(v, try)
			}
		case []any:
			for _, item := range v {
				if inner, ok := item.(map[string]any); ok {
					mutilate(inner, try)
				}
			}
		}
	}
}

func TestSyncedWithoutAnEngineIsUnknown(t *testing.T) {
	t.Parallel()
	for name, unit := range map[string]*manifest.Object{
		"none":               nil,
		"of no known engine": {Body: map[string]any{"apiVersion": "v1", "kind": "ConfigMap"}},
	} {
		got := Synced(EngineInput{Unit: unit, Dir: "prod/web", Live: NewLive(nil, nil)})
		if got.Phase != Unknown || got.Reason != EngineUnknown {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestCommitOfReadsRevisionsOfBothEngines(t *testing.T) {
	t.Parallel()
	id := strings.Repeat("ab12", 10)
	for revision, want := range map[string]string{
		id:                                id,
		"main@sha1:" + id:                 id,
		"sha1:" + id:                      id,
		"main/" + id:                      id,
		"refs/heads/feature/x@sha1:" + id: id,
		"v1.0@sha256:" + strings.Repeat("0f", 32): strings.Repeat("0f", 32),
		"":                           "",
		"main":                       "",
		id[:7]:                       "",
		"main@sha1:" + id[:39] + "g": "",
		"1.2.3":                      "",
	} {
		if got := commitOf(revision); got != want {
			t.Errorf("%q: got %q, want %q", revision, got, want)
		}
	}
}

func TestEngineWordsAreOneCleanLine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"two\nlines\tand  spaces ":                        "two lines and spaces",
		"\x1b[31mred\x1b[0m":                              "red",
		"bell\x07 and \x00 zero \u202e turned":            "bell and zero turned",
		"at https://ada:pw@example.com/x?y=z now":         "at https://example.com/x?y=z now",
		"'https://token@example.com/a@b': denied":         "'https://example.com/a@b': denied",
		"a=https://u:p@one/x,b=https://u:p@two/y":         "a=https://one/x,b=https://two/y",
		"ssh://git@example.com/x and git@example.com:x/y": "ssh://example.com/x and git@example.com:x/y",
		"rpc error: code = Unknown desc = oh":             "oh",
		strings.Repeat("é", 500):                          strings.Repeat("é", 399) + "…",
		"unfinished \x1b[":                                "unfinished",
	} {
		if got := engineWords(text); got != want {
			t.Errorf("%q:\n got %q\nwant %q", text, got, want)
		}
	}
}

func TestRefusalsAreKnownByTheServersWords(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]Reason{
		`Deployment.apps "web" is invalid: spec.selector: Invalid value: x: field is immutable`:                                 syncImmutable,
		`admission webhook "x" denied the request: no`:                                                                          syncWebhookDenied,
		`ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no`:                                                     syncWebhookDenied,
		`Internal error occurred: failed calling webhook "x": timeout`:                                                          syncWebhookFailed,
		`pods "x" is forbidden: exceeded quota: compute`:                                                                        syncQuota,
		`services is forbidden: User "a" cannot patch resource "services"`:                                                      syncForbidden,
		`namespaces "shop" not found`:                                                                                           syncNoNamespace,
		`no matches for kind "X" in version "y/v1"`:                                                                             syncNoKind,
		`failed to create typed patch object (shop/web; apps/v1, Kind=Deployment): .spec.replica: field not declared in schema`: syncRejected,
		`StatefulSet.apps "db" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas' and 'minReadySeconds' are forbidden`: syncImmutable,
		`PersistentVolumeClaim "data" is invalid: spec: Forbidden: spec is immutable after creation except resources.requests for bound claims`:               syncImmutable,
		`RoleBinding.rbac.authorization.k8s.io "x" is invalid: roleRef: Invalid value: {"kind":"Role","name":"y"}: cannot change roleRef`:                     syncImmutable,
		`Pod "x" is invalid: spec: Forbidden: pod updates may not change fields other than spec.containers[*].image`:                                          syncImmutable,
		`StorageClass.storage.k8s.io "fast" is invalid: parameters: Forbidden: updates to parameters are forbidden.`:                                          syncImmutable,
		`PriorityClass.scheduling.k8s.io "high" is invalid: value: Forbidden: may not be changed in an update.`:                                               syncImmutable,
		`Service "web" is invalid: spec.clusterIPs[0]: Invalid value: ["10.0.0.9"]: may not change once set`:                                                  syncImmutable,
		`Deployment.apps "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0`:                                              syncRejected,
		`something else`: syncFailed,
	} {
		if got, _, _ := refusal(message); got != want {
			t.Errorf("%s: got %s, want %s", message, got, want)
		}
	}
}
