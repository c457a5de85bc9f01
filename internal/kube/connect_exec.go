// Credential plugins: programs that print a credential, which is how clusters
// of EKS, GKE and AKS are entered. client-go runs them too, but lets them
// write to the terminal and cannot be interrupted while they run. See
// https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins.

package kube

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"sync"
	"time"

	v1 "k8s.io/client-go/pkg/apis/clientauthentication/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd/api"
)

// A plugin runs a program for a credential, and again when that one ends.
type plugin struct {
	exec  *api.ExecConfig
	info  string // the value of KUBERNETES_EXEC_INFO
	now   func() time.Time
	limit time.Duration // of a run
	// replaced is called when a client certificate took the place of another,
	// with which connections are open.
	replaced func()

	mu     sync.Mutex
	latest *issuing // nil at first, and where its credential was not taken
	shown  *tls.Certificate
}

// An issuing is a run of the program, on its way or over.
type issuing struct {
	over       chan struct{} // closed when the credential or the error is there
	credential *issued
	err        error
	told       told
}

// issued is a credential that a plugin printed.
type issued struct {
	token       string
	certificate *tls.Certificate
	ends        time.Time
}

// longestRun is how long a program may take: a person may have to log in with a
// browser. One that waits longer waits for somebody who does not see what it
// asks for.
const longestRun = 5 * time.Minute

func newPlugin(cluster *rest.Config, now func() time.Time) (*plugin, error) {
	config := cluster.ExecProvider
	if config.InteractiveMode == api.AlwaysExecInteractiveMode {
		return nil, fmt.Errorf("the credential plugin %s wants a terminal (interactiveMode: Always), which it is not given", config.Command)
	}
	cred := v1.ExecCredential{}
	cred.APIVersion, cred.Kind = config.APIVersion, "ExecCredential"
	if config.ProvideClusterInfo {
		known, err := rest.ConfigToExecCluster(cluster)
		if err != nil {
			return nil, err
		}
		cred.Spec.Cluster = new(v1.Cluster)
		if err := v1.Convert_clientauthentication_Cluster_To_v1_Cluster(known, cred.Spec.Cluster, nil); err != nil {
			return nil, err
		}
	}
	info, err := json.Marshal(&cred)
	return &plugin{exec: config, info: string(info), now: now, limit: longestRun, replaced: func() {}}, err
}

// credential returns the present credential, or a new one where that ended. All
// who need one wait for the same run of the program, which goes on without
// those whose time is over: it may take longer than a request may.
func (p *plugin) credential(ctx context.Context) (*issued, error) {
	i := p.issuing(ctx)
	select {
	case <-i.over:
		return i.credential, i.err
	case <-ctx.Done():
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return nil, p.failed("it has not ended yet", &i.told, p.loginHint())
	}
	return nil, ctx.Err()
}

// issuing is the latest run of the program, or a new one.
func (p *plugin) issuing(ctx context.Context) *issuing {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.latest == nil || p.latest.isOver() && !p.latest.isGood(p.now()) {
		p.latest = p.begin(context.WithoutCancel(ctx))
	}
	return p.latest
}

func (i *issuing) isOver() bool {
	select {
	case <-i.over:
		return true
	default:
		return false
	}
}

// isGood tells whether a run that is over gave a credential that has not ended.
func (i *issuing) isGood(now time.Time) bool {
	return i.err == nil && (i.credential.ends.IsZero() || now.Before(i.credential.ends))
}

// drop forgets a credential that the server did not take.
func (p *plugin) drop(c *issued) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.latest != nil && p.latest.isOver() && p.latest.credential == c {
		p.latest = nil
	}
}

// begin runs the program; never twice at once.
func (p *plugin) begin(ctx context.Context) *issuing {
	i := &issuing{over: make(chan struct{})}
	go func() {
		defer close(i.over)
		ctx, cancel := context.WithTimeout(ctx, p.limit)
		defer cancel()
		printed, err := p.run(ctx, &i.told)
		if err != nil {
			i.err = err
			return
		}
		if i.credential, err = p.read(printed); err != nil {
			i.err = p.failed(err.Error(), nil, "see what it prints when it is run by hand")
			return
		}
		p.show(i.credential.certificate)
	}()
	return i
}

// show notes the certificate for new connections.
func (p *plugin) show(certificate *tls.Certificate) {
	if p.shown != nil && !sameCertificate(p.shown, certificate) {
		p.replaced()
	}
	p.shown = certificate
}

func sameCertificate(a, b *tls.Certificate) bool {
	if a == nil || b == nil {
		return a == b
	}
	return bytes.Equal(a.Certificate[0], b.Certificate[0])
}

func (p *plugin) run(ctx context.Context, told *told) ([]byte, error) {
	cmd := exec.CommandContext(ctx, p.exec.Command, p.exec.Args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, told
	cmd.WaitDelay = time.Second
	cmd.Env = cmd.Environ()
	for _, v := range p.exec.Env {
		cmd.Env = append(cmd.Env, v.Name+"="+v.Value)
	}
	cmd.Env = append(cmd.Env, "KUBERNETES_EXEC_INFO="+p.info)
	err := cmd.Run()
	switch {
	case err == nil:
		return out.Bytes(), nil
	case ctx.Err() != nil:
		return nil, p.failed(fmt.Sprintf("it did not end within %s", p.limit), told, p.loginHint())
	case errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist):
		return nil, p.failed("there is no such program", nil, p.installHint())
	}
	return nil, p.failed(err.Error(), told, p.loginHint())
}

// read takes the credential out of what the program printed.
func (p *plugin) read(printed []byte) (*issued, error) {
	var cred v1.ExecCredential
	if err := json.Unmarshal(printed, &cred); err != nil {
		return nil, fmt.Errorf("its output is no ExecCredential in JSON")
	}
	switch s := cred.Status; {
	case cred.Kind != "ExecCredential" || cred.APIVersion != p.exec.APIVersion:
		return nil, fmt.Errorf("it printed %s %s, want ExecCredential of %s, as the kubeconfig says", cred.Kind, cred.APIVersion, p.exec.APIVersion)
	case s == nil || s.Token == "" && s.ClientCertificateData == "":
		return nil, errors.New("its output has neither a token nor a client certificate")
	}
	c := &issued{token: cred.Status.Token}
	if end := cred.Status.ExpirationTimestamp; end != nil {
		c.ends = end.Time
	}
	if cred.Status.ClientCertificateData == "" {
		return c, nil
	}
	pair, err := tls.X509KeyPair([]byte(cred.Status.ClientCertificateData), []byte(cred.Status.ClientKeyData))
	if err != nil {
		return nil, fmt.Errorf("its client certificate: %w", err)
	}
	c.certificate = &pair
	return c, nil
}
