package kubetest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
)

// An asked is what a request is about.
type asked struct {
	Type
	namespace, name, subresource, verb string
}

// parse reads a path such as /apis/apps/v1/namespaces/prod/deployments/web.
func (s *Server) parse(path string) (asked, bool) {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	group := ""
	switch {
	case len(parts) > 2 && parts[0] == "api":
		parts = parts[1:]
	case len(parts) > 3 && parts[0] == "apis":
		group, parts = parts[1], parts[2:]
	default:
		return asked{}, false
	}
	a := asked{}
	version, rest := parts[0], parts[1:]
	if rest[0] == "namespaces" && len(rest) > 2 && rest[2] != "status" {
		a.namespace, rest = rest[1], rest[2:]
	}
	for _, t := range s.store.allTypes() {
		if t.Group == group && t.Version == version && t.Resource == rest[0] && (!t.Namespaced || a.namespace != "" || len(rest) == 1) {
			a.Type = t
		}
	}
	if a.Kind == "" || a.Broken || a.namespace != "" && !a.Namespaced {
		return asked{}, false
	}
	if len(rest) > 1 {
		a.name = rest[1]
	}
	if len(rest) > 2 {
		a.subresource = rest[2]
	}
	return a, len(rest) < 4
}

func verbOf(r *http.Request, a asked) string {
	switch r.Method {
	case http.MethodGet:
		watch := r.URL.Query().Get("watch")
		switch {
		case a.name != "":
			return "get"
		case watch == "1" || watch == "true":
			return "watch"
		}
		return "list"
	case http.MethodPost:
		return "create"
	}
	return strings.ToLower(r.Method)
}

// covers tells whether an object is of the kind and in the namespace.
func (a asked) covers(o *stored) bool {
	return o.group == a.Group && o.kind == a.Kind && (a.namespace == "" || a.namespace == o.namespace)
}

// A selection is the selectors of a request.
type selection struct {
	labels labels.Selector
	fields fields.Selector
}

func selectionOf(r *http.Request) (s selection, err error) {
	if s.labels, err = labels.Parse(r.URL.Query().Get("labelSelector")); err != nil {
		return s, err
	}
	s.fields, err = fields.ParseSelector(r.URL.Query().Get("fieldSelector"))
	return s, err
}

func (s selection) matches(o *stored) bool {
	u := unstructured.Unstructured{Object: o.object}
	return s.labels.Matches(labels.Set(u.GetLabels())) && s.fields.Matches(fieldsOf(o.object))
}

// fieldsOf finds any scalar field by its path; the real server knows a few.
type fieldsOf map[string]any

func (o fieldsOf) Has(field string) bool { _, ok := o.find(field); return ok }

func (o fieldsOf) Get(field string) string {
	v, ok := o.find(field)
	if !ok {
		return ""
	}
	return fmt.Sprint(v)
}

func (o fieldsOf) find(field string) (any, bool) {
	v, ok, err := unstructured.NestedFieldNoCopy(o, strings.Split(field, ".")...)
	return v, ok && err == nil
}

// list answers with one page.
func (s *Server) list(w http.ResponseWriter, r *http.Request, a asked) {
	selected, err := selectionOf(r)
	if err != nil {
		refuse(w, &Refusal{Status: http.StatusBadRequest, Reason: "BadRequest", Message: err.Error()})
		return
	}
	objects, rv := s.store.pick(a)
	query := r.URL.Query()
	after, at, err := readContinue(query.Get("continue"))
	if err != nil {
		refuse(w, &Refusal{Status: http.StatusBadRequest, Reason: "BadRequest", Message: "continue key is not valid: " + err.Error()})
		return
	}
	if after != "" {
		if _, _, _, ok := s.store.since(at); !ok {
			refuse(w, gone("The provided continue parameter is too old to display a consistent list result."))
			return
		}
		rv = at
	}
	limit, _ := strconv.Atoi(query.Get("limit"))
	write := writerFor(r)
	var page [][]byte
	next := ""
	last := ""
	for _, o := range objects {
		if after != "" && o.path() <= after || !selected.matches(o) {
			continue
		}
		if limit > 0 && len(page) == limit {
			next = writeContinue(last, rv)
			break
		}
		page, last = append(page, write(o)), o.path()
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"kind":"%sList","apiVersion":%q,"metadata":{"resourceVersion":"%d","continue":%q},"items":[`, a.Kind, a.apiVersion(), rv, next)
	_, _ = w.Write(bytes.Join(page, []byte(",")))
	fmt.Fprint(w, "]}\n")
}

// writerFor writes objects as a whole, or without what they hold.
// See https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches.
func writerFor(r *http.Request) func(*stored) []byte {
	isPartial := strings.Contains(r.Header.Get("Accept"), "as=PartialObjectMetadata")
	return func(o *stored) []byte {
		if !isPartial {
			return o.json
		}
		return marshal(map[string]any{"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata", "metadata": o.object["metadata"]})
	}
}

func (a asked) apiVersion() string { return strings.TrimPrefix(a.Group+"/"+a.Version, "/") }

func gone(message string) *Refusal {
	return &Refusal{Status: http.StatusGone, Reason: "Expired", Message: message}
}

func writeContinue(after string, rv int) string {
	return base64.URLEncoding.EncodeToString(fmt.Appendf(nil, "%d:%s", rv, after))
}

func readContinue(token string) (after string, rv int, err error) {
	if token == "" {
		return "", 0, nil
	}
	text, err := base64.URLEncoding.DecodeString(token)
	if err != nil {
		return "", 0, err
	}
	version, after, _ := strings.Cut(string(text), ":")
	rv, err = strconv.Atoi(version)
	return after, rv, err
}

// get answers with one object.
func (s *Server) get(w http.ResponseWriter, a asked) {
	s.store.mu.Lock()
	o := s.store.objects[key{a.Group, a.Kind, a.namespace, a.name}]
	s.store.mu.Unlock()
	if o == nil {
		refuse(w, notFound(a))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(o.json)
}

func notFound(a asked) *Refusal {
	of := a.Resource
	if a.Group != "" {
		of += "." + a.Group
	}
	return &Refusal{Status: http.StatusNotFound, Reason: "NotFound", Message: fmt.Sprintf("%s %q not found", of, a.name)}
}

func marshal(v any) []byte {
	encoded, err := json.Marshal(v)
	if err != nil {
		panic(err) // only maps of strings and numbers come here
	}
	return encoded
}
