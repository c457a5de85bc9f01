package kubetest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// A key names an object. Versions of one group are one kind.
type key struct{ group, kind, namespace, name string }

// A stored is an object as it was at one version. It never changes.
type stored struct {
	key
	object map[string]any
	json   []byte
	rv     int
}

// A change is one entry of the history that watches read.
type change struct {
	rv       int
	old, new *stored // nil for what was created or deleted
}

// A store is the objects, their history and the kinds there are.
type store struct {
	mu        sync.Mutex
	types     []Type
	objects   map[key]*stored
	history   []change
	rv        int
	compacted int           // the newest version that is forgotten
	changed   chan struct{} // closed at the next change
}

func newStore() *store {
	return &store{types: Types(), objects: make(map[key]*stored), rv: 1000, compacted: 999, changed: make(chan struct{})}
}

func (s *store) addType(t Type) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.types = append(s.types, t)
}

func (s *store) removeType(group, kind string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.types = slices.DeleteFunc(s.types, func(t Type) bool { return t.Group == group && t.Kind == kind })
	for k := range s.objects {
		if k.group == group && k.kind == kind {
			delete(s.objects, k)
		}
	}
	s.wake()
}

func (s *store) allTypes() []Type {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.types)
}

// wake tells watches that there is something new.
func (s *store) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// put creates or replaces an object.
func (s *store) put(o map[string]any) error {
	u := unstructured.Unstructured{Object: o}
	gvk := u.GroupVersionKind()
	if gvk.Kind == "" || u.GetName() == "" {
		return fmt.Errorf("an object has no kind or no name: %v", o)
	}
	for _, field := range []string{"labels", "annotations"} {
		if _, _, err := unstructured.NestedStringMap(o, "metadata", field); err != nil {
			return fmt.Errorf("%s %s: %w", gvk.Kind, u.GetName(), err) // as y, which is a boolean
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	k := key{gvk.Group, gvk.Kind, u.GetNamespace(), u.GetName()}
	if err := s.servable(k); err != nil {
		return err
	}
	old := s.objects[k]
	s.rv++
	u.SetResourceVersion(strconv.Itoa(s.rv))
	if u.GetUID() == "" {
		u.SetUID(uidOf(old, k))
	}
	if metadata := o["metadata"].(map[string]any); metadata["creationTimestamp"] == nil {
		metadata["creationTimestamp"] = "2026-01-02T03:04:05Z"
	}
	encoded, err := json.Marshal(o)
	if err != nil {
		return err
	}
	now := &stored{key: k, object: o, json: encoded, rv: s.rv}
	s.objects[k] = now
	s.history = append(s.history, change{s.rv, old, now})
	s.wake()
	return nil
}

// uidOf keeps the UID of an object that was there, and makes one of its names.
func uidOf(old *stored, k key) types.UID {
	if old != nil {
		return (&unstructured.Unstructured{Object: old.object}).GetUID()
	}
	return types.UID(strings.ToLower("uid-" + k.kind + "-" + k.namespace + "-" + k.name))
}

// servable refuses what a real server would not have.
func (s *store) servable(k key) error {
	at := slices.IndexFunc(s.types, func(t Type) bool { return t.Group == k.group && t.Kind == k.kind })
	switch {
	case at < 0:
		return fmt.Errorf("no kind %s in group %q, add it with Serve", k.kind, k.group)
	case s.types[at].Namespaced && k.namespace == "":
		return fmt.Errorf("%s %s has no namespace", k.kind, k.name)
	case !s.types[at].Namespaced && k.namespace != "":
		return fmt.Errorf("%s %s has namespace %s, want none", k.kind, k.name, k.namespace)
	}
	return nil
}

func (s *store) remove(k key) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.objects[k]
	if old == nil {
		return false
	}
	s.rv++
	delete(s.objects, k)
	s.history = append(s.history, change{s.rv, old, nil})
	s.wake()
	return true
}

// pick returns the objects of a kind in order, and the version at which they
// are so.
func (s *store) pick(a asked) ([]*stored, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []*stored
	for _, o := range s.objects {
		if a.covers(o) {
			found = append(found, o)
		}
	}
	slices.SortFunc(found, func(x, y *stored) int { return strings.Compare(x.path(), y.path()) })
	return found, s.rv
}

func (k key) path() string { return k.namespace + "/" + k.name }

// since returns the history after a version, and a channel that tells of more;
// ok is false where it is forgotten.
func (s *store) since(rv int) (changes []change, now int, more <-chan struct{}, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if rv < s.compacted {
		return nil, s.rv, nil, false
	}
	at, _ := slices.BinarySearchFunc(s.history, rv+1, func(c change, rv int) int { return c.rv - rv })
	return s.history[at:], s.rv, s.changed, true
}

// served tells whether there is such a kind.
func (s *store) served(a asked) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.types, func(t Type) bool { return t.Group == a.Group && t.Resource == a.Resource })
}

// Apply creates objects or replaces them as a whole. It keeps the UID of what
// was there, and gives version, UID and creation time to what has none.
func (s *Server) Apply(objects ...*unstructured.Unstructured) error {
	for _, o := range objects {
		if err := s.store.put(o.DeepCopy().Object); err != nil {
			return err
		}
	}
	return nil
}

// ApplyYAML does the same with documents of YAML or JSON.
func (s *Server) ApplyYAML(documents string) error {
	decoder := yaml.NewYAMLOrJSONDecoder(strings.NewReader(documents), 4096)
	for {
		var raw json.RawMessage
		err := decoder.Decode(&raw)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if raw = bytes.TrimSpace(raw); len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
			continue
		}
		var o unstructured.Unstructured
		if err := o.UnmarshalJSON(raw); err != nil {
			return err
		}
		if err := s.store.put(o.Object); err != nil {
			return err
		}
	}
}

// Get returns an object, nil where there is none.
func (s *Server) Get(group, kind, namespace, name string) *unstructured.Unstructured {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	o := s.store.objects[key{group, kind, namespace, name}]
	if o == nil {
		return nil
	}
	return (&unstructured.Unstructured{Object: o.object}).DeepCopy()
}

// Objects returns the objects of a kind, in order.
func (s *Server) Objects(group, kind string) []*unstructured.Unstructured {
	found, _ := s.store.pick(asked{Type: Type{Group: group, Kind: kind}})
	objects := make([]*unstructured.Unstructured, len(found))
	for i, o := range found {
		objects[i] = (&unstructured.Unstructured{Object: o.object}).DeepCopy()
	}
	return objects
}

// Change changes an object that is there.
func (s *Server) Change(group, kind, namespace, name string, change func(map[string]any)) error {
	o := s.Get(group, kind, namespace, name)
	if o == nil {
		return fmt.Errorf("there is no %s %s/%s", kind, namespace, name)
	}
	change(o.Object)
	return s.Apply(o)
}

// Delete removes an object and tells whether it was there.
func (s *Server) Delete(group, kind, namespace, name string) bool {
	return s.store.remove(key{group, kind, namespace, name})
}

// Compact forgets the history so far: watches and pages that go on from an
// older version get 410 Gone.
func (s *Server) Compact() {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	s.store.rv++
	s.store.history, s.store.compacted = nil, s.store.rv
	s.store.wake()
}
