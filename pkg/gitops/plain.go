package gitops

import (
	"strings"
	"unicode"
)

// plain leaves out of a text what could make it look like something else on a
// terminal or in a review: control characters, line breaks of all kinds, marks
// that turn the direction of writing, and bytes that are no text.
func plain(s string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c == '\t':
			return c
		case unicode.IsControl(c), c == '\u2028', c == '\u2029', unicode.Is(unicode.Bidi_Control, c):
			return -1
		}
		return c
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// oneLine keeps names from adding lines, and so trailers, to a message.
func oneLine(s string) string { return plain(strings.Join(strings.Fields(s), " ")) }

// trailer writes a person as trailers do; empty where the address is none.
func (p Person) trailer() string {
	inner := strings.NewReplacer("<", "", ">", "")
	name, email := inner.Replace(oneLine(p.Name)), oneLine(p.Email)
	if name = strings.TrimSpace(name); name == "" || email == "" || strings.ContainsAny(email, "<> ") {
		return ""
	}
	return name + " <" + email + ">"
}

// coAuthor is who wrote the commit of the settings, unless that one publishes.
func (r *Run) coAuthor() string {
	if strings.HasSuffix(r.Commit, DirtyMark) || strings.EqualFold(r.Author.Email, r.Publisher.Email) {
		return ""
	}
	return r.Author.trailer()
}
