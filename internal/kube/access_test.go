package kube

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// reviews answers as an authorizer that knows rules of one namespace, and
// counts what it is asked.
func reviews(asked map[string]int, incomplete bool) http.HandlerFunc {
	var mu sync.Mutex
	return func(w http.ResponseWriter, r *http.Request) {
		var review struct {
			Kind string
			Spec struct {
				Namespace          string
				ResourceAttributes struct{ Verb, Resource string }
			}
		}
		_ = json.NewDecoder(r.Body).Decode(&review)
		mu.Lock()
		asked[review.Kind]++
		mu.Unlock()
		if review.Kind == "SelfSubjectAccessReview" {
			fmt.Fprintf(w, `{"status":{"allowed":%t}}`, review.Spec.ResourceAttributes.Resource == "nodes")
			return
		}
		fmt.Fprintf(w, `{"status":{"incomplete":%t,"resourceRules":[
			{"verbs":["get","list"],"apiGroups":[""],"resources":["pods","*/log"]},
			{"verbs":["*"],"apiGroups":["apps"],"resources":["*"]},
			{"verbs":["get"],"apiGroups":[""],"resources":["secrets"],"resourceNames":["one"]}]}}`, incomplete)
	}
}

func TestCanReadsTheRulesOfANamespaceAtOnce(t *testing.T) {
	t.Parallel()
	permissions := []Permission{
		{Verb: "list", Resource: "pods", Namespace: "ml"},
		{Verb: "get", Resource: "pods", Subresource: "log", Namespace: "ml"},
		{Verb: "patch", Group: "apps", Resource: "deployments", Namespace: "ml"},
		{Verb: "watch", Resource: "pods", Namespace: "ml"},
		{Verb: "get", Resource: "secrets", Namespace: "ml"},
		{Verb: "list", Resource: "nodes"},
		{Verb: "list", Resource: "namespaces"},
	}
	for _, test := range []struct {
		incomplete bool
		asked      map[string]int
	}{
		{false, map[string]int{"SelfSubjectRulesReview": 1, "SelfSubjectAccessReview": 2}},
		{true, map[string]int{"SelfSubjectRulesReview": 1, "SelfSubjectAccessReview": 4}},
	} {
		asked := make(map[string]int)
		server, ca := tlsServer(t, reviews(asked, test.incomplete))
		c, err := Connect(Options{Server: server.URL, CAFile: ca, Token: "x"})
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.Can(t.Context(), permissions...)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]bool{true, true, true, false, false, true, false}, got); diff != "" {
			t.Errorf("incomplete %t (-want +got):\n%s", test.incomplete, diff)
		}
		if diff := cmp.Diff(test.asked, asked); diff != "" {
			t.Errorf("incomplete %t: questions (-want +got):\n%s", test.incomplete, diff)
		}
	}
}

func TestCanTellsWhatItFailsWith(t *testing.T) {
	t.Parallel()
	server, ca := tlsServer(t, answers(401, "Unauthorized"))
	c, err := Connect(Options{Server: server.URL, CAFile: ca, Token: "x"})
	if err != nil {
		t.Fatal(err)
	}
	for _, namespace := range []string{"", "ml"} {
		if _, err := c.Can(t.Context(), Permission{Verb: "list", Resource: "pods", Namespace: namespace}); err == nil || !strings.Contains(err.Error(), "does not accept") {
			t.Errorf("namespace %q: got %v", namespace, err)
		}
	}
}

func TestPermissionsReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]Permission{
		"list deployments.apps in namespace ml": {"list", "apps", "deployments", "", "ml"},
		"get pods/log in namespace ml":          {"get", "", "pods", "log", "ml"},
		"list nodes":                            {"list", "", "nodes", "", ""},
		"get deployments.apps/status":           {"get", "apps", "deployments", "status", ""},
	} {
		if got := p.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
