// parse_stmt.go: the statements of a route.

package syntax

import "fmt"

// block reads { statements }.
func (p *parser) block() ([]Stmt, bool) {
	if !p.tok().is("{") {
		p.unexpected("expected {")
		return nil, false
	}
	defer p.openBrace()()
	body, ok := p.stmts(func(t token) bool { return t.is("}") })
	if !ok {
		return body, false
	}
	return body, p.expect("}", "")
}

// openBrace reads a { and remembers it, for the fault of a missing }. What it returns forgets it again.
func (p *parser) openBrace() (forget func()) {
	depth := len(p.braces)
	p.braces = append(p.braces, p.next())
	return func() { p.braces = p.braces[:depth] }
}

// stmts reads statements up to a token that ends them. It reports false when the script ends or the next route begins
// before that.
func (p *parser) stmts(isEnd func(token) bool) ([]Stmt, bool) {
	body := []Stmt{}
	for !isEnd(p.tok()) {
		if p.ended() || p.tooMany() || p.beginsRoute() {
			p.missingBrace()
			return body, false
		}
		start := p.at
		s, ok := p.stmt()
		if s != nil {
			body = append(body, s)
		}
		if !ok {
			p.skipStmt()
		}
		if p.at == start && !isEnd(p.tok()) {
			p.next()
		}
	}
	return body, true
}

// beginsRoute tells whether a route begins where a statement should: then a } is missing before it.
func (p *parser) beginsRoute() bool {
	t := p.tok()
	if t.kind != tokenWord {
		return false
	}
	if _, ok := routeWord(t.text); !ok {
		return t.text == "loadmodule" || t.text == "modparam"
	}
	return p.peek(1).is("{") || p.peek(1).is("[")
}

// missingBrace reports the innermost { that is open, once in a route.
func (p *parser) missingBrace() {
	if p.unclosed || len(p.braces) == 0 {
		return
	}
	p.unclosed = true
	open := p.braces[len(p.braces)-1]
	where := "the script ends"
	if !p.ended() {
		where = p.tok().text + " on line " + fmt.Sprint(p.tok().pos.Line) + " begins"
	}
	p.fail(open, fmt.Sprintf("the { opened here in %s is not closed before %s", p.route.Title(), where), "")
}

// skipStmt leaves a faulty statement: it reads up to its ; or stops at the } of the block around it or at the next route.
func (p *parser) skipStmt() {
	for depth := 0; !p.ended(); p.next() {
		switch t := p.tok(); {
		case t.is("{"):
			depth++
		case t.is("}"):
			if depth == 0 {
				return
			}
			depth--
		case t.is(";") && depth == 0:
			p.next()
			return
		case p.beginsRoute():
			return
		}
	}
}

// stmt reads one statement; a lone semicolon gives nil.
func (p *parser) stmt() (Stmt, bool) {
	if !p.enter() {
		return nil, false
	}
	defer p.leave()
	t := p.tok()
	switch {
	case t.is(";"):
		p.next()
		return nil, true
	case t.is("{"):
		body, ok := p.block()
		return &Block{t.pos, body}, ok
	case t.kind == tokenPV || t.kind == tokenSerAVP:
		return p.finish(p.assignment())
	case t.kind == tokenWord:
		return p.wordStmt(t)
	}
	p.unfit("expected a statement")
	return nil, false
}

func (p *parser) wordStmt(t token) (Stmt, bool) {
	switch t.text {
	case "if":
		return p.ifStmt()
	case "while":
		return p.whileStmt()
	case "switch":
		return p.switchStmt()
	case "return":
		value, ok := p.endingValue()
		return p.finish(&Return{t.pos, value}, ok)
	case "exit":
		value, ok := p.endingValue()
		return p.finish(&Exit{t.pos, value}, ok)
	case "drop":
		value, ok := p.endingValue()
		return p.finish(&Drop{t.pos, value}, ok)
	case "break":
		p.next()
		if p.dialect == SER && p.accept("(") && !p.expect(")", "after break(") {
			return nil, false
		}
		return p.finish(&Break{t.pos, p.breakTarget}, true)
	case "else":
		hint := ""
		if p.at > 0 && p.tokens[p.at-1].is(";") {
			hint = "a ; before else ends the if"
		}
		p.fail(t, "else without if", hint)
		p.next()
		return nil, false
	case "case", "default":
		p.fail(t, t.text+" outside of switch", "")
		return nil, false
	}
	if !p.beginsCall() {
		p.notAStatement(t)
		return nil, false
	}
	call, ok := p.call()
	if !ok {
		return nil, false
	}
	return p.finish(&CallStmt{t.pos, call}, true)
}

