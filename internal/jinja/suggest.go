package jinja

import (
	"slices"

	"github.com/lading-dev/lading/internal/nearest"
)

// didYouMean returns a hint with the known name nearest to the unknown one,
// empty where none is near.
func didYouMean(unknown string, known []string) string {
	slices.Sort(known) // the same answer whatever the order
	return nearest.Hint(unknown, known)
}
