package status

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/lading-dev/lading/pkg/manifest"
)

// longestWords is how much of an engine's message is shown, in characters.
const longestWords = 400

// engineWords makes one clean line of an engine's message: no control
// characters, no wrapping of its own transport, no credentials of a URL, and
// not longer than somebody reads.
func engineWords(message string) string {
	message = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, withoutColour(message))
	words := strings.Fields(message)
	for i, word := range words {
		words[i] = withoutUserInfo(word)
	}
	line := strings.Join(words, " ")
	for _, noise := range []string{"rpc error: code = Unknown desc = ", "rpc error: code = Internal desc = ", "rpc error: code = FailedPrecondition desc = "} {
		line = strings.ReplaceAll(line, noise, "")
	}
	if runes := []rune(line); len(runes) > longestWords {
		line = strings.TrimSpace(string(runes[:longestWords-1])) + "…"
	}
	return line
}

// withoutColour takes the terminal's control sequences out of a text.
func withoutColour(text string) string {
	var b strings.Builder
	for {
		plain, rest, found := strings.Cut(text, "\x1b[")
		b.WriteString(plain)
		if !found {
			return b.String()
		}
		text = strings.TrimLeft(rest, "0123456789;?")
		if text != "" {
			text = text[1:]
		}
	}
}

// withoutUserInfo takes user and password out of the URLs in a word.
func withoutUserInfo(word string) string {
	head, rest, ok := strings.Cut(word, "://")
	if !ok {
		return word
	}
	end := strings.IndexAny(rest, "/?#\"'`")
	if end < 0 {
		end = len(rest)
	}
	if at := strings.LastIndexByte(rest[:end], '@'); at >= 0 {
		rest, end = rest[at+1:], end-at-1
	}
	return head + "://" + rest[:end] + withoutUserInfo(rest[end:])
}

// conditionEvidence is a condition of an engine's object as proof.
func conditionEvidence(id manifest.ID, condition fields) Evidence {
	reason := condition.text("reason")
	if reason == "" {
		reason = condition.text("type")
	}
	return Evidence{
		Object: id, Reason: reason, Message: engineWords(condition.text("message")), Count: 1,
		Last: latest(condition.text("lastTransitionTime")),
	}
}

// list returns the maps of a list.
func (f fields) list(key string) []fields {
	items, _ := f[key].([]any)
	var all []fields
	for _, item := range items {
		if m, ok := item.(map[string]any); ok {
			all = append(all, m)
		}
	}
	return all
}

// flag reads a boolean; what is missing is as given.
func (f fields) flag(key string, otherwise bool) bool {
	if b, ok := f[key].(bool); ok {
		return b
	}
	return otherwise
}

// sameContent compares two values of an engine's object. What is empty may be
// left out: the engines' own types drop it when they write an object back.
func sameContent(a, b any) bool { return reflect.DeepEqual(dense(a), dense(b)) }

// dense is a value without what is empty in it, nil where nothing is left.
func dense(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, value := range v {
			if d := dense(value); d != nil {
				out[key] = d
			}
		}
		if len(out) > 0 {
			return out
		}
	case []any:
		var out []any
		for _, value := range v {
			out = append(out, dense(value))
		}
		if len(out) > 0 {
			return out
		}
	case string:
		if v != "" {
			return v
		}
	case bool:
		if v {
			return v
		}
	case int64, float64:
		if v != int64(0) && v != float64(0) {
			return v
		}
	}
	return nil
}

// firstDifference names the first field, in the order of names, in which two
// values differ, and writes what is live and what is wanted there.
func firstDifference(path string, want, got any) (field, had, wants string) {
	w, isMap := want.(map[string]any)
	g, alsoMap := got.(map[string]any)
	if !isMap || !alsoMap {
		return path, brief(got), brief(want)
	}
	keys := make([]string, 0, len(w)+len(g))
	for key := range w {
		keys = append(keys, key)
	}
	for key := range g {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		if !sameContent(w[key], g[key]) {
			return firstDifference(path+"."+key, w[key], g[key])
		}
	}
	return path, brief(got), brief(want)
}

// brief writes a value for a message.
func brief(v any) string {
	switch v := v.(type) {
	case nil:
		return "nothing"
	case string:
		return fmt.Sprintf("%q", engineWords(v))
	case map[string]any, []any:
		text := strings.NewReplacer("map[string]interface {}", "", "[]interface {}", "").Replace(fmt.Sprintf("%v", v))
		return engineWords(strings.TrimPrefix(text, "map"))
	}
	return fmt.Sprint(v)
}

// instant reads a time of the API, zero where there is none.
func instant(text string) time.Time { return latest(text) }

// named finds one of some objects in an engine's message, which writes them as
// Kind/namespace/name or Kind/name.
func named(message string, ids []manifest.ID) (manifest.ID, bool) {
	for _, id := range ids {
		long := id.Kind + "/" + id.Name
		if id.Namespace != "" {
			long = id.Kind + "/" + id.Namespace + "/" + id.Name
		}
		at := strings.Index(message, long)
		if at < 0 {
			continue
		}
		if rest := message[at+len(long):]; rest == "" || !strings.ContainsAny(rest[:1], "-.abcdefghijklmnopqrstuvwxyz0123456789") {
			return id, true
		}
	}
	return manifest.ID{}, false
}
