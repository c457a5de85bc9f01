package cluster

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// Kubectl runs kubectl as administrator and returns its standard output.
func (c *Cluster) Kubectl(ctx context.Context, args ...string) ([]byte, error) {
	return c.kubectl(ctx, "", args...)
}

// ApplyText applies manifests, server-side since some are too large for
// kubectl's annotation.
func (c *Cluster) ApplyText(ctx context.Context, manifests string) error {
	_, err := c.kubectl(ctx, manifests, "apply", "--server-side", "--force-conflicts", "-f", "-")
	return err
}

// Apply applies a file of manifests, or those of a directory.
func (c *Cluster) Apply(ctx context.Context, path string) error {
	_, err := c.Kubectl(ctx, "apply", "--server-side", "--force-conflicts", "-f", path)
	return err
}

// InstallCRDs applies the CustomResourceDefinitions of a file or directory and
// waits until their kinds are served.
func (c *Cluster) InstallCRDs(ctx context.Context, path string) error {
	if err := c.Apply(ctx, path); err != nil {
		return err
	}
	for {
		_, err := c.Kubectl(ctx, "wait", "--for=condition=Established", "-f", path, "--timeout=60s")
		if err == nil || !strings.Contains(err.Error(), noConditions) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// noConditions is what kubectl says of an object that nobody has looked at yet,
// instead of waiting.
const noConditions = ".status.conditions accessor error: <nil>"

func (c *Cluster) kubectl(ctx context.Context, stdin string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, c.KubectlPath(), args...)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+c.Kubeconfig(), "HOME="+c.dir)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return stdout.Bytes(), fmt.Errorf("kubectl %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return stdout.Bytes(), nil
}
