// parse_core.go: conditions on values of the core: method == "INVITE", uri == myself, src_ip == 10.0.0.0/8.

package syntax

// coreWord returns the core value that a word names.
func coreWord(word string) (kind CoreKind, ok bool) {
	switch word {
	case "to_proto":
		return CoreSndProto, true
	case "to_af":
		return CoreSndAF, true
	}
	for k, name := range coreNames {
		if name == word {
			return CoreKind(k), true
		}
	}
	return 0, false
}

// familyWord tells which address family a word names.
func familyWord(word string) (v6, ok bool) {
	switch word {
	case "inet", "INET", "ipv4", "IPv4", "IPV4":
		return false, true
	case "inet6", "INET6", "ipv6", "IPv6", "IPV6":
		return true, true
	}
	return false, false
}

// coreOperand reads a whole comparison, which binds tighter than a prefix. Only retcode, and max_len on the right,
// stand alone.
func (p *parser) coreOperand(kind CoreKind) (Expr, bool) {
	t := p.tok()
	core := &Core{t.pos, kind}
	switch kind {
	case CoreRetcode:
		if p.dialect == Kamailio {
			p.fail(t, "Kamailio has no retcode without $", "write $rc")
			return nil, false
		}
		p.next()
		return core, true
	case CoreMaxLen:
		if p.dialect == Kamailio {
			p.fail(t, "Kamailio has no max_len", "compare msg:len with a number")
			return nil, false
		}
		p.next()
		return core, true
	case CoreURIHost, CoreURIPort:
		p.fail(t, t.text+" is only an argument of forward", "use $rd or $rp")
		return nil, false
	}
	p.next()
	op, words, ok := p.infix()
	if !ok || !kind.compares(op) {
		p.unexpected("expected " + kind.operators() + " after " + t.text)
		return nil, false
	}
	at := p.tok().pos
	for ; words > 0; words-- {
		p.next()
	}
	b := &Binary{Pos: t.pos, Op: op, OpPos: at, X: core}
	if kind == CoreMyself {
		return p.myselfComparison(b, core)
	}
	b.Y, ok = p.coreRight(kind, op)
	return b, ok
}

// myselfComparison reads the right side of myself == uri, and turns the comparison round.
func (p *parser) myselfComparison(b *Binary, myself *Core) (Expr, bool) {
	t := p.tok()
	kind, ok := coreWord(t.text)
	if t.kind != tokenWord || !ok || !kind.comparesMyself() {
		p.unexpected("expected uri, from_uri, to_uri, src_ip or dst_ip after myself " + b.Op.String())
		return nil, false
	}
	p.next()
	b.X, b.Y = &Core{t.pos, kind}, myself
	return b, true
}

// coreRight reads the right side of a comparison with a core value.
func (p *parser) coreRight(kind CoreKind, op BinaryOp) (Expr, bool) {
	t := p.tok()
	switch {
	case t.isWord("myself") && kind.comparesMyself():
		p.next()
		return &Core{t.pos, CoreMyself}, true
	case kind == CoreMethod && t.kind == tokenWord && !p.beginsCall():
		p.next()
		return &Word{t.pos, t.text}, true
	case kind == CoreProto || kind == CoreSndProto:
		if name, ok := protoWord(t.text); ok && t.kind == tokenWord {
			p.next()
			return &ProtoLit{t.pos, name}, true
		}
		if t.is("*") {
			p.next()
			return &ProtoLit{t.pos, "*"}, true
		}
	case kind.isIP():
		if t.kind == tokenIP || t.is("[") {
			return p.netOrIP()
		}
		if t.kind == tokenWord && !p.beginsCall() && prefixWord(t.text) == "" {
			if isPlaceholder(t.text) {
				p.fail(t, t.text+" is a placeholder for an address", "")
				return nil, false
			}
			return &Word{t.pos, p.hostText()}, true
		}
	}
	return p.binary(operators[op].strength + 1)
}

// prefixWord returns the word when it begins an expression and is no host name.
func prefixWord(word string) string {
	switch word {
	case "not", "defined", "strlen", "strempty", "selval":
		return word
	}
	return ""
}

func (k CoreKind) isIP() bool {
	return k == CoreSrcIP || k == CoreDstIP || k == CoreSndIP || k == CoreToIP
}

func (k CoreKind) isText() bool {
	return k == CoreMethod || k == CoreURI || k == CoreStatus || k == CoreFromURI || k == CoreToURI
}

func (k CoreKind) comparesMyself() bool {
	return k.isIP() || k == CoreURI || k == CoreStatus || k == CoreFromURI || k == CoreToURI
}

// compares tells whether a value of this kind may stand on the left of an operator.
func (k CoreKind) compares(op BinaryOp) bool {
	equal := op == OpEq || op == OpNe || op == OpStrEq || op == OpStrNe
	switch {
	case k.isText() || k.isIP():
		return equal || op == OpMatch || op == OpNotMatch
	case k == CoreProto || k == CoreSndProto || k == CoreMyself:
		return equal
	}
	return equal || op.IsComparison() && op != OpMatch && op != OpNotMatch
}

// operators names, for a fault, what may follow.
func (k CoreKind) operators() string {
	switch {
	case k.isText() || k.isIP():
		return "==, != or =~"
	case k == CoreProto || k == CoreSndProto || k == CoreMyself:
		return "== or !="
	}
	return "==, !=, <, >, <= or >="
}
