// Package redact takes out of packets what tells who called whom: numbers, user
// names, names, addresses and hosts, identifiers, credentials, the keys of SDP
// and texts. In their place come pseudonyms of the same kind, the same for the
// same wherever it stands in the packets, so that a call can still be followed.
//
//	packets = redact.Packets(packets)
//
// What is not known to be harmless is taken out: of header fields, parameters
// and attributes that have no rule here only the names stay.
package redact

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"viaduct/sip"
	"viaduct/wire"
)

// Packets gives redacted copies.
func Packets(packets []wire.Packet) []wire.Packet {
	r := redactor{
		addresses: make(map[netip.Addr]netip.Addr), hosts: make(map[string]string), users: make(map[string]string),
		names: make(map[string]string), tokens: make(map[string]string), taken: make(map[string]bool),
	}
	redacted := make([]wire.Packet, len(packets))
	for i := range packets {
		p := packets[i]
		p.Flow.Local, p.Flow.Remote = r.addrPort(p.Flow.Local), r.addrPort(p.Flow.Remote)
		m := p.Message
		if m == nil {
			m, _ = sip.Parse(p.Text)
		}
		if m != nil && p.Message != nil {
			p.Text = r.message(m)
			p.Message, _ = sip.Parse(p.Text)
		} else {
			p.Text = r.unsound(p.Text)
		}
		redacted[i] = p
	}
	return redacted
}

// redactor remembers who got which pseudonym.
type redactor struct {
	addresses                   map[netip.Addr]netip.Addr
	hosts, users, names, tokens map[string]string
	taken                       map[string]bool // numbers that are pseudonyms
	fours, sixes                uint32
}

// hidden stands where nothing of a value may stay.
const hidden = "redacted"

// private networks keep that they are private: that an address is one, and
// stands where others should, is what makes many calls fail.
var (
	linkLocal = netip.MustParsePrefix("fe80::/10")
)

// address gives the pseudonym of an address. Loopback and unspecified ones tell
// nothing and stay.
func (r *redactor) address(a netip.Addr) netip.Addr {
	a = a.Unmap().WithZone("")
	if !a.IsValid() || a.IsLoopback() || a.IsUnspecified() {
		return a
	}
	if known, ok := r.addresses[a]; ok {
		return known
	}
	var pseudonym netip.Addr
	if a.Is4() {
		r.fours++
		n := r.fours
		pseudonym = netip.AddrFrom4([4]byte{198, 18 + byte(n>>16&1), byte(n >> 8), byte(n)})
		if a.IsPrivate() || a.IsLinkLocalUnicast() {
			pseudonym = netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)})
		}
	} else {
		r.sixes++
		n := r.sixes
		bytes := [16]byte{0x20, 0x01, 0x0d, 0xb8, 12: byte(n >> 24), 13: byte(n >> 16), 14: byte(n >> 8), 15: byte(n)}
		switch {
		case linkLocal.Contains(a):
			bytes[0], bytes[1], bytes[2], bytes[3] = 0xfe, 0x80, 0, 0
		case a.IsPrivate():
			bytes[0], bytes[1], bytes[2], bytes[3] = 0xfd, 0, 0, 0
		}
		pseudonym = netip.AddrFrom16(bytes)
	}
	r.addresses[a] = pseudonym
	return pseudonym
}

func (r *redactor) addrPort(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(r.address(a.Addr()), a.Port())
}

// host gives the pseudonym of a host of a URI or a Via.
func (r *redactor) host(host string) string {
	if a, err := sip.ParseHost(host); err == nil {
		if pseudonym := r.address(a); pseudonym.Is6() {
			return "[" + pseudonym.String() + "]"
		} else {
			return pseudonym.String()
		}
	}
	if host == "" || strings.EqualFold(host, "localhost") {
		return host
	}
	return once(r.hosts, strings.ToLower(host), func(n int) string { return fmt.Sprintf("host%d.example", n) })
}

// once gives a value the same pseudonym each time.
func once(known map[string]string, value string, next func(n int) string) string {
	pseudonym, ok := known[value]
	if !ok {
		pseudonym = next(len(known) + 1)
		known[value] = pseudonym
	}
	return pseudonym
}

