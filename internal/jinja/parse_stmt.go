package jinja

import (
	"maps"
	"slices"
	"strings"
)

// Parsing statements.

// statementParsers holds how each tag is parsed, once its name is taken. The
// tags of Jinja's extensions (do, break, continue, trans) are off in ZenML.
var statementParsers map[string]func(p *parser, name token) stmt

func init() { // the table and the parsers refer to each other
	statementParsers = map[string]func(p *parser, name token) stmt{
		"block": (*parser).blockStatement, "call": (*parser).callStatement, "extends": (*parser).extendsStatement,
		"filter": (*parser).filterStatement, "for": (*parser).forStatement, "from": (*parser).fromStatement,
		"if": (*parser).ifStatement, "import": (*parser).importStatement, "include": (*parser).includeStatement,
		"macro": (*parser).macroStatement, "set": (*parser).setStatement, "with": (*parser).withStatement,
	}
}

// statement parses one tag, without its end. A print tag yields several.
func (p *parser) statement() []stmt {
	name := p.expectKind(tokenName, "the name of a tag")
	if name.text == "print" {
		return p.printStatement()
	}
	parse, ok := statementParsers[name.text]
	if !ok {
		p.failTag(name)
	}
	return []stmt{parse(p, name)}
}

func (p *parser) failTag(name token) {
	switch name.text {
	case "autoescape":
		p.fail(name.pos, "tag %q is not supported: nothing is escaped", name.text)
	case "do", "break", "continue", "trans", "debug":
		p.failHint(name.pos, "use {% set _ = ... %} for an expression without output", "unknown tag %q: Jinja's extensions are off", name.text)
	}
	if strings.HasPrefix(name.text, "end") || name.text == "else" || name.text == "elif" {
		p.fail(name.pos, "tag %q closes nothing that is open here", name.text)
	}
	p.failHint(name.pos, didYouMean(name.text, slices.Collect(maps.Keys(statementParsers))), "unknown tag %q", name.text)
}

func (p *parser) printStatement() []stmt {
	var list []stmt
	for p.peek().kind != tokenBlockEnd {
		if list != nil {
			p.expect(",")
		}
		x := p.expression()
		list = append(list, &printStmt{x.at(), x})
	}
	return list
}

func (p *parser) setStatement(name token) stmt {
	to := p.target(targetRules{namespace: true})
	if p.skip("=") {
		return &setStmt{name.pos, to, p.tuple(tupleRules{})}
	}
	s := &setBlockStmt{pos: name.pos, target: to}
	if p.peek().is("|") {
		s.filter = p.filters(nil)
	}
	s.body, _ = p.block("endset")
	return s
}

func (p *parser) forStatement(name token) stmt {
	s := &forStmt{pos: name.pos, target: p.target(targetRules{endsIn: true})}
	p.expectWord("in")
	s.iter = p.tuple(tupleRules{noCondition: true, endWord: "recursive"})
	if p.skipWord("if") {
		s.test = p.expression()
	}
	s.recursive = p.skipWord("recursive")
	var end string
	if s.body, end = p.block("else", "endfor"); end == "else" {
		s.otherwise, _ = p.block("endfor")
	}
	s.target.names(func(bound string) {
		if bound == "loop" {
			p.fail(s.target.pos, `"loop" cannot be the variable of a loop`)
		}
	})
	return s
}

func (p *parser) ifStatement(name token) stmt {
	s := &ifStmt{pos: name.pos}
	for {
		test := p.tuple(tupleRules{noCondition: true})
		body, end := p.block("elif", "else", "endif")
		s.branches = append(s.branches, branch{test, body})
		switch end {
		case "else":
			s.otherwise, _ = p.block("endif")
			return s
		case "endif":
			return s
		}
	}
}

func (p *parser) withStatement(name token) stmt {
	s := &withStmt{pos: name.pos}
	for !p.peek().is(":") && p.peek().kind != tokenBlockEnd {
		if s.targets != nil {
			p.expect(",")
		}
		s.targets = append(s.targets, p.target(targetRules{}))
		p.expect("=")
		s.values = append(s.values, p.expression())
	}
	s.body, _ = p.block("endwith")
	return s
}

