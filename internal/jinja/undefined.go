package jinja

import (
	"fmt"
)

// An undefined is what a name or key without a value yields. It can be asked
// whether it is defined and be given to default; anything else is an error.
type undefined struct {
	message string
	hint    func() string // nil without
	// lenient is set where an "a if b" has no else: it prints as nothing and
	// is false, as Jinja has it.
	lenient bool
}

func (u *undefined) fail() {
	hint := ""
	if u.hint != nil {
		hint = u.hint()
	}
	panic(&raised{message: u.message, hint: hint})
}

// failStrict is an error unless the value stands for a missing else.
func (u *undefined) failStrict() {
	if !u.lenient {
		u.fail()
	}
}

// undefinedName is the value of a name that nothing binds.
func undefinedName(f *frame, name string) *undefined {
	return &undefined{
		message: fmt.Sprintf("variable %q is not defined", name),
		hint: func() string {
			if hint := didYouMean(name, f.knownNames()); hint != "" {
				return hint
			}
			return fmt.Sprintf("use {{ %s | default(...) }} or {%% if %s is defined %%} where it may be missing", name, name)
		},
	}
}

// undefinedAttr is the value of x.name or x[name] where there is none.
func undefinedAttr(owner any, of expr, key any) *undefined {
	u := &undefined{}
	what := describeOwner(of)
	name, isText := asText(key)
	d, isDict := owner.(*Dict)
	switch {
	case isDict && isText:
		u.message = fmt.Sprintf("%s has no key %q", what, name)
		u.hint = func() string { return keyHint(d, name) }
	case isDict:
		u.message = fmt.Sprintf("%s has no key %s", what, toRepr(key))
	case isText:
		u.message = fmt.Sprintf("%s is %s and has no attribute %q", what, aType(owner), name)
		u.hint = func() string { return didYouMean(name, attributeNames(owner)) }
	default:
		u.message = fmt.Sprintf("%s is %s and has no item %s", what, aType(owner), toRepr(key))
	}
	return u
}

func keyHint(d *Dict, name string) string {
	var keys []string
	for key := range d.All() {
		keys = append(keys, key)
	}
	if hint := didYouMean(name, append(keys, methodNames(d)...)); hint != "" {
		return hint
	}
	return fmt.Sprintf("use .get(%q) or the default filter where it may be missing", name)
}

// describeOwner names in a message what was asked for an attribute.
func describeOwner(of expr) string {
	switch x := of.(type) {
	case *nameExpr:
		return x.name
	case *attrExpr:
		if _, ok := x.x.(*nameExpr); ok {
			return describeOwner(x.x) + "." + x.name
		}
		return "." + x.name
	case *itemExpr:
		if key, ok := x.key.(*constExpr); ok {
			return fmt.Sprintf("%s[%s]", describeOwner(x.x), toRepr(key.value))
		}
	}
	return "the value"
}
