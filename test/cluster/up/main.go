// Command up starts a test cluster on the loopback interface for a person to
// try things with, and says how to use it. It ends with Ctrl-C, and by itself
// after some hours.
//
//	go run ./test/cluster/up [-flux] [-argocd]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/lading-dev/lading/test/cluster"
)

func main() {
	var o cluster.Options
	flag.BoolVar(&o.Flux, "flux", false, "with Flux")
	flag.BoolVar(&o.ArgoCD, "argocd", false, "with Argo CD")
	life := flag.Duration("for", 4*time.Hour, "end after this time")
	build := flag.Bool("build", false, "only build everything, so that a start takes seconds")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	o.Log = os.Stderr
	o.Dir = filepath.Join(os.TempDir(), fmt.Sprintf("lading-cluster-%d", os.Getuid()))
	err := run(ctx, o, *build, *life)
	if err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o cluster.Options, build bool, life time.Duration) error {
	if build {
		return cluster.BuildAll(ctx, o.Log)
	}
	c, err := cluster.Start(ctx, o)
	if err != nil {
		return err
	}
	describe(c, life)
	select {
	case <-ctx.Done():
	case <-time.After(life):
		fmt.Fprintf(os.Stderr, "cluster: %s have passed\n", life)
	case err = <-c.Died():
	}
	return errors.Join(err, c.Close())
}

func describe(c *cluster.Cluster, life time.Duration) {
	fmt.Printf(`
export KUBECONFIG=%s
export PATH=%s:$PATH          # kubectl of the cluster's version

git      git init --bare %s/NAME.git   makes   %s/NAME.git
logs     %s/log
pods     behave as the annotation %s says, or their image:
`, c.Kubeconfig(), filepath.Dir(c.KubectlPath()), c.GitDir(), c.GitURL(), c.Dir(), cluster.BehaveAnnotation)
	for _, b := range cluster.Behaviours {
		fmt.Printf("         %-18s %-16s %s\n", b.Name, b.Image, b.Does)
	}
	fmt.Printf("\nCtrl-C ends it; it ends by itself in %s.\n", life)
}
