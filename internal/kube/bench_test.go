package kube

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/lading-dev/lading/internal/kube/kubetest"
)

// BenchmarkListOfAThousandDeployments lists an environment of 1,000 deployments
// with their ReplicaSets, 2,000 pods and 3,000 events. live-MB is what the
// objects take.
func BenchmarkListOfAThousandDeployments(b *testing.B) {
	s, c := connected(b, kubetest.Options{})
	put(b, s, kubetest.Fleet(1000)...)
	wants := []Want{{Group: "apps", Kind: "Deployment"}, {Group: "apps", Kind: "ReplicaSet"}, {Kind: "Pod"}, {Kind: "Event"}}
	b.ReportAllocs()
	for b.Loop() {
		before := heap()
		found, gaps, err := c.List(b.Context(), wants)
		if err != nil || gaps != nil || len(found) != 7000 {
			b.Fatal(len(found), gaps, err)
		}
		b.StopTimer()
		b.ReportMetric(float64(heap()-before)/1e6, "live-MB")
		runtime.KeepAlive(found)
		b.StartTimer()
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func BenchmarkDiscovery(b *testing.B) {
	s, c := connected(b, kubetest.Options{})
	for i := range 100 {
		s.Serve(kubetest.Type{Group: fmt.Sprintf("g%d.example", i), Version: "v1", Kind: "Thing", Namespaced: true})
	}
	for b.Loop() {
		if _, err := c.Resources(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
