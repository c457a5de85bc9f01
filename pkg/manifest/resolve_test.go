package manifest

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	sigsyaml "sigs.k8s.io/yaml"
)

func TestScalarsAreReadAsKubectlReadsThem(t *testing.T) {
	t.Parallel()
	texts := append(nastyTexts(3, 3000), trickyTexts...)
	texts = append(texts, "0644", "-010", "0o644", "!!str 1", "!!str yes", "!!int 1", "!!float 1", "!!bool yes", "!!null ''", "!!timestamp 2024-01-01", `"a"`, "'1'")
	compared := 0
	for _, text := range texts {
		for _, doc := range []string{"k: " + text, "- " + text, text + ": v"} {
			if sameAsKubectl(t, doc) {
				compared++
			}
		}
	}
	if compared < 1500 {
		t.Errorf("only %d documents are valid, the test has become empty", compared)
	}
}

// sameAsKubectl compares what Documents and kubectl's reader make of a
// document, where both take it.
func sameAsKubectl(t *testing.T, doc string) bool {
	t.Helper()
	var want any
	asNumber := func(d *json.Decoder) *json.Decoder { d.UseNumber(); return d }
	if sigsyaml.Unmarshal([]byte(doc), &want, asNumber) != nil {
		return false
	}
	docs := Documents([]byte(doc))
	if len(docs) != 1 || docs[0].Err != nil || strings.Contains(doc, "<<") || loneTag.MatchString(doc) {
		return false // stricter than kubectl on purpose, as other tests show
	}
	if diff := cmp.Diff(exactly(want), exactly(docs[0].Value)); diff != "" {
		t.Errorf("%q (-kubectl +got)\n%s", doc, diff)
	}
	return true
}

// loneTag matches what the parser does not hand on: the tag "!" of YAML 1.1,
// which makes a text of the number or nothing behind it.
var loneTag = regexp.MustCompile("! |!$|!\\s|!\u0085")

func TestScalars(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]any{
		"0644": int64(420), "08": int64(8), "0x1F": int64(31), "0b11": int64(3), "0o17": int64(15), "1_000": int64(1000), "+1": int64(1),
		"1.0": int64(1), "1e3": int64(1000), "1.5": 1.5, ".5": 0.5, ".1_0": 0.1, "-.5": -0.5, "1.": int64(1), "9223372036854775807": int64(9223372036854775807),
		"1:30": "1:30", "2024-01-01": "2024-01-01", "2024-01-01T00:00:00Z": "2024-01-01T00:00:00Z", "500m": "500m", "1.2.3": "1.2.3", "0x": "0x",
		"true": true, "FALSE": false, "~": nil, "null": nil, "": nil, `"yes"`: "yes", "'1'": "1", "!!str 1": "1", "!!int \"7\"": int64(7), "! a": "a",
	} {
		docs := Documents([]byte("k: " + text))
		if diff := cmp.Diff(map[string]any{"k": want}, docs[0].Value); docs[0].Err != nil || len(docs[0].Warnings) > 0 || diff != "" {
			t.Errorf("%s: %v %v (-want +got)\n%s", text, docs[0].Err, docs[0].Warnings, diff)
		}
	}
}

func TestOldBooleansCarryAWarning(t *testing.T) {
	t.Parallel()
	requireDocuments(t, "booleans", "a: 1\nspec:\n- x: yes\n- N\n- !!bool on\n- \"off\"\n", "1: map[a:1 spec:[map[x:true] false true off]]",
		"warning: 3: spec[0].x: yes is read as the boolean true; quote it if it is a text, else write true",
		"warning: 4: spec[1]: N is read as the boolean false; quote it if it is a text, else write false",
		"warning: 5: spec[2]: on is read as the boolean true; quote it if it is a text, else write true")
}

func TestKeysThatAreNotTextCarryAWarning(t *testing.T) {
	t.Parallel()
	requireDocuments(t, "keys", "8080: a\non: b\n0644: c\n1.10: d\n'y': e\n", "1: map[1.1:d 420:c 8080:a true:b y:e]",
		`warning: 2: key on is read as "true"; quote it to keep what is written`,
		`warning: 3: key 0644 is read as "420"; quote it to keep what is written`,
		`warning: 4: key 1.10 is read as "1.1"; quote it to keep what is written`)
}

func TestScalarsThatHaveNoValue(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"9223372036854775808": "64 bits", "-9223372036854775809": "64 bits", "0xFFFFFFFFFFFFFFFFF": "64 bits", "1e20": "2^53", "1e999": "64 bits",
		".nan": "NaN", ".NaN": "NaN", ".inf": "+Inf", "-.inf": "-Inf", "+.Inf": "+Inf",
		"!!binary aGk=": "tag !!binary", "!!set {a}": "tag !!set", "!Ref x": "tag !Ref", "!!map [a]": "tag !!map", "!!int x": "!!int", "!!bool 1": "!!bool", "!!null x": "!!null",
		"!!float x": "!!float", "{? [a] : b}": "as a key", "{~: b}": "null as a key", "{<<: 1}": "merges a number", "{<<: [1]}": "merges a number",
	} {
		docs := Documents([]byte("a: 1\nk: " + text))
		err, ok := docs[0].Err.(*SyntaxError)
		if !ok || err.Line != 2 || err.Column < 4 || !strings.Contains(err.Message, want) || docs[0].Value != nil {
			t.Errorf("%s: %+v, want an error on line 2 about %q", text, docs[0], want)
		}
	}
}
