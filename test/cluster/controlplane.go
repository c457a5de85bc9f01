package cluster

import (
	"context"
	"crypto/tls"
	_ "embed"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

//go:embed assets/nodes.yaml
var nodes string

// startControlPlane starts Kubernetes and waits until a pod would run.
func (c *Cluster) startControlPlane(ctx context.Context) error {
	if err := c.launch(ctx, c.etcd(), c.apiServer()); err != nil {
		return err
	}
	if err := c.launch(ctx, c.controllerManager(), c.scheduler()); err != nil {
		return err
	}
	// kwok looks once at what kinds there are.
	if err := c.InstallCRDs(ctx, c.programs.in(controlPlane, "crds")); err != nil {
		return err
	}
	if err := c.writeStages(); err != nil {
		return err
	}
	if err := c.launch(ctx, c.kwok()); err != nil {
		return err
	}
	if err := c.ApplyText(ctx, nodes); err != nil {
		return err
	}
	_, err := c.Kubectl(ctx, "wait", "--for=condition=Ready", "nodes", "--all", "--timeout=60s")
	return err
}

func (c *Cluster) etcd() *component {
	return &component{name: "etcd", program: c.programs.kcp(), args: []string{"etcd",
		"-data-dir", c.path("etcd"),
		"-listen-client", "http://" + local(c.ports.etcd),
		"-listen-peer", "http://" + local(c.ports.etcdPeer),
	}}
}

func (c *Cluster) apiServer() *component {
	return &component{name: "kube-apiserver", program: c.programs.kcp(), ready: c.answers("/readyz"), args: []string{"kube-apiserver",
		"--etcd-servers=http://" + local(c.ports.etcd),
		"--bind-address=127.0.0.1",
		fmt.Sprintf("--secure-port=%d", c.ports.api),
		"--advertise-address=127.0.0.1",
		"--endpoint-reconciler-type=none", // an Endpoints object may not hold 127.0.0.1
		"--service-cluster-ip-range=10.96.0.0/16",
		"--authorization-mode=RBAC",
		"--allow-privileged=true",
		"--profiling=false",
		"--client-ca-file=" + c.path("ca.crt"),
		"--tls-cert-file=" + c.path("apiserver.crt"),
		"--tls-private-key-file=" + c.path("apiserver.key"),
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + c.path("sa.pub"),
		"--service-account-signing-key-file=" + c.path("sa.key"),
		"--kubelet-preferred-address-types=InternalIP",
	}}
}

// controllerManager is ready when it made the first service account: without
// one no pod is admitted.
func (c *Cluster) controllerManager() *component {
	return &component{name: "kube-controller-manager", program: c.programs.kcp(),
		ready: c.answers("/api/v1/namespaces/default/serviceaccounts/default"),
		args: []string{"kube-controller-manager",
			"--kubeconfig=" + c.path("controller-manager.kubeconfig"),
			"--secure-port=0",
			"--leader-elect=false",
			"--kube-api-qps=500", "--kube-api-burst=1000",
			"--profiling=false",
			"--service-account-private-key-file=" + c.path("sa.key"),
			"--root-ca-file=" + c.path("ca.crt"),
			"--cluster-signing-cert-file=" + c.path("ca.crt"),
			"--cluster-signing-key-file=" + c.path("ca.key"),
		}}
}

func (c *Cluster) scheduler() *component {
	return &component{name: "kube-scheduler", program: c.programs.kcp(), args: []string{"kube-scheduler",
		"--kubeconfig=" + c.path("scheduler.kubeconfig"),
		"--secure-port=0",
		"--leader-elect=false",
		"--kube-api-qps=500", "--kube-api-burst=1000",
		"--profiling=false",
	}}
}

// kwok also serves what the API server asks kubelets for, such as logs.
func (c *Cluster) kwok() *component {
	return &component{name: "kwok", program: c.programs.kcp(), ready: plainHTTP(c.ports.kubelet, "/healthz"), args: []string{"kwok",
		"--kubeconfig=" + c.path("kwok.kubeconfig"),
		"--config=" + c.path("stages.yaml"),
		"--manage-all-nodes=true",
		"--node-ip=127.0.0.1",
		fmt.Sprintf("--node-port=%d", c.ports.kubelet),
		"--server-address=" + local(c.ports.kubelet),
		"--tls-cert-file=" + c.path("apiserver.crt"),
		"--tls-private-key-file=" + c.path("apiserver.key"),
		"--cidr=10.244.0.0/16",
		"--node-lease-duration-seconds=40",
		"--enable-crds=Logs",
	}}
}

func (c *Cluster) writeStages() error {
	text, err := stages(c.path("pod-logs"))
	if err != nil {
		return err
	}
	return os.WriteFile(c.path("stages.yaml"), text, 0o600)
}

// answers reports whether the API server has a path.
func (c *Cluster) answers(path string) func(context.Context) bool {
	client := &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{RootCAs: c.keys.pool(), Certificates: []tls.Certificate{c.keys.admin}},
	}}
	url := c.Server() + path
	return func(ctx context.Context) bool { return isOK(ctx, client, url) }
}

// plainHTTP reports whether a server of this machine has a path.
func plainHTTP(port int, path string) func(context.Context) bool {
	client := &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	url := "http://" + local(port) + path
	return func(ctx context.Context) bool { return isOK(ctx, client, url) }
}

func isOK(ctx context.Context, client *http.Client, url string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	resp, err := client.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode == http.StatusOK
}
