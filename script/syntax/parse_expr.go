// parse_expr.go: expressions, by precedence climbing over the table of print_expr.go.

package syntax

import "fmt"

// expr reads a whole expression.
func (p *parser) expr() (Expr, bool) {
	outer := p.operators
	p.operators = 0
	e, ok := p.binary(0)
	p.operators = outer
	return e, ok
}

// binary reads an expression whose operators bind at least as strongly as strength.
func (p *parser) binary(strength int) (Expr, bool) {
	left, ok := p.unary()
	for ok {
		op, words, isOp := p.infix()
		if !isOp || operators[op].strength < strength {
			break
		}
		if p.operators++; p.operators > maxOperators {
			p.fail(p.tok(), fmt.Sprintf("an expression with more than %d operators", maxOperators), "")
			p.giveUp()
			return nil, false
		}
		if op == OpNotMatch && p.dialect == Kamailio {
			p.fail(p.tok(), "Kamailio has no !~", "write !(a =~ b)")
			return nil, false
		}
		at := p.tok().pos
		for ; words > 0; words-- {
			p.next()
		}
		var right Expr
		if right, ok = p.binary(operators[op].strength + 1); ok {
			left = &Binary{Pos: left.Position(), Op: op, OpPos: at, X: left, Y: right}
		}
	}
	return left, ok
}

// infix tells which binary operator is next, and of how many tokens it is made.
func (p *parser) infix() (op BinaryOp, words int, ok bool) {
	t := p.tok()
	if t.kind == tokenWord {
		op, ok = infixWord(t.text)
		return op, 1, ok
	}
	if t.kind != tokenPunct {
		return 0, 0, false
	}
	if t.text == "!" && p.peek(1).is("~") && p.peek(1).glued {
		return OpNotMatch, 2, true
	}
	op, ok = infixPunct(t.text)
	if p.dialect == SER { // & and | are other spellings of && and || there
		switch op {
		case OpBitAnd:
			op = OpAnd
		case OpBitOr:
			op = OpOr
		}
	}
	return op, 1, ok
}

func infixWord(word string) (op BinaryOp, ok bool) {
	switch word {
	case "and":
		return OpAnd, true
	case "or":
		return OpOr, true
	case "mod":
		return OpMod, true
	case "eq":
		return OpStrEq, true
	case "ne":
		return OpStrNe, true
	case "ieq":
		return OpIntEq, true
	case "ine":
		return OpIntNe, true
	}
	return 0, false
}

func infixPunct(text string) (op BinaryOp, ok bool) {
	for op, o := range operators {
		if o.text == text && BinaryOp(op) != OpMod {
			return BinaryOp(op), true
		}
	}
	return 0, false
}

// unary reads an operand with its prefixes.
func (p *parser) unary() (Expr, bool) {
	if !p.enter() {
		return nil, false
	}
	defer p.leave()
	t := p.tok()
	op, ok := prefix(t)
	if !ok {
		return p.primary()
	}
	p.next()
	if op == OpNeg && p.tok().kind == tokenNumber {
		number := p.next()
		return &IntLit{Pos: t.pos, Value: -number.value, Text: "-" + number.text}, true
	}
	operand := p.unary
	if op == OpNot && p.dialect != Kamailio {
		// In the older grammars ! negates a whole comparison, whatever stands on its left.
		operand = func() (Expr, bool) { return p.binary(strengthEqual) }
	}
	x, ok := operand()
	return &Unary{Pos: t.pos, Op: op, X: x}, ok
}

// prefix tells which unary operator a token is.
func prefix(t token) (op UnaryOp, ok bool) {
	if t.kind != tokenPunct && t.kind != tokenWord {
		return 0, false
	}
	switch t.text {
	case "!", "not":
		return OpNot, true
	case "-":
		return OpNeg, true
	case "~":
		return OpBitNot, true
	case "(int)":
		return OpInt, true
	case "(str)":
		return OpStr, true
	case "defined":
		return OpDefined, true
	}
	return 0, false
}

