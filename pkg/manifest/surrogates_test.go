package manifest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// JSON is YAML, surrogate pairs included. Where a backslash is a backslash, the
// pair stays the text that it is.
func TestDocumentsReadTheSurrogatePairsOfJSON(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		yaml string
		want any
	}{
		"in double quotes":         {`a: "ship \ud83d\udea2 and \uD83D\uDEA2!"`, map[string]any{"a": "ship 🚢 and 🚢!"}},
		"as a key":                 {`"\ud83d\udea2": 1`, map[string]any{"🚢": int64(1)}},
		"in flow":                  {`{"a": ["\ud83d\udea2"]}`, map[string]any{"a": []any{"🚢"}}},
		"in single quotes":         {`a: '\ud83d\udea2'`, map[string]any{"a": `\ud83d\udea2`}},
		"plain":                    {`a: \uD83D\uDEA2`, map[string]any{"a": `\uD83D\uDEA2`}},
		"plain, in any case":       {`a: \uDbfF\udFAf`, map[string]any{"a": `\uDbfF\udFAf`}},
		"in any case":              {`a: "\uDbfF\udFAf"`, map[string]any{"a": "\U0010ffaf"}},
		"in a block, beside one":   {"a: |\n  {\"b\": \"\\ud83d\\udea2\"}\nc: \"\\ud83d\\udea2\"\n", map[string]any{"a": "{\"b\": \"\\ud83d\\udea2\"}\n", "c": "🚢"}},
		"behind two backslashes":   {`a: "\\ud83d"`, map[string]any{"a": `\ud83d`}},
		"behind three backslashes": {`a: "\\\ud83d\udea2"`, map[string]any{"a": `\🚢`}},
		"a character that is one":  {`a: "🚢 \u20ac"`, map[string]any{"a": "🚢 €"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			docs := Documents([]byte(test.yaml))
			if len(docs) != 1 || docs[0].Err != nil {
				t.Fatalf("got %+v, want one document", docs)
			}
			if diff := cmp.Diff(test.want, docs[0].Value); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Half a pair is no character in any language, and a document that uses the
// private characters which pairs are moved to is left to the parser.
func TestDocumentsRefuseHalfASurrogatePair(t *testing.T) {
	t.Parallel()
	for _, yaml := range []string{
		`a: "\ud83d"`,
		`a: "\udea2"`,
		`a: "\udea2\ud83d"`,
		`a: "\ud83d \udea2"`,
		`a: "\\ud83d\udea2"`,
		`a: "\ud83d\udea2 \ue03d\ue6a2"`,
		"a: \"\\ud83d\\udea2 \ue03d\"",
		`a: "\ud83d\udea`,
		`a: "\ud83d\`,
	} {
		docs := Documents([]byte(yaml))
		if len(docs) != 1 || docs[0].Err == nil {
			t.Errorf("%s: got %+v, want an error", yaml, docs)
		}
	}
}
