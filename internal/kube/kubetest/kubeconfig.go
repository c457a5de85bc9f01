package kubetest

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
)

// Kubeconfig returns a configuration whose only and current context is "test",
// with namespace default and the token that the server wants now.
func (s *Server) Kubeconfig() []byte {
	s.mu.Lock()
	token := s.token
	s.mu.Unlock()
	authority := ""
	if ca := s.CA(); ca != nil {
		authority = "\n    certificate-authority-data: " + base64.StdEncoding.EncodeToString(ca)
	}
	if token == "" {
		token = "any"
	}
	return fmt.Appendf(nil, `apiVersion: v1
kind: Config
current-context: test
contexts:
- name: test
  context: {cluster: test, user: test, namespace: default}
clusters:
- name: test
  cluster:
    server: %s%s
users:
- name: test
  user: {token: %q}
`, s.URL, authority, token)
}

// WriteKubeconfig writes it to a file in dir and returns the file's name.
func (s *Server) WriteKubeconfig(dir string) (string, error) {
	file := filepath.Join(dir, "kubeconfig")
	return file, os.WriteFile(file, s.Kubeconfig(), 0o600)
}
