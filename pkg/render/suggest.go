package render

import "fmt"

// suggest is the hint for a word that nothing is called: the known word with
// the fewest mistakes, at most one in three letters; "" where none comes near.
func suggest(word string, known []string) string {
	best, least := "", len(word)/3+1
	for _, k := range known {
		if d := edits(word, k); d < least {
			best, least = k, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("did you mean %q?", best)
}

// edits is the number of letters to add, drop, change or swap with the next to
// make b of a.
func edits(a, b string) int {
	row := make([][]int, len(a)+1)
	for i := range row {
		row[i] = make([]int, len(b)+1)
		row[i][0] = i
	}
	for j := range row[0] {
		row[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := row[i-1][j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			row[i][j] = min(change, row[i-1][j]+1, row[i][j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[i][j] = min(row[i][j], row[i-2][j-2]+1)
			}
		}
	}
	return row[len(a)][len(b)]
}
