package jinja

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Wrapping text, as textwrap.wrap of Python does it.

func wordwrapFilter(r *run, v any, a []any) any {
	s := toText("what the filter wordwrap wraps", v)
	width := toInt("width", a[0])
	if width <= 0 && s != "" {
		raise("filter wordwrap takes a width above 0, not %d", width)
	}
	separator := "\n"
	if a[2] != nil {
		separator = toText("wrapstring", a[2])
	}
	w := wrapper{run: r, width: int(min(width, int64(r.limits.Text))), breakLong: r.truth(a[1]), onHyphens: a[3] == true}
	var lines []string
	for _, line := range splitLines(s, false) {
		lines = append(lines, strings.Join(w.wrap(line), separator))
	}
	r.times(len(separator)+1, int64(len(lines)))
	return strings.Join(lines, separator)
}

type wrapper struct {
	run                  *run
	width                int
	breakLong, onHyphens bool
}

// wrap returns the lines of one paragraph.
func (w *wrapper) wrap(text string) []string {
	w.run.text(len(text))
	chunks := w.chunks(text)
	var lines []string
	for len(chunks) > 0 {
		w.run.spend(1)
		if isBlank(chunks[0]) && len(lines) > 0 {
			chunks = chunks[1:]
		}
		var line []string
		line, chunks = w.line(chunks)
		if n := len(line); n > 0 && isBlank(line[n-1]) {
			line = line[:n-1]
		}
		if len(line) > 0 {
			lines = append(lines, strings.Join(line, ""))
		}
	}
	return lines
}

// line takes the chunks of one line.
func (w *wrapper) line(chunks []string) (line, rest []string) {
	length := 0
	for len(chunks) > 0 {
		n := utf8.RuneCountInString(chunks[0])
		if length+n > w.width {
			break
		}
		line, chunks = append(line, chunks[0]), chunks[1:]
		length += n
	}
	if len(chunks) > 0 && utf8.RuneCountInString(chunks[0]) > w.width {
		return w.longWord(line, chunks, w.width-length)
	}
	return line, chunks
}

// longWord breaks a word that fits on no line, or gives it a line.
func (w *wrapper) longWord(line, chunks []string, room int) ([]string, []string) {
	if !w.breakLong {
		if len(line) == 0 {
			return chunks[:1], chunks[1:]
		}
		return line, chunks
	}
	word := []rune(chunks[0])
	w.run.spend(len(word) / bytesPerStep)
	if w.onHyphens && len(word) > room {
		if i := lastHyphen(word[:room]); i > 0 {
			room = i + 1
		}
	}
	rest := append([]string{string(word[room:])}, chunks[1:]...)
	return append(line, string(word[:room])), rest
}

// lastHyphen returns where the last hyphen is that has more than hyphens
// before it, 0 without one.
func lastHyphen(word []rune) int {
	for i := len(word) - 1; i > 0; i-- {
		if word[i] == '-' {
			if strings.Trim(string(word[:i]), "-") == "" {
				return 0
			}
			return i
		}
	}
	return 0
}

const wrapBlanks = "\t\n\v\f\r "

func isWrapBlank(c rune) bool { return strings.ContainsRune(wrapBlanks, c) }

// chunks splits a text into blanks and words, and words at hyphens.
func (w *wrapper) chunks(text string) []string {
	var chunks []string
	runes := []rune(text)
	for start := 0; start < len(runes); {
		w.run.spend(1)
		end := start + 1
		if isWrapBlank(runes[start]) {
			for end < len(runes) && isWrapBlank(runes[end]) {
				end++
			}
		} else if n := w.dash(runes, start); n > 0 {
			end = start + n
		} else {
			end = w.wordEnd(runes, start)
		}
		chunks = append(chunks, string(runes[start:end]))
		start = end
	}
	return chunks
}

// dash returns the length of a dash between words, two hyphens or more.
func (w *wrapper) dash(runes []rune, i int) int {
	if !w.onHyphens || runes[i] != '-' || i == 0 || !isWordPunctuation(runes[i-1]) {
		return 0
	}
	return dashLength(runes, i)
}

// dashLength returns how many hyphens stand before a word, at least two.
func dashLength(runes []rune, i int) int {
	n := 0
	for i+n < len(runes) && runes[i+n] == '-' {
		n++
	}
	if n < 2 || i+n >= len(runes) || !isWord(runes[i+n]) {
		return 0
	}
	return n
}

// wordEnd returns where the word ends: at a blank, behind a hyphen between
// letters, or before a dash.
func (w *wrapper) wordEnd(runes []rune, start int) int {
	for i := start + 1; i <= len(runes); i++ {
		switch {
		case i == len(runes) || isWrapBlank(runes[i]):
			return i
		case !w.onHyphens:
		case runes[i] == '-' && hyphenates(runes, i):
			return i + 1
		case isWordPunctuation(runes[i-1]) && runes[i] == '-' && dashLength(runes, i) > 0:
			return i
		}
	}
	return len(runes)
}

// hyphenates reports whether the hyphen stands between letters, of which there
// are two on its left, perhaps with a hyphen between.
func hyphenates(runes []rune, i int) bool {
	letter := func(j int) bool { return j >= 0 && j < len(runes) && unicode.IsLetter(runes[j]) }
	if !letter(i-1) || !(letter(i-2) || i >= 3 && runes[i-2] == '-' && letter(i-3)) {
		return false
	}
	if !letter(i + 1) {
		return false
	}
	return letter(i+2) || i+2 < len(runes) && runes[i+2] == '-' && letter(i+3)
}

func isWordPunctuation(c rune) bool { return isWord(c) || strings.ContainsRune(`!"'&.,?`, c) }
