// Package cluster runs a real Kubernetes control plane on the loopback
// interface for tests and for people who try things: etcd, API server,
// controller manager and scheduler as they are released, kwok in place of the
// kubelets, a Git server, and Flux and Argo CD where they are asked for.
//
// The programs are built from Go modules below this directory, which have
// requirements of their own, and are kept in the user's cache directory. Pods
// run nothing: they behave as an annotation or the name of their image says,
// see Behaviours.
//
// Nothing outlives the process that started a cluster, however it ends.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// Options say what a cluster consists of.
type Options struct {
	// Dir holds the cluster's state and its logs; what is in it is removed
	// first, and only one cluster at a time may have it. Where it is empty, the
	// cluster lies in a temporary directory, which Close removes.
	Dir string
	// Flux and ArgoCD start the engines too.
	Flux, ArgoCD bool
	// Log is told about builds, which take minutes the first time. May be nil.
	Log io.Writer
}

// A Cluster is a control plane that runs.
type Cluster struct {
	dir      string
	own      bool   // dir is ours to remove
	unlock   func() // frees dir, where it is not
	programs programs
	keys     *keys
	ports    ports
	git      *gitServer
	spawner  *spawner
	died     chan error

	mu         sync.Mutex // guards components
	components []*component
}

// startTimeout bounds each wait for a component. It is generous: machines that
// build and test at once are slow.
const startTimeout = 3 * time.Minute

// Start builds what is not built yet, starts a cluster and waits until its
// nodes take pods and the engines are ready.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	if o.Log == nil {
		o.Log = io.Discard
	}
	programs, err := Build(ctx, o.Log, parts(o)...)
	if err != nil {
		return nil, err
	}
	// A free port may be taken before the component has it.
	for attempt := 1; ; attempt++ {
		c, err := start(ctx, o, programs)
		if err == nil || attempt == 3 || !errors.Is(err, errPortTaken) {
			return c, err
		}
		fmt.Fprintf(o.Log, "trying again with other ports: %v\n", err)
	}
}

func start(ctx context.Context, o Options, programs programs) (*Cluster, error) {
	c := &Cluster{programs: programs, spawner: newSpawner(), died: make(chan error, 16)}
	err := c.prepare(o.Dir)
	if err == nil {
		err = c.run(ctx, o)
	}
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// prepare makes the directory and all that components read from it.
func (c *Cluster) prepare(dir string) error {
	if err := c.claim(dir); err != nil {
		return err
	}
	var err error
	for _, d := range []string{"log", "git", "bin", "pod-logs"} {
		if err := os.MkdirAll(c.path(d), 0o700); err != nil {
			return err
		}
	}
	if c.ports, err = freePorts(); err != nil {
		return err
	}
	if c.keys, err = newKeys(c.dir); err != nil {
		return fmt.Errorf("making certificates: %w", err)
	}
	if err := c.writeKubeconfigs(); err != nil {
		return err
	}
	if err := writePodLogs(c.path("pod-logs"), time.Now()); err != nil {
		return err
	}
	return os.Symlink(c.programs.kcp(), c.KubectlPath())
}

// lockFile is the file in a directory by whose lock a cluster has it.
const lockFile = "lock"

// claim takes a directory for this cluster alone, and empties it.
func (c *Cluster) claim(dir string) error {
	if dir == "" {
		var err error
		c.own = true
		c.dir, err = os.MkdirTemp("", "lading-cluster-")
		return err
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	c.dir = dir
	c.unlock, err = tryLock(c.path(lockFile))
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return fmt.Errorf("one runs already: export KUBECONFIG=%s", c.Kubeconfig())
	}
	if err != nil {
		return err
	}
	return clear(dir)
}

// clear removes what another cluster left, but not the lock.
func clear(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() == lockFile {
			continue
		}
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cluster) run(ctx context.Context, o Options) error {
	var err error
	if c.git, err = newGitServer(c.path("git")); err != nil {
		return fmt.Errorf("starting the git server: %w", err)
	}
	if err := c.startControlPlane(ctx); err != nil {
		return err
	}
	var engines []func(context.Context) error
	if o.Flux {
		engines = append(engines, c.startFlux)
	}
	if o.ArgoCD {
		engines = append(engines, c.startArgoCD)
	}
	return inParallel(ctx, engines...)
}

// inParallel calls all functions and returns what failed.
func inParallel(ctx context.Context, functions ...func(context.Context) error) error {
	failed := make([]error, len(functions))
	var wg sync.WaitGroup
	for i, f := range functions {
		wg.Go(func() { failed[i] = f(ctx) })
	}
	wg.Wait()
	return errors.Join(failed...)
}

// Close stops everything. What the cluster held is lost; its logs stay where
// Options named a directory.
func (c *Cluster) Close() error {
	if c.git != nil {
		c.git.close()
	}
	c.stopAll()
	if c.unlock != nil {
		c.unlock()
	}
	if c.own {
		return os.RemoveAll(c.dir)
	}
	return nil
}

// Died reports a component that ended although nobody stopped it.
func (c *Cluster) Died() <-chan error { return c.died }

// Dir is where state and logs lie; the logs are in Dir/log.
func (c *Cluster) Dir() string { return c.dir }

// Kubeconfig is the path of a kubeconfig for an administrator.
func (c *Cluster) Kubeconfig() string { return c.path("admin.kubeconfig") }

// Server is the API server's URL.
func (c *Cluster) Server() string { return fmt.Sprintf("https://127.0.0.1:%d", c.ports.api) }

// CAFile is the path of the certificate authority of the API server.
func (c *Cluster) CAFile() string { return c.path("ca.crt") }

// KubectlPath is the path of a kubectl of the cluster's version.
func (c *Cluster) KubectlPath() string { return c.path("bin/kubectl") }

func (c *Cluster) path(name string) string { return filepath.Join(c.dir, name) }