// primary reads an operand without prefix.
func (p *parser) primary() (Expr, bool) {
	t := p.tok()
	switch t.kind {
	case tokenNumber:
		p.next()
		return &IntLit{Pos: t.pos, Value: t.value, Text: t.text}, true
	case tokenString:
		p.next()
		return &StringLit{Pos: t.pos, Value: t.text}, true
	case tokenPV:
		v, err := parsePV(t.text, t.pos, 0)
		return named(p, v, err)
	case tokenSerAVP:
		a, err := parseSerAVP(t.text, t.pos)
		return named(p, a, err)
	case tokenSelect:
		s, err := parseSelect(t.text, t.pos)
		return named(p, s, err)
	case tokenWord:
		return p.wordOperand(t)
	case tokenIP:
		p.fail(t, "an address stands here without quotes: "+t.text, `write "`+t.text+`"; only src_ip, dst_ip and forward take it bare`)
		return nil, false
	}
	switch {
	case t.is("("):
		return p.parenthesized()
	case t.is("{"):
		body, ok := p.block()
		return &ActionExpr{t.pos, body}, ok
	}
	p.unexpected("expected a value")
	return nil, false
}

// named reads a token that has become a variable, or reports why it has not.
func named[E Expr](p *parser, e E, err error) (Expr, bool) {
	if err != nil {
		p.record(err)
		p.next()
		return nil, false
	}
	p.next()
	return e, true
}

// parenthesized reads (expression) or (variable = expression).
func (p *parser) parenthesized() (Expr, bool) {
	open := p.next()
	if t := p.tok(); (t.kind == tokenPV || t.kind == tokenSerAVP) && p.peek(1).is("=") {
		s, ok := p.assignment()
		if !ok {
			return nil, false
		}
		return &ActionExpr{open.pos, []Stmt{s}}, p.expect(")", "after the assignment")
	}
	e, ok := p.binary(0)
	if !ok {
		return nil, false
	}
	if !p.tok().is(")") {
		p.unexpected(fmt.Sprintf("expected ) for the ( of column %d", open.pos.Col))
		return nil, false
	}
	p.next()
	return e, true
}

// wordOperand reads what a word begins: a condition of the core, a call, strlen(x) and its kin.
func (p *parser) wordOperand(t token) (Expr, bool) {
	if kind, ok := coreWord(t.text); ok {
		return p.coreOperand(kind)
	}
	switch t.text {
	case "strlen", "strempty":
		p.next()
		op := OpStrlen
		if t.text == "strempty" {
			op = OpStrempty
		}
		args, ok := p.args(t.text, 1)
		if !ok {
			return nil, false
		}
		return &Unary{Pos: t.pos, Op: op, X: args[0]}, true
	case "selval":
		p.next()
		args, ok := p.args(t.text, 3)
		if !ok {
			return nil, false
		}
		return &Choose{t.pos, args[0], args[1], args[2]}, true
	}
	if v6, ok := familyWord(t.text); ok {
		p.next()
		return &FamilyLit{t.pos, v6}, true
	}
	if p.beginsCall() {
		call, ok := p.call()
		return call, ok
	}
	hint := p.hintFor(t)
	if hint == "" {
		hint = `text needs double quotes: "` + t.text + `"; a function needs parentheses: ` + t.text + "()"
	}
	p.fail(t, t.text+" is not defined", hint)
	return nil, false
}

// args reads (a, b, ...) with a given number of expressions.
func (p *parser) args(name string, count int) ([]Expr, bool) {
	if !p.expect("(", "after "+name) {
		return nil, false
	}
	var args []Expr
	for i := 0; i < count; i++ {
		if i > 0 && !p.expect(",", fmt.Sprintf("in %s(), which has %d arguments", name, count)) {
			return nil, false
		}
		e, ok := p.expr()
		if !ok {
			return nil, false
		}
		args = append(args, e)
	}
	return args, p.expect(")", "after the arguments of "+name)
}
