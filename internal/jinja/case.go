package jinja

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
)

// Upper and lower case, as Python has them: by the full rules of Unicode, in
// which ß becomes SS and a sigma at the end of a word another letter.

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func upper(s string) string {
	if isASCII(s) {
		return strings.ToUpper(s)
	}
	return cases.Upper(language.Und).String(s)
}

func lower(s string) string {
	if isASCII(s) {
		return strings.ToLower(s)
	}
	return cases.Lower(language.Und, cases.HandleFinalSigma(true)).String(s)
}

func casefold(s string) string { return cases.Fold().String(s) }

// titleRune is the title case of one character, which may be several.
func titleRune(c rune) string {
	up := []rune(upper(string(c)))
	if len(up) == 1 {
		return string(unicode.ToTitle(c))
	}
	return string(up[0]) + lower(string(up[1:]))
}

func capitalize(s string) string {
	c, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return ""
	}
	return titleRune(c) + lower(s[size:])
}

func isCased(c rune) bool {
	return unicode.IsUpper(c) || unicode.IsLower(c) || unicode.IsTitle(c)
}

// lowerAt is the lower case of one character of a text, on whose place the
// lower case of a sigma depends.
func lowerAt(text []rune, i int) string {
	if text[i] != 'Σ' {
		return lower(string(text[i]))
	}
	before, after := i-1, i+1
	for before >= 0 && isCaseIgnorable(text[before]) {
		before--
	}
	for after < len(text) && isCaseIgnorable(text[after]) {
		after++
	}
	if before >= 0 && isCased(text[before]) && !(after < len(text) && isCased(text[after])) {
		return "ς"
	}
	return "σ"
}

func isCaseIgnorable(c rune) bool {
	return unicode.In(c, unicode.Mn, unicode.Me, unicode.Cf, unicode.Lm, unicode.Sk) || strings.ContainsRune("'.:·’", c)
}

// title puts the first letter of every word in title case; a word is a run of
// letters that have a case.
func title(s string) string {
	var b strings.Builder
	text := []rune(s)
	for i, c := range text {
		if i > 0 && isCased(text[i-1]) {
			b.WriteString(lowerAt(text, i))
		} else {
			b.WriteString(titleRune(c))
		}
	}
	return b.String()
}

func swapcase(s string) string {
	var b strings.Builder
	text := []rune(s)
	for i, c := range text {
		switch {
		case unicode.IsUpper(c):
			b.WriteString(lowerAt(text, i))
		case unicode.IsLower(c):
			b.WriteString(upper(string(c)))
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

// allRunes reports whether every character is such, and there is one.
func allRunes(s string, is func(c rune) bool) bool {
	return s != "" && strings.IndexFunc(s, func(c rune) bool { return !is(c) }) < 0
}

func isAlpha(c rune) bool     { return unicode.IsLetter(c) }
func isDecimal(c rune) bool   { return unicode.Is(unicode.Nd, c) }
func isDigitRune(c rune) bool { return isDecimal(c) || unicode.Is(unicode.No, c) && isScriptDigit(c) }
func isNumeric(c rune) bool   { return unicode.IsNumber(c) }
func isAlnum(c rune) bool     { return isAlpha(c) || isNumeric(c) }

// isScriptDigit reports whether a character is a raised, lowered or circled
// digit.
func isScriptDigit(c rune) bool {
	switch {
	case c == 0xb2 || c == 0xb3 || c == 0xb9 || c == 0x2070 || c >= 0x2074 && c <= 0x2079:
		return true
	case c >= 0x2080 && c <= 0x2089 || c >= 0x2460 && c <= 0x2468 || c >= 0x2474 && c <= 0x247c:
		return true
	}
	return false
}

func isLower(s string) bool { return hasOnlyCase(s, unicode.IsLower) }
func isUpper(s string) bool { return hasOnlyCase(s, unicode.IsUpper) }

// hasOnlyCase reports whether all letters with a case have that case, and
// there is one.
func hasOnlyCase(s string, is func(c rune) bool) bool {
	found := false
	for _, c := range s {
		if isCased(c) {
			if !is(c) {
				return false
			}
			found = true
		}
	}
	return found
}

// isTitle reports whether each word starts in upper case and goes on in lower
// case, and there is one.
func isTitle(s string) bool {
	found, inWord := false, false
	for _, c := range s {
		switch {
		case unicode.IsUpper(c) || unicode.IsTitle(c):
			if inWord {
				return false
			}
			found, inWord = true, true
		case unicode.IsLower(c):
			if !inWord {
				return false
			}
		default:
			inWord = false
		}
	}
	return found
}
