package jinja

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// Filters of numbers.

var numberFilters = map[string]*filterDef{
	"abs":            plain(absFilter),
	"filesizeformat": {params: params("binary", false), call: filesizeFilter},
	"float":          {params: params("default", 0.0), call: floatFilter},
	"int":            {params: params("default", 0, "base", 10), call: intFilter},
	"round":          {params: params("precision", 0, "method", "common"), call: roundFilter},
}

func absFilter(r *run, v any) any {
	if f, ok := v.(float64); ok {
		return math.Abs(f)
	}
	n, ok := asBig(v)
	if !ok {
		failUndefined(v, nil)
		raise("filter abs takes a number, not %s", aType(v))
	}
	return normalize(new(big.Int).Abs(n))
}

// intFilter is int(v), the default where v is none. "42.9" is 42.
func intFilter(r *run, v any, a []any) any {
	if s, ok := asText(v); ok {
		base := toInt("base", a[1])
		if base < 0 || base == 1 || base > 36 {
			raise("filter int takes a base of 0 or 2 to 36, not %d", base)
		}
		if n, ok := parseInt(s, int(base)); ok {
			return n
		}
		if f, ok := parseFloat(s); ok && !math.IsInf(f, 0) && !math.IsNaN(f) {
			return normalize(truncate(f))
		}
		return a[0]
	}
	switch v := v.(type) {
	case float64:
		if math.IsInf(v, 0) {
			raise("an infinite float has no int")
		}
		if math.IsNaN(v) {
			return a[0]
		}
		return normalize(truncate(v))
	case *undefined:
		v.fail()
	}
	if n, ok := asBig(v); ok {
		return normalize(n)
	}
	return a[0]
}

// checkDigits refuses the digits of other scripts, which Python reads too.
func checkDigits(s string) {
	if i := strings.IndexFunc(s, func(c rune) bool { return c > 0x7f && isDecimal(c) }); i >= 0 {
		raise("digits other than 0 to 9 are not supported: %s", quote(s))
	}
}

// parseInt is int(s, base).
func parseInt(s string, base int) (any, bool) {
	checkDigits(s)
	s = strings.TrimFunc(s, isSpace)
	sign := ""
	if s != "" && (s[0] == '-' || s[0] == '+') {
		sign, s = s[:1], s[1:]
	}
	digits := s
	if prefix := basePrefix[base]; prefix != "" {
		if len(s) > 1 && strings.EqualFold(s[:2], prefix) {
			digits = strings.TrimPrefix(s[2:], "_")
		}
	} else if base == 0 {
		if len(s) == 0 || !isDigit(s[0]) || integerSize(s) != len(s) {
			return nil, false
		}
		digits = strings.ReplaceAll(s, "_", "")
	}
	if base != 0 {
		if !validDigits(digits) || len(digits) > maxDigits {
			return nil, false
		}
		digits = strings.ReplaceAll(digits, "_", "")
	}
	n, ok := new(big.Int).SetString(sign+digits, base)
	if !ok {
		return nil, false
	}
	return normalize(n), true
}

// validDigits reports whether underscores stand only between digits.
func validDigits(s string) bool {
	return s != "" && s[0] != '_' && s[len(s)-1] != '_' && !strings.Contains(s, "__") && isASCII(s) && !strings.ContainsAny(s, "+-")
}

