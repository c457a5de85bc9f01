package render

import (
	"errors"
	"io/fs"
	"maps"
	"slices"

	"github.com/lading-dev/lading/internal/hint"
	"github.com/lading-dev/lading/pkg/manifest"
	"github.com/lading-dev/lading/pkg/settings"
)

// What goes between a process and its workers, as encoding/gob writes it. A
// worker is given a job, asks for the files that the job reads, and answers
// with a result. It opens no file itself: what it may see is decided, and
// recorded, on the side that asked.

// A hello is the first message to a worker.
type hello struct{ Limits Limits }

// A request goes to a worker: a job, or the answer to a question.
type request struct {
	Job  *wireJob
	File *fileAnswer
}

// A response comes from a worker: a question, or the result of the job.
type response struct {
	Question *fileQuestion
	Result   *wireResult
}

type wireJob struct {
	Engine, File, Text string
	Builtin            bool
	Line               int
	Vars, Context      wireValue
	Objects            []wireObject
}

type wireResult struct {
	Text     string
	Lines    []settings.Position
	Value    wireValue
	Objects  []wireObject
	Warnings []settings.Problem
	Error    *wireError
}

type wireObject struct {
	Body   wireValue
	Origin manifest.Origin
}

func packJob(j job) *wireJob {
	return &wireJob{
		Engine: j.Engine, File: string(j.File), Text: j.Text, Builtin: j.Builtin, Line: j.Line,
		Vars: packValue(j.Vars), Context: packValue(j.Context), Objects: packObjects(j.Objects),
	}
}

func (w *wireJob) unpack() job {
	j := job{
		Engine: w.Engine, File: settings.Path(w.File), Text: w.Text, Builtin: w.Builtin, Line: w.Line,
		Objects: unpackObjects(w.Objects),
	}
	j.Vars, _ = w.Vars.unpack().(settings.Map)
	j.Context, _ = w.Context.unpack().(map[string]any)
	return j
}

func packResult(r *jobResult, err error) *wireResult {
	if err != nil {
		return &wireResult{Error: packError(err)}
	}
	w := &wireResult{Text: r.Text, Lines: r.Lines, Value: packValue(r.Value), Objects: packObjects(r.Objects)}
	for _, p := range r.Warnings {
		w.Warnings = append(w.Warnings, *p)
	}
	return w
}

func (w *wireResult) unpack() (*jobResult, error) {
	if w.Error != nil {
		return nil, w.Error.unpack()
	}
	r := &jobResult{Text: w.Text, Lines: w.Lines, Value: w.Value.unpack(), Objects: unpackObjects(w.Objects)}
	for i := range w.Warnings {
		r.Warnings = append(r.Warnings, &w.Warnings[i])
	}
	return r, nil
}

func packObjects(objects []*manifest.Object) []wireObject {
	packed := make([]wireObject, len(objects))
	for i, o := range objects {
		packed[i] = wireObject{packValue(o.Body), o.Origin}
	}
	return packed
}

func unpackObjects(packed []wireObject) []*manifest.Object {
	objects := make([]*manifest.Object, len(packed))
	for i, w := range packed {
		body, _ := w.Body.unpack().(map[string]any)
		objects[i] = &manifest.Object{Body: body, Origin: w.Origin}
	}
	return objects
}

// A wireValue is a value of the JSON data model that keeps what gob and JSON
// lose: nil inside lists, integers apart from floats, the order of mappings.
type wireValue struct {
	Kind  byte
	Int   int64
	Float float64
	Text  string
	Keys  []string
	Items []wireValue
}

const (
	wireNull byte = iota
	wireBool
	wireInt
	wireFloat
	wireText
	wireList
	wireObjectMap  // map[string]any
	wireOrderedMap // settings.Map
)

func packValue(v any) wireValue {
	switch v := v.(type) {
	case bool:
		if v {
			return wireValue{Kind: wireBool, Int: 1}
		}
		return wireValue{Kind: wireBool}
	case int64:
		return wireValue{Kind: wireInt, Int: v}
	case int:
		return wireValue{Kind: wireInt, Int: int64(v)}
	case float64:
		return wireValue{Kind: wireFloat, Float: v}
	case string:
		return wireValue{Kind: wireText, Text: v}
	case []any:
		packed := wireValue{Kind: wireList, Items: make([]wireValue, len(v))}
		for i, item := range v {
			packed.Items[i] = packValue(item)
		}
		return packed
	case map[string]any:
		packed := wireValue{Kind: wireObjectMap}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			packed.add(key, v[key])
		}
		return packed
	case settings.Map:
		packed := wireValue{Kind: wireOrderedMap}
		for _, entry := range v {
			packed.add(entry.Key, entry.Value)
		}
		return packed
	}
	return wireValue{}
}

func (w *wireValue) add(key string, v any) {
	w.Keys = append(w.Keys, key)
	w.Items = append(w.Items, packValue(v))
}

func (w wireValue) unpack() any {
	switch w.Kind {
	case wireBool:
		return w.Int != 0
	case wireInt:
		return w.Int
	case wireFloat:
		return w.Float
	case wireText:
		return w.Text
	case wireList:
		list := make([]any, len(w.Items))
		for i, item := range w.Items {
			list[i] = item.unpack()
		}
		return list
	case wireObjectMap:
		object := make(map[string]any, len(w.Items))
		for i, item := range w.Items {
			object[w.Keys[i]] = item.unpack()
		}
		return object
	case wireOrderedMap:
		ordered := make(settings.Map, len(w.Items))
		for i, item := range w.Items {
			ordered[i] = settings.Entry{Key: w.Keys[i], Value: item.unpack()}
		}
		return ordered
	}
	return nil
}

// A wireError is an error with all that its readers look at: the problems that
// it consists of, its hint, and whether a file was missing.
type wireError struct {
	Text, Hint string
	NotExist   bool
	Problems   []settings.Problem
	Single     bool
}

func packError(err error) *wireError {
	w := &wireError{Text: err.Error(), NotExist: errors.Is(err, fs.ErrNotExist)}
	var (
		one  *settings.Problem
		many settings.Problems
	)
	switch {
	case errors.As(err, &many):
		for _, p := range many {
			w.Problems = append(w.Problems, *p)
		}
	case errors.As(err, &one):
		w.Problems, w.Single = []settings.Problem{*one}, true
	default:
		w.Hint = hint.Of(err)
	}
	return w
}

func (w *wireError) unpack() error {
	switch {
	case w.Single:
		return &w.Problems[0]
	case len(w.Problems) > 0:
		many := make(settings.Problems, len(w.Problems))
		for i := range w.Problems {
			many[i] = &w.Problems[i]
		}
		return many
	}
	return &remoteError{w}
}

// A remoteError is an error of a worker.
type remoteError struct{ *wireError }

func (e *remoteError) Error() string { return e.Text }

// Hint says what to do next.
func (e *remoteError) Hint() string { return e.wireError.Hint }

// Is tells what errors.Is is asked about a file that is not there.
func (e *remoteError) Is(target error) bool { return e.NotExist && target == fs.ErrNotExist }
