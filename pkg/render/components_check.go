package render

import (
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/lading-dev/lading/internal/nearest"
	"github.com/lading-dev/lading/pkg/settings"
)

// parameterTypes maps each type of parameter to what turns a written value
// into one of that type, or says what was wanted.
var parameterTypes = map[string]func(v any) (value any, want string){
	"boolean":               asBoolean,
	"integer":               asInteger,
	"integer or percentage": asCount,
	"list":                  asList,
	"map":                   asMap,
	"string":                asString,
}

func typeNames() []string { return slices.Sorted(maps.Keys(parameterTypes)) }

// A pattern is a rule for texts, with its description.
type pattern struct {
	ok   func(string) bool
	want string
}

// parameterPatterns are the rules that texts, and the items of lists, may have
// to keep.
var parameterPatterns = map[string]pattern{
	"cidr":          {isCIDR, `an address range such as "10.0.0.0/8"`},
	"dns-label":     {matches(`[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?`), "a name of lower-case letters, digits and dashes"},
	"dns-subdomain": {matches(dnsName), "a name of lower-case letters, digits, dashes and dots"},
	"duration":      {matches(`([0-9]+(ms|[smhdwy]))+`), `a duration such as "30s" or "1m"`},
	"host":          {matches(`(\*\.)?` + dnsName), "a host name in lower case"},
	"path":          {matches(`/[^\x00-\x20\x7f]*`), `a path that begins with "/"`},
}

const dnsName = `[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*`

