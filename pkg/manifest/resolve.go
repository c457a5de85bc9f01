package manifest

import (
	"errors"
	"math"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// resolve returns what a scalar stands for: nil, bool, int64, float64 or
// string. Without a tag and quotes that is decided as kubectl's YAML reader
// does it, whose rules are those of YAML 1.1 without base 60.
func (w *walker) resolve(n *yaml.Node) (any, error) {
	const quotes = yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle
	tag := n.Tag
	if n.Style&yaml.TaggedStyle == 0 {
		if n.Style&quotes != 0 {
			return n.Value, nil
		}
		tag = ""
	}
	switch tag {
	case "!!str", "!!timestamp":
		return n.Value, nil
	case "":
		v, err := resolvePlain(n.Value)
		return v, w.located(n, err)
	case "!!null", "!!bool", "!!int", "!!float":
		return w.resolveTagged(n)
	}
	return nil, w.fail(n, "tag %s is not supported, want plain YAML as Kubernetes has it", tag)
}

func (w *walker) resolveTagged(n *yaml.Node) (any, error) {
	v, err := resolvePlain(n.Value)
	if err != nil {
		return nil, w.located(n, err)
	}
	var ok bool
	switch n.Tag {
	case "!!null":
		ok = v == nil
	case "!!bool":
		_, ok = v.(bool)
	case "!!int":
		_, ok = v.(int64)
	case "!!float":
		if i, isInt := v.(int64); isInt {
			v = float64(i)
		}
		_, ok = v.(float64)
	}
	if !ok {
		return nil, w.fail(n, "%q does not fit its tag %s", n.Value, n.Tag)
	}
	return v, nil
}

// resolvePlain reads a scalar that has neither quotes nor tag.
func resolvePlain(s string) (any, error) {
	if s == "" {
		return nil, nil
	}
	switch c := s[0]; {
	case c == '.' && strings.Trim(s[1:], "+-_.0123456789eE") == "":
		return resolveFraction(s)
	case isDigit(c) || c == '+' || c == '-':
		return resolveNumber(s)
	}
	return resolveWord(s)
}

func resolveWord(s string) (any, error) {
	switch s {
	case "~", "null", "Null", "NULL":
		return nil, nil
	case "true", "True", "TRUE", "yes", "Yes", "YES", "y", "Y", "on", "On", "ON":
		return true, nil
	case "false", "False", "FALSE", "no", "No", "NO", "n", "N", "off", "Off", "OFF":
		return false, nil
	case ".nan", ".NaN", ".NAN":
		return nil, errNotFinite(math.NaN())
	case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF":
		return nil, errNotFinite(math.Inf(1))
	case "-.inf", "-.Inf", "-.INF":
		return nil, errNotFinite(math.Inf(-1))
	}
	return s, nil
}

var decimal = regexp.MustCompile(`^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`)

// resolveFraction reads what starts with a point and is made of what numbers
// are made of; not all of that is a number.
func resolveFraction(s string) (any, error) {
	f, err := strconv.ParseFloat(s, 64)
	switch {
	case err == nil:
		return f, nil
	case errors.Is(err, strconv.ErrRange):
		return nil, errBigInteger(s)
	}
	return s, nil
}

// resolveNumber reads what starts with a digit or a sign.
func resolveNumber(s string) (any, error) {
	digits := strings.ReplaceAll(s, "_", "")
	n, err := strconv.ParseInt(digits, 0, 64)
	switch {
	case err == nil:
		return n, nil
	case errors.Is(err, strconv.ErrRange):
		return nil, errBigInteger(s)
	case decimal.MatchString(digits):
		return resolveFraction(digits)
	}
	return resolveWord(s)
}
