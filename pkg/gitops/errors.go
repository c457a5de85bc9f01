package gitops

import (
	"fmt"

	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/settings"
)

// A ConflictError reports that somebody else has, or has changed, what a run
// wants to write.
type ConflictError struct {
	// Path is the directory or file in the repository.
	Path string
	// Message says what is in the way.
	Message string
	// Next says what to do about it; may be empty.
	Next string
}

func (e *ConflictError) Error() string { return e.Path + ": " + e.Message }

// Hint says what to do about the conflict.
func (e *ConflictError) Hint() string { return e.Next }

// A SafetyError reports that a run was refused because it would do damage: put
// a secret into Git or replace a running deployment by another one.
type SafetyError struct {
	// Position is the place in a file that the user wrote.
	Position settings.Position
	// Message says what would happen.
	Message string
	// Next says what to do about it; may be empty.
	Next string
}

func (e *SafetyError) Error() string {
	if where := e.Position.String(); where != "" {
		return where + ": " + e.Message
	}
	return e.Message
}

// Hint says what to do about the refusal.
func (e *SafetyError) Hint() string { return e.Next }

// A ClashError reports two deployments of one run that cannot both be
// published, since they claim the same object.
type ClashError struct {
	ID            manifest.ID
	First, Second Claim
	// Message says why the two claims exclude each other.
	Message string
	// Next says what to do about it.
	Next string
}

// A Claim is a deployment that renders an object, and where.
type Claim struct {
	Deployment string // environment/name
	Origin     manifest.Origin
}

func (c Claim) String() string { return fmt.Sprintf("%s (%s)", c.Deployment, c.Origin) }

func (e *ClashError) Error() string {
	return fmt.Sprintf("%s: %s by %s and by %s", e.ID, e.Message, e.First, e.Second)
}

// Hint says what to do about the clash.
func (e *ClashError) Hint() string { return e.Next }
