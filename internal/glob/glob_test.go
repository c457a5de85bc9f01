package glob_test

import (
	"testing"

	"github.com/lading-dev/lading/internal/glob"
)

func TestMatch(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		pattern, value string
		separator      byte
		want           bool
	}{
		{"prod", "prod", 0, true},
		{"prod", "prod-eu", 0, false},
		{"prod-*", "prod-eu", 0, true},
		{"https://*", "https://rancher.example/k8s/c-1", 0, true},
		{"https://git.example/*", "https://git.example/ops", '/', true},
		{"https://git.example/*", "https://git.example/ops/deploy", '/', false},
		{"https://git.example/**", "https://git.example/ops/deploy", '/', true},
		{"a?c", "abc", 0, true},
		{"a?c", "a/c", '/', false},
		{"{dev,prod-*}", "prod-eu", 0, true},
		{"{dev,prod}", "test", 0, false},
		{"[a-c]x", "bx", 0, true},
		{"[!a-c]x", "bx", 0, false},
		{`a\*`, "a*", 0, true},
		{`a\*`, "ab", 0, false},
		{"größe-*", "größe-1", 0, true},
		{"a.c", "abc", 0, false},
		{"[", "[", 0, false},
	} {
		if got := glob.Match(test.pattern, test.value, test.separator); got != test.want {
			t.Errorf("%q with %q and the separator %q: got %t", test.pattern, test.value, test.separator, got)
		}
	}
}
