// Package hint asks errors for the next step that they know: what somebody who
// reads the error may do about it. An error that knows one has a method Hint.
package hint

import "errors"

// Of returns the next step that an error or one of its causes knows, empty where
// none does.
func Of(err error) string {
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) {
		return hinted.Hint()
	}
	return ""
}