// notAStatement explains a word that begins no statement.
func (p *parser) notAStatement(t token) {
	if _, ok := coreWord(t.text); ok {
		p.fail(t, t.text+" is a condition, not a statement", "use it in if (...)")
		return
	}
	hint := ""
	switch n := p.peek(1); {
	case n.is("="):
		hint = "parameters are set outside of routes; a variable is written $var(" + t.text + ")"
	case n.is(";"):
		hint = "a function is called with parentheses: " + t.text + "()"
	}
	p.next()
	if hint == "" {
		hint = p.hintFor(t)
	}
	p.fail(p.tok(), fmt.Sprintf("expected ( after %s, found %s", t.text, p.tok().describe()), hint)
}

// finish reads the ; of a statement. A missing one is reported after the last word, where it should stand.
func (p *parser) finish(s Stmt, ok bool) (Stmt, bool) {
	if !ok {
		return nil, false
	}
	if p.accept(";") {
		return s, true
	}
	last, found := p.tokens[p.at-1], p.tok()
	if !found.first && found.kind != tokenEnd && !found.is("}") {
		p.unexpected("expected ; after the statement")
		return s, false
	}
	p.failAt(last.end, "expected ; after "+shorten(last.text), p.hintFor(last))
	// What follows looks like the next statement: go on with it.
	return s, true
}

// endingValue reads the value of return, exit and drop: none, () or an expression.
func (p *parser) endingValue() (Expr, bool) {
	p.next()
	if p.tok().is(";") || p.tok().is("}") || p.ended() {
		return nil, true
	}
	if p.tok().is("(") && p.peek(1).is(")") {
		p.next()
		p.next()
		return nil, true
	}
	if t := p.tok(); t.first && t.kind == tokenWord && !t.glued {
		return nil, true // finish reports the missing semicolon
	}
	return p.expr()
}

func (p *parser) ifStmt() (Stmt, bool) {
	s := &If{Pos: p.next().pos}
	var ok bool
	if s.Cond, ok = p.expr(); !ok {
		return nil, p.skipCondition()
	}
	if s.Then, ok = p.branch(); !ok {
		return s, false
	}
	if p.dialect != Kamailio && p.tok().is(";") && p.peek(1).isWord("else") {
		p.next() // the grammars of SER and OpenSER take "}; else"
	}
	if !p.tok().isWord("else") {
		return s, true
	}
	p.next()
	s.Else, ok = p.branch()
	return s, ok
}

// skipCondition leaves a faulty condition, so that faults of the branch are found too. It reports false when no branch
// follows on the line.
func (p *parser) skipCondition() bool {
	for first := true; !p.ended(); first = false {
		t := p.tok()
		if t.is("{") {
			p.branch()
			if p.tok().isWord("else") {
				p.next()
				p.branch()
			}
			return true
		}
		if t.is(";") || t.is("}") || t.first && !first {
			return false
		}
		p.next()
	}
	return false
}

// branch reads the block or the single statement of if, else and while.
func (p *parser) branch() ([]Stmt, bool) {
	if p.tok().is("{") {
		if !p.enter() {
			return nil, false
		}
		defer p.leave()
		return p.block()
	}
	if p.tok().is("}") || p.ended() {
		p.unfit("expected a statement")
		return nil, false
	}
	s, ok := p.stmt()
	if s == nil {
		return []Stmt{}, ok
	}
	return []Stmt{s}, ok
}

func (p *parser) whileStmt() (Stmt, bool) {
	s := &While{Pos: p.next().pos}
	var ok bool
	if s.Cond, ok = p.expr(); !ok {
		return nil, p.skipCondition()
	}
	outer := p.breakTarget
	p.breakTarget = BreakWhile
	s.Body, ok = p.branch()
	p.breakTarget = outer
	return s, ok
}

// assignment reads target = expression.
func (p *parser) assignment() (Stmt, bool) {
	t := p.tok()
	target, ok := p.primary()
	if !ok {
		return nil, false
	}
	s := &Assign{Pos: t.pos, Target: target}
	if v, isPV := target.(*PV); isPV && len(v.Transformations) > 0 {
		p.failAt(t.pos, "a value with a transformation cannot be set: "+v.Text, "")
		return nil, false
	}
	if !p.assignOp(s) {
		return nil, false
	}
	s.Value, ok = p.expr()
	return s, ok
}

func (p *parser) assignOp(s *Assign) bool {
	op := p.tok()
	switch {
	case op.is("="):
		p.next()
		return true
	case op.is("+="):
		s.Op = AssignAppend
		p.next()
	case op.is(":") && p.peek(1).is("="):
		s.Op = AssignReset
		p.next()
		p.next()
	default:
		p.unexpected("expected = after " + s.Target.String())
		return false
	}
	if p.dialect == Kamailio {
		p.fail(op, "Kamailio has no "+assignTexts[s.Op][1:3], "write "+s.Target.String()+" = ...")
		return false
	}
	return true
}
