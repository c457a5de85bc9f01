package jinja

// Parsing what a value is assigned to.

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
	for p.skip(",") && !p.tupleEnds("") && !(rules.endsIn && p.peek().named("in")) {
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
