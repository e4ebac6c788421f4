// Via: the path a request has taken and its responses go back (RFC 3261
// sections 18.1, 18.2 and 20.42; RFC 3581).
package sip

import (
	"net/netip"
	"strconv"
)

// MagicCookie starts each branch that is unique in space and time (section
// 8.1.1.7); a branch without it comes from an RFC 2543 element.
const MagicCookie = "z9hG4bK"

// Via is one value of the Via field, as substrings of it.
type Via struct {
	Transport string // "UDP", "TCP", … as written
	Host      string // name, IPv4, or IPv6 reference with its brackets
	Port      int    // 0: none written
	Params    string // ";branch=…;rport" as written
	Branch    string
	Received  string // address from which the request came, "" when not noted
	RPort     string // value of rport
	HasRPort  bool   // rport is there, with or without a value
}

// ParseVia reads one Via value: "SIP / 2.0 / UDP host:port;params". It is
// strict, as responses find their way by it: a parameter without a name, a
// quote without its end, or branch, received or rport written twice make it
// unsound.
func ParseVia(s string) (v Via, ok bool) {
	v, next, ok := scanVia(s)
	return v, ok && next == len(s)
}

// IsUnique tells whether the branch names its transaction by itself, as RFC
// 3261 wants it. One that is the cookie and nothing else names none.
func (v *Via) IsUnique() bool {
	return len(v.Branch) > len(MagicCookie) && v.Branch[:len(MagicCookie)] == MagicCookie
}

// scanVia reads the first value of a list of them. next is its end or the
// comma behind it; of an unsound value, where its sound part ends.
func scanVia(s string) (v Via, next int, ok bool) {
	at := 0
	for i := range 2 { // name and version of the protocol; any version, so that 505 can be told
		end := skipToken(s, at)
		if end == at || i == 0 && !equalFold(s[at:end], "SIP") {
			return v, 0, false
		}
		at = skipSpace(s, end)
		if at == len(s) || s[at] != '/' {
			return v, 0, false
		}
		at = skipSpace(s, at+1)
	}
	end := skipToken(s, at)
	v.Transport = s[at:end]
	at = skipSpace(s, end)
	if v.Transport == "" || at == end {
		return v, 0, false
	}
	v.Host, at = scanHost(s, at)
	if v.Host == "" {
		return v, 0, false
	}
	next = at
	at = skipSpace(s, at)
	if at < len(s) && s[at] == ':' {
		if v.Port, at = scanPort(s, skipSpace(s, at+1)); v.Port == 0 {
			return v, next, false
		}
		at = skipSpace(s, at)
	}
	next, ok = v.scanParams(s, at)
	v.Params = trim(s[at:next])
	return v, next, ok && (next == len(s) || s[next] == ',')
}

func (v *Via) scanParams(s string, at int) (next int, ok bool) {
	var branches, receiveds, rports int
	for at < len(s) && s[at] == ';' {
		name, value, next := scanParam(s, at)
		switch {
		case name == "":
			return at, false
		case equalFold(name, "branch"):
			if branches++; branches > 1 {
				return at, false
			}
			v.Branch = value
		case equalFold(name, "received"):
			if receiveds++; receiveds > 1 {
				return at, false
			}
			v.Received = value
		case equalFold(name, "rport"):
			if rports++; rports > 1 {
				return at, false
			}
			v.RPort, v.HasRPort = value, true
		}
		at = next
	}
	return at, true
}

// SentBy gives host and port as a peer compares them, the default port of the
// transport filled in.
func (v *Via) SentBy() (host string, port int) {
	if v.Port != 0 {
		return v.Host, v.Port
	}
	return v.Host, DefaultPort(v.Transport)
}

// IsSentBy tells whether a Via names a host and port as we wrote them:
// "127.0.0.1", "[::1]:5070"; the port may be left out when it is the usual one.
func (v *Via) IsSentBy(sentBy string) bool {
	host := len(v.Host)
	if len(sentBy) < host || !equalFold(sentBy[:host], v.Host) {
		return false
	}
	port := DefaultPort(v.Transport)
	if rest := sentBy[host:]; rest != "" {
		if port, host = scanPort(rest, 1); rest[0] != ':' || host != len(rest) {
			return false
		}
	}
	return v.Port == port || v.Port == 0 && port == DefaultPort(v.Transport)
}

// NoteSource adds to edits what a server notes in the topmost Via of a
// request it received: "received" when the host there is not the source
// address, and the source port when the client asked with "rport" or force is
// set (RFC 3261 section 18.2.1, RFC 3581 section 4). What the sender itself
// wrote as received or rport is not to be trusted and makes room.
func (m *Message) NoteSource(edits *Edits, source netip.AddrPort, force bool) {
	v := &m.Via
	address := source.Addr().Unmap().WithZone("")
	notesPort := v.HasRPort || force
	if !notesPort && v.Received == "" && v.hostIs(address) {
		return
	}
	var room [64]byte
	received := ""
	if v.HasRPort || !v.hostIs(address) { // a client that asked for rport wants both
		received = string(address.AppendTo(append(room[:0], ";received="...)))
	}
	rport := ""
	if notesPort {
		rport = string(strconv.AppendUint(append(room[:0], ";rport="...), uint64(source.Port()), 10))
	}
	end := int(m.viaEnd)
	offset := end - len(v.Params)
	for at := 0; at < len(v.Params); {
		name, _, next := scanParam(v.Params, at)
		switch {
		case equalFold(name, "received"):
			edits.Replace(offset+at, offset+next, received)
			received = ""
		case equalFold(name, "rport"):
			edits.Replace(offset+at, offset+next, rport)
			rport = ""
		}
		at = next
	}
	if received != "" {
		edits.Insert(end, received)
	}
	if rport != "" {
		edits.Insert(end, rport)
	}
}

// hostIs tells whether the sent-by host is that address.
func (v *Via) hostIs(address netip.Addr) bool {
	host, err := ParseHost(v.Host)
	return err == nil && host == address
}
