// Command lading compiles pipeline-deployment settings into Kubernetes
// manifests and commits them to the Git repository that Argo CD or Flux syncs.
package main

import (
	"os"
	"runtime"
	"runtime/debug"
	_ "time/tzdata" // Argo CD's sync windows have time zones; images often have none

	"github.com/lading-dev/lading/internal/cli"
)

func main() {
	collectLater()
	os.Exit(cli.Main(cli.System(), os.Args[1:]))
}

// collectLater lets the first garbage collection wait for 16 MB rather than 4,
// which most commands never need. From there all is as usual, and as GOGC says
// where that is set.
func collectLater() {
	if os.Getenv("GOGC") != "" {
		return
	}
	type sentinel struct{ _ *byte }
	usual := debug.SetGCPercent(400)
	runtime.AddCleanup(&sentinel{}, func(percent int) { debug.SetGCPercent(percent) }, usual)
}
