// Checking scalars.

package settings

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/lading-dev/lading/internal/nearest"
)

// yaml11 are the booleans of YAML 1.1 that are texts today.
var yaml11 = map[string]string{
	"y": "true", "yes": "true", "on": "true", "n": "false", "no": "false", "off": "false",
	"true": "true", "false": "false",
}

func (c *checker) boolean(n *node, t *typ, p *place) {
	if n.form == boolForm {
		return
	}
	problem := c.mistyped(n, t, p)
	if v, ok := yaml11[strings.ToLower(n.text)]; ok {
		problem.Hint = "write " + v
	}
}

var (
	plainInteger = lazily(`^[-+]?(0|[1-9][0-9]*)$`)
	plainDecimal = lazily(`^(0|[1-9][0-9]*)(\.[0-9]+)?$`)
)

func (c *checker) integer(n *node, t *typ, p *place) {
	v, isInt := n.value.(int64)
	switch {
	case n.form != numberForm:
		problem := c.mistyped(n, t, p)
		if plainInteger().MatchString(n.text) {
			problem.Hint = fmt.Sprintf("write %s without quotes", n.text)
		}
	case !isInt || !plainInteger().MatchString(n.text):
		c.bad(n, p, "is %s, want a whole number in plain digits", n.text)
	case t.min != "" && v < atoi(t.min), t.max != "" && v > atoi(t.max):
		c.bad(n, p, "is %s, want %s", n.text, t.bounds(v > 0))
	}
}

func atoi(s string) int64 {
	v, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		panic(fmt.Sprintf("settings: bound %q of a whole number: %v", s, err))
	}
	return v
}

// maxDecimal bounds amounts; nothing that is counted here comes near.
const maxDecimal = "1000000000"

func (c *checker) decimal(n *node, t *typ, p *place) {
	if n.form != numberForm {
		problem := c.mistyped(n, t, p)
		if plainDecimal().MatchString(n.text) {
			problem.Hint = fmt.Sprintf("write %s without quotes", n.text)
		}
		return
	}
	text := decimalText(n)
	v, ok := new(big.Rat).SetString(text)
	if !ok || !inBounds(v, t) {
		c.bad(n, p, "is %s, want %s", n.text, t.bounds(ok && v.Cmp(rat("1")) > 0))
		return
	}
	n.value = Decimal(text)
}

// decimalText is a number in plain digits: as it was written where that is.
func decimalText(n *node) string {
	switch v := n.value.(type) {
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		if !plainDecimal().MatchString(n.text) {
			return strconv.FormatFloat(v, 'f', -1, 64)
		}
	}
	return n.text
}

func inBounds(v *big.Rat, t *typ) bool {
	low, high := rat(t.min), rat(t.max)
	if low != nil && (v.Cmp(low) < 0 || t.exclusive && v.Cmp(low) == 0) {
		return false
	}
	if high == nil {
		high = rat(maxDecimal)
	}
	return v.Cmp(high) <= 0
}

// rat reads a bound, nil where there is none.
func rat(s string) *big.Rat {
	if s == "" {
		return nil
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		panic(fmt.Sprintf("settings: bound %q is not a number", s))
	}
	return r
}

// bounds says in words which numbers are accepted; where the only upper bound
// is that of all numbers, it is told to those who exceed it.
func (t *typ) bounds(large bool) string {
	general := t.max == "" || t.max == maxInteger
	high := t.max
	if high == "" {
		high = maxDecimal
	}
	switch {
	case general && large:
		return "at most " + high
	case general && t.exclusive:
		return "more than " + t.min
	case general && t.min == "":
		return "at least -" + high
	case general:
		return t.min + " or more"
	}
	return t.min + " to " + high
}

func (c *checker) text(n *node, t *typ, p *place) {
	if n.form != textForm && !c.becomesText(n, t, p) {
		return
	}
	if len(t.enum) > 0 {
		c.oneOf(n, t, p)
		return
	}
	if message, hint := t.rule.check(n.text); message != "" {
		c.bad(n, p, "%s", message).Hint = hint
	}
}

// becomesText makes a text of a scalar where that is allowed; strings are
// strict in files, since 1.0 and "1.0" are different values to most readers.
func (c *checker) becomesText(n *node, t *typ, p *place) bool {
	scalar := n.form == numberForm || n.form == boolForm
	if c.lenient && scalar {
		n.form, n.value = textForm, n.text
		return true
	}
	problem := c.mistyped(n, t, p)
	if scalar {
		problem.Hint = fmt.Sprintf("write %q", n.text)
	}
	return false
}

func (c *checker) oneOf(n *node, t *typ, p *place) {
	for _, e := range t.enum {
		if e == n.text {
			return
		}
	}
	c.bad(n, p, "is %s, want %s", show(n.text), orList(t.enum)).Hint = nearest.Hint(n.text, t.enum)
}

// orList writes a, b or c.
func orList(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// quantity takes texts and numbers, and keeps them as written.
func (c *checker) quantity(n *node, t *typ, p *place) {
	if n.form != textForm && n.form != numberForm {
		c.mistyped(n, t, p)
		return
	}
	if !quantityMatch().MatchString(n.text) {
		c.bad(n, p, "%s is not a quantity, want a number with an optional unit such as 500m or 2Gi", show(n.text))
		return
	}
	n.form, n.value = textForm, n.text
}
