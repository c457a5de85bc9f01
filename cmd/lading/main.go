// Command lading compiles pipeline-deployment settings into Kubernetes
// manifests and commits them to the Git repository that Argo CD or Flux syncs.
package main

import (
	"os"
	_ "time/tzdata" // Argo CD's sync windows have time zones; images often have none

	"github.com/lading-dev/lading/internal/cli"
)

func main() { os.Exit(cli.Main(cli.System(), os.Args[1:])) }
