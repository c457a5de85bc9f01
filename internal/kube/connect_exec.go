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
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	clientauthentication "k8s.io/client-go/pkg/apis/clientauthentication/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd/api"
)

// A plugin runs a program for a credential, and again when that one ends.
type plugin struct {
	exec *api.ExecConfig
	info string // the value of KUBERNETES_EXEC_INFO
	now  func() time.Time

	mu      sync.Mutex
	current *issued
}

// issued is a credential that a plugin printed.
type issued struct {
	token       string
	certificate *tls.Certificate
	ends        time.Time
}

// A pluginError reports a program that gave no credential.
type pluginError struct {
	command string
	problem string
	stderr  string
	next    string
}

func (e *pluginError) Error() string {
	text := e.command + " gave no credential: " + e.problem
	if e.stderr != "" {
		text += "\n  " + strings.ReplaceAll(e.stderr, "\n", "\n  ")
	}
	return text
}

func newPlugin(config *api.ExecConfig, cluster *rest.Config, now func() time.Time) (*plugin, error) {
	if config.InteractiveMode == api.AlwaysExecInteractiveMode {
		return nil, fmt.Errorf("the credential plugin %s wants a terminal (interactiveMode: Always), which it is not given", config.Command)
	}
	cred := clientauthentication.ExecCredential{}
	cred.APIVersion, cred.Kind = config.APIVersion, "ExecCredential"
	if config.ProvideClusterInfo {
		cred.Spec.Cluster = clusterInfo(config, cluster)
	}
	info, err := json.Marshal(&cred)
	return &plugin{exec: config, info: string(info), now: now}, err
}

// clusterInfo is what a plugin may be told about its cluster.
func clusterInfo(config *api.ExecConfig, c *rest.Config) *clientauthentication.Cluster {
	info := &clientauthentication.Cluster{
		Server: c.Host, TLSServerName: c.ServerName, InsecureSkipTLSVerify: c.Insecure,
		CertificateAuthorityData: c.CAData, DisableCompression: c.DisableCompression,
	}
	if config.Config != nil {
		if data, err := json.Marshal(config.Config); err == nil {
			info.Config.Raw = data
		}
	}
	return info
}

// credential returns the present credential, or a new one where that ended.
func (p *plugin) credential(ctx context.Context) (*issued, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c := p.current; c != nil && (c.ends.IsZero() || p.now().Before(c.ends)) {
		return c, nil
	}
	printed, err := p.run(ctx)
	if err != nil {
		return nil, err
	}
	c, err := p.read(printed)
	if err != nil {
		return nil, &pluginError{command: p.exec.Command, problem: err.Error(), next: "see what it prints when it is run by hand"}
	}
	p.current = c
	return c, nil
}

// drop forgets a credential that the server did not take.
func (p *plugin) drop(c *issued) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current == c {
		p.current = nil
	}
}

func (p *plugin) run(ctx context.Context) ([]byte, error) {
	cmd := exec.CommandContext(ctx, p.exec.Command, p.exec.Args...)
	var out, told bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &told
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
		return nil, ctx.Err()
	case errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist):
		return nil, &pluginError{command: p.exec.Command, problem: "there is no such program", next: p.installHint()}
	}
	return nil, &pluginError{command: p.exec.Command, problem: err.Error(), stderr: lastLines(told.String()), next: p.loginHint()}
}

// lastLines keeps the end of what a program told, where the cause stands.
func lastLines(text string) string {
	const most = 10
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-most):], "\n")
}

// installHint says how to get the program: in the words of the kubeconfig, or
// for the clouds' own ones in ours.
func (p *plugin) installHint() string {
	if hint := strings.TrimSpace(p.exec.InstallHint); hint != "" {
		return hint
	}
	switch filepath.Base(p.exec.Command) {
	case "aws":
		return "install the AWS CLI, version 2"
	case "gke-gcloud-auth-plugin":
		return "install it: gcloud components install gke-gcloud-auth-plugin"
	case "kubelogin":
		return "install it: az aks install-cli"
	}
	return "install it, or correct users[].user.exec.command in the kubeconfig"
}

func (p *plugin) loginHint() string {
	switch filepath.Base(p.exec.Command) {
	case "aws":
		return "log in again: aws sso login, or check AWS_PROFILE and the keys"
	case "gke-gcloud-auth-plugin":
		return "log in again: gcloud auth login"
	case "kubelogin":
		return "log in again: az login"
	}
	return "log in again with the tool that the program belongs to"
}

// read takes the credential out of what the program printed.
func (p *plugin) read(printed []byte) (*issued, error) {
	var cred clientauthentication.ExecCredential
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

// certificate answers the server's question for a client certificate.
func (p *plugin) certificate(asked *tls.CertificateRequestInfo) (*tls.Certificate, error) {
	c, err := p.credential(asked.Context())
	if err != nil || c.certificate == nil {
		return &tls.Certificate{}, err
	}
	return c.certificate, nil
}

// authenticated sends requests with a plugin's credential. One that the server
// does not take is replaced once.
type authenticated struct {
	plugin *plugin
	base   *http.Transport
}

// RoundTrip implements [http.RoundTripper].
func (a *authenticated) RoundTrip(r *http.Request) (*http.Response, error) {
	c, err := a.plugin.credential(r.Context())
	if err != nil {
		return nil, err
	}
	answer, err := a.base.RoundTrip(withToken(r, c))
	if err != nil || answer.StatusCode != http.StatusUnauthorized {
		return answer, err
	}
	a.plugin.drop(c)
	if c.certificate != nil {
		a.base.CloseIdleConnections()
	}
	if r.Body != nil && r.Body != http.NoBody {
		return answer, nil // its body is gone; the next request does better
	}
	fresh, err := a.plugin.credential(r.Context())
	if err != nil {
		answer.Body.Close()
		return nil, err
	}
	if fresh.token == c.token && c.certificate == nil {
		return answer, nil
	}
	answer.Body.Close()
	return a.base.RoundTrip(withToken(r, fresh))
}

func withToken(r *http.Request, c *issued) *http.Request {
	if c.token == "" {
		return r
	}
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+c.token)
	return r
}
