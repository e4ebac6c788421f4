// core_compare.go: conditions on the core values: method=="INVITE",
// uri==myself, src_ip==10.0.0.0/8.

package script

import (
	"net/netip"
	"strconv"
	"strings"

	"viaduct/script/syntax"
	"viaduct/sip"
	"viaduct/wire"
)

// coreComparison compiles a comparison with a core value on its left.
func (c *compiler) coreComparison(core *syntax.Core, e *syntax.Binary) truthOf {
	if right, ok := e.Y.(*syntax.Core); ok && right.Kind == syntax.CoreMyself {
		return c.myself(core, e)
	}
	if c.coreAddress(core.Kind) != nil {
		return c.addressComparison(core, e)
	}
	if core.Kind == syntax.CoreProto || core.Kind == syntax.CoreSndProto {
		if literal, ok := c.constant(e.Y); ok && literal.Kind == String {
			return c.protoComparison(core, e, literal.Text)
		}
	}
	if core.Kind == syntax.CoreStatus { // status==200, status>=300, status=="200"
		if v, ok := c.constant(e.Y); ok && v.Kind == Int && e.Op != syntax.OpMatch && e.Op != syntax.OpNotMatch {
			return compareNumbers(e.Op, c.coreNumber(core), c.number(e.Y))
		}
	}
	text := c.coreText(core.Kind)
	if text == nil {
		number := c.coreNumber(core)
		if number == nil {
			c.fail(core.Pos, "", "%s cannot be compared", core)
			return func(*Context) bool { return false }
		}
		if e.Op == syntax.OpMatch || e.Op == syntax.OpNotMatch {
			c.fail(e.OpPos, "use == or <", "%s is a number and cannot match a pattern", core)
		}
		return compareNumbers(e.Op, number, c.number(e.Y))
	}
	switch e.Op {
	case syntax.OpMatch, syntax.OpNotMatch:
		fits, want := c.matcher(e.Y), e.Op == syntax.OpMatch
		return func(c *Context) bool { return fits(c, text(c)) == want }
	case syntax.OpEq, syntax.OpNe, syntax.OpStrEq, syntax.OpStrNe:
		return c.textComparison(core, text, e)
	}
	return compareNumbers(e.Op, c.number(core), c.number(e.Y))
}

// textComparison compares without regard to case, as Kamailio does for these.
func (c *compiler) textComparison(core *syntax.Core, text func(*Context) string, e *syntax.Binary) truthOf {
	want := e.Op == syntax.OpEq || e.Op == syntax.OpStrEq
	if v, ok := c.constant(e.Y); ok {
		literal := v.AsString()
		if core.Kind == syntax.CoreMethod {
			if want {
				return func(c *Context) bool { return sameFold(c.Message.Method, literal) }
			}
			return func(c *Context) bool { return !sameFold(c.Message.Method, literal) }
		}
		return func(c *Context) bool { return sameFold(text(c), literal) == want }
	}
	value := c.value(e.Y)
	return func(c *Context) bool {
		right := value(c)
		return (right.Kind != Null && sameFold(text(c), right.AsString())) == want
	}
}

// protoComparison compares a transport; "*" stands for any.
func (c *compiler) protoComparison(core *syntax.Core, e *syntax.Binary, name string) truthOf {
	want := e.Op == syntax.OpEq
	transport := wire.ParseTransport(name)
	if transport == wire.NoTransport && name != "*" && !strings.EqualFold(name, "sctp") {
		c.fail(e.Y.Position(), "one of udp tcp tls ws wss sctp", "%s is not a transport", name)
	}
	number := c.coreNumber(core)
	return func(c *Context) bool { return (name == "*" || number(c) == int64(transport)) == want }
}

