package jinja

// The nodes of a parsed template.

// An expr is an expression. Its eval is in eval*.go.
type expr interface {
	at() pos
	eval(r *run, f *frame) any
}

// A stmt is a statement, or text. Its exec is in exec*.go.
type stmt interface {
	at() pos
	exec(r *run, f *frame)
}

func (p pos) at() pos { return p }

type (
	constExpr struct {
		pos
		value any
	}
	nameExpr struct {
		pos
		name string
	}
	tupleExpr struct {
		pos
		items []expr
	}
	listExpr struct {
		pos
		items []expr
	}
	dictExpr struct {
		pos
		keys, values []expr
	}
	// condExpr is then if test else otherwise; otherwise may be nil.
	condExpr struct {
		pos
		test, then, otherwise expr
	}
	// logicExpr is and, or or.
	logicExpr struct {
		pos
		or          bool
		left, right expr
	}
	notExpr struct {
		pos
		x expr
	}
	// compareExpr is a chain: first < a <= b.
	compareExpr struct {
		pos
		first expr
		ops   []operand
	}
	operand struct {
		pos
		op string // < <= == != > >= in "not in"
		x  expr
	}
	binaryExpr struct {
		pos
		op          string
		left, right expr
	}
	// unaryExpr is -x or +x.
	unaryExpr struct {
		pos
		op string
		x  expr
	}
	// concatExpr is a ~ b ~ c.
	concatExpr struct {
		pos
		parts []expr
	}
	// attrExpr is x.name.
	attrExpr struct {
		pos
		x    expr
		name string
	}
	// itemExpr is x[key].
	itemExpr struct {
		pos
		x, key expr
	}
	// sliceExpr is x[start:stop:step]; each may be nil.
	sliceExpr struct {
		pos
		x, start, stop, step expr
	}
	callExpr struct {
		pos
		fn   expr
		args callArgs
	}
	// filterExpr is x | name(args); x is nil where the body of a block is
	// filtered.
	filterExpr struct {
		pos
		x    expr
		name string
		args callArgs
		// inline is set for to_yaml behind "key:" (inline.go).
		inline bool
	}
	// testExpr is x is name(args).
	testExpr struct {
		pos
		x    expr
		name string
		args callArgs
	}
	// callArgs are the arguments of a call: a, name=b, *star, **starStar.
	callArgs struct {
		positional     []expr
		names          []string // of the values
		values         []expr
		star, starStar expr // nil without
	}
)

// A target is what a value is assigned to: a name, ns.attr or a tuple of
// targets.
type target struct {
	pos
	name  string
	attr  string    // empty but for ns.attr
	items []*target // of a tuple
	tuple bool
}

// names calls f with every name that the target binds.
func (t *target) names(f func(name string)) {
	switch {
	case t.tuple:
		for _, item := range t.items {
			item.names(f)
		}
	case t.attr == "":
		f(t.name)
	}
}

type (
	dataStmt struct {
		pos
		text string
	}
	printStmt struct {
		pos
		x expr
	}
	ifStmt struct {
		pos
		branches  []branch
		otherwise []stmt
	}
	branch struct {
		test expr
		body []stmt
	}
	forStmt struct {
		pos
		target    *target
		iter      expr
		test      expr // nil without
		recursive bool
		body      []stmt
		otherwise []stmt
		// usesLoop: the body names loop, so that there is one.
		usesLoop                  bool
		bodyUnset, otherwiseUnset []string
	}
	setStmt struct {
		pos
		target *target
		value  expr
	}
	// setBlockStmt is {% set x | filter %}body{% endset %}.
	setBlockStmt struct {
		pos
		target *target
		filter expr // nil without
		body   []stmt
		unset  []string
	}
	withStmt struct {
		pos
		targets []*target
		values  []expr
		body    []stmt
		unset   []string
	}
	macroStmt struct {
		pos
		name string // empty for the body of a call block
		signature
		body []stmt
		// What the body names, and therefore gets.
		usesCaller, usesKwargs, usesVarargs bool
		unset                               []string
	}
	signature struct {
		params   []string
		defaults []expr // of the last ones
	}
	// callStmt is {% call(args) fn(...) %}body{% endcall %}.
	callStmt struct {
		pos
		call   *callExpr
		caller *macroStmt
	}
	filterStmt struct {
		pos
		filter expr
		body   []stmt
		unset  []string
	}
	includeStmt struct {
		pos
		name                       expr
		ignoreMissing, withContext bool
		// buffered: it stands in a macro or another block whose output is
		// collected.
		buffered bool
	}
	importStmt struct {
		pos
		name        expr
		as          string
		withContext bool
	}
	fromStmt struct {
		pos
		name        expr
		names, as   []string
		withContext bool
	}
	extendsStmt struct {
		pos
		name expr
	}
	blockStmt struct {
		pos
		name                string
		scoped, required    bool
		body                []stmt
		usesSelf, usesSuper bool
		unset               []string
		template            *template
	}
)

// A template is a parsed template. It does not change once it is parsed.
type template struct {
	name      string // inside the file system
	file      string // as messages name it
	source    string // with \n for every kind of newline
	firstLine int    // 1 but for a template inside another file
	body      []stmt
	blocks    map[string]*blockStmt
	unset     []string
	usesSelf  bool
	extends   bool // there is an extends statement somewhere
}
