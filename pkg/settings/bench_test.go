package settings

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

const benchProject = `apiVersion: lading.dev/v1alpha1
kind: Project
metadata: {name: bench}
spec:
  key: bench
  deployments: ["deployments/*/deployment.yaml"]
  container_registry: registry.example.com
  defaults: {settings: {deployer: {image_pull_policy: IfNotPresent, labels: {team: ml}}}}
  environments:
    - {name: dev}
    - {name: staging, settings: {resources: {min_replicas: 1}}}
    - {name: prod, settings: {deployer: {labels: {tier: prod}}}, components: [high-availability]}
`

const benchDeployment = `apiVersion: lading.dev/v1alpha1
kind: PipelineDeployment
metadata: {name: greet-%d, labels: {team: ml}}
spec:
  pipeline: greet_pipeline
  env: {LOG_LEVEL: info}
  secretEnv: {API_TOKEN: {secret: greet-secrets, key: token}}
  settings:
    deployer:
      namespace: production
      service_type: ClusterIP
      service_port: 8000
      labels: {environment: production, version: "1.0"}
      annotations: {prometheus.io/scrape: "true", prometheus.io/port: "8000", prometheus.io/path: /metrics}
    resources: {cpu_count: 2, memory: 4GB, min_replicas: 2, max_replicas: 10}
  environments:
    prod: {settings: {resources: {min_replicas: 5}}}
`

func writeBench(b *testing.B, n int) string {
	b.Helper()
	dir := b.TempDir()
	write := func(name, text string) {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	write("lading.yaml", benchProject)
	for i := range n {
		write(fmt.Sprintf("deployments/%d/deployment.yaml", i), fmt.Sprintf(benchDeployment, i))
	}
	return dir
}

// BenchmarkLoad loads deployments for three environments each.
func BenchmarkLoad(b *testing.B) {
	for _, n := range []int{1, 10, 100, 1000} {
		b.Run(fmt.Sprintf("deployments=%d", n), func(b *testing.B) {
			dir := writeBench(b, n)
			b.ReportAllocs()
			for b.Loop() {
				l, err := Load(Options{Dir: dir})
				if err != nil {
					b.Fatal(err)
				}
				if len(l.Resolved) != 3*n {
					b.Fatalf("%d resolved", len(l.Resolved))
				}
			}
		})
	}
}

// BenchmarkOneFile loads a single file without a project.
func BenchmarkOneFile(b *testing.B) {
	dir := b.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "greet.yaml"), []byte(minimal), 0o644); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Load(Options{Dir: dir, Files: []string{"greet.yaml"}, NoProject: true}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkValues lists the values of one deployment with their origins.
func BenchmarkValues(b *testing.B) {
	r := loadOne(b, minimal)
	for b.Loop() {
		r.Values()
	}
}
