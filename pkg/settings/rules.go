// The rules of texts: what Kubernetes, ZenML and the engines accept as names,
// keys and amounts. They are written out here, and not taken from Kubernetes'
// own packages, so that the JSON Schema can show them and the process starts
// fast; a test compares the two.

package settings

import (
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// A rule says which texts are accepted.
type rule struct {
	name string
	// pattern is a regular expression, empty where any text is. It means the
	// same in Go and in ECMA 262, which JSON Schema uses.
	pattern string
	max     int    // in characters, 0 where there is no limit
	want    string // in words
	// reserved are texts that are refused although they fit.
	reserved []string
	// further returns what is wrong with a text that fits the pattern and
	// what to do about it, empty where nothing is.
	further func(s string) (message, hint string)

	once     sync.Once
	compiled *regexp.Regexp // see fits
}

const (
	label      = `[a-z0-9]([-a-z0-9]*[a-z0-9])?`
	subdomain  = label + `(\.` + label + `)*`
	qualified  = `([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]`
	prefixed   = `^(` + subdomain + `/)?` + qualified + `$`
	wantPrefix = `[prefix/]name of at most 63 letters, digits, "-", "_" and "."`
)

// Reserved by lading for what selects and describes its objects, and by the
// engines, which write these keys themselves and delete or adopt objects by
// them: https://argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking/
// and https://fluxcd.io/flux/components/kustomize/kustomizations/.
var (
	managedLabels = []string{"managed-by", "zenml-deployment-id", "zenml-deployment-name"}
	engineKeys    = []string{
		"app.kubernetes.io/instance",
		"argocd.argoproj.io/tracking-id",
		"kustomize.toolkit.fluxcd.io/name",
		"kustomize.toolkit.fluxcd.io/namespace",
	}
)

// rules are all rules, by the name that the pattern tag uses. For names see
// https://kubernetes.io/docs/concepts/overview/working-with-objects/names/,
// for labels .../labels/ and for annotations .../annotations/.
var rules = []*rule{
	{name: "annotation-keys", pattern: prefixed, max: 317, want: wantPrefix, reserved: engineKeys, further: checkKey},
	{name: "api-version", pattern: `^(` + subdomain + `/)?` + label + `$`, max: 317, want: "group/version, or a version of the core group"},
	{name: "bare-kind", pattern: `^[A-Z][A-Za-z0-9]*$`, max: 63, want: "a kind such as Certificate"},
	{name: "dns-label", pattern: `^` + label + `$`, max: 63, want: `at most 63 lower-case letters, digits and "-", not at either end`},
	{name: "dns-subdomain", pattern: `^` + subdomain + `$`, max: 253, want: `at most 253 lower-case letters, digits, "-" and "."`},
	{name: "expression", pattern: `[^\s]`, max: 4096, want: "a CEL expression of at most 4096 characters"},
	{name: "image", pattern: `^[^\s]+$`, max: 1024, want: "an image reference without spaces"},
	{name: "kind", pattern: `^[A-Z][A-Za-z0-9]*(\.` + subdomain + `)?$`, max: 317, want: "Kind or Kind.group"},
	{name: "label-keys", pattern: prefixed, max: 317, want: wantPrefix, further: checkKey},
	{name: "memory", pattern: `^[0-9]+(KB|KiB|MB|MiB|GB|GiB|TB|TiB|PB|PiB)$`, max: 32,
		want: "digits and one of KB, KiB, MB, MiB, GB, GiB, TB, TiB, PB, PiB", further: checkMemory},
	{name: "object-labels", pattern: prefixed, max: 317, want: wantPrefix, reserved: slices.Concat(managedLabels, engineKeys), further: checkKey},
	{name: "pipeline", pattern: `^[A-Za-z0-9_][A-Za-z0-9_.-]*$`, max: 128, want: `at most 128 letters, digits, "_", "." and "-"`},
	{name: "probe-path", pattern: `^/`, want: "a path that begins with /"},
	{name: "repository-url", pattern: `^(https?://|ssh://|[^@/:\s]+@[^/:\s]+:)[^\s]+$`, max: 1024, want: "https://…, ssh://… or user@host:path"},
	{name: "secret-key", pattern: `^[-._a-zA-Z0-9]+$`, max: 253, want: `at most 253 letters, digits, "-", "_" and "."`},
	{name: "text", pattern: `[^\s]`, max: 200, want: "printable text of at most 200 characters", further: checkPrintable},
	{name: "uuid", pattern: `^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$`, want: "a UUID such as 3f2a9c1e-0b7d-4c55-9f1e-1a2b3c4d5e6f"},
	{name: "variable-names", pattern: `^[A-Za-z_][A-Za-z0-9_]*$`, want: "letters, digits and _, no digit first"},
}

// ruleNamed returns a rule by its name, nil for the empty name.
func ruleNamed(name string) *rule {
	if name == "" {
		return nil
	}
	for _, r := range rules {
		if r.name == name {
			return r
		}
	}
	panic(fmt.Sprintf("settings: no rule is called %q", name))
}

// fits tells whether a text has the rule's form.
func (r *rule) fits(s string) bool {
	r.once.Do(func() { r.compiled = regexp.MustCompile(r.pattern) })
	return r.compiled.MatchString(s)
}

// check returns what is wrong with a text, empty where nothing is.
func (r *rule) check(s string) (message, hint string) {
	switch {
	case r == nil:
		return "", ""
	case slices.Contains(r.reserved, s):
		return checkReserved(s)
	case r.max > 0 && utf8.RuneCountInString(s) > r.max, !r.fits(s):
		return fmt.Sprintf("%s is not accepted, want %s", show(s), r.want), r.suggest(s)
	case r.further != nil:
		return r.further(s)
	}
	return "", ""
}

func checkReserved(s string) (message, hint string) {
	if slices.Contains(managedLabels, s) {
		return fmt.Sprintf("%q is a label that lading manages, want another key", s), ""
	}
	return fmt.Sprintf("%q is reserved for the GitOps engine, want another key", s), ""
}

// suggest returns a hint for a text that does not fit.
func (r *rule) suggest(s string) string {
	switch r.name {
	case "dns-label":
		if low := strings.ToLower(s); low != s && r.fits(low) {
			return didYouMean(low)
		}
	case "memory":
		return suggestMemory(s)
	case "probe-path":
		if s != "" {
			return didYouMean("/" + s)
		}
	}
	return ""
}

// suggestMemory reads what people write instead: 2Gi, 2 GB, 2gb, 2G.
func suggestMemory(s string) string {
	digits := strings.TrimRight(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ")
	unit := strings.ToUpper(strings.TrimSpace(s[len(digits):]))
	unit = strings.TrimSuffix(unit, "B")
	power, binary := strings.CutSuffix(unit, "I")
	if digits == "" || len(power) != 1 || !strings.Contains("KMGTP", power) {
		return ""
	}
	suffix := "B"
	if binary {
		suffix = "iB"
	}
	if candidate := digits + power + suffix; ruleNamed("memory").fits(candidate) {
		return didYouMean(candidate)
	}
	return ""
}

// checkKey bounds the prefix of a label or annotation key.
func checkKey(s string) (message, hint string) {
	if prefix, _, ok := strings.Cut(s, "/"); ok && len(prefix) > 253 {
		return fmt.Sprintf("%s has a prefix of %d characters, want at most 253", show(s), len(prefix)), ""
	}
	return "", ""
}

// checkMemory refuses what would truncate to nothing, since memory is written
// in whole Mi, and what Kubernetes cannot hold.
func checkMemory(s string) (message, hint string) {
	bytes := memoryBytes(s)
	switch {
	case bytes.Cmp(big.NewInt(1<<20)) < 0:
		return fmt.Sprintf("%s is less than 1MiB, want at least that", show(s)), ""
	case !bytes.IsInt64():
		return fmt.Sprintf("%s is more than Kubernetes can count, want less than 8192PiB", show(s)), ""
	}
	return "", ""
}

// memoryBytes returns the bytes of a text that fits the memory rule.
func memoryBytes(s string) *big.Int {
	digits := strings.TrimRight(s, "KMGTPiB")
	unit := s[len(digits):]
	base := int64(1000)
	if strings.Contains(unit, "i") {
		base = 1024
	}
	n, _ := new(big.Int).SetString(digits, 10)
	exponent := int64(strings.IndexByte("KMGTP", unit[0]) + 1)
	return n.Mul(n, new(big.Int).Exp(big.NewInt(base), big.NewInt(exponent), nil))
}

// checkPrintable refuses control characters and what else cannot be seen.
func checkPrintable(s string) (message, hint string) {
	for _, c := range s {
		if !unicode.IsPrint(c) && !unicode.Is(unicode.Zs, c) {
			return fmt.Sprintf("%s has the character %U in it, want printable text", show(s), c), ""
		}
	}
	return "", ""
}

// quantityPattern is the form of
// https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
// without a minus, which no request or limit may have.
const quantityPattern = `^\+?([0-9]+\.?[0-9]*|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][-+]?[0-9]{1,2})?$`

var quantityMatch = lazily(quantityPattern)

// lazily compiles a regular expression when it is first needed, so that
// starting the process does not wait for it.
func lazily(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

// show quotes a text for a message, the middle of a long one left out.
func show(s string) string {
	const most = 60
	if runes := []rune(s); len(runes) > most {
		s = string(runes[:most-20]) + "…" + string(runes[len(runes)-10:])
	}
	return fmt.Sprintf("%q", s)
}
