package jinja

import (
	"fmt"
	"math"
	"math/big"
	"strings"
	"unicode/utf8"
)

// YAML with the bytes of PyYAML's safe_dump(v, sort_keys=False), without blanks
// at the end and without the "..." line of a scalar. The emitter keeps PyYAML's
// state (indent, column, whether blanks or an indicator came last), since its
// line breaks follow from it.

type yamlStyle struct {
	indent  int64
	oneLine bool // flow style on one line for mappings and lists
}

func (r *run) yaml(v any, style yamlStyle) string {
	_, isDict := v.(*Dict)
	_, isItems := itemsOf(v)
	e := &yamlEmitter{run: r, width: 80, step: 2, indent: -1, blank: true, indention: true}
	e.oneLine = style.oneLine && (isDict || isItems)
	if e.oneLine {
		e.width = math.MaxInt
	}
	if style.indent > 1 && style.indent < 10 {
		e.step = int(style.indent)
	}
	e.findAnchors(v, 0)
	e.node(v, yamlPlace{}, 0)
	return strings.TrimRightFunc(e.String(), isSpace)
}

type yamlEmitter struct {
	strings.Builder
	run     *run
	width   int
	step    int // columns of a level
	indent  int // -1 at the root
	column  int
	flow    int // levels of flow style
	oneLine bool
	// blank: what came last is blank; indention: only blanks and indicators
	// are on the line.
	blank, indention bool
	anchors          map[any]string // of what appears twice; empty when it appeared once
	written          map[any]bool
	anchorCount      int
}

// yamlPlace says where a node stands.
type yamlPlace struct{ inMapping, simpleKey bool }

// findAnchors names what appears more than once, in the order in which that
// is found out.
func (e *yamlEmitter) findAnchors(v any, depth int) {
	checkDataDepth(depth)
	e.run.spend(1)
	if t, ok := v.(*tuple); ok && len(t.items) == 0 {
		return
	}
	items, isItems := itemsOf(v)
	d, isDict := v.(*Dict)
	if !isItems && !isDict {
		return
	}
	if e.anchors == nil {
		e.anchors, e.written = map[any]string{}, map[any]bool{}
	}
	if name, seen := e.anchors[v]; seen {
		if name == "" {
			e.anchorCount++
			e.anchors[v] = fmt.Sprintf("id%03d", e.anchorCount)
		}
		return
	}
	e.anchors[v] = ""
	for _, item := range items {
		e.findAnchors(item, depth+1)
	}
	if isDict {
		d.each(func(key, v any) {
			e.findAnchors(key, depth+1)
			e.findAnchors(v, depth+1)
		})
	}
}

// node writes a value.
func (e *yamlEmitter) node(v any, at yamlPlace, depth int) {
	checkDataDepth(depth)
	e.run.spend(1)
	if e.Len() > e.run.limits.Text {
		e.run.text(e.Len())
	}
	if e.anchor(v) {
		return
	}
	switch v := v.(type) {
	case *list:
		e.sequence(v.items, at, depth)
	case *tuple:
		if v.names != nil {
			raiseHint("add the filter list to it", "a named tuple cannot be written as YAML")
		}
		e.sequence(v.items, at, depth)
	case *Dict:
		if e.flow > 0 || e.oneLine || v.Len() == 0 {
			e.flowMapping(v, depth)
		} else {
			e.blockMapping(v, depth)
		}
	default:
		e.scalar(v, at)
	}
}

// anchor writes &name or *name where the value appears twice; it reports
// whether it wrote the latter.
func (e *yamlEmitter) anchor(v any) bool {
	switch v.(type) {
	case *list, *tuple, *Dict:
	default:
		return false
	}
	name := e.anchors[v]
	if name == "" {
		return false
	}
	if e.written[v] {
		e.indicator("*"+name, true, false, false)
		return true
	}
	e.written[v] = true
	e.indicator("&"+name, true, false, false)
	return false
}

// deeper goes one level in and returns the way back.
func (e *yamlEmitter) deeper(flow, indentless bool) func() {
	outer := e.indent
	switch {
	case outer < 0 && flow:
		e.indent = e.step
	case outer < 0:
		e.indent = 0
	case !indentless:
		e.indent += e.step
	}
	return func() { e.indent = outer }
}

