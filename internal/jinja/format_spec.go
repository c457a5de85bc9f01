package jinja

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// A formatSpec says how a value is formatted, by % and by str.format.
type formatSpec struct {
	fill, align      string // align is one of < > ^ =, empty without
	sign             string // + - or a blank, empty without
	alternate        bool   // #
	zero, left       bool
	width, precision int64  // precision is -1 without
	grouping         string // , or _
	kind             string
}

// flag sets a flag of a % format.
func (s *formatSpec) flag(c byte) {
	switch c {
	case '#':
		s.alternate = true
	case '0':
		s.zero = true
	case '-':
		s.left = true
	case '+':
		s.sign = "+"
	case ' ':
		if s.sign == "" {
			s.sign = " "
		}
	}
}

// cut cuts a text to the precision.
func (s *formatSpec) cut(text string) string {
	if s.precision < 0 {
		return text
	}
	if runes := []rune(text); int64(len(runes)) > s.precision {
		return string(runes[:s.precision])
	}
	return text
}

func (s *formatSpec) signOf(negative bool) string {
	if negative {
		return "-"
	}
	return strings.TrimPrefix(s.sign, "-")
}

var basePrefix = map[int]string{2: "0b", 8: "0o", 16: "0x"}

// integer writes an int in a base.
func (s *formatSpec) integer(n *big.Int, base int) string {
	digits := new(big.Int).Abs(n).Text(base)
	if len(digits) > maxDigits {
		bigRepr(n)
	}
	if s.precision > int64(len(digits)) {
		if s.precision > maxDigits {
			raise("precision of a format is %d, want at most %d", s.precision, maxDigits)
		}
		digits = strings.Repeat("0", int(s.precision)-len(digits)) + digits
	}
	prefix := ""
	if s.alternate {
		prefix = basePrefix[base]
	}
	digits = s.group(digits, base)
	if s.kind == "X" {
		prefix, digits = strings.ToUpper(prefix), strings.ToUpper(digits)
	}
	return s.signOf(n.Sign() < 0) + prefix + digits
}

// group puts separators between the digits of the part before the point.
func (s *formatSpec) group(digits string, base int) string {
	if s.grouping == "" {
		return digits
	}
	size := 3
	if base != 10 {
		size = 4
	}
	var b strings.Builder
	for i := range len(digits) {
		if i > 0 && (len(digits)-i)%size == 0 {
			b.WriteString(s.grouping)
		}
		b.WriteByte(digits[i])
	}
	return b.String()
}

// maxPrecision bounds digits behind the point.
const maxPrecision = 1000

// float writes a float. The kind is one of e f g % and their capitals, or empty
// for what str prints.
func (s *formatSpec) float(f float64) string {
	if s.precision > maxPrecision {
		raise("precision of a format is %d, want at most %d", s.precision, maxPrecision)
	}
	negative := math.Signbit(f) && !math.IsNaN(f)
	text := s.magnitude(math.Abs(f))
	if strings.ToUpper(s.kind) == s.kind {
		text = strings.ToUpper(text)
		if s.kind == "" {
			text = strings.ToLower(text)
		}
	}
	return s.signOf(negative) + text
}

func (s *formatSpec) magnitude(f float64) string {
	switch {
	case math.IsNaN(f):
		return "nan" + s.percentSign()
	case math.IsInf(f, 0):
		return "inf" + s.percentSign()
	}
	precision := int(s.precision)
	if precision < 0 {
		precision = 6
	}
	var text string
	switch strings.ToLower(s.kind) {
	case "e":
		text = strconv.FormatFloat(f, 'e', precision, 64)
	case "f":
		text = strconv.FormatFloat(f, 'f', precision, 64)
	case "%":
		text = strconv.FormatFloat(f*100, 'f', precision, 64)
	case "g":
		text = generalFloat(f, max(precision, 1), 0, s.alternate)
	default:
		if s.precision < 0 {
			text = floatRepr(f)
		} else {
			text = generalFloat(f, max(precision, 1), 1, s.alternate)
		}
	}
	return s.groupFloat(text) + s.percentSign()
}

func (s *formatSpec) percentSign() string {
	if s.kind == "%" {
		return "%"
	}
	return ""
}

func (s *formatSpec) groupFloat(text string) string {
	end := strings.IndexAny(text, ".eE")
	if end < 0 {
		end = len(text)
	}
	if s.alternate && !strings.Contains(text, ".") {
		text = text[:end] + "." + text[end:]
	}
	return s.group(text[:end], 10) + text[end:]
}

// generalFloat writes a float as %g does: with an exponent where it is small or
// has more digits than the precision, and without zeros at the end. extra is 1
// for a format without a kind, which keeps one digit behind the point.
func generalFloat(f float64, precision, extra int, keepZeros bool) string {
	scientific := strconv.FormatFloat(f, 'e', precision-1, 64)
	mantissa, exponentText, _ := strings.Cut(scientific, "e")
	exponent, _ := strconv.Atoi(exponentText)
	if exponent < -4 || exponent >= precision-extra {
		if strings.Contains(mantissa, ".") && !keepZeros {
			mantissa = strings.TrimRight(strings.TrimRight(mantissa, "0"), ".")
		}
		return mantissa + "e" + exponentText
	}
	text := strconv.FormatFloat(f, 'f', precision-1-exponent, 64)
	if strings.Contains(text, ".") && !keepZeros {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	if extra == 1 && !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}