// user gives the pseudonym of a user name; numbers stay numbers of their length.
func (r *redactor) user(user string) string {
	if user == "" {
		return ""
	}
	user, _, _ = strings.Cut(sip.Unescape(user), ";") // parameters of a number tell more of it
	return once(r.users, user, func(n int) string {
		plus := ""
		digits := user
		if strings.HasPrefix(digits, "+") {
			plus, digits = "+", digits[1:]
		}
		length := 0
		for _, c := range digits {
			switch {
			case c >= '0' && c <= '9':
				length++
			case !strings.ContainsRune("-.()*#", c):
				return fmt.Sprintf("user%d", n)
			}
		}
		if length == 0 {
			return fmt.Sprintf("user%d", n)
		}
		return r.number(plus, length)
	})
}

// number makes a number of that many digits which nobody has yet; a longer one
// when those are used up.
func (r *redactor) number(plus string, length int) string {
	for n := 1; ; n++ {
		digits := strconv.Itoa(n)
		if len(digits) < length {
			digits = "5" + strings.Repeat("0", length-1-len(digits)) + digits
		}
		if number := plus + digits; !r.taken[digits] {
			r.taken[digits] = true
			return number
		}
	}
}

// token gives the pseudonym of an identifier: a tag, a branch, a Call-ID.
func (r *redactor) token(value string) string {
	if value == "" {
		return ""
	}
	return once(r.tokens, value, func(n int) string { return fmt.Sprintf("token%d", n) })
}

// uri gives a URI with pseudonyms.
func (r *redactor) uri(text string) string {
	u, err := sip.ParseURI(text)
	switch {
	case err != nil:
		return "sip:" + hidden + "@host.invalid"
	case u.Is("tel"):
		return u.Scheme + ":" + r.user(u.User)
	case !u.IsSIP():
		return u.Scheme + ":" + r.token(u.Opaque)
	}
	u.User, u.Host = r.user(u.User), r.host(u.Host)
	if u.Password != "" {
		u.Password = hidden
	}
	if u.Headers != "" {
		u.Headers = hidden + "=" + hidden
	}
	u.Params = r.params(u.Params)
	return u.String()
}

// params gives parameters with pseudonyms; values of those that are harmless stay.
func (r *redactor) params(params string) string {
	var out strings.Builder
	for name, value := range sip.Params(params) {
		out.WriteString(";" + name)
		if value == "" {
			continue
		}
		switch strings.ToLower(name) {
		case "transport", "user", "ttl", "method", "expires", "q", "rport", "lr", "alias", "cause", "reason", "ob", "refresher", "reg-id", "action", "nat", "privacy", "counter":
		case "received", "maddr":
			value = r.host(value)
		case "branch":
			if rest, found := strings.CutPrefix(value, "z9hG4bK"); found {
				value = "z9hG4bK" + r.token(rest)
			} else {
				value = r.token(value)
			}
		default:
			if strings.HasPrefix(value, `"`) {
				value = `"` + r.token(value) + `"`
			} else {
				value = r.token(value)
			}
		}
		out.WriteString("=" + value)
	}
	return out.String()
}

// nameAddr gives a value of From, Contact, Route … with pseudonyms.
func (r *redactor) nameAddr(text string) string {
	if strings.TrimSpace(text) == "*" {
		return text
	}
	a, err := sip.ParseNameAddr(text)
	if err != nil {
		return "<sip:" + hidden + "@host.invalid>"
	}
	out := ""
	if display := strings.Trim(a.Display, `"`); display != "" {
		if digits := strings.Trim(display, "+0123456789"); digits == "" {
			out = `"` + r.user(display) + `" `
		} else {
			out = `"` + once(r.names, display, func(n int) string { return fmt.Sprintf("Name %d", n) }) + `" `
		}
	}
	if a.InAngle {
		return out + "<" + r.uri(a.URI) + ">" + r.params(a.Params)
	}
	return out + r.uri(a.URI) + r.params(a.Params)
}
