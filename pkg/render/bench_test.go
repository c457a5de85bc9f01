package render_test

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/lading-dev/lading/pkg/render"
)

// BenchmarkRender is one deployment by a renderer that has worked before; cold
// is the first one of a process.
func BenchmarkRender(b *testing.B) {
	for _, name := range []string{"level-2", "level-3", "level-4"} {
		loaded, err := load(b, filepath.Join(cases, name))
		if err != nil {
			b.Fatal(err)
		}
		in := inputs(loaded)[0]
		b.Run(name, func(b *testing.B) {
			r := render.New(render.Options{})
			for b.Loop() {
				mustRender(b, r, in)
			}
		})
		b.Run(name+"/cold", func(b *testing.B) {
			for b.Loop() {
				mustRender(b, render.New(render.Options{}), in)
			}
		})
	}
}

func mustRender(b *testing.B, r *render.Renderer, in render.Input) {
	out, err := r.Render(context.Background(), in)
	if err != nil {
		b.Fatal(story(err))
	}
	var buffer bytes.Buffer
	if err := out.Set.WriteYAML(&buffer); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkFleet renders n deployments for three environments and writes their
// bytes, on all processors. The settings are loaded before.
func BenchmarkFleet(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		b.Run(fmt.Sprintf("%dx3", n), func(b *testing.B) {
			in := fleet(b, n)
			var buffer bytes.Buffer
			for b.Loop() {
				render.All(context.Background(), in, render.Options{Workers: runtime.GOMAXPROCS(0)}, func(_ int, out *render.Output, err error) {
					if err != nil {
						b.Fatal(story(err))
					}
					buffer.Reset()
					if err := out.Set.WriteYAML(&buffer); err != nil {
						b.Fatal(err)
					}
				})
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(in)), "µs/deployment")
		})
	}
}

// fleet returns n deployments of a project with three environments.
func fleet(b *testing.B, n int) []render.Input {
	b.Helper()
	dir := b.TempDir()
	write(b, filepath.Join(dir, "lading.yaml"), `apiVersion: lading.dev/v1alpha1
kind: Project
metadata: {name: ml-platform}
spec:
  key: 3k9x0q
  deployments: [all.yaml]
  environments:
  - name: dev
  - name: staging
  - name: prod
    settings: {resources: {min_replicas: 3}}
`)
	var all strings.Builder
	for i := range n {
		fmt.Fprintf(&all, `---
apiVersion: lading.dev/v1alpha1
kind: PipelineDeployment
metadata: {name: pipeline-%d}
spec:
  image: registry.example.com/zenml:pipeline-%d
  env: {LOG_LEVEL: info, MODEL: m%d}
  settings:
    deployer: {namespace: production, service_type: ClusterIP, labels: {team: ml}, annotations: {prometheus.io/scrape: "true"}}
    resources: {cpu_count: 2, memory: 4GB, min_replicas: 2, max_replicas: 10}
`, i, i, i)
	}
	write(b, filepath.Join(dir, "all.yaml"), all.String())
	loaded, err := load(b, dir)
	if err != nil {
		b.Fatal(err)
	}
	return inputs(loaded)
}
