package manifest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// summary writes documents as one line each, for tests to compare.
func summary(docs []Document) (lines []string) {
	for _, d := range docs {
		line := fmt.Sprintf("%d: %v", d.Line, d.Value)
		if d.Err != nil {
			line = fmt.Sprintf("%d: error: %v", d.Line, d.Err)
		}
		lines = append(lines, line)
		for _, w := range d.Warnings {
			lines = append(lines, fmt.Sprintf("warning: %d: %s", w.Line, w.Message))
		}
	}
	return lines
}

func requireDocuments(t *testing.T, name, stream string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, summary(Documents([]byte(stream)))); diff != "" {
		t.Errorf("%s: %q (-want +got)\n%s", name, stream, diff)
	}
}

func TestStreamsAreSplitAtTheirMarkers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, stream string
		want         []string
	}{
		{"one document without marker", "a: 1\n", []string{"1: map[a:1]"}},
		{"no line feed at the end", "a: 1", []string{"1: map[a:1]"}},
		{"lines count through the whole stream", "a: 1\n---\nb: 2\n---\n\n# c\nc: 3\n", []string{"1: map[a:1]", "3: map[b:2]", "7: map[c:3]"}},
		{"content beside the marker", "--- a\n--- {b: 1}\n", []string{"1: a", "2: map[b:1]"}},
		{"a comment beside the marker", "--- # first\na: 1\n", []string{"2: map[a:1]"}},
		{"empty documents are left out", "---\n---\n# only a comment\n---\nnull\n---\n~\n---\na: 1\n---\n", []string{"9: map[a:1]"}},
		{"nothing", "", nil},
		{"only comments", "# a\n\n  # b\n", nil},
		{"comments and directives before the first marker", "# top\n%YAML 1.2\n# more\n---\na: 1\n", []string{"5: map[a:1]"}},
		{"an end marker", "a: 1\n...\n# between\n%YAML 1.1\n---\nb: 2\n... # end\n", []string{"1: map[a:1]", "6: map[b:2]"}},
		{"no start marker after an end marker", "a: 1\n...\nb: 2\n", []string{"1: map[a:1]", "3: map[b:2]"}},
		{"indented markers inside a block", "a: |\n  ---\n  ...\nb: |\n  x\n\n---\nc: 1\n", []string{"1: map[a:---\n...\n b:x\n]", "8: map[c:1]"}},
		{"words that only start like markers", "---a: 1\n...b: 2\n", []string{"1: map[---a:1 ...b:2]"}},
		{"Windows line ends", "a: |\r\n  x\r\n---\r\nb: 2\r\n...\r\n", []string{"1: map[a:x\n]", "4: map[b:2]"}},
		{"old Mac line ends", "a: 1\r---\rb: 2\r", []string{"1: map[a:1]", "3: map[b:2]"}},
		{"byte order marks", "\ufeffa: 1\n\ufeff---\nb: 2\n", []string{"1: map[a:1]", "3: map[b:2]"}},
		{"lists and scalars", "- 1\n- x\n---\nhello\n", []string{"1: [1 x]", "4: hello"}},
		{"JSON", "{\"a\": [1, null],\n\t\"b\": \"\\u00e9\"}\n", []string{"1: map[a:[1 <nil>] b:é]"}},
	} {
		requireDocuments(t, c.name, c.stream, c.want...)
	}
}

