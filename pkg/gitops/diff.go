package gitops

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/pmezard/go-difflib/difflib"

	"github.com/lading-dev/lading/pkg/manifest"
)

// Unified writes the plan as a unified diff in git's form. Ledgers are left
// out, a moved object is a rename, and the values of a Secret that somebody
// else put into a file appear as fingerprints.
func (p *Plan) Unified(w io.Writer) error {
	for _, c := range p.shown() {
		if err := c.write(w); err != nil {
			return err
		}
	}
	return nil
}

// A shownChange is a change as a diff shows it.
type shownChange struct {
	from, to      string
	before, after []byte // nil where absent
}

// shown pairs the two halves of moves and leaves ledgers out.
func (p *Plan) shown() []shownChange {
	origin, gone := make(map[string]string), make(map[string]bool)
	for _, t := range p.Touched {
		for _, o := range t.Objects {
			if o.From != "" {
				origin[o.File], gone[o.From] = o.From, true
			}
		}
	}
	before := make(map[string][]byte)
	for _, c := range p.Changes {
		before[c.Path] = c.Before
	}
	var out []shownChange
	for _, c := range p.Changes {
		if isLedger(c.Path) || gone[c.Path] && c.After == nil {
			continue
		}
		from := cmp.Or(origin[c.Path], c.Path)
		out = append(out, shownChange{from: from, to: c.Path, before: before[from], after: c.After})
	}
	return out
}

// isLedger reports the paths of ledgers.
func isLedger(file string) bool {
	name := path.Base(file)
	return name == ledgerName || strings.HasPrefix(name, ledgerName+"-")
}

func (c shownChange) write(w io.Writer) error {
	from, to := "a/"+c.from, "b/"+c.to
	var b strings.Builder
	fmt.Fprintf(&b, "diff --git %s %s\n", from, to)
	switch {
	case c.before == nil:
		b.WriteString("new file mode 100644\n")
		from = "/dev/null"
	case c.after == nil:
		b.WriteString("deleted file mode 100644\n")
		to = "/dev/null"
	case c.from != c.to:
		fmt.Fprintf(&b, "rename from %s\nrename to %s\n", c.from, c.to)
	}
	hunks, err := difflib.GetUnifiedDiffString(difflib.UnifiedDiff{
		A: lines(masked(c.before)), B: lines(masked(c.after)),
		FromFile: from, ToFile: to, Context: 3,
	})
	if err != nil {
		return fmt.Errorf("%s: comparing: %w", c.to, err)
	}
	b.WriteString(hunks)
	_, err = io.WriteString(w, b.String())
	return err
}

// lines keeps line ends, and marks a last line that has none as git does.
func lines(data []byte) []string {
	out := slices.Collect(strings.Lines(string(data)))
	if n := len(out); n > 0 && !strings.HasSuffix(out[n-1], "\n") {
		out[n-1] += "\n\\ No newline at end of file\n"
	}
	return out
}

// masked returns the text of a manifest as it may be shown. What lading writes
// holds no Secret's values, but a file may have been edited by hand.
func masked(data []byte) []byte {
	if !bytes.Contains(data, []byte("Secret")) {
		return data
	}
	var out []byte
	found := false
	for i, doc := range manifest.Documents(data) {
		if doc.Err != nil {
			return fmt.Appendf(nil, "# %d bytes that are no YAML and may hold a Secret are not shown\n", len(data))
		}
		if i > 0 {
			out = append(out, "---\n"...)
		}
		value := mask(doc.Value, &found)
		var err error
		if out, err = manifest.AppendYAML(out, value); err != nil {
			return fmt.Appendf(nil, "# %d bytes that may hold a Secret are not shown\n", len(data))
		}
	}
	if !found {
		return data
	}
	return out
}

// lastApplied is where kubectl keeps a copy of an object, values included.
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

// mask returns v with the values of every Secret replaced, and reports whether
// there were any.
func mask(v any, found *bool) any {
	switch v := v.(type) {
	case map[string]any:
		out := maps.Clone(v)
		for key, item := range v {
			out[key] = mask(item, found)
		}
		if v["kind"] == "Secret" {
			*found = true
			for _, key := range []string{"data", "stringData"} {
				if item, ok := v[key]; ok {
					out[key] = fingerprints(item)
				}
			}
			maskAnnotation(out)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = mask(item, found)
		}
		return out
	}
	return v
}

func maskAnnotation(object map[string]any) {
	metadata, _ := object["metadata"].(map[string]any)
	annotations, _ := metadata["annotations"].(map[string]any)
	if value, ok := annotations[lastApplied]; ok {
		annotations[lastApplied] = fingerprint(value)
	}
}

func fingerprints(data any) any {
	m, ok := data.(map[string]any)
	if !ok {
		return fingerprint(data)
	}
	out := make(map[string]any, len(m))
	for key, value := range m {
		out[key] = fingerprint(value)
	}
	return out
}

// fingerprint tells whether two values are the same, and nothing else.
func fingerprint(value any) string {
	return "fingerprint " + strings.TrimPrefix(digestOf(fmt.Append(nil, value)), "sha256:")[:8]
}
