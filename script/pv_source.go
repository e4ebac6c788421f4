// pv_source.go: pseudo-variables of the way a message came: $si $sp $Ri $Rp
// $proto and the like.

package script

import (
	"net/netip"
	"os"
	"strconv"

	"viaduct/script/syntax"
	"viaduct/wire"
)

func sourceVariables() map[string]binder {
	remote := func(c *Context) netip.AddrPort { return c.Flow.Remote }
	local := func(c *Context) netip.AddrPort { return c.Flow.Local }
	return map[string]binder{
		"si":     ipAddress(remote),
		"src_ip": ipAddress(remote),
		"sp":     number(func(c *Context) int { return int(c.Flow.Remote.Port()) }),
		"su":     readOnly(flowURI(remote, false)),
		"sut":    readOnly(flowURI(remote, true)),
		"sas":    readOnly(flowSocket(remote)),
		"Ri":     ipAddress(local),
		"Rp":     number(func(c *Context) int { return int(c.Flow.Local.Port()) }),
		"Ru":     readOnly(flowURI(local, false)),
		"Rut":    readOnly(flowURI(local, true)),
		"Rn":     readOnly(func(*Context) Value { return Value{} }), // sockets have no names yet
		"RAi":    ipAddress(local),
		"RAp":    number(func(c *Context) int { return int(c.Flow.Local.Port()) }),
		"RAu":    readOnly(flowURI(local, false)),
		"RAut":   readOnly(flowURI(local, true)),
		"proto":  text(func(c *Context) string { return lowerTransport(c.Flow.Transport) }),
		"pr":     text(func(c *Context) string { return lowerTransport(c.Flow.Transport) }),
		"af":     number(func(c *Context) int { return int(family(c.Flow.Remote.Addr())) }),
		"conid": readOnly(func(c *Context) Value {
			if c.Flow.Connection == 0 {
				return Value{}
			}
			return IntValue(int64(c.Flow.Connection))
		}),
		"pp":      number(func(*Context) int { return processID }),
		"sndto":   bindSending,
		"sndfrom": bindSending,
	}
}

var processID = os.Getpid()

var lowerTransports = [...]string{"", "udp", "tcp", "tls", "ws", "wss"}

func lowerTransport(t wire.Transport) string { return lowerTransports[t] }

// ipAddress makes a variable of an address, written without a string in
// format strings.
func ipAddress(of func(*Context) netip.AddrPort) binder {
	return func(*compiler, *syntax.PV) (variable, error) {
		return variable{
			eval: func(c *Context) Value {
				address := of(c).Addr().Unmap()
				if !address.IsValid() {
					return Value{}
				}
				return StringValue(address.String())
			},
			append: func(c *Context, dst []byte) ([]byte, bool) {
				address := of(c).Addr().Unmap()
				return address.AppendTo(dst), address.IsValid()
			},
		}, nil
	}
}

// flowURI gives an address as "sip:10.0.0.1:5060;transport=tcp"; over UDP the
// transport is left out unless always is set.
func flowURI(of func(*Context) netip.AddrPort, always bool) valueOf {
	return func(c *Context) Value {
		address := of(c)
		if !address.IsValid() {
			return Value{}
		}
		uri := "sip:" + hostOf(address.Addr()) + ":" + strconv.Itoa(int(address.Port()))
		if always || c.Flow.Transport != wire.UDP {
			uri += ";transport=" + lowerTransport(c.Flow.Transport)
		}
		return StringValue(uri)
	}
}

// flowSocket gives an address as "udp:10.0.0.1:5060".
func flowSocket(of func(*Context) netip.AddrPort) valueOf {
	return func(c *Context) Value {
		address := of(c)
		return StringValue(lowerTransport(c.Flow.Transport) + ":" + hostOf(address.Addr()) + ":" + strconv.Itoa(int(address.Port())))
	}
}

// hostOf writes an address as a URI has it, IPv6 in brackets.
func hostOf(address netip.Addr) string {
	address = address.Unmap()
	if address.Is6() {
		return "[" + address.String() + "]"
	}
	return address.String()
}

// bindSending binds $sndto(ip|port|proto|af) and $sndfrom(…) of an onsend_route.
func bindSending(_ *compiler, pv *syntax.PV) (variable, error) {
	what, err := constantInner(pv)
	if err != nil {
		return variable{}, err
	}
	from := pv.Name == "sndfrom"
	return variable{eval: func(c *Context) Value {
		if c.Sending == nil {
			return Value{}
		}
		address := c.Sending.Flow.Remote
		if from {
			address = c.Sending.Flow.Local
		}
		switch what {
		case "ip":
			return StringValue(address.Addr().Unmap().String())
		case "port":
			return IntValue(int64(address.Port()))
		case "proto", "sproto":
			return StringValue(lowerTransport(c.Sending.Flow.Transport))
		case "af":
			return IntValue(family(address.Addr()))
		case "buf":
			return StringValue(c.Sending.Text)
		case "len":
			return IntValue(int64(c.Sending.Length))
		}
		return Value{}
	}}, nil
}
