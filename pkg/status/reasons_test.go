package status

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite docs/reasons.md")

// docs/reasons.md is the catalogue as a page.
func TestReasonsPageIsTheCatalogue(t *testing.T) {
	t.Parallel()
	const page = "../../docs/reasons.md"
	want := reasonsPage()
	if *update {
		if err := os.WriteFile(page, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(got), string(want)); diff != "" {
		t.Errorf("docs/reasons.md is not the catalogue; run make update (-page +catalogue):\n%s", diff)
	}
}

func reasonsPage() []byte {
	var page bytes.Buffer
	page.WriteString(`# Reasons

` + "`lading status`" + ` gives each result that is not as it ought to be a reason: a code that stays the same, so that programs may
rely on it. The message beside it has the facts, and the next step the command or the settings field for the case at hand. What
stands here holds in general. This page is generated.

A result is *final* where waiting cannot help, so that ` + "`--wait`" + ` ends. That is what is written in the manifests and wrong: an
image that does not exist once kubelet has backed off, a key that an existing Secret lacks, a denied pod, a crash after the third
restart. So is what may not be read. What another may still supply, as a missing Secret or storage class, room on a node, or a
registry that is down, is not final by itself: the rollout's own deadline and ` + "`--timeout`" + ` decide.

| reason | meaning | what to do |
|---|---|---|
`)
	for _, r := range Reasons() {
		fmt.Fprintf(&page, "| `%s` | %s | %s |\n", r.Code, cell(r.Meaning), cell(r.Next))
	}
	return page.Bytes()
}

// cell keeps a text from ending its cell of a table.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
