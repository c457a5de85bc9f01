package proxy_test

import (
	"net/http/httptest"
	"testing"

	"github.com/lading-dev/lading/internal/proxy"
)

func TestTheProxyIsThatOfTheSchemeUnlessTheHostHasNone(t *testing.T) {
	t.Parallel()
	variables := map[string]string{
		"https_proxy": "http://lower.example:1", "HTTPS_PROXY": "http://upper.example:2",
		"ALL_PROXY": "http://all.example:3", "NO_PROXY": "inside.example",
	}
	of := proxy.ByEnvironment(func(name string) string { return variables[name] })
	for address, want := range map[string]string{
		"https://git.example/x":    "http://lower.example:1",
		"http://git.example/x":     "http://all.example:3",
		"https://inside.example/x": "",
	} {
		u, err := of(httptest.NewRequest("GET", address, nil))
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if u != nil {
			got = u.String()
		}
		if got != want {
			t.Errorf("%s goes through %q, want %q", address, got, want)
		}
	}
}
