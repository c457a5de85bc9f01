package kubetest

import (
	"encoding/json"
	"net/http"

	"k8s.io/apimachinery/pkg/util/yaml"
)

// Reject makes dry runs refuse what the function returns a refusal for, as an
// admission webhook or the schema would.
func (s *Server) Reject(judge func(object map[string]any) *Refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rejects = append(s.rejects, judge)
}

// dryRun answers a server-side apply that changes nothing.
// See https://kubernetes.io/docs/reference/using-api/server-side-apply/.
func (s *Server) dryRun(w http.ResponseWriter, r *http.Request, a asked) {
	if got := r.Header.Get("Content-Type"); got != "application/apply-patch+yaml" {
		refuse(w, &Refusal{Status: http.StatusUnsupportedMediaType, Reason: "UnsupportedMediaType", Message: "got " + got})
		return
	}
	if r.URL.Query().Get("fieldManager") == "" {
		refuse(w, &Refusal{Status: http.StatusBadRequest, Reason: "BadRequest", Message: "fieldManager is required for apply patch"})
		return
	}
	var raw json.RawMessage
	if err := yaml.NewYAMLOrJSONDecoder(r.Body, 4096).Decode(&raw); err != nil {
		refuse(w, &Refusal{Status: http.StatusBadRequest, Reason: "BadRequest", Message: err.Error()})
		return
	}
	var object map[string]any
	if err := json.Unmarshal(raw, &object); err != nil {
		refuse(w, &Refusal{Status: http.StatusBadRequest, Reason: "BadRequest", Message: err.Error()})
		return
	}
	s.mu.Lock()
	judges := append([]func(map[string]any) *Refusal(nil), s.rejects...)
	s.mu.Unlock()
	for _, judge := range judges {
		if refusal := judge(object); refusal != nil {
			refuse(w, refusal)
			return
		}
	}
	reply(w, object)
}
