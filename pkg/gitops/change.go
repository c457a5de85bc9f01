package gitops

import (
	"cmp"
	"path"
	"slices"
)

// A Change is one file of a branch before and after a plan; nil where it is
// absent.
type Change struct {
	Path          string
	Before, After []byte
}

// What a plan does to an object.
const (
	Added    = "added"
	Changed  = "changed"
	Moved    = "moved"    // the same object in another file
	Removed  = "removed"  // the object is no longer rendered
	Restored = "restored" // the file was changed or removed by hand
)

// An ObjectChange is what a plan does to one object.
type ObjectChange struct {
	Action string `json:"action"`
	// Object is the object's identity as ledgers write it, see [ObjectKey].
	Object string `json:"object"`
	// File is the object's path in the branch, From the one that it had where
	// it moved.
	File string `json:"file"`
	From string `json:"from,omitempty"`
}

// A Touched is a directory that a plan changes, with its objects.
type Touched struct {
	Environment string `json:"environment"`
	// Deployment is empty for the shared objects of the environment, and for
	// its engine objects.
	Deployment string `json:"deployment,omitempty"`
	Directory  string `json:"directory"`
	// From is the directory that the deployment had where it moved.
	From string `json:"from,omitempty"`
	// Removed tells that the deployment is gone.
	Removed bool `json:"removed,omitempty"`
	// Objects are ordered by file. There are none where only the ledger was
	// put right.
	Objects []ObjectChange `json:"objects"`

	written bool
}

// Label names the directory in messages: environment/deployment.
func (t *Touched) Label() string {
	if t.Deployment == "" {
		return t.Environment + "/" + path.Base(t.Directory)
	}
	return t.Environment + "/" + t.Deployment
}

// matchMoves turns a removal and an addition of the same object in one
// environment into a move.
func matchMoves(touched []*Touched) {
	type place struct{ environment, object string }
	gone := make(map[place]string)
	for _, t := range touched {
		for _, o := range t.Objects {
			if o.Action == Removed {
				gone[place{t.Environment, o.Object}] = o.File
			}
		}
	}
	moved := make(map[string]bool)
	for _, t := range touched {
		for i, o := range t.Objects {
			from, ok := gone[place{t.Environment, o.Object}]
			if ok && o.Action == Added {
				t.Objects[i].Action, t.Objects[i].From = Moved, from
				moved[from] = true
			}
		}
	}
	for _, t := range touched {
		t.Objects = slices.DeleteFunc(t.Objects, func(o ObjectChange) bool {
			return o.Action == Removed && moved[o.File]
		})
	}
}

// summarise returns what a plan touches, in the order in which it is told.
func summarise(touched []*Touched) []Touched {
	matchMoves(touched)
	var out []Touched
	for _, t := range touched {
		if !t.written {
			continue
		}
		slices.SortFunc(t.Objects, func(a, b ObjectChange) int { return cmp.Compare(a.File, b.File) })
		out = append(out, *t)
	}
	slices.SortFunc(out, func(a, b Touched) int {
		return cmp.Or(cmp.Compare(a.Environment, b.Environment),
			cmp.Compare(a.Deployment, b.Deployment), cmp.Compare(a.Directory, b.Directory))
	})
	return out
}
