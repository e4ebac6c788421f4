// parse_address.go: addresses of sockets: listen=, socket={}, alias=, and where functions take them.

package syntax

import (
	"fmt"
	"net/netip"
	"strings"
)

// hostText reads a host, interface or address without quotes: pieces that stand together without blanks, joined by
// dots and dashes.
func (p *parser) hostText() string {
	var b strings.Builder
	b.WriteString(p.next().text)
	for p.tok().glued && (p.tok().is(".") || p.tok().is("-")) && p.peek(1).glued && isHostPiece(p.peek(1)) {
		b.WriteString(p.next().text)
		b.WriteString(p.next().text)
	}
	return b.String()
}

func isHostPiece(t token) bool {
	return t.kind == tokenWord || t.kind == tokenNumWord || t.kind == tokenNumber || t.kind == tokenIP
}

// beginsHost tells whether the token at hand can begin a host.
func (p *parser) beginsHost() bool {
	t := p.tok()
	return isHostPiece(t) || t.kind == tokenString || t.is("[") || t.is("*")
}

// host reads a name, an interface, an address or "*".
func (p *parser) host(what string) (string, bool) {
	t := p.tok()
	switch {
	case !p.beginsHost() || t.first && t.kind == tokenWord && p.peek(1).is("="):
		p.noHost(what)
		return "", false
	case t.kind == tokenString:
		p.next()
		if inside, ok := strings.CutPrefix(strings.TrimSuffix(t.text, "]"), "["); ok && ipEnd(inside) == len(inside) {
			return inside, true
		}
		return t.text, true
	case t.is("*"):
		p.next()
		return "*", true
	case t.is("["):
		p.next()
		ip := p.tok()
		if ip.kind != tokenIP {
			p.unexpected(what + ": expected an IPv6 address after [")
			return "", false
		}
		p.next()
		return ip.text, p.expect("]", "after the IPv6 address")
	case t.kind == tokenWord && isPlaceholder(t.text):
		p.fail(t, what+": "+t.text+" is a placeholder for an address", "")
		return "", false
	}
	return p.hostText(), true
}

// noHost reports what stands in place of an address. Templates leave <name> there.
func (p *parser) noHost(what string) {
	t := p.tok()
	if t.macro != "" {
		p.fail(t, fmt.Sprintf("%s: %q is no address", what, shorten(p.macros[t.macro].value)), "")
		return
	}
	if name := p.peek(1); t.is("<") && name.kind == tokenWord && name.glued {
		p.fail(t, fmt.Sprintf("%s: <%s> is a placeholder for an address", what, name.text), "write the address, or a name that --define NAME=... gives a value")
		return
	}
	p.unexpected(what + ": expected an address or an interface")
}

// proto reads "udp:" when it is next.
func (p *parser) proto() string {
	if !p.peek(1).is(":") {
		return ""
	}
	if p.tok().is("*") && (isHostPiece(p.peek(2)) && p.peek(2).kind != tokenNumber || p.peek(2).is("[")) {
		p.next()
		p.next()
		return ""
	}
	if name, ok := protoWord(p.tok().text); ok && p.tok().kind == tokenWord {
		p.next()
		p.next()
		return name
	}
	return ""
}

// port reads ":5060" or ":*" when it is next.
func (p *parser) port(what string) (int, bool) {
	if !p.accept(":") {
		return 0, true
	}
	return p.portNumber(what)
}

func (p *parser) portNumber(what string) (int, bool) {
	t := p.tok()
	if t.is("*") {
		p.next()
		return 0, true
	}
	if t.kind != tokenNumber {
		if t.kind == tokenWord && isPlaceholder(t.text) {
			p.fail(t, what+": "+t.text+" is a placeholder for a port", "")
			return 0, false
		}
		p.unexpected(what + ": expected a port number")
		return 0, false
	}
	p.next()
	if t.value < 0 || t.value > 65535 {
		p.fail(t, what+": "+t.text+" is no port number", "ports go from 1 to 65535")
		return 0, false
	}
	return int(t.value), true
}

// address reads [proto:]host[:port].
func (p *parser) address(what string) (Address, bool) {
	a := Address{Pos: p.tok().pos}
	a.Proto = p.proto()
	var ok bool
	if a.Host, ok = p.host(what); !ok {
		return a, false
	}
	a.Port, ok = p.port(what)
	return a, ok
}

// listen reads listen=address address ... advertise address name "..." agname "..." virtual.
func (p *parser) listen() bool {
	word := p.next()
	if !p.expect("=", "after "+word.text) {
		return false
	}
	var entries []*Listen
	for first := true; first || p.moreAddresses(); first = false {
		entry, ok := p.listenAddress(word)
		if !ok {
			return false
		}
		entries = append(entries, entry)
	}
	for {
		ok, found := p.listenAttribute(entries)
		if !ok {
			return false
		}
		if !found {
			break
		}
	}
	p.file.Listens = append(p.file.Listens, entries...)
	return true
}

