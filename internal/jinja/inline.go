package jinja

import (
	"regexp"
	"strings"
)

// An output tag is inline where it stands behind "key:" on its line and not
// inside a block scalar. There to_yaml of a mapping or list gives one line of
// flow YAML, since lines of block YAML would not nest under the key.

// inlineTags knows where such tags start, and whether the parser is in one.
type inlineTags struct {
	starts map[int]bool
	inside bool
}

func (t *inlineTags) enter(offset int) { t.inside = t.starts[offset] }
func (t *inlineTags) leave()           { t.inside = false }

var (
	// behindKey matches the text before an inline tag, once other tags are
	// taken out: dashes, a key, a colon, blanks, perhaps an anchor or a YAML tag.
	behindKey = regexp.MustCompile(`^[ ]*(?:- +)*(?:# *)?(?:"[^"]*"|'[^']*'|[^\s"'#-][^#]*?|-[^\s#][^#]*?)[ ]*:[ \t]+(?:[&!]\S*[ \t]+)*$`)
	// blockScalar matches a line that starts one.
	blockScalar  = regexp.MustCompile(`(?:^|[\s:-])[|>][-+0-9]*[ \t]*(?:#.*)?$`)
	blockTags    = regexp.MustCompile(`(?s)\{%.*?%\}|\{#.*?#\}`)
	outputTag    = regexp.MustCompile(`\{\{.*?\}\}`)
	onlyTags     = regexp.MustCompile(`^\s*(?:(?:\{%.*?%\}|\{#.*?#\})\s*)+$`)
	toYAMLFilter = regexp.MustCompile(`\|\s*to_yaml\b`)
)

// findInlineTags finds the output tags that are inline.
func findInlineTags(source string) inlineTags {
	tags := inlineTags{starts: map[int]bool{}}
	if !toYAMLFilter.MatchString(source) {
		return tags
	}
	scalarIndent := -1 // of the line that started a block scalar
	offset := 0
	for line := range strings.SplitSeq(source, "\n") {
		if !isBlank(line) && line != "" && !onlyTags.MatchString(line) {
			indent := len(line) - len(strings.TrimLeft(line, " "))
			if indent <= scalarIndent {
				scalarIndent = -1
			}
			switch {
			case scalarIndent >= 0:
			case blockScalar.MatchString(textOf(line)):
				scalarIndent = indent
			default:
				tags.find(line, offset)
			}
		}
		offset += len(line) + 1
	}
	return tags
}

// textOf is the line with its outputs replaced by a word and its other tags
// taken out.
func textOf(line string) string {
	return outputTag.ReplaceAllString(blockTags.ReplaceAllString(line, ""), "x")
}

// find notes the inline tags of one line.
func (t *inlineTags) find(line string, offset int) {
	for i := 0; ; i++ {
		start := strings.Index(line[i:], "{{")
		if start < 0 {
			return
		}
		i += start
		if behindKey.MatchString(textOf(line[:i])) {
			t.starts[offset+i] = true
		}
	}
}
