package manifest

import (
	"os"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// example matches a block of JSON and the block of YAML right below it.
var example = regexp.MustCompile("(?s)```json\n(.*?)```\n```yaml\n(.*?)```\n")

func TestTheFormatPageIsTrue(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/format.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := example.FindAllSubmatch(page, -1)
	if blocks := regexp.MustCompile("(?m)^```").FindAll(page, -1); len(blocks) != 4*len(examples) || len(examples) < 8 {
		t.Errorf("%d examples in %d fences, want each JSON block to have its YAML block below", len(examples), len(blocks))
	}
	for _, m := range examples {
		got, err := AppendYAML(nil, decodeJSON(t, string(m[1])))
		if diff := cmp.Diff(string(m[2]), string(got)); err != nil || diff != "" {
			t.Errorf("%s%v (-page +encoder)\n%s", m[1], err, diff)
		}
	}
}

// escapedRanges is the list of the page's last section.
var escapedRanges = [][2]rune{
	{0x00, 0x08}, {0x0b, 0x1f}, {0x7f, 0xa0}, {0xad, 0xad}, {0x61c, 0x61c}, {0x1680, 0x1680}, {0x180e, 0x180e}, {0x2000, 0x200f}, {0x2028, 0x202f},
	{0x205f, 0x206f}, {0x3000, 0x3000}, {0xfdd0, 0xfdef}, {0xfeff, 0xfeff}, {0xfff0, 0xfffb}, {0xfffe, 0xffff}, {0xe0000, 0xe0fff},
}

func TestEscapedCharactersAreThoseOfThePage(t *testing.T) {
	t.Parallel()
	for r := rune(0); r <= 0x10ffff; r++ {
		if 0xd800 <= r && r <= 0xdfff {
			continue
		}
		want := r&0xfffe == 0xfffe
		for _, of := range escapedRanges {
			want = want || of[0] <= r && r <= of[1]
		}
		traits, ok := traitsOf("a" + string(r))
		if got := traits&hasEscape != 0; !ok || got != want {
			t.Errorf("U+%04X escaped: %t, want %t", r, got, want)
		}
	}
}
