package observe

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lading-dev/lading/internal/committed"
	"github.com/lading-dev/lading/pkg/status"
)

func TestAProbeWantsTwoHundred(t *testing.T) {
	t.Parallel()
	answer := http.StatusOK
	asked := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.Path
		w.WriteHeader(answer)
	}))
	defer server.Close()
	one := targetOf(t, coreObjects)
	ready := func() []status.Report {
		return []status.Report{{Result: status.Result{Phase: status.Ready}, URLs: []status.Endpoint{{URL: "http://zenml-1.ml.svc.cluster.local:8000"}, {URL: server.URL}}}}
	}
	p := newProber(func(string) string { return "" })
	answer = http.StatusServiceUnavailable
	reports := ready()
	p.all(context.Background(), []*committed.Target{one}, reports)
	if r := reports[0]; r.Phase != status.Progressing || r.Reason != status.ProbeFailed || !strings.Contains(r.Message, "503") || asked != "/api/health" {
		t.Errorf("503: %s %s %q, asked for %s", r.Phase, r.Reason, r.Message, asked)
	}
	answer = http.StatusOK
	reports = ready()
	p.all(context.Background(), []*committed.Target{one}, reports)
	if reports[0].Phase != status.Ready {
		t.Errorf("200: %s %s", reports[0].Phase, reports[0].Message)
	}
	server.Close()
	if problem := p.get(context.Background(), server.URL); !strings.Contains(problem, "refused") {
		t.Errorf("nobody listens: %q", problem)
	}
}

func TestReachableURLsAreProbed(t *testing.T) {
	t.Parallel()
	want := map[string]bool{
		"http://192.0.2.1:8000": true, "https://greet.example.com/x": true, "http://localhost:1": true,
		"http://web.ns.svc.cluster.local:8000": false, "http://web.ns.svc:8000": false, "web:8000": false, "http://web": false, "": false,
	}
	got := make(map[string]bool)
	for url := range want {
		got[url] = isReachable(status.Endpoint{URL: url})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
