package manifest

import (
	"math"
	"math/rand/v2"
	"strings"
)

// trickyTexts are texts that some reader of YAML, in some version, takes for
// something else when they are written carelessly.
var trickyTexts = []string{
	// nothing much
	"", " ", "  ", "\n", "\n\n", "\t", "a", "a ", " a", "a  b", "a\tb",
	// booleans, null
	"y", "Y", "n", "N", "yes", "Yes", "YES", "yEs", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF",
	"true", "True", "TRUE", "tRUE", "false", "False", "FALSE", "null", "Null", "NULL", "nULL", "~", "none", "nil", "undefined",
	// integers of all bases
	"0", "1", "-1", "+1", "00", "07", "08", "017", "0644", "0o17", "0O17", "0x1F", "0X1f", "-0x1F", "0b101", "0B1", "-0b1",
	"1_000", "1,000", "1__0", "_1", "1_", "0x_1", "123456789012345678901234567890", "9223372036854775808", "-9223372036854775809",
	"٣", "１２", "²", "½",
	// floats
	"1.0", "1.", ".5", "-.5", "+.5", "1e3", "1E3", "1e+3", "1e-3", "1.5e3", "12e03", "1e", "e3", "1e999", "-1e3", "6.02_1", "1_0.5",
	"0x1p-2", "0x.8p1", ".", "..", "...", ".1.2", "1.2.3", ".e1", "._", ".1_0", "685_230.15", "1,5", "1.e1", "e3", "E3", "e+3", "-e3", ".e+1", "._e1", "_e1", "e", "e_1", "e1x", "0.0", "-0", "-0.0", "+0",
	".inf", ".Inf", ".INF", "-.inf", "+.inf", "+.INF", ".nan", ".NaN", ".NAN", "inf", "Infinity", "-inf", "nan", "NaN", "-Infinity", "+nan",
	// base 60, times, dates
	"1:30", "1:30:45", "190:20:30", "190:20:30.15", "-1:30", "+1:30", "1:60", "12:30:45.6", "0:0", "22:22",
	"2024-01-01", "2024-1-1", "2024-01-01T00:00:00Z", "2024-01-01t00:00:00z", "2024-01-01 00:00:00", "2024-01-01 00:00:00 +01:00",
	"2001-12-14t21:59:43.10-05:00", "2001-12-14 21:59:43.10 -5", "2024-13-45", "24-01-01", "2024-W01", "12h", "1d", "10:00pm",
	// merge and value keys
	"<<", "=", "<", ">=", "==", "<<<", "<<: a", "!!merge",
	// indicators in front
	"-", "- a", "-a", "--", "--a", "---", "--- a", "---a", "-- -", "?", "? a", "?a", ":", ": a", ":a", "::", ":a:", "#", "# a", "#a",
	"&a", "& a", "*", "*a", "* a", "!", "!a", "!!str a", "!<a>", "|", "|-", "|+", "| a", ">", ">-", "> a", "%", "%a", "%YAML 1.2",
	"@", "@a", "`", "`a`", ",", ",a", "[", "[a]", "]", "{", "{a}", "{a: b}", "}", "{{ a }}", "{}", "[]", "'", "'a'", "\"", "\"a\"", "\\", "\\n",
	"$", "$(A)", "${A}", "(a)", "^a$", "/", "/a", "//", "./a", "../a", ".a", "_", "_a", "+", "+a", "-", "=a", ";", ";a", "~a", "~/a",
	// indicators inside
	"a: b", "a:b", "a:", "a :", "a : b", "a:\tb", "a:: b", "a #b", "a#b", "a # b", "a #", "a#", "a\t#b", "a -b", "a - b", "a ? b", "a & b", "a * b",
	"a ! b", "a | b", "a > b", "a % b", "a @ b", "a ` b", "a, b", "a,b", "a [b]", "a]b", "a {b}", "a}b", "a 'b", "it's", "a \"b\" c", "say \"it's\"",
	"a\\b", "C:\\dir", "C: \\dir", "a'b'", "\"a\": 1", "{\"a\": 1}", "[\"a\", 1]", "'\"", "\\\"", "''", "\"\"", "key: |", "key: >-", "- - a", "? a : b",
	// what people write in manifests
	"500m", "1907Mi", "2Gi", "1k", "1E", "1Ei", "100n", "0.5", "25%", "30s", "1h30m", "8080/tcp", "10.0.0.0/8", "10.0.0.1", "::1", "fe80::1", "[::1]:80",
	"0 * * * *", "*/5 * * * *", "5 4 * * 1-5", "registry.example.com/zenml:greet_pipeline", "registry:5000/a@sha256:3f2a", "sha256:00e1",
	"3f2a9c1e-0b7d-4c55-9f1e-1a2b3c4d5e6f", "12345678", "1234567e8", "0e0", "00e1", "a1b2c3", "1a2b3c4", "deadbeef", "app.kubernetes.io/name",
	"--flag=value", "--flag", "-n", "-y", "-x=1", "--", "v1.2.3", "1.25", "1.25.3", "http://example.com/?a=b&c=d#e", "user@example.com", "a@b:c",
	"echo \"hi\" && exit 1", "sh -c 'exit 1'", "^/api(/|$)(.*)", "[a-z]+", "{{ .Values.a }}", "{% if a %}", "%s", "$2a$10$abc", "cn=admin,dc=example",
	// several lines
	"a\nb", "a\nb\n", "a\nb\n\n", "a\n\n\nb", "\na", "\n\na\n", "\n a", " a\nb", "\ta\nb", "a\n b\n", "a\n\tb\n", "a \nb", "a\t\nb", "a\n \nb", "a\n \n",
	"a\n  ", "a\n\t", "a\n\n ", " \n", " \na", "\n \na", "# a\nb", "#!/bin/sh\nset -e\necho 'hi: there' # now\n", "- a\n- b\n", "a: b\nc:\n- d\n",
	"---\na\n", "a\n---\nb", "a\n...\nb", "%YAML\na", "|\na", "a\n---", "...\n", "a\n#", "key: |\n  text\n", "{\n  \"a\": [1]\n}\n", "a\n'b\n\"c\n", "a: \nb", "a:\n\n\n\n",
	"x\ny\n\n\n\n", "\tmake:\n\tall\n", "all:\n\tmake -j2\n", "a\r\nb", "a\rb", "a\n\r", "\r", "a\r\nb\r\n",
	// control characters and what one cannot see
	"\x00", "a\x00b", "\x01", "\x07", "\b", "\v", "\f", "\x1b[0m", "\x1f", "\x7f", "a\x7f", "\u0080", "\u0085", "a\u0085b", "a\nb\u0085c", "\u009f",
	"\u00a0", "a\u00a0", "\u00a0a", "\u00ad", "\u061c", "\u1680", "\u180e", "\u2000", "a\u2003b", "\u200b", "a\u200db", "\u200e", "\u2028", "a\u2028b", "\u2029", "a\nb\u2029",
	"\u202e", "\u202f", "\u205f", "\u2060", "\u2066", "\u206f", "\u3000", "a\u3000", "\ufdd0", "\ufeff", "\ufeffa", "a\ufeff", "a\n\ufeffb", "\ufff9", "\ufffd", "\ufffe", "\uffff",
	"\U0001fffe", "\U0001ffff", "\U000e0001", "\U000e0fff", "\U0010ffff",
	// other letters
	"é", "naïve", "日本語", "😀", "a😀b", "👩‍👩‍👧", "❤️", "ß", "İ", "\u212a", "مرحبا", "e\u0301", "\u0301", "\ue000", "\U00100000", "é: ü", "é #ü", "日本\n語\n",
	// long
	strings.Repeat("a", 127), strings.Repeat("a", 129), strings.Repeat("word ", 60) + "end", strings.Repeat("word ", 60) + ": end",
	strings.Repeat("a", 1000), strings.Repeat("b", 1001), strings.Repeat("c", 1025), strings.Repeat("d ", 2000) + "d", strings.Repeat("é", 600),
	strings.Repeat("long line ", 30) + "\n" + strings.Repeat("another ", 40) + "\n", strings.Repeat("\n", 50) + "a", "a" + strings.Repeat("\n", 50),
}

