package jinja

import (
	"math"
	"math/big"
	"strings"
)

// Arithmetic, as Python's.

// binary is a op b.
func (r *run) binary(op string, a, b any) any {
	if isNumber(a) && isNumber(b) {
		return arithmetic(op, a, b)
	}
	for _, v := range []any{a, b} {
		if u, ok := v.(*undefined); ok {
			u.fail()
		}
	}
	switch op {
	case "+":
		if v, ok := r.add(a, b); ok {
			return v
		}
	case "*":
		if v, ok := r.repeat(a, b); ok {
			return v
		}
		if v, ok := r.repeat(b, a); ok {
			return v
		}
	case "%":
		if s, ok := asText(a); ok {
			return r.wrapLike(a, r.percentFormat(s, b, escapeOf(a)))
		}
	}
	raise("%s does not work on %s and %s", op, aType(a), aType(b))
	return nil
}

// add is a + b of two texts, lists or tuples.
func (r *run) add(a, b any) (any, bool) {
	s, isText := asText(a)
	t, isText2 := asText(b)
	if isText && isText2 {
		r.text(len(s) + len(t))
		return addText(a, b), true
	}
	switch x := a.(type) {
	case *list:
		if y, ok := b.(*list); ok {
			return &list{r.join(x.items, y.items)}, true
		}
	case *tuple:
		if y, ok := b.(*tuple); ok {
			return &tuple{items: r.join(x.items, y.items)}, true
		}
	}
	return nil, false
}

func (r *run) join(a, b []any) []any {
	r.items(int64(len(a) + len(b)))
	return append(append(make([]any, 0, len(a)+len(b)), a...), b...)
}

// addText escapes what is added to a Markup.
func addText(a, b any) any {
	s, _ := asText(a)
	t, _ := asText(b)
	_, markupA := a.(markup)
	_, markupB := b.(markup)
	switch {
	case markupA && !markupB:
		return markup(s + escapeHTML(t))
	case markupB && !markupA:
		return markup(escapeHTML(s) + t)
	case markupA:
		return markup(s + t)
	}
	return s + t
}

// repeat is a sequence times an int.
func (r *run) repeat(a, times any) (any, bool) {
	n, ok := asInt(times)
	if !ok {
		if big, isBig := times.(*big.Int); isBig {
			n, ok = int64(big.Sign())*math.MaxInt32, true
		}
	}
	if !ok {
		return nil, false
	}
	n = max(n, 0)
	switch a := a.(type) {
	case string:
		return r.repeatText(a, n), true
	case markup:
		return markup(r.repeatText(string(a), n)), true
	case *list:
		return &list{r.repeatItems(a.items, n)}, true
	case *tuple:
		return &tuple{items: r.repeatItems(a.items, n)}, true
	}
	return nil, false
}

func (r *run) repeatText(s string, n int64) string {
	r.times(len(s), n)
	if s == "" {
		return ""
	}
	return strings.Repeat(s, int(n))
}

func (r *run) repeatItems(items []any, n int64) []any {
	if len(items) == 0 || n == 0 {
		return []any{}
	}
	if n > int64(r.limits.Items) {
		r.items(n)
	}
	r.items(n * int64(len(items)))
	all := make([]any, 0, int(n)*len(items))
	for range n {
		all = append(all, items...)
	}
	return all
}

// arithmetic is a op b of two numbers.
func arithmetic(op string, a, b any) any {
	_, floatA := a.(float64)
	_, floatB := b.(float64)
	if floatA || floatB {
		return floatArithmetic(op, toFloat(a), toFloat(b))
	}
	m, okA := asInt(a)
	n, okB := asInt(b)
	if okA && okB {
		if v, ok := smallArithmetic(op, m, n); ok {
			return v
		}
	}
	x, _ := asBig(a)
	y, _ := asBig(b)
	return bigArithmetic(op, x, y)
}

// toFloat is the float of a number.
func toFloat(v any) float64 {
	switch v := v.(type) {
	case float64:
		return v
	case *big.Int:
		f, _ := new(big.Float).SetInt(v).Float64()
		if math.IsInf(f, 0) {
			raise("int is too large for a float")
		}
		return f
	}
	n, _ := asInt(v)
	return float64(n)
}

// smallArithmetic computes in 64 bits; false where the result needs more, or
// is no int.
func smallArithmetic(op string, m, n int64) (any, bool) {
	switch op {
	case "+":
		s := m + n
		return s, (s > m) == (n > 0)
	case "-":
		d := m - n
		return d, (d < m) == (n > 0)
	case "*":
		p := m * n
		return p, m == 0 || p/m == n && !(m == -1 && n == math.MinInt64)
	case "//":
		q, _ := floorDiv(m, n)
		return q, !(m == math.MinInt64 && n == -1)
	case "%":
		_, rest := floorDiv(m, n)
		return rest, true
	case "/":
		if n == 0 {
			raise("division by zero")
		}
		const exact = 1 << 53
		return float64(m) / float64(n), max(m, -m) < exact && max(n, -n) < exact
	}
	return nil, false
}

// floorDiv rounds down, so that the rest has the sign of the divisor.
func floorDiv(m, n int64) (quotient, rest int64) {
	if n == 0 {
		raise("division by zero")
	}
	if n == -1 {
		return -m, 0
	}
	quotient, rest = m/n, m%n
	if rest != 0 && (rest < 0) != (n < 0) {
		quotient, rest = quotient-1, rest+n
	}
	return quotient, rest
}

