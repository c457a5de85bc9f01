package forge_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"testing"

	"github.com/lading-dev/lading/pkg/gitops/forge"
	"github.com/lading-dev/lading/pkg/gitops/forge/forgetest"
)

// A fake of a forge is a mux over a world, in the shapes that the forge's
// documentation shows.

type object = map[string]any

// start serves a fake and opens a forge on it.
func start(t *testing.T, w *forgetest.World, kind, repository, path, header, authorization string, mux *http.ServeMux) forge.Forge {
	t.Helper()
	authorized := func(r *http.Request) bool { return r.Header.Get(header) == authorization }
	server := httptest.NewServer(w.Handler(authorized, mux))
	t.Cleanup(server.Close)
	f, err := forge.For(w.Options(kind, repository, server.URL+path))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func reply(rw http.ResponseWriter, status int, value any) {
	rw.WriteHeader(status)
	_ = json.NewEncoder(rw).Encode(value)
}

func says(rw http.ResponseWriter, status int, message string) {
	reply(rw, status, object{"message": message})
}

func read(r *http.Request) object {
	in := object{}
	_ = json.NewDecoder(r.Body).Decode(&in)
	return in
}

func text(in object, key string) string {
	s, _ := in[key].(string)
	return s
}

func list(in object, key string) []string {
	var items []string
	values, _ := in[key].([]any)
	for _, v := range values {
		items = append(items, fmt.Sprint(v))
	}
	return items
}

// pageOf cuts a page out of a list, and returns the query of the next one.
func pageOf[T any](w *forgetest.World, r *http.Request, items []T) (page []T, next url.Values) {
	number, _ := strconv.Atoi(r.URL.Query().Get("page"))
	number = max(number, 1)
	from := min((number-1)*w.Page, len(items))
	to := min(from+w.Page, len(items))
	if to < len(items) {
		next = r.URL.Query()
		next.Set("page", strconv.Itoa(number+1))
	}
	return append([]T{}, items[from:to]...), next
}

// linked answers with a page and a Link header, whose host is not to be used.
func linked[T any](w *forgetest.World, rw http.ResponseWriter, r *http.Request, items []T) {
	page, next := pageOf(w, r, items)
	if next != nil {
		target := "http://proxy.invalid" + r.URL.Path + "?" + next.Encode()
		rw.Header().Set("Link", fmt.Sprintf(`<%s>; rel="next", <%s>; rel="last"`, target, target))
	}
	reply(rw, http.StatusOK, page)
}

// numbered hands the pull request to a handler that the path names.
func numbered(w *forgetest.World, handle func(http.ResponseWriter, *http.Request, *forgetest.Pull)) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		number, _ := strconv.Atoi(r.PathValue("n"))
		p := w.Number(number)
		if p == nil {
			says(rw, http.StatusNotFound, "404 Not Found")
			return
		}
		handle(rw, r, p)
	}
}

// addLabels adds what is not there.
func addLabels(p *forgetest.Pull, labels []string) {
	for _, label := range labels {
		if !slices.Contains(p.Labels, label) {
			p.Labels = append(p.Labels, label)
		}
	}
}
