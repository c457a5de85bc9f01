package jinja

import (
	"math/big"
	"strings"
)

// Evaluating expressions.

func (x *constExpr) eval(*run, *frame) any { return x.value }

func (x *nameExpr) eval(r *run, f *frame) any {
	r.at = x.pos
	return f.lookup(x.name)
}

func evalAll(r *run, f *frame, list []expr) []any {
	values := make([]any, len(list))
	for i, x := range list {
		values[i] = x.eval(r, f)
	}
	return values
}

func (x *tupleExpr) eval(r *run, f *frame) any { return &tuple{items: evalAll(r, f, x.items)} }

func (x *listExpr) eval(r *run, f *frame) any { return &list{evalAll(r, f, x.items)} }

func (x *dictExpr) eval(r *run, f *frame) any {
	d := NewDict()
	for i := range x.keys {
		key := x.keys[i].eval(r, f)
		value := x.values[i].eval(r, f)
		r.at = x.keys[i].at()
		d.put(key, value)
	}
	return d
}

func (x *condExpr) eval(r *run, f *frame) any {
	test := x.test.eval(r, f)
	r.at = x.test.at()
	switch {
	case r.truth(test):
		return x.then.eval(r, f)
	case x.otherwise != nil:
		return x.otherwise.eval(r, f)
	}
	return &undefined{lenient: true, message: "the condition is false and there is no else"}
}

// eval returns the operand that decided, as Python does.
func (x *logicExpr) eval(r *run, f *frame) any {
	left := x.left.eval(r, f)
	r.at = x.left.at()
	if r.truth(left) == x.or {
		return left
	}
	return x.right.eval(r, f)
}

func (x *notExpr) eval(r *run, f *frame) any {
	v := x.x.eval(r, f)
	r.at = x.x.at()
	return !r.truth(v)
}

func (x *compareExpr) eval(r *run, f *frame) any {
	left := x.first.eval(r, f)
	for _, op := range x.ops {
		right := op.x.eval(r, f)
		r.at = op.pos
		if !r.compareWith(op.op, left, right) {
			return false
		}
		left = right
	}
	return true
}

func (x *binaryExpr) eval(r *run, f *frame) any {
	left := x.left.eval(r, f)
	right := x.right.eval(r, f)
	r.at = x.pos
	return r.binary(x.op, left, right)
}

func (x *unaryExpr) eval(r *run, f *frame) any {
	v := x.x.eval(r, f)
	r.at = x.pos
	return r.unary(x.op, v)
}

func (x *concatExpr) eval(r *run, f *frame) any {
	parts := make([]string, len(x.parts))
	size := 0
	for i, part := range x.parts {
		v := part.eval(r, f)
		r.at = part.at()
		parts[i] = r.str(v)
		size += len(parts[i])
	}
	r.text(size)
	return strings.Join(parts, "")
}

func (x *attrExpr) eval(r *run, f *frame) any {
	owner := x.x.eval(r, f)
	r.at = x.pos
	return r.attribute(owner, x.name, x.x)
}

func (x *itemExpr) eval(r *run, f *frame) any {
	owner := x.x.eval(r, f)
	key := x.key.eval(r, f)
	r.at = x.pos
	return r.subscript(owner, key, x.x)
}

func (x *sliceExpr) eval(r *run, f *frame) any {
	owner := x.x.eval(r, f)
	bounds := [3]*int64{}
	for i, b := range []expr{x.start, x.stop, x.step} {
		if b != nil {
			v := b.eval(r, f)
			r.at = b.at()
			bounds[i] = sliceIndex(v)
		}
	}
	r.at = x.pos
	return r.slice(owner, bounds[0], bounds[1], bounds[2])
}

// sliceIndex is an int or None.
func sliceIndex(v any) *int64 {
	if v == nil {
		return nil
	}
	n, ok := asInt(v)
	if b, isBig := v.(*big.Int); isBig {
		n, ok = int64(b.Sign())<<62, true
	}
	if !ok {
		if u, isUndefined := v.(*undefined); isUndefined {
			u.fail()
		}
		raise("a slice takes ints, not %s", aType(v))
	}
	return &n
}

// evalArgs evaluates the arguments of a call.
func (a *callArgs) eval(r *run, f *frame) *args {
	c := &args{positional: evalAll(r, f, a.positional)}
	if a.star != nil {
		v := a.star.eval(r, f)
		r.at = a.star.at()
		c.positional = append(c.positional, r.collect(v)...)
	}
	for i, name := range a.names {
		c.add(name, a.values[i].eval(r, f))
	}
	if a.starStar != nil {
		v := a.starStar.eval(r, f)
		r.at = a.starStar.at()
		c.addAll(v)
	}
	return c
}

func (x *callExpr) eval(r *run, f *frame) any {
	fn := x.fn.eval(r, f)
	c := x.args.eval(r, f)
	r.at = x.pos
	return r.call(fn, c)
}

func (x *filterExpr) eval(r *run, f *frame) any {
	return x.apply(r, f, x.x.eval(r, f))
}

// applyTo filters the body of a block through the chain of filters.
func applyTo(r *run, f *frame, filter expr, body any) any {
	x := filter.(*filterExpr)
	if x.x != nil {
		body = applyTo(r, f, x.x, body)
	}
	return x.apply(r, f, body)
}

func (x *filterExpr) apply(r *run, f *frame, v any) any {
	c := x.args.eval(r, f)
	r.at = x.pos
	name := x.name
	if x.inline && name == "to_yaml" {
		name = inlineYAML
	}
	return r.filter(name, v, c)
}

func (x *testExpr) eval(r *run, f *frame) any {
	v := x.x.eval(r, f)
	c := x.args.eval(r, f)
	r.at = x.pos
	return r.test(x.name, v, c)
}