func (p *parser) macroStatement(name token) stmt {
	s := &macroStmt{pos: name.pos, name: p.name().text}
	s.signature = p.signature()
	s.body, _ = p.block("endmacro")
	return s
}

func (p *parser) signature() signature {
	var s signature
	p.expect("(")
	for !p.peek().is(")") {
		if s.params != nil {
			p.expect(",")
		}
		param := p.name()
		switch {
		case slices.Contains(s.params, param.text):
			p.fail(param.pos, "parameter %q is there twice", param.text)
		case p.skip("="):
			s.defaults = append(s.defaults, p.expression())
		case s.defaults != nil:
			p.fail(param.pos, "parameter %q has no default but follows one that has", param.text)
		}
		s.params = append(s.params, param.text)
	}
	p.expect(")")
	return s
}

func (p *parser) callStatement(name token) stmt {
	s := &callStmt{pos: name.pos, caller: &macroStmt{pos: name.pos}}
	if p.peek().is("(") {
		s.caller.signature = p.signature()
	}
	x := p.expression()
	call, ok := x.(*callExpr)
	if !ok {
		p.fail(x.at(), "want a call of a macro, as in {%% call dialog() %%}")
	}
	s.call = call
	s.caller.body, _ = p.block("endcall")
	return s
}

func (p *parser) filterStatement(name token) stmt {
	s := &filterStmt{pos: name.pos, filter: p.filters(nil)}
	s.body, _ = p.block("endfilter")
	return s
}

func (p *parser) includeStatement(name token) stmt {
	s := &includeStmt{pos: name.pos, name: p.expression()}
	if p.peek().named("ignore") && p.look().named("missing") {
		p.next += 2
		s.ignoreMissing = true
	}
	s.withContext = p.importContext(true)
	return s
}

// importContext parses "with context" or "without context".
func (p *parser) importContext(otherwise bool) bool {
	if t := p.peek(); (t.named("with") || t.named("without")) && p.look().named("context") {
		p.next += 2
		return t.text == "with"
	}
	return otherwise
}

func (p *parser) importStatement(name token) stmt {
	s := &importStmt{pos: name.pos, name: p.expression()}
	p.expectWord("as")
	s.as = p.name().text
	s.withContext = p.importContext(false)
	return s
}

func (p *parser) fromStatement(name token) stmt {
	s := &fromStmt{pos: name.pos, name: p.expression()}
	p.expectWord("import")
	for {
		if t := p.peek(); (t.named("with") || t.named("without")) && p.look().named("context") {
			break
		}
		imported := p.name()
		if strings.HasPrefix(imported.text, "_") {
			p.fail(imported.pos, "name %q starts with an underscore and cannot be imported", imported.text)
		}
		as := imported.text
		if p.skipWord("as") {
			as = p.name().text
		}
		s.names, s.as = append(s.names, imported.text), append(s.as, as)
		if !p.skip(",") {
			break
		}
	}
	s.withContext = p.importContext(false)
	return s
}

func (p *parser) extendsStatement(name token) stmt {
	p.template.extends = true
	return &extendsStmt{name.pos, p.expression()}
}

func (p *parser) blockStatement(name token) stmt {
	s := &blockStmt{pos: name.pos, name: p.name().text, template: p.template}
	s.scoped = p.skipWord("scoped")
	s.required = p.skipWord("required")
	if p.peek().is("-") {
		p.fail(p.peek().pos, "name of a block has a hyphen, want an underscore")
	}
	s.body, _ = p.block("endblock")
	p.skipWord(s.name)
	if s.required && !isEmptyBody(s.body) {
		p.fail(s.pos, "required block %q has content, want none", s.name)
	}
	if p.template.blocks[s.name] != nil {
		p.fail(s.pos, "block %q is defined twice", s.name)
	}
	p.template.blocks[s.name] = s
	return s
}

func isEmptyBody(body []stmt) bool {
	return !slices.ContainsFunc(body, func(s stmt) bool {
		data, ok := s.(*dataStmt)
		return !ok || !isBlank(data.text)
	})
}
