package status

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/lading-dev/lading/pkg/manifest"
)

// besides are the kinds that rules do not say they read: those that an object
// refers to, and those that only make a message better.
var besides = []Read{
	within("", "ConfigMap"), within("", "Secret"), within("", "PersistentVolumeClaim"), across("storage.k8s.io", "StorageClass"),
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

// only returns a Live with what is read to judge one object.
func (l *Live) only(id manifest.ID) *Live {
	kinds := append(slices.Clone(besides), Reads(id.Group, id.Kind)...)
	var objects []*unstructured.Unstructured
	for at, o := range l.byID {
		isRead := func(r Read) bool { return r.Group == at.Group && r.Kind == at.Kind }
		if at.Group == id.Group && at.Kind == id.Kind || slices.ContainsFunc(kinds, isRead) {
			objects = append(objects, o)
		}
	}
	for _, events := range l.events {
		objects = append(objects, events...)
	}
	return NewLive(objects, l.gaps)
}
