package manifest

import "fmt"

// A Set is an ordered collection of objects with unique IDs. The zero value
// is an empty set ready for use.
type Set struct {
	objects []*Object
	byID    map[ID]*Object
}

// A DuplicateError reports two objects of one ID and where each was written.
type DuplicateError struct {
	ID            ID
	First, Second Origin
}

func (e *DuplicateError) Error() string {
	return fmt.Sprintf("%s: %s is already written by %s, want one object per name", e.Second, e.ID, e.First)
}

// Hint tells the user the usual way out.
func (e *DuplicateError) Hint() string {
	return "rename one of the two or remove it"
}

// Add appends an object, or returns a [*DuplicateError] and leaves the set as
// it was.
func (s *Set) Add(o *Object) error {
	id := o.ID()
	if first, ok := s.byID[id]; ok {
		return &DuplicateError{ID: id, First: first.Origin, Second: o.Origin}
	}
	if s.byID == nil {
		s.byID = make(map[ID]*Object)
	}
	s.byID[id] = o
	s.objects = append(s.objects, o)
	return nil
}

// Objects returns the objects in stream order. The slice is the set's own:
// read it, do not change it.
func (s *Set) Objects() []*Object { return s.objects }

// Get returns the object with that ID, or nil.
func (s *Set) Get(id ID) *Object { return s.byID[id] }

// Len returns the number of objects.
func (s *Set) Len() int { return len(s.objects) }
