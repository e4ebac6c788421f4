// parse_switch.go: switch, its labels and the constants they are.

package syntax

// switchStmt reads switch (expression) { cases }.
func (p *parser) switchStmt() (Stmt, bool) {
	s := &Switch{Pos: p.next().pos}
	var ok bool
	if s.Cond, ok = p.expr(); !ok {
		return nil, false
	}
	if !p.tok().is("{") {
		p.unexpected("expected { after switch")
		return nil, false
	}
	outer := p.breakTarget
	p.breakTarget = BreakSwitch
	defer func() { p.breakTarget = outer }()
	defer p.openBrace()()
	for !p.tok().is("}") {
		if p.ended() {
			p.missingBrace()
			return s, false
		}
		c, ok := p.caseLabel()
		if !ok {
			p.closeSwitch()
			return s, true
		}
		s.Cases = append(s.Cases, c)
		c.Body, ok = p.stmts(func(t token) bool { return t.is("}") || t.isWord("case") || t.isWord("default") })
		if !ok {
			return s, false
		}
	}
	p.next()
	p.checkCases(s)
	return s, true
}

// closeSwitch leaves a switch with a faulty label: it reads up to its }.
func (p *parser) closeSwitch() {
	for depth := 0; !p.ended(); {
		t := p.next()
		if t.is("{") {
			depth++
		}
		if t.is("}") {
			if depth == 0 {
				break
			}
			depth--
		}
	}
}

// caseLabel reads case constant: or case /"regex": or default:
func (p *parser) caseLabel() (*Case, bool) {
	t := p.tok()
	c := &Case{Pos: t.pos, Kind: DefaultCase}
	switch {
	case t.isWord("default"):
		p.next()
	case t.isWord("case"):
		p.next()
		isRegex := p.accept("/")
		label := p.tok()
		e, ok := p.expr()
		if !ok {
			return nil, false
		}
		number, text, kind, ok := constant(e)
		if !ok || isRegex && kind != StringCase {
			p.fail(label, "the label of case is no constant: "+e.String(), "a number, a string or /\"regular expression\"")
			return nil, false
		}
		c.Kind, c.Int, c.Text = kind, number, text
		if isRegex {
			c.Kind = RegexCase
		}
	default:
		p.unfit("expected case or default")
		return nil, false
	}
	return c, p.expect(":", "after "+c.label())
}

// checkCases refuses a second default and a mix of numbers and strings.
func (p *parser) checkCases(s *Switch) {
	var number, text, other *Case
	for _, c := range s.Cases {
		switch {
		case c.Kind == DefaultCase:
			if other != nil {
				p.failAt(c.Pos, "second default of one switch", "")
			}
			other = c
		case c.Kind == IntCase:
			number = c
		default:
			text = c
		}
		if number != nil && text != nil {
			p.failAt(c.Pos, "numbers and strings as labels of one switch", "")
			return
		}
	}
}

// constant computes an expression of literals, as labels of case may be.
func constant(e Expr) (number int64, text string, kind CaseKind, ok bool) {
	switch e := e.(type) {
	case *IntLit:
		return e.Value, "", IntCase, true
	case *StringLit:
		return 0, e.Value, StringCase, true
	case *Unary:
		n, _, kind, ok := constant(e.X)
		switch {
		case !ok || kind != IntCase:
		case e.Op == OpNeg:
			return -n, "", IntCase, true
		case e.Op == OpBitNot:
			return ^n, "", IntCase, true
		}
	case *Binary:
		a, s, leftKind, ok := constant(e.X)
		if !ok {
			return 0, "", 0, false
		}
		b, t, rightKind, ok := constant(e.Y)
		if !ok || leftKind != rightKind {
			return 0, "", 0, false
		}
		if leftKind == StringCase {
			return 0, s + t, StringCase, e.Op == OpAdd
		}
		n, ok := arithmetic(e.Op, a, b)
		return n, "", IntCase, ok
	}
	return 0, "", 0, false
}

func arithmetic(op BinaryOp, a, b int64) (int64, bool) {
	switch op {
	case OpAdd:
		return a + b, true
	case OpSub:
		return a - b, true
	case OpMul:
		return a * b, true
	case OpBitOr:
		return a | b, true
	case OpBitAnd:
		return a & b, true
	case OpShl:
		return a << uint64(b&63), true
	}
	return 0, false
}
