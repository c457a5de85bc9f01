package cluster

import (
	"context"
	_ "embed"
	"os"
)

//go:embed assets/flux.yaml
var fluxObjects string

// startFlux starts the controllers that sync Git repositories. All their
// addresses are given: by default they listen on every interface.
func (c *Cluster) startFlux(ctx context.Context) error {
	if err := c.InstallCRDs(ctx, c.programs.in(flux, "crds")); err != nil {
		return err
	}
	if err := c.ApplyText(ctx, fluxObjects); err != nil {
		return err
	}
	if err := os.MkdirAll(c.path("flux"), 0o700); err != nil {
		return err
	}
	env := []string{"KUBECONFIG=" + c.Kubeconfig(), "RUNTIME_NAMESPACE=flux-system"}
	common := []string{"--metrics-addr=0", "--watch-all-namespaces=true", "--interval-jitter-percentage=0"}
	return c.launch(ctx,
		&component{
			name: "source-controller", program: c.programs.in(flux, "source-controller"), env: env,
			ready: plainHTTP(c.ports.fluxSource, "/readyz"),
			args: append([]string{
				"--storage-path=" + c.path("flux"),
				"--storage-addr=" + local(c.ports.fluxArtifacts),
				"--storage-adv-addr=" + local(c.ports.fluxArtifacts),
				"--health-addr=" + local(c.ports.fluxSource),
			}, common...),
		},
		&component{
			name: "kustomize-controller", program: c.programs.in(flux, "kustomize-controller"), env: env,
			ready: plainHTTP(c.ports.fluxKustomize, "/readyz"),
			args:  append([]string{"--health-addr=" + local(c.ports.fluxKustomize), "--requeue-dependency=2s"}, common...),
		})
}
