package cli

import (
	"context"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/lading-dev/lading/pkg/gitops/forge"
	"github.com/lading-dev/lading/pkg/settings"
)

// A forge is reached as its repository is: an authority that git trusts is
// trusted for the API too.
func TestForgesTrustTheAuthoritiesThatGitTrusts(t *testing.T) {
	t.Parallel()
	asked := false
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked = true
		w.WriteHeader(http.StatusUnauthorized)
	}))
	t.Cleanup(server.Close)
	file := filepath.Join(t.TempDir(), "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
	variables := map[string]string{"GITEA_TOKEN": "t0ken", "GITEA_SERVER_URL": server.URL, "GIT_SSL_CAINFO": file}
	env := &Env{
		Getenv: func(name string) string { return variables[name] },
		Forge:  forge.For,
		Sleep:  func(context.Context, time.Duration) error { return nil },
	}
	g := settings.GitOps{Repository: server.URL + "/shop/rendered", Forge: settings.Forge{Kind: "gitea"}}
	f, err := (forges{}).open(env, "prod", g)
	if err != nil {
		t.Fatal(err)
	}
	var refused *forge.TokenError
	if err := f.Access(context.Background()); !errors.As(err, &refused) || !asked {
		t.Errorf("got %v, want the server's own refusal of the token", err)
	}
}