// maxBits bounds ints.
const maxBits = 1 << 16

func checkBits(bits int) {
	if bits > maxBits {
		raise("int has more than %d bits, want fewer", maxBits)
	}
}

func bigArithmetic(op string, x, y *big.Int) any {
	z := new(big.Int)
	switch op {
	case "+":
		z.Add(x, y)
	case "-":
		z.Sub(x, y)
	case "*":
		z.Mul(x, y)
	case "**":
		return power(x, y)
	default:
		return bigDivision(op, x, y)
	}
	checkBits(z.BitLen())
	return normalize(z)
}

func bigDivision(op string, x, y *big.Int) any {
	if y.Sign() == 0 {
		raise("division by zero")
	}
	if op == "/" {
		f, _ := new(big.Rat).SetFrac(x, y).Float64()
		if math.IsInf(f, 0) {
			raise("result of a division is too large for a float")
		}
		return f
	}
	quotient, rest := new(big.Int).QuoRem(x, y, new(big.Int))
	if rest.Sign() != 0 && (rest.Sign() < 0) != (y.Sign() < 0) {
		quotient.Sub(quotient, big.NewInt(1))
		rest.Add(rest, y)
	}
	if op == "//" {
		return normalize(quotient)
	}
	return normalize(rest)
}

// power is x ** y of two ints: a float where y is below zero.
func power(x, y *big.Int) any {
	if y.Sign() < 0 {
		if x.Sign() == 0 {
			raise("0 cannot be raised to a negative power")
		}
		return floatPower(toFloat(normalize(x)), toFloat(normalize(y)))
	}
	if x.BitLen() <= 1 {
		return smallPower(x, y)
	}
	if !y.IsInt64() || y.Int64() > maxBits {
		checkBits(maxBits + 1)
	}
	checkBits((x.BitLen() - 1) * int(y.Int64()))
	return normalize(new(big.Int).Exp(x, y, nil))
}

// smallPower raises 0, 1 or -1 to any power.
func smallPower(x, y *big.Int) any {
	switch {
	case y.Sign() == 0:
		return int64(1)
	case x.Sign() < 0 && y.Bit(0) == 0:
		return int64(1)
	}
	return x.Int64()
}

func floatArithmetic(op string, a, b float64) any {
	switch op {
	case "+":
		return a + b
	case "-":
		return a - b
	case "*":
		return a * b
	case "**":
		return floatPower(a, b)
	}
	if b == 0 {
		raise("division by zero")
	}
	switch op {
	case "/":
		return a / b
	case "//":
		quotient, _ := floatFloorDiv(a, b)
		return quotient
	}
	_, rest := floatFloorDiv(a, b)
	return rest
}

// floatFloorDiv follows CPython's float_divmod.
func floatFloorDiv(a, b float64) (quotient, rest float64) {
	rest = math.Mod(a, b)
	quotient = (a - rest) / b
	if rest != 0 {
		if (b < 0) != (rest < 0) {
			rest += b
			quotient--
		}
	} else {
		rest = math.Copysign(0, b)
	}
	if quotient == 0 {
		return math.Copysign(0, a/b), rest
	}
	floor := math.Floor(quotient)
	if quotient-floor > 0.5 {
		floor++
	}
	return floor, rest
}

func floatPower(a, b float64) any {
	if a == 0 && b < 0 {
		raise("0.0 cannot be raised to a negative power")
	}
	p := math.Pow(a, b)
	switch {
	case math.IsNaN(a) || math.IsNaN(b) || math.IsInf(a, 0) || math.IsInf(b, 0) || math.Abs(b) > 1<<62:
	case b == math.Trunc(b):
		p = integerPower(a, int64(b))
	case a < 0:
		raise("a negative number to a fractional power is complex, which is not supported")
	case b == 0.5:
		p = math.Sqrt(a)
	case a != 0 && a != 1:
		// The last digit would depend on the mathematics library.
		raise("fractional powers other than 0.5 are not supported")
	}
	if math.IsInf(p, 0) && !math.IsInf(a, 0) && !math.IsInf(b, 0) {
		raise("result of ** is too large for a float")
	}
	return p
}

// integerPower rounds once, at the end, as the C library does.
func integerPower(a float64, n int64) float64 {
	const bits = 320
	result := new(big.Float).SetPrec(bits).SetInt64(1)
	square := new(big.Float).SetPrec(bits).SetFloat64(a)
	for rest := uint64(max(n, -n)); rest > 0; rest >>= 1 {
		if rest&1 == 1 {
			result.Mul(result, square)
		}
		if rest > 1 {
			square.Mul(square, square)
		}
	}
	if n < 0 {
		result.Quo(new(big.Float).SetPrec(bits).SetInt64(1), result)
	}
	f, _ := result.Float64()
	return f
}

// unary is -v or +v.
func (r *run) unary(op string, v any) any {
	if u, ok := v.(*undefined); ok {
		u.fail()
	}
	if !isNumber(v) {
		raise("%s does not work on %s", op, aType(v))
	}
	if f, ok := v.(float64); ok {
		if op == "-" {
			return -f
		}
		return f
	}
	n, _ := asBig(v)
	if op == "-" {
		n = new(big.Int).Neg(n)
	}
	return normalize(n)
}