// listenAddress reads one address, or the group (a, b) of a multihomed one.
func (p *parser) listenAddress(word token) (*Listen, bool) {
	l := &Listen{Address: Address{Pos: word.pos}}
	l.Proto = p.proto()
	if !p.accept("(") {
		host, ok := p.host(word.text)
		if !ok {
			return nil, false
		}
		l.Host = host
		l.Port, ok = p.port(word.text)
		return l, ok
	}
	for {
		host, ok := p.host(word.text)
		if !ok {
			return nil, false
		}
		if l.Host == "" {
			l.Host = host
		} else {
			l.More = append(l.More, host)
		}
		if !p.accept(",") {
			break
		}
	}
	if !p.expect(")", "after the addresses") {
		return nil, false
	}
	var ok bool
	l.Port, ok = p.port(word.text)
	return l, ok
}

// moreAddresses tells whether another address follows and not the next declaration.
func (p *parser) moreAddresses() bool {
	t := p.tok()
	if t.kind == tokenIP || t.kind == tokenString || t.kind == tokenNumWord || t.is("[") || t.is("*") || t.is("(") {
		return true
	}
	if t.kind != tokenWord || isListenAttribute(t.text) {
		return false
	}
	if _, ok := protoWord(t.text); ok {
		return true
	}
	if p.beginsDeclaration() || t.text == "cfgengine" || t.text == "coreparam" {
		return false
	}
	saved := p.at
	p.hostText()
	follows := p.tok()
	p.at = saved
	return !follows.is("=") && !follows.is("[") && !follows.is("(")
}

func isListenAttribute(word string) bool {
	switch word {
	case "advertise", "ADVERTISE", "name", "NAME", "agname", "AGNAME", "virtual":
		return true
	}
	return false
}

// listenAttribute reads one attribute of listen= when one is next.
func (p *parser) listenAttribute(entries []*Listen) (ok, found bool) {
	t := p.tok()
	if t.kind != tokenWord || !isListenAttribute(t.text) || p.peek(1).is("=") {
		return true, false
	}
	p.next()
	switch word := strings.ToLower(t.text); word {
	case "virtual":
		for _, l := range entries {
			l.Virtual = true
		}
	case "advertise":
		a, ok := p.address("advertise")
		if !ok {
			return false, true
		}
		for _, l := range entries {
			l.Advertise = &a
		}
	default:
		text := p.tok()
		if text.kind != tokenString {
			p.unexpected("expected a string after " + word)
			return false, true
		}
		p.next()
		for _, l := range entries {
			if word == "name" {
				l.Name = text.text
			} else {
				l.Group = text.text
			}
		}
	}
	return true, true
}

// socket reads socket = { bind = ...; advertise = ...; name = "..."; workers = 4; }.
func (p *parser) socket() bool {
	word := p.next()
	l := &Listen{Address: Address{Pos: word.pos}}
	p.next()
	p.next()
	for !p.accept("}") {
		if p.accept(";") {
			continue
		}
		attribute := p.tok()
		if attribute.kind != tokenWord {
			p.unexpected("expected an attribute of socket, or }")
			return false
		}
		p.next()
		if !p.expect("=", "after "+attribute.text) || !p.socketAttribute(l, attribute) {
			return false
		}
	}
	if l.Host == "" {
		p.fail(word, "socket: bind is missing", "socket = { bind = udp:127.0.0.1:5060; }")
		return true
	}
	p.file.Listens = append(p.file.Listens, l)
	return true
}

func (p *parser) socketAttribute(l *Listen, attribute token) (ok bool) {
	switch name := strings.ToLower(attribute.text); name {
	case "bind":
		pos := l.Pos
		if l.Address, ok = p.address("bind"); !ok {
			return false
		}
		l.Pos = pos
		if p.accept("-") {
			l.PortEnd, ok = p.portNumber("bind")
		}
		return ok
	case "advertise":
		a, ok := p.address("advertise")
		l.Advertise = &a
		return ok
	case "name", "agname", "vrf":
		if p.tok().kind != tokenString {
			p.unexpected("expected a string for " + name)
			return false
		}
		text := p.next().text
		switch name {
		case "name":
			l.Name = text
		case "agname":
			l.Group = text
		default:
			l.VRF = text
		}
		return true
	case "workers", "virtual":
		if p.tok().kind != tokenNumber {
			p.unexpected("expected a number for " + name)
			return false
		}
		value := p.next().value
		if name == "workers" {
			l.Workers = int(value)
		} else {
			l.Virtual = value != 0
		}
		return true
	}
	p.fail(attribute, "socket has no attribute "+attribute.text, "it has bind, advertise, name, agname, vrf, workers and virtual")
	return false
}

// alias reads alias=address address ...
func (p *parser) alias() bool {
	word := p.next()
	if !p.expect("=", "after "+word.text) {
		return false
	}
	for first := true; first || p.moreAddresses(); first = false {
		a, ok := p.address(word.text)
		if !ok {
			return false
		}
		p.file.Aliases = append(p.file.Aliases, &Alias{a})
	}
	return true
}

// ip reads an address, IPv6 with or without brackets, when one is next.
func (p *parser) ip() (netip.Addr, bool) {
	bracketed := p.tok().is("[") && p.peek(1).kind == tokenIP && p.peek(2).is("]")
	if bracketed {
		p.next()
	}
	if p.tok().kind != tokenIP {
		return netip.Addr{}, false
	}
	addr, err := netip.ParseAddr(p.next().text)
	if bracketed {
		p.next()
	}
	return addr, err == nil
}
