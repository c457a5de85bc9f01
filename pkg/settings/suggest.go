package settings

import (
	"fmt"
	"strings"
)

func didYouMean(s string) string { return fmt.Sprintf("did you mean %q?", s) }

// suggestion returns "did you mean" with the option that comes nearest to a
// word, empty where none comes near.
func suggestion(word string, options []string) string {
	if best := nearest(word, options); best != "" {
		return didYouMean(best)
	}
	return ""
}

// nearest returns the option with the fewest mistakes, at most one in three
// letters. Case and the marks between words do not count.
func nearest(word string, options []string) string {
	folded := fold(word)
	if folded == "" || len(folded) > 100 {
		return ""
	}
	best, least := "", len(folded)/3+1
	for _, o := range options {
		if d := distance(folded, fold(o), least); d < least {
			best, least = o, d
		}
	}
	return best
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
