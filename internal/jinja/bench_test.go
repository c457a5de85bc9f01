package jinja

import (
	"context"
	"testing"
)

// BenchmarkReferenceDeployment renders the deployment template of the
// reference, parsed once and parsed each time.
func BenchmarkReferenceDeployment(b *testing.B) {
	c := wholeCase(b, "reference-deployment")
	files := filesOf(c)
	for name, reuse := range map[string]bool{"parsed": true, "parsing": false} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			e := New()
			for b.Loop() {
				if !reuse {
					e = New()
				}
				if _, err := e.Render(context.Background(), files, "dir/template", c.vars); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
