package kubetest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// A Refusal is an error answer of the API, a Status object.
type Refusal struct {
	Status          int
	Reason, Message string
	// Causes are the fields that are wrong, as in "spec.replicas: must be positive".
	Causes []Cause
	// RetryAfter is the header of that name, in seconds; absent where 0.
	RetryAfter int
}

// A Cause is one reason for a refusal.
type Cause struct {
	Type    string `json:"reason"`
	Message string `json:"message"`
	Field   string `json:"field"`
}

func (r *Refusal) body() map[string]any {
	details := map[string]any{}
	if len(r.Causes) > 0 {
		details["causes"] = r.Causes
	}
	if r.RetryAfter > 0 {
		details["retryAfterSeconds"] = r.RetryAfter
	}
	return map[string]any{
		"kind": "Status", "apiVersion": "v1", "metadata": map[string]any{}, "status": "Failure",
		"message": r.Message, "reason": r.Reason, "code": r.Status, "details": details,
	}
}

func refuse(w http.ResponseWriter, r *Refusal) {
	if r.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(r.RetryAfter))
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(r.Status)
	_ = json.NewEncoder(w).Encode(r.body()) // a client that went away needs no answer
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

// A Fault is an answer that the server gives instead of the right one.
type Fault struct {
	Refusal
	// Match says of which requests; nil for all. The path has no query.
	Match func(method, path string) bool
	// Watches leaves all but watches alone.
	Watches bool
	// Times is how often, 0 for until [Server.Heal].
	Times int
	// Reset breaks the connection without an answer, Hang gives none until the
	// client has lost its patience.
	Reset, Hang bool

	spent int
}

// Fail makes requests go wrong. Of several faults the first that matches and is
// not spent is taken.
func (s *Server) Fail(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
}

// Heal ends all faults.
func (s *Server) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

func (s *Server) fault(r *http.Request) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		if f.Watches && !r.URL.Query().Has("watch") {
			continue
		}
		if f.Times > 0 && f.spent == f.Times || f.Match != nil && !f.Match(r.Method, r.URL.Path) {
			continue
		}
		f.spent++
		return f
	}
	return nil
}

func (f *Fault) answer(w http.ResponseWriter, r *http.Request) {
	if f.Hang {
		<-r.Context().Done()
		return
	}
	if f.Reset {
		panic(http.ErrAbortHandler)
	}
	refuse(w, &f.Refusal)
}

// RequireToken changes the token that requests must bear; empty lets anybody in.
func (s *Server) RequireToken(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token = token
}

func (s *Server) authentic(r *http.Request) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.token == "" || r.Header.Get("Authorization") == "Bearer "+s.token
}

// A Denial is something that the user may not do. Empty fields stand for
// everything.
type Denial struct {
	Verb string
	// Group and Resource are those of a request, as "apps" and "deployments";
	// "core" is the group without a name. A subresource is "pods/log".
	Group, Resource string
	Namespace       string
	// ClusterWide denies only what is asked for all namespaces.
	ClusterWide bool
}

// Deny forbids something, also in access reviews.
func (s *Server) Deny(d Denial) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.denials = append(s.denials, d)
}

// Allow takes back every denial.
func (s *Server) Allow() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.denials = nil
}

func (d Denial) matches(a asked) bool {
	resource, group := a.Resource, a.Group
	if a.subresource != "" {
		resource += "/" + a.subresource
	}
	if group == "" {
		group = "core"
	}
	for _, pair := range [][2]string{{d.Verb, a.verb}, {d.Group, group}, {d.Resource, resource}, {d.Namespace, a.namespace}} {
		if pair[0] != "" && pair[0] != pair[1] {
			return false
		}
	}
	return !d.ClusterWide || a.namespace == ""
}

// denied returns the refusal of what may not be done, in the words of the API
// server's RBAC authorizer.
func (s *Server) denied(a asked) *Refusal {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.denials {
		if d.matches(a) {
			return forbidden(a)
		}
	}
	return nil
}

func forbidden(a asked) *Refusal {
	resource, name, where := a.Resource, "", "at the cluster scope"
	if a.subresource != "" {
		resource += "/" + a.subresource
	}
	if a.name != "" {
		name = fmt.Sprintf(" %q", a.name)
	}
	if a.namespace != "" {
		where = fmt.Sprintf("in the namespace %q", a.namespace)
	}
	of := a.Resource
	if a.Group != "" {
		of += "." + a.Group
	}
	return &Refusal{Status: http.StatusForbidden, Reason: "Forbidden", Message: fmt.Sprintf(
		`%s%s is forbidden: User "ada" cannot %s resource %q in API group %q %s`, of, name, a.verb, resource, a.Group, where)}
}

// review answers a SelfSubjectAccessReview.
func (s *Server) review(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Spec struct {
			ResourceAttributes struct{ Namespace, Verb, Group, Resource, Subresource, Name string }
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		refuse(w, &Refusal{Status: http.StatusBadRequest, Reason: "BadRequest", Message: err.Error()})
		return
	}
	at := body.Spec.ResourceAttributes
	a := asked{
		Type: Type{Group: at.Group, Resource: at.Resource}, subresource: at.Subresource,
		namespace: at.Namespace, name: at.Name, verb: at.Verb,
	}
	status := map[string]any{"allowed": true}
	if d := s.denied(a); d != nil {
		status = map[string]any{"allowed": false, "reason": strings.SplitAfterN(d.Message, ": ", 2)[1]}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1",
		"spec": map[string]any{"resourceAttributes": at}, "status": status,
	})
}

// reviewRules answers a SelfSubjectRulesReview: everything is allowed, or where
// something is denied it does not tell, as servers with webhook authorizers.
func (s *Server) reviewRules(w http.ResponseWriter) {
	s.mu.Lock()
	denied := len(s.denials) > 0
	s.mu.Unlock()
	all := []string{"*"}
	rules := []any{map[string]any{"verbs": all, "apiGroups": all, "resources": all}}
	if denied {
		rules = []any{}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"kind": "SelfSubjectRulesReview", "apiVersion": "authorization.k8s.io/v1",
		"status": map[string]any{"resourceRules": rules, "nonResourceRules": []any{}, "incomplete": denied},
	})
}
