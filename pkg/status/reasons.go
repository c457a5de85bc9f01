package status

import "slices"

// A Reason is a stable code for why something is not as it ought to be.
// Programs may rely on it; docs/reasons.md is the catalogue.
type Reason string

// The reasons of a [Gap].
const (
	Forbidden     Reason = "Forbidden"
	KindNotServed Reason = "KindNotServed"
	Unreachable   Reason = "Unreachable"
)

// A ReasonInfo is one entry of the catalogue.
type ReasonInfo struct {
	Code Reason
	// Meaning says in a sentence when a result carries the code.
	Meaning string
	// Next says what to do about it, in general.
	Next string
}

// Reasons is the catalogue: every reason that any rule gives, each group kept
// beside its rules.
func Reasons() []ReasonInfo {
	return slices.Concat(syncReasons, commitReasons, reportReasons, workloadReasons, podReasons, serviceReasons, objectReasons)
}
