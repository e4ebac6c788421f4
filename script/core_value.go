// core_value.go: the values that the core has of the message at hand: method,
// uri, status, src_ip and the like.

package script

import (
	"net/netip"
	"strconv"
	"strings"

	"viaduct/script/syntax"
	"viaduct/sip"
)

// The numbers of address families on Linux, which $af gives.
const (
	familyIPv4 = 2
	familyIPv6 = 10
)

// coreText gives the core values that are text, nil for others.
func (c *compiler) coreText(kind syntax.CoreKind) func(*Context) string {
	switch kind {
	case syntax.CoreMethod:
		return func(c *Context) string { return c.Message.Method }
	case syntax.CoreURI:
		return func(c *Context) string { return c.URI }
	case syntax.CoreStatus: // the grammar has one word for both
		return func(c *Context) string {
			if c.Message.IsRequest() {
				return c.URI
			}
			return statusText(c.Message.Status)
		}
	case syntax.CoreFromURI:
		return func(c *Context) string { return addressURI(c.Message.Get(sip.FieldFrom)) }
	case syntax.CoreToURI:
		return func(c *Context) string { return addressURI(c.Message.Get(sip.FieldTo)) }
	case syntax.CoreURIHost:
		return func(c *Context) string { return uriHost(c.URI) }
	}
	return nil
}

// statusText gives the three digits without making a string.
func statusText(status int) string {
	if 100 <= status && status <= 999 {
		return statusDigits[(status-100)*3 : (status-100)*3+3]
	}
	return strconv.Itoa(status)
}

var statusDigits = func() string {
	var b strings.Builder
	for status := 100; status <= 999; status++ {
		b.WriteString(strconv.Itoa(status))
	}
	return b.String()
}()

// addressURI gives the URI of a From, To or Contact value; "" of a bad one.
func addressURI(value string) string {
	address, err := sip.ParseNameAddr(value)
	if err != nil {
		return ""
	}
	return address.URI
}

func uriHost(text string) string {
	uri, err := sip.ParseURI(text)
	if err != nil {
		return ""
	}
	return uri.Host
}

// coreAddress gives the core values that are IP addresses, nil for others.
func (c *compiler) coreAddress(kind syntax.CoreKind) func(*Context) netip.Addr {
	switch kind {
	case syntax.CoreSrcIP:
		return func(c *Context) netip.Addr { return c.Flow.Remote.Addr().Unmap() }
	case syntax.CoreDstIP:
		return func(c *Context) netip.Addr { return c.Flow.Local.Addr().Unmap() }
	case syntax.CoreSndIP:
		return func(c *Context) netip.Addr { return c.sending().Flow.Local.Addr().Unmap() }
	case syntax.CoreToIP:
		return func(c *Context) netip.Addr { return c.sending().Flow.Remote.Addr().Unmap() }
	}
	return nil
}

// coreNumber gives the core values that are numbers, nil for others.
func (c *compiler) coreNumber(e *syntax.Core) numberOf {
	switch e.Kind {
	case syntax.CoreStatus:
		return func(c *Context) int64 { return int64(c.Message.Status) }
	case syntax.CoreSrcPort:
		return func(c *Context) int64 { return int64(c.Flow.Remote.Port()) }
	case syntax.CoreDstPort:
		return func(c *Context) int64 { return int64(c.Flow.Local.Port()) }
	case syntax.CoreSndPort:
		return func(c *Context) int64 { return int64(c.sending().Flow.Local.Port()) }
	case syntax.CoreToPort:
		return func(c *Context) int64 { return int64(c.sending().Flow.Remote.Port()) }
	case syntax.CoreProto:
		return func(c *Context) int64 { return int64(c.Flow.Transport) }
	case syntax.CoreSndProto:
		return func(c *Context) int64 { return int64(c.sending().Flow.Transport) }
	case syntax.CoreAF:
		return func(c *Context) int64 { return family(c.Flow.Remote.Addr()) }
	case syntax.CoreSndAF:
		return func(c *Context) int64 { return family(c.sending().Flow.Local.Addr()) }
	case syntax.CoreMsgLen:
		return func(c *Context) int64 {
			if c.Kind == syntax.OnsendRoute {
				return int64(c.sending().Length)
			}
			return int64(len(c.Message.Text))
		}
	case syntax.CoreMaxLen:
		return func(*Context) int64 { return maxMessageLength }
	case syntax.CoreRetcode:
		return func(c *Context) int64 { return int64(c.ReturnCode) }
	case syntax.CoreURIPort:
		return func(c *Context) int64 { return uriPort(c.URI) }
	}
	return nil
}

// sending gives what is about to leave; outside of an onsend_route, nothing.
func (c *Context) sending() *Sending {
	if c.Sending == nil {
		return &Sending{}
	}
	return c.Sending
}

// maxMessageLength is the size of the receive buffer, max_len of old scripts.
const maxMessageLength = 65535

func family(address netip.Addr) int64 {
	if address.Unmap().Is4() {
		return familyIPv4
	}
	return familyIPv6
}

func uriPort(text string) int64 {
	uri, err := sip.ParseURI(text)
	if err != nil {
		return 0
	}
	return int64(uri.Port)
}

// coreValue gives a core value outside of comparisons.
func (c *compiler) coreValue(e *syntax.Core) valueOf {
	if text := c.coreText(e.Kind); text != nil {
		return func(c *Context) Value { return StringValue(text(c)) }
	}
	if address := c.coreAddress(e.Kind); address != nil {
		return func(c *Context) Value { return StringValue(address(c).String()) }
	}
	if number := c.coreNumber(e); number != nil {
		return func(c *Context) Value { return IntValue(number(c)) }
	}
	c.fail(e.Pos, "", "%s cannot be used as a value", e)
	return func(*Context) Value { return Value{} }
}
