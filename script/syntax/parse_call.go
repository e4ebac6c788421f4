// parse_call.go: calls of functions, and the arguments that only functions of the core take without quotes.

package syntax

import "net/netip"

// beginsCall tells whether the word at hand is called: with parentheses, or as one of the few that need none.
func (p *parser) beginsCall() bool {
	return p.peek(1).is("(") || needsNoParentheses(p.tok().text)
}

func needsNoParentheses(function string) bool {
	switch function {
	case "force_rport", "add_rport", "add_local_rport", "force_tcp_alias", "add_tcp_alias", "revert_uri",
		"set_forward_no_connect", "set_reply_no_connect", "set_forward_close", "set_reply_close":
		return true
	}
	return false
}

// call reads name(arguments).
func (p *parser) call() (*Call, bool) {
	name := p.next()
	c := &Call{Pos: name.pos, Name: name.text}
	if !p.accept("(") {
		return c, true
	}
	for !p.accept(")") {
		if len(c.Args) > 0 && !p.accept(",") {
			p.unexpected("expected , or ) in " + name.text + "()")
			return nil, false
		}
		arg, ok := p.arg(name.text)
		if !ok {
			return nil, false
		}
		c.Args = append(c.Args, arg)
	}
	if name.text == "route" && len(c.Args) != 1 {
		p.fail(name, "route() wants one argument, the name of a route", "")
		return nil, false
	}
	return c, true
}

// arg reads one argument of a function.
func (p *parser) arg(function string) (Expr, bool) {
	t := p.tok()
	ends := p.peek(1).is(",") || p.peek(1).is(")")
	switch function {
	case "route", "setflag", "resetflag", "isflagset", "setavpflag", "resetavpflag", "isavpflagset":
		if (t.kind == tokenWord || t.kind == tokenNumWord) && ends {
			p.next()
			return &Word{t.pos, t.text}, true
		}
	case "forward", "forward_udp", "forward_tcp", "forward_tls", "forward_sctp", "send", "send_tcp", "set_advertised_address":
		if e, ok := p.hostArg(); ok {
			return e, true
		}
	case "force_send_socket":
		if t.kind != tokenString && t.kind != tokenPV {
			a, ok := p.address(function)
			return &SocketLit{t.pos, a}, ok
		}
	case "udp_mtu_try_proto":
		if name, ok := protoWord(t.text); ok && t.kind == tokenWord && ends {
			p.next()
			return &ProtoLit{t.pos, name}, true
		}
	}
	return p.expr()
}

// hostArg reads uri:host, uri:port, an address or a host name without quotes. It reads nothing when there is none.
func (p *parser) hostArg() (Expr, bool) {
	t := p.tok()
	if t.isWord("uri:host") || t.isWord("uri:port") {
		p.next()
		kind := CoreURIHost
		if t.text == "uri:port" {
			kind = CoreURIPort
		}
		return &Core{t.pos, kind}, true
	}
	if addr, ok := p.ip(); ok {
		return &IPLit{t.pos, addr}, true
	}
	if t.kind != tokenWord || p.peek(1).is("(") {
		return nil, false
	}
	return &Word{t.pos, p.hostText()}, true
}

// netOrIP reads 10.0.0.1, 10.0.0.0/8 or 10.0.0.0/255.0.0.0 after src_ip == and its like.
func (p *parser) netOrIP() (Expr, bool) {
	t := p.tok()
	addr, ok := p.ip()
	if !ok {
		p.unexpected("expected an address")
		return nil, false
	}
	if !p.accept("/") {
		return &IPLit{t.pos, addr}, true
	}
	width := p.tok()
	bits := -1
	if width.kind == tokenNumber && width.value <= int64(addr.BitLen()) {
		bits = int(width.value)
	}
	if width.kind == tokenIP {
		if mask, err := netip.ParseAddr(width.text); err == nil {
			bits = maskBits(mask, addr)
		}
	}
	if bits < 0 {
		p.unexpected("expected a network mask, as in 10.0.0.0/8 or 10.0.0.0/255.0.0.0")
		return nil, false
	}
	p.next()
	return &NetLit{t.pos, netip.PrefixFrom(addr, bits)}, true
}

// maskBits returns how many leading ones a mask has, -1 when it has others or is not of addr's family.
func maskBits(mask, addr netip.Addr) int {
	if mask.BitLen() != addr.BitLen() {
		return -1
	}
	ones, gap := 0, false
	for _, b := range mask.AsSlice() {
		for bit := 7; bit >= 0; bit-- {
			one := b>>bit&1 == 1
			if one && gap {
				return -1
			}
			if one {
				ones++
			}
			gap = !one
		}
	}
	return ones
}
