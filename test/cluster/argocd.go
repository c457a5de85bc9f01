package cluster

import (
	"context"
	_ "embed"
	"fmt"
	"os"
)

//go:embed assets/argocd.yaml
var argoObjects string

// startArgoCD starts the part of Argo CD that syncs, which looks for commits
// every ten seconds.
func (c *Cluster) startArgoCD(ctx context.Context) error {
	if err := c.InstallCRDs(ctx, c.programs.in(argoCD, "crds")); err != nil {
		return err
	}
	if err := c.ApplyText(ctx, argoObjects); err != nil {
		return err
	}
	env, err := c.argoEnvironment()
	if err != nil {
		return err
	}
	program := c.programs.in(argoCD, argoCD.name)
	return c.launch(ctx,
		&component{name: "argocd-redis", program: program, args: []string{"redis", local(c.ports.redis)}},
		&component{
			name: "argocd-repo-server", program: program, env: env,
			ready: plainHTTP(c.ports.repoServerMetrics, "/healthz"),
			args: []string{"argocd-repo-server",
				"--address=127.0.0.1", fmt.Sprintf("--port=%d", c.ports.repoServer),
				"--metrics-address=127.0.0.1", fmt.Sprintf("--metrics-port=%d", c.ports.repoServerMetrics),
				"--redis=" + local(c.ports.redis), "--disable-tls", "--revision-cache-expiration=5s"},
		},
		&component{
			name: "argocd-application-controller", program: program, env: env,
			ready: plainHTTP(c.ports.argoMetrics, "/healthz"),
			args: []string{"argocd-application-controller",
				"-kubeconfig=" + c.Kubeconfig(),
				"-repo-server=" + local(c.ports.repoServer),
				"-redis=" + local(c.ports.redis),
				"-metrics-address=" + local(c.ports.argoMetrics)},
		})
}

// argoEnvironment keeps Argo CD's files in the cluster's directory.
// ARGOCD_FAKE_IN_CLUSTER lets https://kubernetes.default.svc, by which it knows
// its own cluster, mean the kubeconfig's.
func (c *Cluster) argoEnvironment() ([]string, error) {
	dir := c.path("argocd")
	for _, d := range []string{"tmp", "gpg", "tls", "ssh", "plugins"} {
		if err := os.MkdirAll(dir+"/"+d, 0o700); err != nil {
			return nil, err
		}
	}
	return []string{
		"KUBECONFIG=" + c.Kubeconfig(), "TMPDIR=" + dir + "/tmp",
		"ARGOCD_FAKE_IN_CLUSTER=true", "ARGOCD_GPG_ENABLED=false",
		"ARGOCD_GNUPGHOME=" + dir + "/gpg", "ARGOCD_GPG_DATA_PATH=" + dir + "/gpg",
		"ARGOCD_TLS_DATA_PATH=" + dir + "/tls", "ARGOCD_SSH_DATA_PATH=" + dir + "/ssh",
		"ARGOCD_PLUGINSOCKFILEPATH=" + dir + "/plugins", "ARGOCD_ASK_PASS_SOCK=" + dir + "/ask.sock",
	}, nil
}
