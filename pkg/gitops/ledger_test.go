package gitops

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func exampleLedger() *Ledger {
	l := &Ledger{
		Owner:       Owner{Project: "3k9x0q", Source: source},
		Environment: "prod",
		Deployment:  "Grüße & <co>",
		ID:          "5c0f7a3e-0000-5000-8000-000000000000",
		Cluster:     "prod-eu",
		Source:      Source{Commit: "c0ffee", Settings: "sha256:5e77"},
		Tool:        LedgerTool{Version: "v0.1.0", Format: "v1", Templates: "sha256:7e57"},
		Objects: []Entry{
			{File: "service.yaml", Object: "/Service/ml/zenml-1", Digest: "sha256:02"},
			{File: "deployment.yaml", Object: "apps/Deployment/ml/zenml-1", Digest: "sha256:01"},
		},
		Shared: []string{"/Namespace//ml"},
		Inputs: map[string]string{"greet.yaml": "sha256:04", "extra.yaml": "sha256:03"},
	}
	l.seal()
	return l
}

const exampleLedgerText = `{
  "schema": 1,
  "digest": "sha256:9d1b1808fe415b3beba3f3777b57355465f44953f883f1f9f2f54983c764e3ab",
  "owner": {"project":"3k9x0q","source":"git.example.com/ml/settings"},
  "environment": "prod",
  "deployment": "Grüße & <co>",
  "id": "5c0f7a3e-0000-5000-8000-000000000000",
  "cluster": "prod-eu",
  "source": {"commit":"c0ffee","settings":"sha256:5e77"},
  "tool": {"version":"v0.1.0","format":"v1","templates":"sha256:7e57"},
  "objects": [
    {"file":"deployment.yaml","object":"apps/Deployment/ml/zenml-1","digest":"sha256:01"},
    {"file":"service.yaml","object":"/Service/ml/zenml-1","digest":"sha256:02"}
  ],
  "shared": [
    "/Namespace//ml"
  ],
  "inputs": {
    "extra.yaml": "sha256:03",
    "greet.yaml": "sha256:04"
  }
}
`

// Repositories live with these bytes: a change of them is a new schema.
func TestLedgerHasOneFieldALine(t *testing.T) {
	t.Parallel()
	data, err := exampleLedger().Encode()
	if err != nil {
		t.Fatal(err)
	}
	wantDiff(t, exampleLedgerText, string(data))
}

func TestLedgerIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	pinned := exampleLedger()
	pinned.Pin = &Pin{Reason: "incident 7", Until: "2026-01-02T03:04:05Z", Commit: "beef"}
	deleted := exampleLedger()
	deleted.State, deleted.Objects, deleted.Shared = stateDeleted, nil, nil
	deleted.seal()
	for situation, l := range map[string]*Ledger{
		"example": exampleLedger(), "pinned": pinned, "deleted": deleted,
	} {
		data, err := l.Encode()
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParseLedger(".lading", data)
		if err != nil {
			t.Errorf("%s: %v", situation, err)
		}
		if diff := cmp.Diff(l, got); diff != "" {
			t.Errorf("%s: -want +got\n%s", situation, diff)
		}
	}
}

func TestLedgerRefusesWhatItCannotTrust(t *testing.T) {
	t.Parallel()
	edit := func(old, new string) string { return strings.Replace(exampleLedgerText, old, new, 1) }
	for situation, c := range map[string]struct{ text, want string }{
		"empty":               {"", "is not a ledger of lading"},
		"not JSON":            {"schema: 1\n", "is not a ledger of lading"},
		"merge conflict":      {"<<<<<<< ours\n" + exampleLedgerText, "is not a ledger of lading"},
		"newer schema":        {edit(`"schema": 1`, `"schema": 2`), "ledger has schema 2, want 1"},
		"unknown field":       {edit(`"environment"`, `"freeze": true, "environment"`), `unknown field "freeze"`},
		"unknown state":       {edit(`"environment"`, `"state": "frozen", "environment"`), `state "frozen", want none or "deleted"`},
		"text behind":         {exampleLedgerText + "{}", "is not a ledger of lading"},
		"digest edited":       {edit(`"sha256:01"`, `"sha256:ff"`), "edited by hand or merged wrongly"},
		"object dropped":      {edit(`    {"file":"deployment.yaml","object":"apps/Deployment/ml/zenml-1","digest":"sha256:01"},`+"\n", ""), "merged wrongly"},
		"leads out":           {edit(`"service.yaml"`, `"../service.yaml"`), "want a directory below the root"},
		"absolute":            {edit(`"service.yaml"`, `"/etc/service.yaml"`), "has an empty segment"},
		"another ledger":      {edit(`"service.yaml"`, `"x/.lading"`), "want no directory named as a ledger"},
		"no manifest":         {edit(`"service.yaml"`, `"service.sh"`), "want the name of a manifest"},
		"a file twice":        {edit(`"service.yaml"`, `"deployment.yaml"`), "want each file once, in order"},
		"object without name": {edit(`"/Service/ml/zenml-1"`, `"/Service/ml/"`), "want group/kind/namespace/name"},
	} {
		_, err := ParseLedger("prod/.lading", []byte(c.text))
		if err == nil || !strings.HasPrefix(err.Error(), "prod/.lading: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error is %v, want %q", situation, err, c.want)
			continue
		}
		if err.(*LedgerError).Hint() == "" {
			t.Errorf("%s: the error has no hint", situation)
		}
	}
}

// What merely informs may grow: older readers pass over it.
func TestLedgerPassesOverNewsInSourceAndTool(t *testing.T) {
	t.Parallel()
	text := strings.NewReplacer(`"commit":`, `"tag":"v7","commit":`, `"version":`, `"build":"x","version":`).Replace(exampleLedgerText)
	got, err := ParseLedger(".lading", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	wantDiff(t, exampleLedger(), got)
}