func TestBadDocumentsDoNotHideOthers(t *testing.T) {
	t.Parallel()
	const advice = `; quote a text that contains ": "`
	requireDocuments(t, "bad in the middle", "a: 1\n---\nx: 1\nb: c: d\n---\ne: 1\n",
		"1: map[a:1]", "3: error: line 4: mapping values are not allowed in this context"+advice, "6: map[e:1]")
	requireDocuments(t, "an open quote ends at the marker", "a: 1\nb: \"x\n---\nc: 1\n",
		"1: error: line 2: found unexpected end of stream", "4: map[c:1]")
	requireDocuments(t, "an open bracket ends at the marker", "a: [1,\n---\nc: 1\n",
		"1: error: line 1: did not find expected node content", "3: map[c:1]")
	requireDocuments(t, "invalid UTF-8", "a: 1\n---\nb: é\xff\n---\nc: 1\n",
		"1: map[a:1]", "3: error: line 3, column 5: byte 0xff is not UTF-8", "5: map[c:1]")
	requireDocuments(t, "a value that cannot be", "a: 1\n---\n# b\nb:\n- 99999999999999999999\n---\nc: 1\n", "1: map[a:1]",
		"4: error: line 5, column 3: b[0]: number 99999999999999999999 does not fit into 64 bits; quote it if it is a text", "7: map[c:1]")
	requireDocuments(t, "garbage after a marker", "a: 1\n... x\n---\nb: 1\n",
		"1: error: line 2: did not find expected <document start>", "4: map[b:1]")
	requireDocuments(t, "an unknown directive", "a: 1\n...\n%FOO\n---\nb: 1\n---\nc: 1\n",
		"1: map[a:1]", "5: error: line 3: found unknown directive name", "7: map[c:1]")
	requireDocuments(t, "a version to come", "%YAML 2.0\n---\na: 1\n", "3: error: line 3: found incompatible YAML document")
	requireDocuments(t, "anchors do not reach the next document", "a: &x 1\n---\nb: 2\nc: *x\nd: 1\n",
		"1: map[a:1]", "3: error: line 4: unknown anchor 'x' referenced")
}

func TestSyntaxErrorsNameTheLineOfTheTrouble(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, doc string
		line      int
	}{
		{"two colons", "a: 1\nb: c: d\n", 2},
		{"a key too far left", "a:\n  b: 1\n c: 2\nd: 3\n", 3},
		{"a key too far right", "a: 1\n  b: 2\n", 2},
		{"a tab", "a: 1\nb:\n\t- c\nd: 1\n", 3},
		{"a key without a colon", "a: 1\nfoo\nb: 2\nc: 3\n", 2},
		{"an open quote", "a: 1\nb: 'x\nc: 2\n", 2},
		{"an open quote on the first line", "\"x\nc: 2\n", 1},
		{"a list that becomes a mapping", "- a\n- b\nc: 1\nd: 2\n", 3},
		{"a line after an item", "a:\n- b: c\n  d: e\n f: g\nz: 1\n", 4},
		{"a control character", "a: 1\nb: \x01\nc: 3\n", 2},
		{"a reserved character", "a: 1\nb: @c\n", 2},
		{"an unknown escape", "a: 1\nb: \"x\\q\"\n", 2},
		{"a tab in a block", "a: |\n x\n\ty\nb: 1\n", 3},
		{"Windows line ends", "a: b\r\nc: d: e\r\n", 2},
		{"an unknown anchor", "a: 1\nb: *nope\nc: 2\nd: 3\n", 2},
	} {
		docs := Documents([]byte("x: 1\n---\n" + c.doc))
		if len(docs) != 2 || docs[1].Err == nil {
			t.Errorf("%s: %+v, want a second document with an error", c.name, docs)
			continue
		}
		if got := docs[1].Err.(*SyntaxError).Line; got != c.line+2 {
			t.Errorf("%s: %v, want line %d", c.name, docs[1].Err, c.line+2)
		}
	}
}

func TestTheLastOfDuplicateKeysCounts(t *testing.T) {
	t.Parallel()
	requireDocuments(t, "duplicate", "x: 1\n---\na: 1\nb:\n  c: 1\n  c: 2\na: 3\n", "1: map[x:1]", "3: map[a:3 b:map[c:2]]",
		`warning: 6: key "c" is already set on line 5; the last one, on line 6, counts`,
		`warning: 7: key "a" is already set on line 3; the last one, on line 7, counts`)
}

func TestAnchorsAndMergeKeys(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, doc, want string
	}{
		{"alias", "a: &x {b: 1}\nc: *x\n", "map[a:map[b:1] c:map[b:1]]"},
		{"alias as a key", "a: &x k\n*x : 1\n", "map[a:k k:1]"},
		{"merge", "a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}\n", "map[a:map[b:1 c:2] d:map[b:1 c:3]]"},
		{"merge after what it must not change", "a: &x {b: 1}\nd:\n  b: 2\n  <<: *x\n", "map[a:map[b:1] d:map[b:2]]"},
		{"merge of several, earlier ones win", "d: {<<: [{a: 1}, {a: 2, b: 2}], c: 3}\n", "map[d:map[a:1 b:2 c:3]]"},
		{"merge of merged", "a: &a {x: 1}\nb: &b {<<: *a, z: 2}\nc: {<<: *b}\n", "map[a:map[x:1] b:map[x:1 z:2] c:map[x:1 z:2]]"},
		{"a quoted << is a key", "\"<<\": {a: 1}\n", "map[<<:map[a:1]]"},
	} {
		requireDocuments(t, c.name, c.doc, "1: "+c.want)
	}
}