func (e *yamlEmitter) sequence(items []any, at yamlPlace, depth int) {
	if e.flow > 0 || e.oneLine || len(items) == 0 {
		e.flowSequence(items, depth)
		return
	}
	back := e.deeper(false, at.inMapping && !e.indention)
	for _, item := range items {
		e.newLine()
		e.indicator("-", true, false, true)
		e.node(item, yamlPlace{}, depth+1)
	}
	back()
}

func (e *yamlEmitter) flowSequence(items []any, depth int) {
	e.indicator("[", true, true, false)
	e.flow++
	back := e.deeper(true, false)
	for i, item := range items {
		e.flowItem(i)
		e.node(item, yamlPlace{}, depth+1)
	}
	back()
	e.flow--
	e.indicator("]", false, false, false)
}

// flowItem writes what stands before an item of a flow collection.
func (e *yamlEmitter) flowItem(i int) {
	if i > 0 {
		e.indicator(",", false, false, false)
	}
	if e.column > e.width {
		e.newLine()
	}
}

func (e *yamlEmitter) blockMapping(d *Dict, depth int) {
	back := e.deeper(false, false)
	d.each(func(key, v any) {
		e.newLine()
		if e.isSimpleKey(key) {
			e.node(key, yamlPlace{inMapping: true, simpleKey: true}, depth+1)
			e.indicator(":", false, false, false)
		} else {
			e.indicator("?", true, false, true)
			e.node(key, yamlPlace{inMapping: true}, depth+1)
			e.newLine()
			e.indicator(":", true, false, true)
		}
		e.node(v, yamlPlace{inMapping: true}, depth+1)
	})
	back()
}

func (e *yamlEmitter) flowMapping(d *Dict, depth int) {
	e.indicator("{", true, true, false)
	e.flow++
	back := e.deeper(true, false)
	i := 0
	d.each(func(key, v any) {
		e.flowItem(i)
		i++
		if e.isSimpleKey(key) {
			e.node(key, yamlPlace{inMapping: true, simpleKey: true}, depth+1)
			e.indicator(":", false, false, false)
		} else {
			e.indicator("?", true, false, false)
			e.node(key, yamlPlace{inMapping: true}, depth+1)
			if e.column > e.width {
				e.newLine()
			}
			e.indicator(":", true, false, false)
		}
		e.node(v, yamlPlace{inMapping: true}, depth+1)
	})
	back()
	e.flow--
	e.indicator("}", false, false, false)
}

// maxSimpleKey is how long a key may be that needs no "?", its tag included.
const maxSimpleKey = 128

func (e *yamlEmitter) isSimpleKey(key any) bool {
	if t, ok := key.(*tuple); ok {
		return len(t.items) == 0
	}
	text, tag := yamlText(key)
	a := analyzeScalar(text)
	return len(tag)+utf8.RuneCountInString(text) < maxSimpleKey && !a.empty && !a.multiline
}

// yamlText returns the text of a scalar and its tag.
func yamlText(v any) (text, tag string) {
	switch v := v.(type) {
	case nil:
		return "null", "!!null"
	case bool:
		if v {
			return "true", "!!bool"
		}
		return "false", "!!bool"
	case int64, *big.Int:
		return scalarRepr(v), "!!int"
	case float64:
		return yamlFloat(v), "!!float"
	case string:
		return v, "!!str"
	case markup:
		raiseHint("leave the filter out that makes it safe", "text that is marked as safe cannot be written as YAML")
	case *undefined:
		if !v.lenient {
			v.fail()
		}
	}
	raise("%s cannot be written as YAML", aType(v))
	return "", ""
}

// scalar writes a scalar in the simplest style that reads as it.
func (e *yamlEmitter) scalar(v any, at yamlPlace) {
	text, tag := yamlText(v)
	e.run.text(len(text))
	defer e.deeper(true, false)()
	a := analyzeScalar(text)
	plain := a.blockPlain
	if e.flow > 0 {
		plain = a.flowPlain
	}
	split := !at.simpleKey
	switch {
	case e.oneLine && tag == "!!str" && strings.Contains(text, "\n"):
		e.doubleQuoted([]rune(text), split)
	case plain && (tag != "!!str" || readsAsText(text)) && !(at.simpleKey && (a.empty || a.multiline)):
		e.plain([]rune(text), split)
	case a.singleQuoted && !(at.simpleKey && a.multiline):
		e.singleQuoted([]rune(text), split)
	default:
		e.doubleQuoted([]rune(text), split)
	}
}
