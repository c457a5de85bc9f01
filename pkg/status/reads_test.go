package status

import (
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/lading-dev/lading/pkg/manifest"
)

// besides are the kinds that rules do not say they read: those that an object
// refers to, and those that only make a message better.
var besides = []Read{
	within("", "ConfigMap"), within("", "Secret"), within("", "PersistentVolumeClaim"),
	within("apps", "Deployment"), within("apps", "StatefulSet"), within("apps", "DaemonSet"), within("apps", "ReplicaSet"), across("", "Node"),
}

// Whoever brings live objects brings what the rules say they read. Without the
// rest of the cluster the verdict has to be the same.
func TestRulesReadOnlyWhatTheySay(t *testing.T) {
	t.Parallel()
	for _, file := range situationFiles(t) {
		want, judge := readSituationFile(t, file)
		for _, w := range want.Results {
			id := parseID(t, w.ID)
			if judge.Live.Get(id) == nil {
				continue
			}
			alone := *judge
			alone.Live = judge.Live.only(id)
			if diff := cmp.Diff(judge.Object(id), alone.Object(id)); diff != "" {
				t.Errorf("%s: %s is judged otherwise without what its rule does not say it reads (-all +said):\n%s", filepath.Base(file), id, diff)
			}
		}
	}
}

// What a rule says it reads costs a list of it, so that some situation has to be
// judged otherwise without.
func TestRulesNeedWhatTheySay(t *testing.T) {
	t.Parallel()
	type need struct {
		of   schema.GroupKind
		read Read
	}
	needed := map[need]bool{}
	for _, file := range situationFiles(t) {
		want, judge := readSituationFile(t, file)
		for _, w := range want.Results {
			id := parseID(t, w.ID)
			kind := schema.GroupKind{Group: id.Group, Kind: id.Kind}
			for _, r := range rules[kind].reads {
				less := *judge
				less.Live = judge.Live.without(r)
				if !cmp.Equal(judge.Object(id), less.Object(id)) {
					needed[need{kind, r}] = true
				}
			}
		}
	}
	for kind, rule := range rules {
		for _, r := range rule.reads {
			if !needed[need{kind, r}] {
				t.Errorf("the rule for %s says that it reads %s, and no situation shows that it does", kind, r.Kind)
			}
		}
	}
}

// Whoever brings live objects may leave managedFields out, except where rules
// ask when an object was written.
func TestRulesAskWhenDatedKindsWereWritten(t *testing.T) {
	t.Parallel()
	asked := map[schema.GroupKind]bool{}
	for _, file := range situationFiles(t) {
		want, judge := readSituationFile(t, file)
		for kind := range judge.Live.writtenKinds() {
			less := *judge
			less.Live = judge.Live.undated(kind)
			if !cmp.Equal(want.judged(t, judge), want.judged(t, &less)) {
				asked[kind] = true
			}
		}
	}
	for kind := range asked {
		if !Dated(kind.Group, kind.Kind) {
			t.Errorf("%s is judged by when it was written, and Dated does not say so", kind)
		}
	}
	for _, kind := range dated {
		if !asked[kind] {
			t.Errorf("no situation shows that it counts when %s was written", kind)
		}
	}
}

// judged returns all that a situation asks for.
func (f situationFile) judged(t *testing.T, j *Judge) []Result {
	var all []Result
	for _, w := range f.Results {
		all = append(all, j.Object(parseID(t, w.ID)))
	}
	for _, w := range f.Warnings {
		all = append(all, warningOf(j)(parseID(t, w.ID)))
	}
	return all
}

// writtenKinds are the kinds of objects with managedFields.
func (l *Live) writtenKinds() map[schema.GroupKind]bool {
	kinds := map[schema.GroupKind]bool{}
	for id, o := range l.byID {
		if len(o.GetManagedFields()) > 0 {
			kinds[schema.GroupKind{Group: id.Group, Kind: id.Kind}] = true
		}
	}
	return kinds
}

// undated returns a Live without the managedFields of a kind.
func (l *Live) undated(kind schema.GroupKind) *Live {
	objects := l.all()
	for i, o := range objects {
		if o.GroupVersionKind().GroupKind() == kind {
			objects[i] = o.DeepCopy()
			objects[i].SetManagedFields(nil)
		}
	}
	return NewLive(objects, l.gaps)
}

// all are the objects and the events.
func (l *Live) all() []*unstructured.Unstructured {
	objects := slices.Collect(maps.Values(l.byID))
	for _, events := range l.events {
		objects = append(objects, events...)
	}
	return objects
}

// without returns a Live in which a kind is not there.
func (l *Live) without(r Read) *Live {
	return NewLive(slices.DeleteFunc(l.all(), func(o *unstructured.Unstructured) bool {
		return o.GroupVersionKind().GroupKind() == schema.GroupKind{Group: r.Group, Kind: r.Kind}
	}), l.gaps)
}

// only returns a Live with what is read to judge one object.
func (l *Live) only(id manifest.ID) *Live {
	kinds := append(slices.Clone(besides), Reads(id.Group, id.Kind)...)
	kinds = append(kinds, within(id.Group, id.Kind), within("", "Event"), within("events.k8s.io", "Event"))
	return NewLive(slices.DeleteFunc(l.all(), func(o *unstructured.Unstructured) bool {
		at := o.GroupVersionKind().GroupKind()
		return !slices.ContainsFunc(kinds, func(r Read) bool { return r.Group == at.Group && r.Kind == at.Kind })
	}), l.gaps)
}
