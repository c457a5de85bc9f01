package jinja

import (
	"fmt"
	"slices"
	"strings"
)

// didYouMean returns a hint with the known name nearest to the unknown one,
// empty where none is near.
func didYouMean(unknown string, known []string) string {
	slices.Sort(known) // the same answer whatever the order
	best, bestDistance := "", max(1, len(unknown)/3)+1
	for _, name := range known {
		if d := distance(strings.ToLower(unknown), strings.ToLower(name), bestDistance); d < bestDistance {
			best, bestDistance = name, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("did you mean %q?", best)
}

// distance is the number of letters to add, drop or replace to get from a to
// b, or limit where it is more.
func distance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return min(row[len(b)], limit)
}
