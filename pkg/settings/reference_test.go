package settings

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const referencePage = "../../docs/settings.md"

// TestReferencePageIsUpToDate compares the tables of the page with the struct
// tags; -update rewrites them.
func TestReferencePageIsUpToDate(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(referencePage)
	if err != nil {
		t.Fatal(err)
	}
	want := page
	for _, kind := range Kinds {
		want, err = replaceBetween(want, "<!-- "+kind+" -->\n", "<!-- end of "+kind+" -->\n", "\n"+Reference()[kind]+"\n")
		if err != nil {
			t.Fatal(err)
		}
	}
	if bytes.Equal(page, want) {
		return
	}
	if *update {
		if err := os.WriteFile(referencePage, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Errorf("docs/settings.md is out of date, run make update\n%s", cmp.Diff(strings.Split(string(page), "\n"), strings.Split(string(want), "\n")))
}

func replaceBetween(page []byte, begin, end, text string) ([]byte, error) {
	before, rest, ok := bytes.Cut(page, []byte(begin))
	_, after, ended := bytes.Cut(rest, []byte(end))
	if !ok || !ended {
		return nil, fmt.Errorf("the page has no %q … %q", begin, end)
	}
	return []byte(string(before) + begin + text + end + string(after)), nil
}

// TestExamplesOfTheReferencePageLoad reads the YAML blocks of the page.
func TestExamplesOfTheReferencePageLoad(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(referencePage)
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(page), "```yaml\n")[1:]
	if len(blocks) < 2 {
		t.Fatalf("%d examples", len(blocks))
	}
	for _, block := range blocks {
		text, _, _ := strings.Cut(block, "```")
		if !strings.HasPrefix(text, "apiVersion:") {
			continue
		}
		trees, problems := parse(&source{file: "docs/settings.md"}, []byte(text))
		for _, tree := range trees {
			kind, problem := documentKind(tree)
			if problem != nil {
				t.Fatal(problem)
			}
			c := &checker{}
			c.value(tree, documentTypes[kind](), &place{kind: rootPlace})
			problems = append(problems, c.problems...)
		}
		if len(problems) > 0 {
			t.Errorf("%s:\n%v", text, problems)
		}
	}
}