// myself compiles uri==myself, src_ip!=myself and the like: our addresses,
// ports and alias names.
func (c *compiler) myself(core *syntax.Core, e *syntax.Binary) truthOf {
	if e.Op != syntax.OpEq && e.Op != syntax.OpNe {
		c.fail(e.OpPos, "use == or !=", "myself can only be equal or not")
	}
	want := e.Op == syntax.OpEq
	mine := c.options.Myself
	if mine == nil {
		mine = func(string, int, wire.Transport) bool { return false }
	}
	if address := c.coreAddress(core.Kind); address != nil {
		return func(c *Context) bool {
			return mine(address(c).String(), 0, wire.NoTransport) == want
		}
	}
	text := c.coreText(core.Kind)
	if text == nil {
		c.fail(core.Pos, "", "%s cannot be compared with myself", core)
		return func(*Context) bool { return false }
	}
	return func(c *Context) bool { return uriIsMine(mine, text(c)) == want }
}

// uriIsMine asks for host and port of a URI; without a port the default one
// of its scheme and transport stands (RFC 3261 section 19.1.2).
func uriIsMine(mine func(string, int, wire.Transport) bool, text string) bool {
	uri, err := sip.ParseURI(text)
	if err != nil || uri.Host == "" {
		return false
	}
	port := uri.Port
	if port == 0 {
		name, _ := sip.Param(uri.Params, "transport")
		port = sip.DefaultPort(name)
		if strings.EqualFold(uri.Scheme, "sips") {
			port = 5061
		}
	}
	return mine(uri.Host, port, wire.NoTransport) // any transport: we are the host all the same
}

// addressComparison compares an address with an address, a network, or text
// that holds one. A name is compared with nothing but the name: looking it up
// would wait for a server of names.
func (c *compiler) addressComparison(core *syntax.Core, e *syntax.Binary) truthOf {
	address := c.coreAddress(core.Kind)
	want := e.Op == syntax.OpEq
	switch e.Op {
	case syntax.OpEq, syntax.OpNe, syntax.OpStrEq, syntax.OpStrNe:
		want = want || e.Op == syntax.OpStrEq
	case syntax.OpMatch, syntax.OpNotMatch:
		fits := c.matcher(e.Y)
		want = e.Op == syntax.OpMatch
		return func(c *Context) bool { return fits(c, address(c).String()) == want }
	default:
		c.fail(e.OpPos, "use ==, != or =~", "addresses have no order")
	}
	if network, ok := literalNetwork(e.Y); ok {
		if network.IsSingleIP() {
			only := network.Addr().Unmap()
			return func(c *Context) bool { return (address(c) == only) == want }
		}
		return func(c *Context) bool { return network.Contains(address(c)) == want }
	}
	if v, ok := c.constant(e.Y); ok {
		c.warn(e.Y.Position(), "%q is no IP address; names are not looked up in conditions, so they are never equal", v.AsString())
	}
	value := c.value(e.Y)
	return func(c *Context) bool {
		network, ok := parseNetwork(value(c).AsString())
		return (ok && network.Contains(address(c))) == want
	}
}

// literalNetwork reads the right side of a comparison of addresses.
func literalNetwork(e syntax.Expr) (netip.Prefix, bool) {
	switch e := e.(type) {
	case *syntax.IPLit:
		address := e.Addr.Unmap()
		return netip.PrefixFrom(address, address.BitLen()), true
	case *syntax.NetLit:
		return e.Prefix.Masked(), true
	case *syntax.StringLit:
		return parseNetwork(e.Value)
	}
	return netip.Prefix{}, false
}

// parseNetwork reads "10.0.0.1", "[::1]", "10.0.0.0/8" or "10.0.0.0/255.0.0.0".
func parseNetwork(text string) (netip.Prefix, bool) {
	if host, mask, ok := strings.Cut(text, "/"); ok {
		if bits, ok := maskBits(mask); ok {
			text = host + "/" + strconv.Itoa(bits)
		}
		prefix, err := netip.ParsePrefix(text)
		return prefix.Masked(), err == nil
	}
	address, err := sip.ParseHost(text)
	if err != nil {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(address, address.BitLen()), true
}

// maskBits counts the ones of an IPv4 mask such as 255.255.0.0.
func maskBits(mask string) (int, bool) {
	address, err := netip.ParseAddr(mask)
	if err != nil || !address.Is4() {
		return 0, false
	}
	bits := 0
	for _, b := range address.AsSlice() {
		for ; b&0x80 != 0; b <<= 1 {
			bits++
		}
	}
	return bits, true
}
