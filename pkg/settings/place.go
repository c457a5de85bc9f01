// Paths of fields as messages, --set and Origin write them:
// settings.deployer.labels[prometheus.io/scrape], overlays[0].

package settings

import (
	"fmt"
	"strconv"
	"strings"
)

// A place is where a checked value stands. It is kept as a chain, since its
// text is only needed where something is wrong.
type place struct {
	up    *place
	key   string
	index int // of a list item, where isItem
	kind  placeKind
}

type placeKind uint8

const (
	keyPlace placeKind = iota
	itemPlace
	rootPlace // key is what all paths begin with
)

func (p *place) child(key string) *place { return &place{up: p, key: key} }
func (p *place) item(i int) *place       { return &place{up: p, index: i, kind: itemPlace} }

func (p *place) String() string {
	if p == nil {
		return ""
	}
	switch p.kind {
	case rootPlace:
		return p.key
	case itemPlace:
		return p.up.String() + "[" + strconv.Itoa(p.index) + "]"
	}
	return joinPath(p.up.String(), p.key)
}

// joinPath appends a key to a path. A prefix that ends in a space, such as
// "--set ", takes the key as it is.
func joinPath(path, key string) string {
	switch {
	case !plainKey(key) && strings.ContainsAny(key, `[]"`):
		return path + "[" + strconv.Quote(key) + "]"
	case !plainKey(key):
		return path + "[" + key + "]"
	case path == "" || strings.HasSuffix(path, " ") || strings.HasSuffix(path, "."):
		return path + key
	}
	return path + "." + key
}

// plainKey tells whether a key can stand in a path without brackets.
func plainKey(key string) bool {
	for i, c := range []byte(key) {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_'
		if !letter && (i == 0 || c != '-' && (c < '0' || c > '9')) {
			return false
		}
	}
	return key != ""
}

// splitPath reads a path into its keys; indices of lists are keys too.
func splitPath(path string) ([]string, error) {
	var keys []string
	rest := path
	for first := true; rest != "" || first; first = false {
		var key string
		var err error
		switch {
		case strings.HasPrefix(rest, "["):
			key, rest, err = bracketed(rest[1:])
		case first || strings.HasPrefix(rest, "."):
			key, rest = cutPlain(strings.TrimPrefix(rest, "."))
		default:
			err = fmt.Errorf("want . or [ before %q", rest)
		}
		if err == nil && key == "" {
			err = fmt.Errorf("a key is empty")
		}
		if err != nil {
			return nil, fmt.Errorf("%q is not a path: %w", path, err)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// cutPlain returns the text before the next dot or bracket.
func cutPlain(s string) (key, rest string) {
	if i := strings.IndexAny(s, ".["); i >= 0 {
		return s[:i], s[i:]
	}
	return s, ""
}

// bracketed returns the text before the closing bracket, in quotes or not.
func bracketed(s string) (key, rest string, err error) {
	if quoted, qerr := strconv.QuotedPrefix(s); qerr == nil && strings.HasPrefix(s, `"`) {
		key, err = strconv.Unquote(quoted)
		rest, ok := strings.CutPrefix(s[len(quoted):], "]")
		if err == nil && !ok {
			err = fmt.Errorf("want ] after %s", quoted)
		}
		return key, rest, err
	}
	key, rest, ok := strings.Cut(s, "]")
	if !ok {
		return "", "", fmt.Errorf("want ] after [%s", s)
	}
	return key, rest, nil
}
