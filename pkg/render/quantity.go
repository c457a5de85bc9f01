package render

import (
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"

	"github.com/lading-dev/lading/pkg/settings"
)

// Quantities are computed in exact arithmetic: in floating point 1.001 CPUs
// would be 1000m.

// cpuQuantity returns a number of CPUs as Kubernetes writes it: whole ones as
// they are, others in thousandths, the rest cut off.
func cpuQuantity(count settings.Decimal) (string, error) {
	value, err := rational(string(count))
	if err != nil {
		return "", err
	}
	if value.IsInt() && value.Sign() > 0 {
		return value.Num().String(), nil
	}
	milli := floor(value.Mul(value, big.NewRat(1000, 1)))
	if milli.Sign() <= 0 {
		return "", fmt.Errorf("is %s, less than a thousandth of a CPU, want 0.001 or more", count)
	}
	return milli.String() + "m", nil
}

// units are the memory units of ResourceSettings in bytes.
var units = map[string]int64{
	"KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "PB": 1e15,
	"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40, "PiB": 1 << 50,
}

var memoryFormat = regexp.MustCompile(`^(\d{1,18})([KMGTP]i?B)$`)

// memoryQuantity returns an amount of memory as Kubernetes writes it: in Gi
// where that is exact, otherwise in Mi with the rest cut off.
func memoryQuantity(memory string) (string, error) {
	match := memoryFormat.FindStringSubmatch(memory)
	if match == nil {
		return "", fmt.Errorf(`is %q, want digits and a unit, as in "4GB" or "512MiB"`, memory)
	}
	number, _ := new(big.Int).SetString(match[1], 10)
	mebi := number.Mul(number, big.NewInt(units[match[2]]))
	mebi.Rsh(mebi, 20)
	if mebi.Sign() == 0 {
		return "", fmt.Errorf("is %s, less than one mebibyte, want 1MiB or more", memory)
	}
	gibi, rest := new(big.Int).DivMod(mebi, big.NewInt(1024), new(big.Int))
	if rest.Sign() == 0 {
		return gibi.String() + "Gi", nil
	}
	return mebi.String() + "Mi", nil
}

// quantityText returns a quantity that was written as a number or as a string.
func quantityText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

// decimalFormat bounds the exponent: a number of a few characters must not
// become one of a billion digits.
var decimalFormat = regexp.MustCompile(`^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,2})?$`)

// rational reads a decimal number exactly.
func rational(text string) (*big.Rat, error) {
	if decimalFormat.MatchString(text) && len(text) < 64 {
		if value, ok := new(big.Rat).SetString(strings.TrimPrefix(text, "+")); ok {
			return value, nil
		}
	}
	return nil, fmt.Errorf("is %q, want a number", text)
}

func floor(value *big.Rat) *big.Int {
	return new(big.Int).Div(value.Num(), value.Denom())
}
