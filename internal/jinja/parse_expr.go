package jinja

import (
	"math/big"
	"strconv"
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
		f, err := strconv.ParseFloat(t.text, 64)
		if err != nil {
			p.fail(t.pos, "%s is too large for a float", t.text)
		}
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
