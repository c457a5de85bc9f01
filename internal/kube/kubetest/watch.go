package kubetest

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

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
	stream := &eventStream{w: w, write: writerFor(r), bookmarks: query.Get("allowWatchBookmarks") == "true" && !s.options.NoBookmarks}
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
	write     func(*stored) []byte
	bookmarks bool
}

// change tells of one change in the terms of the selector: what begins to match
// was added, what ceases to was deleted.
func (e *eventStream) change(c change, a asked, selected selection) {
	before := c.old != nil && a.covers(c.old) && selected.matches(c.old)
	after := c.new != nil && a.covers(c.new) && selected.matches(c.new)
	switch {
	case before && after:
		e.send("MODIFIED", e.write(c.new))
	case after:
		e.send("ADDED", e.write(c.new))
	case before:
		e.send("DELETED", e.write(c.old))
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
