// Command argo is the part of Argo CD that syncs, in one program for tests:
// the application controller, the repo server and a redis.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alicebob/miniredis/v2"
	reposerver "github.com/argoproj/argo-cd/v3/cmd/argocd-repo-server/commands"
	_ "k8s.io/client-go/plugin/pkg/client/auth"
)

func main() {
	if len(os.Args) < 2 {
		usage()
	}
	name, args := os.Args[1], os.Args[2:]
	var err error
	switch name {
	case "argocd-application-controller":
		err = applicationController(args)
	case "argocd-repo-server":
		cmd := reposerver.NewCommand()
		cmd.SilenceUsage, cmd.SilenceErrors = true, true
		cmd.SetArgs(args)
		err = cmd.Execute()
	case "redis":
		err = runRedis(args)
	default:
		usage()
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}

func usage() {
	fmt.Fprintln(os.Stderr, "usage: argo argocd-application-controller|argocd-repo-server|redis ...")
	os.Exit(2)
}

// runRedis serves on the address that is its only argument.
func runRedis(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("want one address, got %q", args)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	redis := miniredis.NewMiniRedis()
	if err := redis.StartAddr(args[0]); err != nil {
		return err
	}
	// Time does not pass by itself there: Argo CD would keep for ever where a
	// branch was, and never see what is published after.
	const tick = time.Second
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(tick):
			redis.FastForward(tick)
		}
	}
}