// parseFloat is float(s).
func parseFloat(s string) (float64, bool) {
	checkDigits(s)
	s = strings.TrimFunc(s, isSpace)
	unsigned := strings.TrimLeft(s, "+-")
	if len(s)-len(unsigned) > 1 || unsigned == "" {
		return 0, false
	}
	switch strings.ToLower(unsigned) {
	case "inf", "infinity":
	case "nan":
		return math.NaN(), true
	default:
		if !isDigit(unsigned[0]) && unsigned[0] != '.' || strings.ContainsAny(unsigned, "xXpP") || strings.Contains(s, "__") ||
			!underscoresBetweenDigits(unsigned) {
			return 0, false
		}
		s = strings.ReplaceAll(s, "_", "")
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && !math.IsInf(f, 0) {
		return 0, false
	}
	return f, true
}

func underscoresBetweenDigits(s string) bool {
	for i := range len(s) {
		if s[i] == '_' && (i == 0 || i == len(s)-1 || !isDigit(s[i-1]) || !isDigit(s[i+1])) {
			return false
		}
	}
	return true
}

func floatFilter(r *run, v any, a []any) any {
	if s, ok := asText(v); ok {
		if f, ok := parseFloat(s); ok {
			return f
		}
		return a[0]
	}
	if u, ok := v.(*undefined); ok {
		u.fail()
	}
	if isNumber(v) {
		return toFloat(v)
	}
	return a[0]
}

// roundFilter rounds half to even, as Python's round does; ceil and floor
// follow Jinja's formula.
func roundFilter(r *run, v any, a []any) any {
	if !isNumber(v) {
		failUndefined(v, nil)
		raise("filter round takes a number, not %s", aType(v))
	}
	method := toText("method", a[1])
	switch method {
	case "common":
		return roundCommon(v, toInt("precision", a[0]))
	case "ceil", "floor":
		scale := arithmetic("**", int64(10), a[0])
		scaled := toFloat(arithmetic("*", v, scale))
		whole := math.Floor(scaled)
		if method == "ceil" {
			whole = math.Ceil(scaled)
		}
		return arithmetic("/", normalize(truncate(whole)), scale)
	}
	raise("filter round takes the method common, ceil or floor, not %s", quote(method))
	return nil
}

func roundCommon(v any, precision int64) any {
	f, ok := v.(float64)
	if !ok {
		n, _ := asBig(v)
		return roundInt(n, precision)
	}
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0) || precision > 330:
		return f
	case precision < -330:
		return math.Copysign(0, f)
	case precision < 0:
		rounded := toFloat(roundInt(truncate(f), precision))
		if whole := truncate(f); new(big.Float).SetInt(whole).Cmp(big.NewFloat(f)) != 0 {
			rounded = roundDecimal(f, precision)
		}
		return math.Copysign(rounded, f)
	}
	return roundDecimal(f, precision)
}

// roundDecimal rounds the exact decimal value of a float.
func roundDecimal(f float64, precision int64) float64 {
	if precision >= 0 {
		rounded, _ := strconv.ParseFloat(strconv.FormatFloat(f, 'f', int(precision), 64), 64)
		return rounded
	}
	unit := new(big.Float).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(-precision), nil))
	quotient, _ := new(big.Float).Quo(big.NewFloat(f), unit).Float64()
	rounded, _ := new(big.Float).Mul(big.NewFloat(math.RoundToEven(quotient)), unit).Float64()
	return rounded
}

// roundInt rounds to a power of ten, half to even.
func roundInt(n *big.Int, precision int64) any {
	if precision >= 0 {
		return normalize(n)
	}
	if precision < -maxDigits {
		return int64(0)
	}
	unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(-precision), nil)
	quotient, rest := new(big.Int).DivMod(n, unit, new(big.Int))
	switch twice := new(big.Int).Lsh(rest, 1); twice.Cmp(unit) {
	case 1:
		quotient.Add(quotient, big.NewInt(1))
	case 0:
		if quotient.Bit(0) == 1 {
			quotient.Add(quotient, big.NewInt(1))
		}
	}
	return normalize(quotient.Mul(quotient, unit))
}

func filesizeFilter(r *run, v any, a []any) any {
	f, ok := v.(float64)
	if s, isText := asText(v); isText {
		if f, ok = parseFloat(s); !ok {
			raise("filter filesizeformat takes a number, not %s", quote(s))
		}
	} else if !ok {
		if !isNumber(v) {
			failUndefined(v, nil)
			raise("filter filesizeformat takes a number, not %s", aType(v))
		}
		f = toFloat(v)
	}
	base, suffix := 1000.0, "B"
	units := []string{"k", "M", "G", "T", "P", "E", "Z", "Y"}
	if r.truth(a[0]) {
		base, suffix, units[0] = 1024, "iB", "K"
	}
	switch {
	case f == 1:
		return "1 Byte"
	case f < base:
		return truncate(f).String() + " Bytes"
	}
	unit := base
	for i, name := range units {
		if unit *= base; f < unit || i == len(units)-1 {
			return strconv.FormatFloat(base*f/unit, 'f', 1, 64) + " " + name + suffix
		}
	}
	return nil
}
