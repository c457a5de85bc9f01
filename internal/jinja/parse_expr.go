package jinja

import (
	"math/big"
	"strconv"
	"strings"
)

// Parsing expressions.

// tupleRules say where a list of expressions without brackets may stand.
type tupleRules struct {
	noCondition bool   // no a if b else c
	endWord     string // a word that ends it
	brackets    bool   // it stands in brackets, and may be empty
}

// tuple parses expressions with commas between, a tuple, or a single one.
func (p *parser) tuple(rules tupleRules) expr {
	start := p.peek().pos
	var items []expr
	for !p.tupleEnds(rules.endWord) {
		if rules.noCondition {
			items = append(items, p.or())
		} else {
			items = append(items, p.expression())
		}
		if !p.skip(",") {
			if len(items) == 1 {
				return items[0]
			}
			break
		}
	}
	if items == nil && !rules.brackets {
		p.fail(start, "unexpected %s, want an expression", p.peek().describe())
	}
	return &tupleExpr{start, items}
}

func (p *parser) tupleEnds(word string) bool {
	t := p.peek()
	return t.kind == tokenPrintEnd || t.kind == tokenBlockEnd || t.is(")") || word != "" && t.named(word)
}

func (p *parser) expression() expr {
	defer p.nest()()
	start := p.peek().pos
	x := p.or()
	for links := 0; p.skipWord("if"); {
		p.chain(&links)
		cond := &condExpr{pos: start, then: x, test: p.or()}
		if p.skipWord("else") {
			cond.otherwise = p.expression()
		}
		x = cond
	}
	return x
}

func (p *parser) or() expr {
	x := p.and()
	for links := 0; p.peek().named("or"); {
		p.chain(&links)
		x = &logicExpr{p.take().pos, true, x, p.and()}
	}
	return x
}

func (p *parser) and() expr {
	x := p.not()
	for links := 0; p.peek().named("and"); {
		p.chain(&links)
		x = &logicExpr{p.take().pos, false, x, p.not()}
	}
	return x
}

func (p *parser) not() expr {
	if p.peek().named("not") {
		defer p.nest()()
		return &notExpr{p.take().pos, p.not()}
	}
	return p.compare()
}

func (p *parser) compare() expr {
	start := p.peek().pos
	x := p.sum()
	var ops []operand
	for {
		t := p.peek()
		op, ok := p.compareOperator()
		if !ok {
			break
		}
		ops = append(ops, operand{t.pos, op, p.sum()})
	}
	if ops == nil {
		return x
	}
	return &compareExpr{start, x, ops}
}

// compareOperator takes an operator that compares.
func (p *parser) compareOperator() (string, bool) {
	t := p.peek()
	if t.kind == tokenOperator {
		switch t.text {
		case "==", "!=", "<", "<=", ">", ">=":
			p.next++
			return t.text, true
		}
		return "", false
	}
	if t.named("not") && p.look().named("in") {
		p.next += 2
		return "not in", true
	}
	return "in", p.skipWord("in")
}

// binary parses operands with any of the operators between, from left to
// right.
func (p *parser) binary(operand func() expr, operators ...string) expr {
	x := operand()
	for links := 0; ; {
		op, ok := p.anyOf(operators)
		if !ok {
			return x
		}
		p.chain(&links)
		x = &binaryExpr{op.pos, op.text, x, operand()}
	}
}

func (p *parser) anyOf(operators []string) (token, bool) {
	t := p.peek()
	for _, op := range operators {
		if t.is(op) {
			return p.take(), true
		}
	}
	return t, false
}

func (p *parser) sum() expr { return p.binary(p.concat, "+", "-") }

func (p *parser) concat() expr {
	x := p.product()
	if !p.peek().is("~") {
		return x
	}
	c := &concatExpr{p.peek().pos, []expr{x}}
	for p.skip("~") {
		c.parts = append(c.parts, p.product())
	}
	return c
}

