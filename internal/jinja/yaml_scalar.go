package jinja

import (
	"math"
	"regexp"
	"strings"
	"sync"
)

// How PyYAML writes scalars: which styles a text allows, and what a plain text
// would be read as.

type scalarAnalysis struct {
	multiline                                  bool
	flowPlain, blockPlain, singleQuoted, empty bool
}

func isYAMLBreak(c rune) bool { return c == '\n' || c == 0x85 || c == 0x2028 || c == 0x2029 }

func isYAMLBlank(c rune) bool {
	return c == 0 || c == ' ' || c == '\t' || c == '\r' || isYAMLBreak(c)
}

// scalarFacts is what a scan of a text finds out.
type scalarFacts struct {
	blockIndicator, flowIndicator, lineBreak, special bool
	leading, trailing                                 bool // blanks or breaks at an end
	breakSpace, spaceBreak                            bool
}

// analyzeScalar is Emitter.analyze_scalar of PyYAML.
func analyzeScalar(text string) scalarAnalysis {
	if text == "" {
		return scalarAnalysis{blockPlain: true, singleQuoted: true, empty: true}
	}
	f := scanScalar([]rune(text))
	if strings.HasPrefix(text, "---") || strings.HasPrefix(text, "...") {
		f.blockIndicator, f.flowIndicator = true, true
	}
	plain := !f.leading && !f.trailing && !f.breakSpace && !f.spaceBreak && !f.special && !f.lineBreak
	return scalarAnalysis{
		multiline:    f.lineBreak,
		flowPlain:    plain && !f.flowIndicator,
		blockPlain:   plain && !f.blockIndicator,
		singleQuoted: !f.breakSpace && !f.spaceBreak && !f.special,
	}
}

func scanScalar(text []rune) scalarFacts {
	var f scalarFacts
	last := len(text) - 1
	f.leading = text[0] == ' ' || isYAMLBreak(text[0])
	f.trailing = text[last] == ' ' || isYAMLBreak(text[last])
	for i, c := range text {
		f.indicator(text, i)
		if isYAMLBreak(c) {
			f.lineBreak = true
			f.spaceBreak = f.spaceBreak || i > 0 && text[i-1] == ' '
		}
		if c == ' ' && i > 0 && isYAMLBreak(text[i-1]) {
			f.breakSpace = true
		}
		if c != '\n' && (c < ' ' || c > '~') {
			f.special = true // PyYAML escapes all that is not ASCII
		}
	}
	return f
}

// indicator looks for characters that mean something in YAML.
func (f *scalarFacts) indicator(text []rune, i int) {
	c := text[i]
	blankNext := i == len(text)-1 || isYAMLBlank(text[i+1])
	if i == 0 {
		switch {
		case strings.ContainsRune("#,[]{}&*!|>'\"%@`", c), c == '-' && blankNext:
			f.flowIndicator, f.blockIndicator = true, true
		case c == '?' || c == ':':
			f.flowIndicator = true
			f.blockIndicator = f.blockIndicator || blankNext
		}
		return
	}
	switch {
	case strings.ContainsRune(",?[]{}", c):
		f.flowIndicator = true
	case c == ':':
		f.flowIndicator = true
		f.blockIndicator = f.blockIndicator || blankNext
	case c == '#' && isYAMLBlank(text[i-1]):
		f.flowIndicator, f.blockIndicator = true, true
	}
}

// implicitTypes are what YAML 1.1 reads a plain scalar as, other than text.
// They are compiled when they are first needed.
var implicitTypes = sync.OnceValue(func() []*regexp.Regexp {
	return []*regexp.Regexp{
		regexp.MustCompile(`^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$`),
		regexp.MustCompile(`^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?` +
			`|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$`),
		regexp.MustCompile(`^(?:[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$`),
		regexp.MustCompile(`^(?:<<|=|~|null|Null|NULL|)$`),
		regexp.MustCompile(`^(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?(?:[Tt]|[ \t]+)[0-9][0-9]?:[0-9]{2}:[0-9]{2}` +
			`(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9][0-9]?(?::[0-9]{2})?))?)$`),
	}
})

// maybeImplicit are the characters that such a scalar starts with.
const maybeImplicit = "yYnNtTfFoO-+0123456789.<=~"

// readsAsText reports whether a plain scalar is read as text.
func readsAsText(text string) bool {
	if text == "" {
		return false
	}
	if strings.IndexByte(maybeImplicit, text[0]) < 0 {
		return true
	}
	for _, t := range implicitTypes() {
		if t.MatchString(text) {
			return false
		}
	}
	return true
}

// yamlFloat writes a float so that YAML 1.1 reads a float.
func yamlFloat(f float64) string {
	switch {
	case math.IsNaN(f):
		return ".nan"
	case math.IsInf(f, 1):
		return ".inf"
	case math.IsInf(f, -1):
		return "-.inf"
	}
	s := floatRepr(f)
	if !strings.Contains(s, ".") {
		s = strings.Replace(s, "e", ".0e", 1)
	}
	return s
}
