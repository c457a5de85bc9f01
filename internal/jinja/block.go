package jinja

import (
	"slices"
)

// Blocks, which a template that extends another replaces.

// runRoot executes the top level of a template, then that of the one that it
// extends.
func (r *run) runRoot(t *template, c *templateContext) {
	for t != nil {
		r.enter()
		defer r.leave()
		r.in = t
		root := &rootState{}
		f := &frame{scope: &scope{}, context: c, root: root, top: true, quiet: t.extends}
		if t.usesSelf {
			f.scope.set("self", &selfReference{c})
		}
		f.scope.unset(t.unset)
		execAll(r, f, t.body)
		t = root.parent
	}
}

func (s *extendsStmt) exec(r *run, f *frame) {
	if f.root.parent != nil {
		r.at = s.pos
		raise("template extends more than one other")
	}
	name := s.name.eval(r, f)
	r.at = s.name.at()
	f.root.parent = r.template(name)
	for name, b := range f.root.parent.blocks {
		f.context.blocks[name] = append(f.context.blocks[name], b)
	}
}

func (s *blockStmt) exec(r *run, f *frame) {
	if f.top && f.muted() {
		return
	}
	c := f.context
	if s.scoped {
		c = c.derived(f)
	}
	r.at = s.pos
	if s.required && len(c.blocks[s.name]) <= 1 {
		raise("required block %q is not there", s.name)
	}
	(&blockReference{s.name, c, c.blocks[s.name], 0}).run(r)
}

// derived returns the context for a block that sees the variables around it.
func (c *templateContext) derived(f *frame) *templateContext {
	d := &templateContext{name: c.name, given: f.variables(), own: map[string]any{}, exported: map[string]bool{}}
	d.blocks = map[string][]*blockStmt{}
	for name, stack := range c.blocks {
		d.blocks[name] = slices.Clone(stack)
	}
	return d
}

// A blockReference is a block of a template, or of one further up.
type blockReference struct {
	name    string
	context *templateContext
	stack   []*blockStmt
	depth   int
}

// run writes the block.
func (b *blockReference) run(r *run) {
	r.enter()
	in, at := r.in, r.at
	s := b.stack[b.depth]
	r.in = s.template
	f := &frame{scope: &scope{}, context: b.context, root: &rootState{}}
	if s.usesSelf {
		f.scope.set("self", &selfReference{b.context})
	}
	if s.usesSuper {
		f.scope.set("super", b.context.superOf(s))
	}
	f.scope.unset(s.unset)
	execAll(r, f, s.body)
	r.in, r.at = in, at
	r.leave()
}

// superOf returns the block that this one replaces.
func (c *templateContext) superOf(s *blockStmt) any {
	stack := c.blocks[s.name]
	return (&blockReference{s.name, c, stack, slices.Index(stack, s)}).super()
}

func (b *blockReference) super() any {
	if b.depth+1 >= len(b.stack) {
		return &undefined{message: "there is no parent block called \"" + b.name + "\""}
	}
	return &blockReference{b.name, b.context, b.stack, b.depth + 1}
}

var blockMethods = methods{
	"name":  property(func(_ *run, v any) any { return v.(*blockReference).name }),
	"super": property(func(_ *run, v any) any { return v.(*blockReference).super() }),
}

func (b *blockReference) attribute(r *run, name string) (any, bool) {
	return blockMethods.of(r, b, name)
}
func (b *blockReference) attributes() []string { return methodNamesIn(blockMethods) }

// A selfReference is the special variable self, whose items are the blocks.
type selfReference struct{ context *templateContext }

func (s *selfReference) block(name string) (any, bool) {
	stack, ok := s.context.blocks[name]
	if !ok {
		return nil, false
	}
	return &blockReference{name, s.context, stack, 0}, true
}