var trickyNumbers = []any{
	int64(0), int64(1), int64(-1), int64(1 << 53), int64(1<<53 + 1), int64(math.MaxInt64), int64(math.MinInt64), int64(1000000), int64(100000000000000000),
	0.5, -0.5, 0.1, 1.0, -1.0, 1e21, -1e21, 1e22, 1e15, 1e100, math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64, 1e-7, 1.5e-7, 123456.789e3,
	1e-300, math.Pi, 1.0 / 3, 100000.0, 1e6, 1234567.0, 9007199254740993.0, 0.30000000000000004, 5e-324, 2.2250738585072014e-308,
}

// nastyAlphabet holds pieces of which every third has a meaning in YAML.
var nastyAlphabet = strings.Split("a|b|z|E|x|o|T|Z|0|1|7|9|-|-|+|.|.|:|:| | | |\n|\n|\n|\t|#|?|,|[|]|{|}|&|*|!|%|@|`|'|\"|\\|=|<|>|~|_|/|$|(|^|é|日|😀|"+
	"\r|\x00|\x7f|\u0085|\u00a0|\u2028|\ufeff|: | #|- |---|...|0x|0o|0b|1e|.5|inf|nan|yes|null|true|2024-01-01|12:30|Mi|<<|--|\n\n|  |\n  |{{ |}}|%", "|")

// nastyTexts returns n texts, always the same ones for a seed.
func nastyTexts(seed uint64, n int) []string {
	random := rand.New(rand.NewPCG(seed, 1))
	texts := make([]string, n)
	for i := range texts {
		var b strings.Builder
		for range random.IntN(9) {
			b.WriteString(nastyAlphabet[random.IntN(len(nastyAlphabet))])
		}
		texts[i] = b.String()
	}
	return texts
}

// shapes returns values with the text everywhere that a text can stand.
func shapes(s string) []any {
	return []any{
		s,
		map[string]any{"k": s},
		map[string]any{s: "v"},
		map[string]any{s: s, "other": int64(1)},
		[]any{s},
		map[string]any{"k": []any{s, s}, "l": map[string]any{s: []any{map[string]any{s: map[string]any{s: s}}, "x"}}},
		map[string]any{s: []any{[]any{s, []any{s}}, map[string]any{}, []any{}}},
	}
}
