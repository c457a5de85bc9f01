package jinja

import (
	"fmt"
	"slices"
)

// Bounds on the shape of a template, so that neither parsing nor evaluating
// one runs out of stack.
const (
	maxNesting = 150  // brackets in brackets, blocks in blocks
	maxChain   = 1000 // operators, filters or attributes in a row
	maxSource  = 4 << 20
)

// A parser turns tokens into nodes. Its rules, precedence included, are those
// of Jinja's own parser: ** binds from left to right and weaker than a sign,
// filters and tests bind stronger than any operator.
type parser struct {
	template *template
	tokens   []token
	next     int
	nesting  int
	inline   inlineTags
}

// parse parses the source. The file is how messages name it.
func parse(name, file, source string, firstLine int) (t *template, err error) {
	t = &template{name: name, file: file, firstLine: max(firstLine, 1), source: normalizeNewlines(source), blocks: map[string]*blockStmt{}}
	defer func() {
		switch e := recover().(type) {
		case nil:
		case *Error:
			t, err = nil, e
		default:
			panic(e)
		}
	}()
	if len(source) > maxSource {
		panic(t.errorAt(pos{}, fmt.Sprintf("template is larger than %d MiB, want less", maxSource>>20), ""))
	}
	p := &parser{template: t, inline: findInlineTags(t.source)}
	p.tokens = lex(t.source, p.fail)
	t.body = p.statements(nil)
	checkTemplate(p, t)
	analyzeSymbols(t)
	return t, nil
}

// fail ends parsing.
func (p *parser) fail(at pos, format string, args ...any) {
	panic(p.template.errorAt(at, fmt.Sprintf(format, args...), ""))
}

func (p *parser) failHint(at pos, hint, format string, args ...any) {
	panic(p.template.errorAt(at, fmt.Sprintf(format, args...), hint))
}

func (p *parser) peek() token { return p.tokens[p.next] }

// look returns the token after the next one.
func (p *parser) look() token { return p.tokens[min(p.next+1, len(p.tokens)-1)] }

func (p *parser) take() token {
	t := p.tokens[p.next]
	if t.kind != tokenEOF {
		p.next++
	}
	return t
}

// skip takes the operator if it comes next.
func (p *parser) skip(operator string) bool {
	if p.peek().is(operator) {
		p.next++
		return true
	}
	return false
}

// skipWord takes the word if it comes next.
func (p *parser) skipWord(word string) bool {
	if p.peek().named(word) {
		p.next++
		return true
	}
	return false
}

func (p *parser) expect(operator string) token {
	if !p.peek().is(operator) {
		p.fail(p.peek().pos, "unexpected %s, want %q", p.peek().describe(), operator)
	}
	return p.take()
}

func (p *parser) expectWord(word string) token {
	if !p.peek().named(word) {
		p.fail(p.peek().pos, "unexpected %s, want %q", p.peek().describe(), word)
	}
	return p.take()
}

func (p *parser) expectKind(kind tokenKind, want string) token {
	if p.peek().kind != kind {
		p.fail(p.peek().pos, "unexpected %s, want %s", p.peek().describe(), want)
	}
	return p.take()
}

// nest counts a level of brackets or blocks; the caller calls the result when
// it leaves the level.
func (p *parser) nest() func() {
	if p.nesting++; p.nesting > maxNesting {
		p.fail(p.peek().pos, "more than %d levels of nesting, want fewer", maxNesting)
	}
	return func() { p.nesting-- }
}

// chain counts the links of a chain of operators.
func (p *parser) chain(links *int) {
	if *links++; *links > maxChain {
		p.fail(p.peek().pos, "more than %d operators in a row, want fewer", maxChain)
	}
}

// statements parses text and tags up to one of the end tags, whose name is
// the next token then; without end tags, up to the end of the template.
func (p *parser) statements(ends []string) []stmt {
	defer p.nest()()
	opening := p.peek()
	var body []stmt
	for {
		t := p.peek()
		switch t.kind {
		case tokenEOF:
			if ends != nil {
				p.fail(opening.pos, "block is not closed, want {%% %s %%}", ends[len(ends)-1])
			}
			return body
		case tokenData:
			p.next++
			body = append(body, &dataStmt{t.pos, t.text})
		case tokenPrint:
			body = append(body, p.output())
		default:
			p.next++
			if t := p.peek(); t.kind == tokenName && slices.Contains(ends, t.text) {
				return body
			}
			body = append(body, p.statement()...)
			p.expectKind(tokenBlockEnd, "the end of the tag %}")
		}
	}
}

func (p *parser) output() stmt {
	opening := p.take()
	p.inline.enter(opening.offset)
	x := p.tuple(tupleRules{})
	p.inline.leave()
	p.expectKind(tokenPrintEnd, "the end of the tag }}")
	return &printStmt{opening.pos, x}
}

// block parses the body of a statement, up to and including its end tag, and
// returns the name of that tag.
func (p *parser) block(ends ...string) ([]stmt, string) {
	p.skip(":") // as in Python
	p.expectKind(tokenBlockEnd, "the end of the tag %}")
	body := p.statements(ends)
	return body, p.take().text
}
