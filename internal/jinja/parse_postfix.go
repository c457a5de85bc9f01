package jinja

import (
	"strings"
)

// Parsing what follows an expression: attributes, items, calls, filters and
// tests.

// postfix parses the .name, [key] and (args) behind an expression.
func (p *parser) postfix(x expr) expr {
	for links := 0; ; p.chain(&links) {
		switch t := p.peek(); {
		case t.is("."):
			x = p.attribute(x)
		case t.is("["):
			x = p.subscript(x)
		case t.is("("):
			x = &callExpr{x.at(), x, p.callArgs()}
		default:
			return x
		}
	}
}

func (p *parser) attribute(x expr) expr {
	p.next++
	switch t := p.take(); t.kind {
	case tokenName:
		return &attrExpr{t.pos, x, t.text}
	case tokenInteger:
		return &itemExpr{t.pos, x, &constExpr{t.pos, integerValue(t.text)}}
	default:
		p.fail(t.pos, "unexpected %s, want a name or a number", t.describe())
		return nil
	}
}

func (p *parser) subscript(x expr) expr {
	opening := p.take()
	if p.peek().is("]") {
		p.fail(p.peek().pos, "unexpected %q, want an expression", "]")
	}
	var start expr
	if !p.peek().is(":") {
		start = p.expression()
		if !p.peek().is(":") {
			return p.item(opening, x, start)
		}
	}
	s := &sliceExpr{pos: opening.pos, x: x, start: start}
	p.expect(":")
	s.stop = p.sliceBound()
	if p.skip(":") {
		s.step = p.sliceBound()
	}
	p.expect("]")
	return s
}

func (p *parser) sliceBound() expr {
	if t := p.peek(); t.is(":") || t.is("]") {
		return nil
	}
	return p.expression()
}

// item parses the rest of x[key] or x[a, b].
func (p *parser) item(opening token, x, key expr) expr {
	if !p.peek().is(",") {
		p.expect("]")
		return &itemExpr{opening.pos, x, key}
	}
	keys := []expr{key}
	for p.skip(",") && !p.peek().is("]") {
		keys = append(keys, p.expression())
	}
	p.expect("]")
	return &itemExpr{opening.pos, x, &tupleExpr{opening.pos, keys}}
}

func (p *parser) callArgs() callArgs {
	var a callArgs
	opening := p.expect("(")
	for first := true; !p.skip(")"); first = false {
		if !first {
			p.expect(",")
			if p.skip(")") {
				break
			}
		}
		if !p.callArg(&a) {
			p.fail(opening.pos, "arguments are in the wrong order, want positional ones, then *list, then name=value, then **mapping")
		}
	}
	return a
}

// callArg parses one argument; it reports whether it may stand there.
func (p *parser) callArg(a *callArgs) bool {
	t := p.peek()
	switch {
	case p.skip("*"):
		ok := a.star == nil && a.starStar == nil
		a.star = p.expression()
		return ok
	case p.skip("**"):
		ok := a.starStar == nil
		a.starStar = p.expression()
		return ok
	case t.kind == tokenName && p.look().is("="):
		p.next += 2
		a.names, a.values = append(a.names, t.text), append(a.values, p.expression())
		return a.starStar == nil
	}
	a.positional = append(a.positional, p.expression())
	return a.star == nil && a.starStar == nil && a.names == nil
}

// filterChain parses the filters and tests behind an expression.
func (p *parser) filterChain(x expr) expr {
	for links := 0; ; p.chain(&links) {
		switch t := p.peek(); {
		case t.is("|"):
			x = p.filters(x)
		case t.named("is"):
			x = p.test(x)
		case t.is("("):
			x = &callExpr{x.at(), x, p.callArgs()}
		default:
			return x
		}
	}
}

// filters parses one filter after another; the first one needs no bar where
// there is no x.
func (p *parser) filters(x expr) expr {
	for links := 0; p.skip("|") || x == nil; p.chain(&links) {
		at, name := p.dottedName()
		f := &filterExpr{pos: at, x: x, name: name, inline: p.inline.inside}
		if p.peek().is("(") {
			f.args = p.callArgs()
		}
		x = f
	}
	return x
}

func (p *parser) dottedName() (pos, string) {
	t := p.expectKind(tokenName, "a name")
	parts := []string{t.text}
	for p.skip(".") {
		parts = append(parts, p.expectKind(tokenName, "a name").text)
	}
	return t.pos, strings.Join(parts, ".")
}

func (p *parser) test(x expr) expr {
	p.next++
	negated := p.skipWord("not")
	at, name := p.dottedName()
	t := &testExpr{pos: at, x: x, name: name}
	switch next := p.peek(); {
	case next.is("("):
		t.args = p.callArgs()
	case next.named("is"):
		p.fail(next.pos, "tests cannot be chained, want %q between them", "and")
	case p.startsTestArgument(next):
		t.args.positional = []expr{p.postfix(p.primary())}
	}
	if negated {
		return &notExpr{at, t}
	}
	return t
}

// startsTestArgument reports whether the token starts an argument without
// brackets, as in "x is divisibleby 3".
func (p *parser) startsTestArgument(t token) bool {
	switch t.kind {
	case tokenName:
		return t.text != "else" && t.text != "or" && t.text != "and"
	case tokenString, tokenInteger, tokenFloat:
		return true
	}
	return t.is("[") || t.is("{")
}
