// Via: the path a request has taken and its responses go back (RFC 3261
// sections 18.1, 18.2 and 20.42; RFC 3581).
package sip

import (
	"net/netip"
	"strconv"
	"strings"
)

// MagicCookie starts each branch that is unique in space and time (section
// 8.1.1.7); a branch without it comes from an RFC 2543 element.
const MagicCookie = "z9hG4bK"

// Via is one value of the Via field, as substrings of it.
type Via struct {
	Transport string // "UDP", "TCP", … as written
	Host      string // name, IPv4, or IPv6 reference with its brackets
	Port      int    // 0: none written
	Params    string // ";branch=…;rport" as written, without what stands before
	Branch    string
	Received  string // address from which the request came, "" when not noted
	RPort     string // value of rport
	HasRPort  bool   // rport is there, with or without a value
}

// ParseVia reads one Via value: "SIP / 2.0 / UDP host:port;params (comment)".
func ParseVia(s string) (v Via, ok bool) {
	at := 0
	for _, part := range [...]string{"SIP", "2.0"} {
		end := skipToken(s, at)
		if !equalFold(s[at:end], part) {
			return v, false
		}
		at = skipSpace(s, end)
		if at == len(s) || s[at] != '/' {
			return v, false
		}
		at = skipSpace(s, at+1)
	}
	end := skipToken(s, at)
	v.Transport = s[at:end]
	at = skipSpace(s, end)
	if v.Transport == "" || at == end {
		return v, false
	}
	v.Host, v.Port, at, ok = parseHostPort(s, at)
	if !ok {
		return v, false
	}
	at = skipSpace(s, at)
	if at == len(s) {
		return v, true
	}
	if s[at] != ';' {
		return v, false
	}
	v.Params = s[at:]
	for name, value := range Params(v.Params) {
		switch {
		case equalFold(name, "branch"):
			v.Branch = value
		case equalFold(name, "received"):
			v.Received = value
		case equalFold(name, "rport"):
			v.RPort, v.HasRPort = value, true
		}
	}
	return v, true
}

// parseHostPort reads "host", "host : port", "[v6]:port" at offset at.
func parseHostPort(s string, at int) (host string, port, next int, ok bool) {
	start := at
	if at < len(s) && s[at] == '[' {
		end := strings.IndexByte(s[at:], ']')
		if end < 0 {
			return "", 0, at, false
		}
		at += end + 1
		host = s[start:at]
		address, err := netip.ParseAddr(host[1 : len(host)-1])
		if err != nil || !address.Is6() || address.Zone() != "" {
			return "", 0, at, false
		}
	} else {
		for at < len(s) && class[s[at]]&classHost != 0 {
			at++
		}
		host = s[start:at]
	}
	if host == "" {
		return "", 0, at, false
	}
	colon := skipSpace(s, at)
	if colon == len(s) || s[colon] != ':' {
		return host, 0, at, true
	}
	at = skipSpace(s, colon+1)
	digits := at
	for at < len(s) && isDigit(s[at]) {
		at++
	}
	n, ok := parseUint(s[digits:at], 65535)
	return host, int(n), at, ok && n > 0
}

// SentBy gives host and port as a peer compares them, the default port of the
// transport filled in.
func (v *Via) SentBy() (host string, port int) {
	if v.Port != 0 {
		return v.Host, v.Port
	}
	return v.Host, DefaultPort(v.Transport)
}

// DefaultPort is 5061 for TLS and 5060 for all else (section 19.1.2).
func DefaultPort(transport string) int {
	if equalFold(transport, "TLS") {
		return 5061
	}
	return 5060
}

// NoteSource adds to edits what a server notes in the topmost Via of a
// request it received: "received" when the host there is not the source
// address, and the source port when the client asked with "rport" or force is
// set (RFC 3261 section 18.2.1, RFC 3581 section 4).
func (m *Message) NoteSource(edits *Edits, source netip.AddrPort, force bool) {
	v := &m.Via
	wantsPort := v.HasRPort || force
	if !wantsPort && v.hostIs(source.Addr()) && v.Received == "" {
		return
	}
	field := m.First(FieldVia)
	value := firstValue(m.Value(field))
	start := int(field.Value)
	for name := range Params(v.Params) { // what the sender wrote there itself is not to be trusted
		if equalFold(name, "received") || equalFold(name, "rport") {
			m.removeViaParam(edits, start+len(value)-len(v.Params), v.Params, name)
		}
	}
	note := ";received=" + source.Addr().Unmap().String()
	if wantsPort {
		note += ";rport=" + strconv.Itoa(int(source.Port()))
	}
	edits.Insert(start+len(value), note)
}

// removeViaParam takes ";name=value" out; params starts at offset in the text.
func (m *Message) removeViaParam(edits *Edits, offset int, params, name string) {
	for at := 0; at < len(params); {
		end := at + 1 + paramEnd(params[at+1:])
		found, _, _ := strings.Cut(params[at+1:end], "=")
		if trim(found) == name {
			edits.Remove(offset+at, offset+end)
			return
		}
		at = end
	}
}

// hostIs tells whether the sent-by host is that address.
func (v *Via) hostIs(address netip.Addr) bool {
	host, err := ParseHost(v.Host)
	return err == nil && host == address.Unmap()
}

// ParseHost reads an address as URIs and Vias write it: IPv6 in brackets.
func ParseHost(host string) (netip.Addr, error) {
	if len(host) > 2 && host[0] == '[' {
		host = host[1 : len(host)-1]
	}
	address, err := netip.ParseAddr(host)
	return address.Unmap(), err
}
