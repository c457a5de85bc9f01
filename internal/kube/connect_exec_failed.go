// What is said of a credential plugin that gave no credential.

package kube

import (
	"bytes"
	"path/filepath"
	"strings"
	"sync"
)

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

func (p *plugin) failed(problem string, told *told, next string) error {
	e := &pluginError{command: p.exec.Command, problem: problem, next: next}
	if told != nil {
		e.stderr = told.lastLines()
	}
	return e
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

// told is what a program wrote to its standard error so far.
type told struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (t *told) Write(text []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.Write(text)
}

// lastLines are the end of it, where the cause stands.
func (t *told) lastLines() string {
	const most = 10
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(t.text.String()), "\n")
	return strings.Join(lines[max(0, len(lines)-most):], "\n")
}