// matches compiles when it is first asked, since few commands ask at all.
func matches(expression string) func(string) bool {
	whole := sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:` + expression + `)$`) })
	return func(s string) bool { return len(s) <= 253 && whole().MatchString(s) }
}

func isCIDR(s string) bool {
	prefix, err := netip.ParsePrefix(s)
	return err == nil && prefix.Masked() == prefix
}

// parameters returns a value for every parameter of a component, nil for those
// that are neither given nor have a default. path is where the settings name
// the component; render renders the templates among the texts.
func (component *Component) parameters(c *renderContext, path string, given settings.Map, render func(place, string) (string, error), wrong *problems) map[string]any {
	values := make(map[string]any, len(component.Parameters))
	for _, entry := range given {
		at := c.at(keyPath(path+".with", entry.Key))
		i := slices.IndexFunc(component.Parameters, func(p Parameter) bool { return p.Name == entry.Key })
		if i < 0 {
			wrong.add(at, fmt.Sprintf("component %q has no such parameter, %s", component.Name, component.takes()),
				nearest.Hint(entry.Key, component.parameterNames()))
			continue
		}
		values[entry.Key] = component.Parameters[i].value(at, plainValue(entry.Value), render, wrong)
	}
	for _, p := range component.Parameters {
		if _, ok := given.Get(p.Name); !ok && p.Required {
			wrong.add(c.at(path), fmt.Sprintf("component %q lacks the parameter %q: %s", component.Name, p.Name, p.Doc),
				fmt.Sprintf("write {name: %s, with: {%s: …}}", component.Name, p.Name))
		}
		if values[p.Name] == nil {
			values[p.Name] = p.Default
		}
	}
	return values
}

func (component *Component) parameterNames() []string {
	names := make([]string, len(component.Parameters))
	for i, p := range component.Parameters {
		names[i] = p.Name
	}
	return names
}

func (component *Component) takes() string {
	if len(component.Parameters) == 0 {
		return "it takes none"
	}
	return "want " + strings.Join(component.parameterNames(), ", ")
}

// value checks what is given for a parameter. Null is as if it were absent.
func (p Parameter) value(at place, given any, render func(place, string) (string, error), wrong *problems) any {
	if given == nil {
		if p.Required {
			wrong.add(at, "is null, want a value", "")
		}
		return nil
	}
	v, rendered, err := renderTexts(given, func(text string) (string, error) { return render(at, text) })
	if err != nil {
		*wrong = append(*wrong, asProblems(at, err)...)
		return nil
	}
	if text, ok := v.(string); ok && rendered {
		v = p.parse(text)
	}
	value, want := parameterTypes[p.Type](v)
	if want == "" {
		want = p.restrict(value)
	}
	if want != "" {
		wrong.add(at, fmt.Sprintf("is %s, want %s", shorten(oneLine(v)), want), nearest.Hint(fmt.Sprint(v), p.Enum))
		return nil
	}
	return value
}

// parse reads the number or boolean that a template printed for a parameter
// which is one.
func (p Parameter) parse(text string) any {
	text = strings.TrimSpace(text)
	switch p.Type {
	case "boolean":
		if b, err := strconv.ParseBool(text); err == nil {
			return b
		}
	case "integer", "integer or percentage":
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n
		}
	}
	return text
}

// restrict says what a value of the right type should be instead, "" where it
// is fine.
func (p Parameter) restrict(value any) string {
	switch v := value.(type) {
	case int64:
		if p.Min != nil && v < *p.Min || p.Max != nil && v > *p.Max {
			return p.bounds()
		}
	case string:
		return p.restrictText(v)
	case []any:
		for _, item := range v {
			if want := p.restrictText(item.(string)); want != "" {
				return "each item to be " + want
			}
		}
	}
	return ""
}

func (p Parameter) restrictText(s string) string {
	if len(p.Enum) > 0 && !slices.Contains(p.Enum, s) {
		return "one of " + strings.Join(p.Enum, ", ")
	}
	if rule, ok := parameterPatterns[p.Pattern]; ok && !rule.ok(s) {
		return rule.want
	}
	if p.Required && s == "" {
		return "a text"
	}
	return ""
}

func (p Parameter) bounds() string {
	switch {
	case p.Max == nil:
		return fmt.Sprintf("%d or more", *p.Min)
	case p.Min == nil:
		return fmt.Sprintf("%d or less", *p.Max)
	}
	return fmt.Sprintf("%d to %d", *p.Min, *p.Max)
}

func asBoolean(v any) (any, string) {
	if b, ok := v.(bool); ok {
		return b, ""
	}
	return nil, "true or false"
}

func asInteger(v any) (any, string) {
	if n, ok := v.(int64); ok {
		return n, ""
	}
	return nil, "an integer"
}

var percentText = regexp.MustCompile(`^(100|[0-9]{1,2})%$`)

func asCount(v any) (any, string) {
	switch v := v.(type) {
	case int64:
		if v >= 0 {
			return v, ""
		}
	case string:
		if percentText.MatchString(v) {
			return v, ""
		}
	}
	return nil, `a number or a percentage such as "25%"`
}

func asString(v any) (any, string) {
	if s, ok := v.(string); ok {
		return s, ""
	}
	return nil, "a text (put it in quotes)"
}

func asList(v any) (any, string) {
	list, ok := v.([]any)
	if !ok {
		return nil, "a list of texts"
	}
	for _, item := range list {
		if _, want := asString(item); want != "" {
			return nil, "a list of texts"
		}
	}
	return list, ""
}

func asMap(v any) (any, string) {
	m, ok := v.(map[string]any)
	if !ok {
		return nil, "a mapping of texts"
	}
	for _, item := range m {
		if _, want := asString(item); want != "" {
			return nil, "a mapping of texts (put numbers and booleans in quotes)"
		}
	}
	return m, ""
}

// renderTexts returns a value with its templates rendered, and whether there
// was one. Keys are left alone.
func renderTexts(v any, render func(string) (string, error)) (any, bool, error) {
	switch v := v.(type) {
	case string:
		if !strings.Contains(v, "{{") && !strings.Contains(v, "{%") {
			return v, false, nil
		}
		text, err := render(v)
		return text, true, err
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			text, _, err := renderTexts(item, render)
			if err != nil {
				return nil, false, err
			}
			list[i] = text
		}
		return list, false, nil
	case map[string]any:
		m := make(map[string]any, len(v))
		for _, key := range slices.Sorted(maps.Keys(v)) {
			text, _, err := renderTexts(v[key], render)
			if err != nil {
				return nil, false, err
			}
			m[key] = text
		}
		return m, false, nil
	}
	return v, false, nil
}
