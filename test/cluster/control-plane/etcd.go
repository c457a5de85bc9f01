package main

import (
	"context"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"syscall"

	"go.etcd.io/etcd/server/v3/embed"
)

// etcd runs one member that forgets on a power cut, which no test waits for.
func etcd(args []string) int {
	fs := flag.NewFlagSet("etcd", flag.ExitOnError)
	dir := fs.String("data-dir", "", "data directory")
	client := fs.String("listen-client", "", "URL for clients")
	peer := fs.String("listen-peer", "", "URL for other members")
	_ = fs.Parse(args)
	if err := serveEtcd(*dir, *client, *peer); err != nil {
		fmt.Fprintln(os.Stderr, "etcd:", err)
		return 1
	}
	return 0
}

func serveEtcd(dir, client, peer string) error {
	c := embed.NewConfig()
	c.Dir = dir
	c.LogLevel = "warn"
	c.UnsafeNoFsync = true
	c.TickMs, c.ElectionMs = 10, 100 // it elects itself at once
	var err error
	if c.ListenClientUrls, err = urls(client); err != nil {
		return err
	}
	if c.ListenPeerUrls, err = urls(peer); err != nil {
		return err
	}
	c.AdvertiseClientUrls, c.AdvertisePeerUrls = c.ListenClientUrls, c.ListenPeerUrls
	c.InitialCluster = c.InitialClusterFromName(c.Name)
	e, err := embed.StartEtcd(c)
	if err != nil {
		return err
	}
	defer e.Close()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	select {
	case <-ctx.Done():
		return nil
	case err := <-e.Err():
		return err
	}
}

func urls(s string) ([]url.URL, error) {
	u, err := url.Parse(s)
	if err != nil {
		return nil, err
	}
	return []url.URL{*u}, nil
}
