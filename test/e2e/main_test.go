//go:build e2e

// Package e2e holds lading against real clusters: what it renders and commits
// is synced by Flux and Argo CD, and what it says about a cluster is compared
// with what is there. `make e2e` runs it.
package e2e

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lading-dev/lading/test/cluster"
)

var (
	dir = flag.String("dir", "", "where the cluster's state and logs lie, and stay (default: a temporary directory)")
	bin = flag.String("lading", "", "a lading that is built already (default: that of this checkout)")
)

// One cluster serves all tests: each has namespaces of its own.
var (
	shared *cluster.Cluster
	lading string
)

func TestMain(m *testing.M) {
	flag.Parse()
	status, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		status = 1
	}
	os.Exit(status)
}

func run(m *testing.M) (status int, err error) {
	ctx := context.Background()
	temp, err := os.MkdirTemp("", "lading-e2e-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(temp)
	if lading, err = program(ctx, temp); err != nil {
		return 1, err
	}
	shared, err = cluster.Start(ctx, cluster.Options{Dir: *dir, Flux: true, ArgoCD: true, Log: os.Stderr})
	if err != nil {
		return 1, err
	}
	defer func() {
		if closed := shared.Close(); err == nil {
			err = closed
		}
	}()
	go func() { // tests would only wait in vain
		died := <-shared.Died()
		fmt.Fprintln(os.Stderr, "e2e:", died)
		_ = shared.Close()
		os.Exit(1)
	}()
	return m.Run(), nil
}

// program returns the lading to test.
func program(ctx context.Context, dir string) (string, error) {
	if *bin != "" {
		return filepath.Abs(*bin)
	}
	path := filepath.Join(dir, "lading")
	out, err := exec.CommandContext(ctx, "go", "build", "-o", path, "../../cmd/lading").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("building lading: %w\n%s", err, strings.TrimSpace(string(out)))
	}
	return path, nil
}
