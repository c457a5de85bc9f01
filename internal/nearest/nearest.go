// Package nearest finds the word that somebody meant who wrote another one.
// Whatever names things that are wrong uses it for the hint.
package nearest

import (
	"fmt"
	"strings"
)

// maxWord bounds what is compared; nobody mistypes a word of that length.
const maxWord = 100

// Word returns the known word with the fewest mistakes, the first of several,
// and "" where none comes near: at most one letter in three may be wrong. Case
// and the marks between words do not count.
func Word(word string, known []string) string {
	folded := fold(word)
	if folded == "" || len(folded) > maxWord {
		return ""
	}
	best, least := "", len(folded)/3+1
	for _, k := range known {
		if d := distance(folded, fold(k), least); d < least {
			best, least = k, d
		}
	}
	return best
}

// Hint asks whether the nearest known word was meant; it is empty where none
// comes near.
func Hint(word string, known []string) string {
	if best := Word(word, known); best != "" {
		return fmt.Sprintf("did you mean %q?", best)
	}
	return ""
}

var marks = strings.NewReplacer("_", "", "-", "", " ", "", ".", "")

func fold(s string) string { return strings.ToLower(marks.Replace(s)) }

// distance counts the letters to insert, delete, replace or swap with their
// neighbour to make b of a; it gives up at limit.
func distance(a, b string, limit int) int {
	if diff := len(a) - len(b); diff >= limit || -diff >= limit {
		return limit
	}
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
