package cluster

import (
	"fmt"
	"net"
	"net/http"
	"path/filepath"

	"github.com/lading-dev/lading/internal/gittest"
)

// A gitServer serves the bare repositories below a directory over smart HTTP,
// to read and to push.
type gitServer struct {
	root   string
	url    string
	server *http.Server
}

func newGitServer(root string) (*gitServer, error) {
	handler, err := gittest.Handler(root)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	g := &gitServer{root: root, url: "http://" + l.Addr().String(), server: &http.Server{Handler: handler}}
	go func() { _ = g.server.Serve(l) }()
	return g, nil
}

func (g *gitServer) close() { _ = g.server.Close() }

// GitURL is where the cluster's Git server answers; repositories are below it.
func (c *Cluster) GitURL() string { return c.git.url }

// GitDir holds the bare repositories that the Git server serves.
func (c *Cluster) GitDir() string { return c.git.root }

// NewRepository makes an empty bare repository and returns its URL.
func (c *Cluster) NewRepository(name string) (string, error) {
	dir := filepath.Join(c.git.root, name)
	if out, err := gittest.Try(c.git.root, "init", "--quiet", "--bare", dir); err != nil {
		return "", fmt.Errorf("git init %s: %w: %s", dir, err, out)
	}
	return c.git.url + "/" + name, nil
}