func TestAliasedValuesAreCopies(t *testing.T) {
	t.Parallel()
	v := Documents([]byte("a: &x {b: 1}\nc: *x\nd: {<<: {e: *x}}\n"))[0].Value.(map[string]any)
	v["c"].(map[string]any)["b"] = "changed"
	v["d"].(map[string]any)["e"].(map[string]any)["b"] = "changed"
	if diff := cmp.Diff(map[string]any{"b": int64(1)}, v["a"]); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestBombsEndInAnError(t *testing.T) {
	t.Parallel()
	var bomb strings.Builder
	bomb.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x]\n")
	for i := range 9 {
		fmt.Fprintf(&bomb, "a%d: &a%d [%s*a%d]\n", i+1, i+1, strings.Repeat(fmt.Sprintf("*a%d, ", i), 8), i)
	}
	big := strings.Repeat("x", 100_000)
	for _, c := range []struct{ name, doc, want string }{
		{"billions of values", bomb.String(), "aliases expand"},
		{"long texts", "a: &a " + big + "\nb: [" + strings.Repeat("*a,", 100) + "]\n", "aliases expand"},
		{"long keys", "a: &a " + big + "\nb: [" + strings.Repeat("{*a : 1},", 100) + "]\n", "aliases expand"},
		{"merges", "a: &a {k: " + big + "}\nb: [" + strings.Repeat("{<<: *a},", 100) + "]\n", "aliases expand"},
		{"an anchor inside itself", "a: &a\n  b: [*a]\n", `anchor "a" contains itself`},
		{"brackets", strings.Repeat("[", 100_000), "line 1"},
		{"nested brackets", strings.Repeat("[", 101) + strings.Repeat("]", 101), "deep"},
		{"dashes", strings.Repeat("- ", 5_000) + "a", "deep"},
		{"braces", strings.Repeat("{a: ", 101) + strings.Repeat("}", 101), "deep"},
		{"a huge document", "a: " + strings.Repeat("x", maxDocument), "bytes, want at most"},
		{"a huge stream", strings.Repeat("---\na: 1\n", maxStream/9+1), "bytes of YAML, want at most"},
		{"binary", "\x7fELF\x02\x01\x01\x00\x00", "control characters"},
		{"UTF-16", "\xff\xfea\x00:\x00", "not UTF-8"},
	} {
		docs := Documents([]byte(c.doc))
		if len(docs) != 1 || docs[0].Err == nil || !strings.Contains(docs[0].Err.Error(), c.want) {
			t.Errorf("%s: %.300v, want one error about %q", c.name, summary(docs), c.want)
		}
	}
}

func TestModestUseOfAliasesAndDepthIsFine(t *testing.T) {
	t.Parallel()
	doc := "a: &a {b: [1, 2, 3], c: text}\nd:\n" + strings.Repeat("- *a\n", 5_000) +
		"e: " + strings.Repeat("[", MaxDepth-1) + strings.Repeat("]", MaxDepth-1) + "\n"
	docs := Documents([]byte(doc))
	if len(docs) != 1 || docs[0].Err != nil {
		t.Fatalf("%.300v", summary(docs))
	}
	if _, err := AppendYAML(nil, docs[0].Value); err != nil {
		t.Error(err)
	}
}

func TestWarningsAreBounded(t *testing.T) {
	t.Parallel()
	docs := Documents([]byte(strings.Repeat("- yes\n", 1000)))
	if n := len(docs[0].Warnings); n != maxWarnings {
		t.Fatalf("%d warnings, want %d", n, maxWarnings)
	}
	want := Warning{100, "further warnings on this document are left out"}
	if diff := cmp.Diff(want, docs[0].Warnings[maxWarnings-1]); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