func (p *parser) product() expr { return p.binary(p.power, "*", "/", "//", "%") }

func (p *parser) power() expr { return p.binary(func() expr { return p.unary(true) }, "**") }

func (p *parser) unary(filters bool) expr {
	t := p.peek()
	var x expr
	if t.is("-") || t.is("+") {
		leave := p.nest()
		p.next++
		x = &unaryExpr{t.pos, t.text, p.unary(false)}
		leave()
	} else {
		x = p.primary()
	}
	x = p.postfix(x)
	if filters {
		x = p.filterChain(x)
	}
	return x
}

func (p *parser) primary() expr {
	t := p.take()
	switch t.kind {
	case tokenName:
		return wordExpr(t)
	case tokenString:
		text := t.text
		for p.peek().kind == tokenString {
			text += p.take().text
		}
		return &constExpr{t.pos, text}
	case tokenInteger:
		return &constExpr{t.pos, integerValue(t.text)}
	case tokenFloat:
		f, _ := strconv.ParseFloat(t.text, 64)
		return &constExpr{t.pos, f}
	}
	switch {
	case t.is("("):
		x := p.tuple(tupleRules{brackets: true})
		p.expect(")")
		return x
	case t.is("["):
		return &listExpr{t.pos, p.list("]")}
	case t.is("{"):
		return p.dict(t)
	}
	p.fail(t.pos, "unexpected %s, want an expression", t.describe())
	return nil
}

func wordExpr(t token) expr {
	switch t.text {
	case "true", "True":
		return &constExpr{t.pos, true}
	case "false", "False":
		return &constExpr{t.pos, false}
	case "none", "None":
		return &constExpr{t.pos, nil}
	}
	return &nameExpr{t.pos, t.text}
}

func integerValue(text string) any {
	if n, err := strconv.ParseInt(text, 0, 64); err == nil {
		return n
	}
	n, _ := new(big.Int).SetString(text, 0)
	return n
}

func (p *parser) list(end string) []expr {
	var items []expr
	for !p.skip(end) {
		if items != nil {
			p.expect(",")
			if p.skip(end) {
				break
			}
		}
		items = append(items, p.expression())
	}
	return items
}

func (p *parser) dict(opening token) expr {
	d := &dictExpr{pos: opening.pos}
	for !p.skip("}") {
		if d.keys != nil {
			p.expect(",")
			if p.skip("}") {
				break
			}
		}
		d.keys = append(d.keys, p.expression())
		p.expect(":")
		d.values = append(d.values, p.expression())
	}
	return d
}

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

// name takes a name that something is bound to.
func (p *parser) name() token {
	t := p.expectKind(tokenName, "a name")
	if _, ok := wordExpr(t).(*nameExpr); !ok {
		p.fail(t.pos, "cannot assign to %s", t.text)
	}
	return t
}

// targetRules say what may be assigned to.
type targetRules struct {
	namespace bool // ns.attr
	endsIn    bool // "in" ends a tuple
}

// target parses what a value is assigned to.
func (p *parser) target(rules targetRules) *target {
	start := p.peek().pos
	first := p.targetItem(rules)
	if !p.peek().is(",") {
		return first
	}
	t := &target{pos: start, tuple: true, items: []*target{first}}
	for p.skip(",") && !p.tupleEnds("") && !p.peek().is("=") && !(rules.endsIn && p.peek().named("in")) {
		t.items = append(t.items, p.targetItem(rules))
	}
	return t
}

func (p *parser) targetItem(rules targetRules) *target {
	opening := p.peek()
	if !p.skip("(") {
		t := &target{pos: opening.pos, name: p.name().text}
		if rules.namespace && p.skip(".") {
			t.attr = p.expectKind(tokenName, "a name").text
		}
		return t
	}
	defer p.nest()()
	if p.peek().is(")") {
		p.fail(opening.pos, "cannot assign to an empty tuple")
	}
	t := p.target(targetRules{})
	p.expect(")")
	return t
}
