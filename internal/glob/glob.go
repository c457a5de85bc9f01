// Package glob matches patterns as Argo CD writes them into AppProjects and sync
// windows: https://argo-cd.readthedocs.io/en/stable/user-guide/projects/.
package glob

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// Match tells whether a pattern stands for a value. * is any text without the
// separator and ** any text at all, ? one character that is not the separator,
// {a,b} one of several, and [a-z] and [!a-z] are classes. Where the separator is
// 0, * is any text as well. A pattern that is none matches nothing.
func Match(pattern, value string, separator byte) bool {
	matcher, err := regexp.Compile(expression(pattern, separator))
	return err == nil && matcher.MatchString(value)
}

// expression writes a pattern as a regular expression.
func expression(pattern string, separator byte) string {
	one := "."
	if separator != 0 {
		one = "[^" + regexp.QuoteMeta(string(separator)) + "]"
	}
	var re strings.Builder
	re.WriteString("^(?s:")
	braces, class := 0, false
	for i := 0; i < len(pattern); i++ {
		c := pattern[i]
		switch {
		case c == '\\' && i+1 < len(pattern):
			i++
			re.WriteString(regexp.QuoteMeta(pattern[i : i+1]))
		case class:
			class = c != ']'
			if c == '!' && pattern[i-1] == '[' {
				c = '^'
			}
			re.WriteByte(c)
		case c == '[':
			class = true
			re.WriteByte(c)
		case strings.HasPrefix(pattern[i:], "**"):
			i++
			re.WriteString(".*")
		case c == '*':
			re.WriteString(one + "*")
		case c == '?':
			re.WriteString(one)
		case c == '{':
			braces++
			re.WriteString("(?:")
		case c == '}' && braces > 0:
			braces--
			re.WriteByte(')')
		case c == ',' && braces > 0:
			re.WriteByte('|')
		default:
			r, size := utf8.DecodeRuneInString(pattern[i:])
			re.WriteString(regexp.QuoteMeta(string(r)))
			i += size - 1
		}
	}
	re.WriteString(")$")
	return re.String()
}
