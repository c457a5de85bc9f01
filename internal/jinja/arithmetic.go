package jinja

import (
	"math"
	"math/big"
)

// Arithmetic of numbers: ints of any size and floats, as Python has them.

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
