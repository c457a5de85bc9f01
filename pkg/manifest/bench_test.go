package manifest

import (
	_ "embed"
	"testing"

	kyaml "sigs.k8s.io/kustomize/kyaml/yaml"
	sigsyaml "sigs.k8s.io/yaml"
)

//go:embed testdata/deployment.yaml
var benchmarkYAML []byte

// benchmarkBody returns a Deployment as ZenML's users have them.
func benchmarkBody() map[string]any {
	return Documents(benchmarkYAML)[0].Value.(map[string]any)
}

func BenchmarkEncode(b *testing.B) {
	body := benchmarkBody()
	b.Run("lading", func(b *testing.B) {
		b.ReportAllocs()
		var buf []byte
		for b.Loop() {
			var err error
			if buf, err = AppendYAML(buf[:0], body); err != nil {
				b.Fatal(err)
			}
		}
	})
	for name, marshal := range map[string]func(any) ([]byte, error){"sigs": sigsyaml.Marshal, "kyaml": kyaml.Marshal} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := marshal(body); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkDocuments(b *testing.B) {
	b.ReportAllocs()
	b.SetBytes(int64(len(benchmarkYAML)))
	for b.Loop() {
		Documents(benchmarkYAML)
	}
}

func BenchmarkNormalize(b *testing.B) {
	body := benchmarkBody()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Normalize(body); err != nil {
			b.Fatal(err)
		}
	}
}

func TestSampleIsCanonical(t *testing.T) {
	t.Parallel()
	got, err := AppendYAML(nil, benchmarkBody())
	if err != nil || string(got) != string(benchmarkYAML) {
		t.Errorf("testdata/deployment.yaml is not canonical: %v\n%s", err, got)
	}
}
