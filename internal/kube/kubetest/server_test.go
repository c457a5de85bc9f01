package kubetest

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

const aPod = "{apiVersion: v1, kind: Pod, metadata: {namespace: ml, name: a}, spec: {containers: [{name: main}]}}"

// request makes a request as curl would, with the server's authority.
func request(t *testing.T, s *Server, method, path string, body []byte) (int, string) {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(s.CA())
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	defer client.CloseIdleConnections()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(answer)
}

func TestNothingIsWrittenOverHTTP(t *testing.T) {
	t.Parallel()
	s := New(t, Options{})
	for method, path := range map[string]string{
		"POST": "/api/v1/namespaces/ml/pods", "PATCH": "/api/v1/namespaces/ml/pods/a", "DELETE": "/api/v1/namespaces/ml/pods/a",
	} {
		if status, _ := request(t, s, method, path, []byte("{}")); status != http.StatusMethodNotAllowed {
			t.Errorf("%s: status %d, want 405", method, status)
		}
	}
	if writes := s.Writes(); len(writes) != 3 {
		t.Errorf("got %q, want three writes", writes)
	}
}

func TestObjectsThatNoServerWouldHaveAreRefused(t *testing.T) {
	t.Parallel()
	s := New(t, Options{})
	for document, want := range map[string]string{
		"{kind: Pod, apiVersion: v1, metadata: {name: a}}":                                       "Pod a has no namespace",
		"{kind: Namespace, apiVersion: v1, metadata: {name: a, namespace: b}}":                   "Namespace a has namespace b, want none",
		"{kind: Thing, apiVersion: v1, metadata: {name: a, namespace: b}}":                       `no kind Thing in group "", add it with Serve`,
		"{kind: Pod, apiVersion: v1, metadata: {namespace: b}}":                                  "has no kind or no name",
		"{kind: Pod, apiVersion: v1, metadata: {name: a, namespace: b, labels: {really: true}}}": "Pod a: .metadata.labels accessor error",
	} {
		if err := s.ApplyYAML(document); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", document, err, want)
		}
	}
}

func TestTheKubeconfigIsThatOfTheServer(t *testing.T) {
	t.Parallel()
	s := New(t, Options{Token: "secret"})
	file, err := s.WriteKubeconfig(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var config struct {
		Clusters []struct {
			Cluster struct {
				Server    string `json:"server"`
				Authority []byte `json:"certificate-authority-data"`
			} `json:"cluster"`
		} `json:"clusters"`
		Users []struct {
			User struct {
				Token string `json:"token"`
			} `json:"user"`
		} `json:"users"`
	}
	if err := yaml.Unmarshal(data, &config); err != nil {
		t.Fatal(err)
	}
	got := []string{config.Clusters[0].Cluster.Server, string(config.Clusters[0].Cluster.Authority), config.Users[0].User.Token}
	if diff := cmp.Diff([]string{s.URL, string(s.CA()), "secret"}, got); diff != "" {
		t.Error(diff)
	}
	if status, _ := request(t, s, "GET", "/api/v1/pods", nil); status != http.StatusUnauthorized {
		t.Errorf("status %d without the token, want 401", status)
	}
}

func TestObjectsOutliveARestart(t *testing.T) {
	t.Parallel()
	s := New(t, Options{})
	if err := s.ApplyYAML(aPod); err != nil {
		t.Fatal(err)
	}
	if err := s.Restart(); err != nil {
		t.Fatal(err)
	}
	status, body := request(t, s, "GET", "/api/v1/namespaces/ml/pods/a", nil)
	var pod struct {
		Metadata struct{ Name, UID, ResourceVersion string }
	}
	if err := json.Unmarshal([]byte(body), &pod); err != nil || status != http.StatusOK {
		t.Fatal(status, err)
	}
	if pod.Metadata.Name != "a" || pod.Metadata.UID == "" || pod.Metadata.ResourceVersion == "" {
		t.Errorf("got %+v, want a name, a UID and a version", pod)
	}
}

func TestAWatchBeginsBehindItsVersion(t *testing.T) {
	t.Parallel()
	s := New(t, Options{})
	if err := s.ApplyYAML(aPod); err != nil {
		t.Fatal(err)
	}
	since := s.Get("", "Pod", "ml", "a").GetResourceVersion()
	s.Delete("", "Pod", "ml", "a")
	watch := "/api/v1/pods?watch=1&timeoutSeconds=1&resourceVersion=" + since
	if _, body := request(t, s, "GET", watch, nil); !strings.HasPrefix(body, `{"type":"DELETED"`) {
		t.Errorf("got %s, want the deletion", body)
	}
	s.Compact()
	if _, body := request(t, s, "GET", watch, nil); !strings.HasPrefix(body, `{"type":"ERROR"`) || !strings.Contains(body, `"code":410`) {
		t.Errorf("got %s, want 410 Gone", body)
	}
}
