package kubetest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
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
		page, last = append(page, o.json), o.path()
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"kind":"%sList","apiVersion":%q,"metadata":{"resourceVersion":"%d","continue":%q},"items":[`, a.Kind, a.apiVersion(), rv, next)
	_, _ = w.Write(bytes.Join(page, []byte(",")))
	fmt.Fprint(w, "]}\n")
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

// watch streams changes until the time that the client gave is over, the server
// stops, or the client goes.
func (s *Server) watch(w http.ResponseWriter, r *http.Request, a asked) {
	selected, err := selectionOf(r)
	query := r.URL.Query()
	if err != nil || query.Has("sendInitialEvents") {
		refuse(w, &Refusal{Status: http.StatusUnprocessableEntity, Reason: "Invalid", Message: fmt.Sprintf("the options are not valid: %v", err)})
		return
	}
	up := s.running()
	rv, _ := strconv.Atoi(query.Get("resourceVersion"))
	end := time.After(time.Hour)
	if seconds, err := strconv.Atoi(query.Get("timeoutSeconds")); err == nil && seconds > 0 {
		end = time.After(time.Duration(seconds) * time.Second)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	stream := &eventStream{w: w, bookmarks: query.Get("allowWatchBookmarks") == "true" && !s.options.NoBookmarks}
	stream.flush()
	for {
		changes, now, more, ok := s.store.since(rv)
		if !ok {
			stream.send("ERROR", marshal(gone("too old resource version").body()))
			return
		}
		for _, c := range changes {
			stream.change(c, a, selected)
		}
		if rv != now {
			stream.bookmark(a, now)
		}
		rv = now
		if !s.store.served(a) {
			return
		}
		select {
		case <-more:
		case <-end:
			return
		case <-up.Done():
			panic(http.ErrAbortHandler)
		case <-r.Context().Done():
			return
		}
	}
}

// An eventStream writes watch events.
type eventStream struct {
	w         http.ResponseWriter
	bookmarks bool
}

// change tells of one change in the terms of the selector: what begins to match
// was added, what ceases to was deleted.
func (e *eventStream) change(c change, a asked, selected selection) {
	before := c.old != nil && a.covers(c.old) && selected.matches(c.old)
	after := c.new != nil && a.covers(c.new) && selected.matches(c.new)
	switch {
	case before && after:
		e.send("MODIFIED", c.new.json)
	case after:
		e.send("ADDED", c.new.json)
	case before:
		e.send("DELETED", c.old.json)
	}
}

func (e *eventStream) bookmark(a asked, rv int) {
	if e.bookmarks {
		e.send("BOOKMARK", marshal(map[string]any{
			"kind": a.Kind, "apiVersion": a.apiVersion(), "metadata": map[string]any{"resourceVersion": strconv.Itoa(rv)},
		}))
	}
}

func (e *eventStream) send(event string, object []byte) {
	fmt.Fprintf(e.w, `{"type":%q,"object":%s}`+"\n", event, object)
	e.flush()
}

func (e *eventStream) flush() {
	if f, ok := e.w.(http.Flusher); ok {
		f.Flush()
	}
}

func marshal(v any) []byte {
	encoded, err := json.Marshal(v)
	if err != nil {
		panic(err) // only maps of strings and numbers come here
	}
	return encoded
}

// uidOf keeps the UID of an object that was there, and makes one of its names.
func uidOf(old *stored, k key) types.UID {
	if old != nil {
		return (&unstructured.Unstructured{Object: old.object}).GetUID()
	}
	return types.UID(strings.ToLower("uid-" + k.kind + "-" + k.namespace + "-" + k.name))
}
