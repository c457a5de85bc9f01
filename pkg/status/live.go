package status

import (
	"errors"
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/lading-dev/lading/internal/hint"
	"github.com/lading-dev/lading/pkg/manifest"
)

// Live is a set of objects as a cluster has them at one moment, indexed the
// ways in which rules look for them. Objects in it are not changed by anybody.
type Live struct {
	byID   map[manifest.ID]*unstructured.Unstructured
	byKind map[kindIn][]*unstructured.Unstructured
	owned  map[ownedKind][]*unstructured.Unstructured
	events map[types.UID][]*unstructured.Unstructured
	gaps   []Gap

	// labels are made as they are asked for, since of the labels of many
	// objects few are selected by.
	labels     map[labelIn]map[string][]*unstructured.Unstructured
	labelsLock sync.Mutex
}

type kindIn struct{ group, kind, namespace string }

type labelIn struct {
	kindIn
	key string
}

type ownedKind struct {
	owner types.UID
	kind  string
}

// A Gap is a kind that could not be read, so that its objects are unknown and
// not missing. Namespace is empty where it holds for all of them.
type Gap struct {
	Group, Kind, Namespace string
	Reason                 Reason // Forbidden, KindNotServed, or Unreachable
	Message, Next          string
	// Final tells that waiting does not help; it is so of all that is Forbidden.
	Final bool
}

// Lost is the gap that an error leaves where nothing can be read: for good, if it
// has a method Temporary that says so, and Forbidden where it has a method
// Refused that says that the server does not want to be asked by this user.
func Lost(err error) Gap {
	gap := Gap{Reason: Unreachable, Message: err.Error(), Next: hint.Of(err)}
	var passing interface{ Temporary() bool }
	gap.Final = errors.As(err, &passing) && !passing.Temporary()
	var refusal interface{ Refused() bool }
	if errors.As(err, &refusal) && refusal.Refused() {
		gap.Reason = Forbidden
	}
	return gap
}

// NewLive indexes objects. Events (of the core group or of events.k8s.io) are
// found by the object that they regard.
func NewLive(objects []*unstructured.Unstructured, gaps []Gap) *Live {
	l := &Live{
		byID:   make(map[manifest.ID]*unstructured.Unstructured, len(objects)),
		byKind: make(map[kindIn][]*unstructured.Unstructured),
		owned:  make(map[ownedKind][]*unstructured.Unstructured),
		events: make(map[types.UID][]*unstructured.Unstructured),
		gaps:   gaps,
		labels: make(map[labelIn]map[string][]*unstructured.Unstructured),
	}
	for _, o := range objects {
		l.add(o)
	}
	return l
}

func (l *Live) add(o *unstructured.Unstructured) {
	id := IDOf(o)
	if id.Kind == "Event" && (id.Group == "" || id.Group == "events.k8s.io") {
		uid := types.UID(regarded(o))
		l.events[uid] = append(l.events[uid], o)
		return
	}
	l.byID[id] = o
	in := kindIn{id.Group, id.Kind, id.Namespace}
	l.byKind[in] = append(l.byKind[in], o)
	for _, owner := range o.GetOwnerReferences() {
		by := ownedKind{owner.UID, id.Kind}
		l.owned[by] = append(l.owned[by], o)
	}
}

// regarded returns the UID of the object that an event is about.
func regarded(event *unstructured.Unstructured) string {
	for _, field := range []string{"involvedObject", "regarding"} {
		if uid, ok, _ := unstructured.NestedString(event.Object, field, "uid"); ok {
			return uid
		}
	}
	return ""
}

// IDOf returns the identity of a live object.
func IDOf(o *unstructured.Unstructured) manifest.ID {
	gvk := o.GroupVersionKind()
	return manifest.ID{Group: gvk.Group, Kind: gvk.Kind, Namespace: o.GetNamespace(), Name: o.GetName()}
}

// Get returns one object, nil where it is not there.
func (l *Live) Get(id manifest.ID) *unstructured.Unstructured { return l.byID[id] }

// All returns the objects of one kind in one namespace; an empty namespace is
// that of cluster-scoped kinds.
func (l *Live) All(group, kind, namespace string) []*unstructured.Unstructured {
	return l.byKind[kindIn{group, kind, namespace}]
}

// labelled returns the objects of [Live.All] that have a label.
func (l *Live) labelled(in kindIn, key, value string) []*unstructured.Unstructured {
	l.labelsLock.Lock()
	defer l.labelsLock.Unlock()
	byValue, known := l.labels[labelIn{in, key}]
	if !known {
		byValue = make(map[string][]*unstructured.Unstructured)
		for _, o := range l.byKind[in] {
			if has, ok := labelsOf(o)[key].(string); ok {
				byValue[has] = append(byValue[has], o)
			}
		}
		l.labels[labelIn{in, key}] = byValue
	}
	return byValue[value]
}

// OwnedBy returns the objects of one kind that name uid among their owners.
func (l *Live) OwnedBy(uid types.UID, kind string) []*unstructured.Unstructured {
	return l.owned[ownedKind{uid, kind}]
}

// Events returns the events about the object with this UID, in no order.
func (l *Live) Events(uid types.UID) []*unstructured.Unstructured { return l.events[uid] }

// Gap tells why objects of a kind in a namespace are unknown, nil where they
// are known.
func (l *Live) Gap(group, kind, namespace string) *Gap {
	at := slices.IndexFunc(l.gaps, func(g Gap) bool {
		return g.Group == group && g.Kind == kind && (g.Namespace == "" || g.Namespace == namespace)
	})
	if at < 0 {
		return nil
	}
	return &l.gaps[at]
}
