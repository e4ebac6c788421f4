// pv_target.go: pseudo-variables of where a request goes: $du $fs $br.

package script

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"viaduct/script/syntax"
	"viaduct/sip"
	"viaduct/wire"
)

func targetVariables() map[string]binder {
	destination := func(part uriPart) binder {
		return readOnly(func(c *Context) Value { return partOf(c.Destination, part) })
	}
	return map[string]binder{
		"du":   readWrite(destinationURI, setDestination),
		"duri": readWrite(destinationURI, setDestination),
		"dd":   destination(uriHostPart),
		"dp":   destination(uriPortPart),
		"dP":   destination(uriTransport),
		"ds":   readOnly(destinationSet),
		"fs":   readWrite(forcedSocket, setForcedSocket),
		"br":   readWrite(firstBranch, addBranch),
		"bR":   readOnly(allBranches),
		"nh":   bindNextHop,
		"bf":   readWrite(func(c *Context) Value { return IntValue(int64(c.BranchFlags)) }, setBranchFlags),
		"bF":   readOnly(func(c *Context) Value { return StringValue(fmt.Sprintf("%08X", c.BranchFlags)) }),
	}
}

func destinationURI(c *Context) Value { return textOrNull(c.Destination) }

func setDestination(c *Context, v Value) error {
	c.Destination = v.AsString() // $null and "" take it away
	return nil
}

// destinationSet gives $ds: what a redirection would put into its Contact.
func destinationSet(c *Context) Value {
	if len(c.Branches) == 0 {
		return Value{}
	}
	text := "Contact: <" + c.URI + ">"
	for i := range c.Branches {
		text += ", <" + c.Branches[i].URI + ">"
		if q := c.Branches[i].Q; q >= 0 {
			text += ";q=" + strconv.FormatFloat(float64(q)/1000, 'f', -1, 64)
		}
	}
	return StringValue(text)
}

func forcedSocket(c *Context) Value {
	if !c.SendSocket.Local.IsValid() {
		return Value{}
	}
	address := c.SendSocket.Local
	return StringValue(lowerTransport(c.SendSocket.Transport) + ":" + hostOf(address.Addr()) + ":" + strconv.Itoa(int(address.Port())))
}

func setForcedSocket(c *Context, v Value) error {
	if v.AsString() == "" {
		c.SendSocket = wire.Flow{}
		return nil
	}
	flow, err := ParseSocket(v.AsString())
	if err == nil {
		c.SendSocket = flow
	}
	return err
}

// ParseSocket reads "udp:127.0.0.1:5060", without the protocol UDP, without
// the port 5060 or for TLS 5061, as the local side of a flow.
func ParseSocket(text string) (wire.Flow, error) {
	flow := wire.Flow{Transport: wire.UDP}
	rest := text
	if name, after, ok := strings.Cut(text, ":"); ok {
		if t := wire.ParseTransport(name); t != wire.NoTransport {
			flow.Transport, rest = t, after
		}
	}
	host, port := rest, ""
	if end := strings.LastIndexByte(rest, ':'); end > strings.LastIndexByte(rest, ']') {
		if strings.Count(rest, ":") == 1 || rest[0] == '[' {
			host, port = rest[:end], rest[end+1:]
		}
	}
	address, err := sip.ParseHost(host)
	if err != nil {
		return wire.Flow{}, fmt.Errorf("%q is no socket: want proto:address:port", text)
	}
	number := sip.DefaultPort(flow.Transport.String())
	if port != "" {
		if number, err = strconv.Atoi(port); err != nil || number < 1 || number > 65535 {
			return wire.Flow{}, fmt.Errorf("%q is no socket: bad port", text)
		}
	}
	flow.Local = netip.AddrPortFrom(address, uint16(number))
	return flow, nil
}

func firstBranch(c *Context) Value {
	if len(c.Branches) == 0 {
		return Value{}
	}
	return StringValue(c.Branches[0].URI)
}

// addBranch makes the assignment of $br: one more branch; $null removes all.
func addBranch(c *Context, v Value) error {
	if v.Kind == Null {
		c.Branches = nil
		return nil
	}
	if _, err := sip.ParseURI(v.AsString()); err != nil {
		return fmt.Errorf("$br: %w", err)
	}
	c.Branches = append(c.Branches, Branch{URI: v.AsString(), Q: -1})
	return nil
}

func allBranches(c *Context) Value {
	var all []string
	for i := range c.Branches {
		all = append(all, c.Branches[i].URI)
	}
	return textOrNull(strings.Join(all, ", "))
}

func setBranchFlags(c *Context, v Value) error {
	c.BranchFlags = uint32(v.AsInt())
	return nil
}

// bindNextHop binds $nh(u|U|d|p|P): parts of $du, or of $ru when that is not set.
func bindNextHop(_ *compiler, pv *syntax.PV) (variable, error) {
	what, err := constantInner(pv)
	if err != nil {
		return variable{}, err
	}
	parts := map[string]uriPart{"U": uriUser, "d": uriHostPart, "p": uriPortPart, "P": uriTransport}
	part := parts[what]
	if part == nil && what != "u" {
		return variable{}, fmt.Errorf("$nh(%s): want u, U, d, p or P", what)
	}
	return variable{eval: func(c *Context) Value {
		hop := c.Destination
		if hop == "" {
			hop = c.URI
		}
		if part == nil {
			return textOrNull(hop)
		}
		return partOf(hop, part)
	}}, nil
}
