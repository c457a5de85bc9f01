package status

import (
	"fmt"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/lading-dev/lading/pkg/manifest"
)

// The objects of 1,000 Deployments, each with a ReplicaSet and two pods, are
// indexed and judged: where all is well, and where each new pod crashes.
func BenchmarkThousandDeployments(b *testing.B) {
	for name, file := range map[string]string{
		"ready":   "../../testdata/status/deployment-ready.yaml",
		"failing": "../../testdata/status/deployment-degraded.yaml",
	} {
		b.Run(name, func(b *testing.B) {
			_, sample := readSituationFile(b, file)
			objects, ids := manyOf(sample.Live, 1000)
			b.ReportAllocs()
			for b.Loop() {
				judge := &Judge{Live: NewLive(objects, nil), Now: sample.Now}
				for _, id := range ids {
					judge.Object(id)
					judge.staleConfig(judge.Live.Get(id))
				}
			}
		})
	}
}

// manyOf copies the objects of a sample under other names, pods twice.
func manyOf(sample *Live, n int) (objects []*unstructured.Unstructured, deployments []manifest.ID) {
	for i := range n {
		for _, o := range sample.byID {
			objects = append(objects, renamed(o, fmt.Sprintf("-%d", i)))
			switch o.GetKind() {
			case "Deployment":
				deployments = append(deployments, IDOf(objects[len(objects)-1]))
			case "Pod":
				objects = append(objects, renamed(o, fmt.Sprintf("-%d-again", i)))
				objects[len(objects)-1].SetOwnerReferences(objects[len(objects)-2].GetOwnerReferences())
			}
		}
	}
	return objects, deployments
}

// renamed copies an object with its name and all UIDs marked.
func renamed(o *unstructured.Unstructured, mark string) *unstructured.Unstructured {
	o = o.DeepCopy()
	o.SetName(o.GetName() + mark)
	o.SetUID(o.GetUID() + types.UID(mark))
	owners := o.GetOwnerReferences()
	for i := range owners {
		owners[i].UID += types.UID(mark)
	}
	o.SetOwnerReferences(owners)
	return o
}
