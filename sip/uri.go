// URI: sip, sips, tel and others, read into parts (RFC 3261 section 19.1,
// RFC 3966, RFC 3986).
package sip

import (
	"errors"
	"strconv"
	"strings"
)

// URI holds the parts of a URI as substrings of it. Escapes are kept; see
// Unescape.
type URI struct {
	Scheme   string // as written; Is compares without case
	User     string // before "@", without the password; of tel: the number
	Password string
	Host     string // name, IPv4, or IPv6 reference with its brackets
	Port     int    // 0: none written
	Params   string // ";transport=tcp;lr" as written
	Headers  string // "subject=project&priority=urgent", without "?"
	Opaque   string // of other schemes: all behind the colon
	HasUser  bool   // there is an "@", even with nothing before it
}

var (
	errScheme = errors.New("expected a URI scheme and a colon")
	errHost   = errors.New("expected a host, with a port from 1 to 65535 if any")
	errUser   = errors.New("expected a user without spaces, quotes or angle brackets")
	errNumber = errors.New("expected a telephone number")
)

// ParseURI reads a URI. Of a sip or sips URI the host must be there, of a tel
// URI the number; any other scheme is kept whole in Opaque.
func ParseURI(s string) (URI, error) {
	colon := strings.IndexByte(s, ':')
	if colon <= 0 || !isScheme(s[:colon]) {
		return URI{}, errScheme
	}
	u := URI{Scheme: s[:colon]}
	rest := s[colon+1:]
	switch {
	case equalFold(u.Scheme, "sip"), equalFold(u.Scheme, "sips"):
		return u.parseSIP(rest)
	case equalFold(u.Scheme, "tel"):
		end := paramEnd(rest)
		u.User, u.Params = rest[:end], rest[end:]
		if !isTelephoneNumber(u.User) {
			return u, errNumber
		}
		return u, nil
	}
	u.Opaque = rest
	return u, nil
}

// parseSIP reads what stands behind "sip:".
func (u URI) parseSIP(rest string) (URI, error) {
	// A "?" or ";" may stand in the user part, an "@" must not stand behind it.
	if at := strings.IndexByte(rest, '@'); at >= 0 {
		u.HasUser = true
		u.User = rest[:at]
		rest = rest[at+1:]
		if colon := strings.IndexByte(u.User, ':'); colon >= 0 {
			u.User, u.Password = u.User[:colon], u.User[colon+1:]
		}
		for i := 0; i < len(u.User); i++ {
			if c := u.User[i]; c <= ' ' || c == '<' || c == '>' || c == '"' {
				return u, errUser
			}
		}
	}
	var end int
	var ok bool
	u.Host, u.Port, end, ok = parseHostPort(rest, 0)
	if !ok {
		return u, errHost
	}
	rest = rest[end:]
	if question := strings.IndexByte(rest, '?'); question >= 0 {
		u.Headers, rest = rest[question+1:], rest[:question]
	}
	if rest != "" && rest[0] != ';' {
		return u, errHost
	}
	u.Params = rest
	return u, nil
}

// isScheme follows RFC 3986 section 3.1.
func isScheme(s string) bool {
	for i := 0; i < len(s); i++ {
		c := lower(s[i])
		if 'a' <= c && c <= 'z' || i > 0 && (isDigit(c) || c == '+' || c == '-' || c == '.') {
			continue
		}
		return false
	}
	return s != ""
}

// isTelephoneNumber follows RFC 3966: digits with visual separators, global
// numbers with "+", local ones also with "*", "#" and hexadecimal digits.
func isTelephoneNumber(s string) bool {
	digits := 0
	for i := 0; i < len(s); i++ {
		switch c := lower(s[i]); {
		case isDigit(c), 'a' <= c && c <= 'f', c == '*', c == '#':
			digits++
		case c == '+' && i == 0, c == '-', c == '.', c == '(', c == ')':
		default:
			return false
		}
	}
	return digits > 0
}

// Is compares the scheme without regard to case.
func (u *URI) Is(scheme string) bool { return equalFold(u.Scheme, scheme) }

// IsSIP tells a sip or sips URI, the only ones that have a host.
func (u *URI) IsSIP() bool { return u.Is("sip") || u.Is("sips") }

// Param gives a URI parameter and whether it is there.
func (u *URI) Param(name string) (value string, ok bool) { return Param(u.Params, name) }

// HostPort gives "host" or "host:port" as written.
func (u *URI) HostPort() string {
	if u.Port == 0 {
		return u.Host
	}
	return u.Host + ":" + strconv.Itoa(u.Port)
}

// String writes the URI from its parts.
func (u *URI) String() string {
	var b strings.Builder
	b.WriteString(u.Scheme)
	b.WriteByte(':')
	switch {
	case u.Is("tel"):
		b.WriteString(u.User)
	case !u.IsSIP():
		b.WriteString(u.Opaque)
		return b.String()
	default:
		if u.User != "" || u.HasUser {
			b.WriteString(u.User)
			if u.Password != "" {
				b.WriteByte(':')
				b.WriteString(u.Password)
			}
			b.WriteByte('@')
		}
		b.WriteString(u.HostPort())
	}
	b.WriteString(u.Params)
	if u.Headers != "" {
		b.WriteByte('?')
		b.WriteString(u.Headers)
	}
	return b.String()
}

// Unescape turns %HH into the byte it stands for (section 19.1.2). A "%"
// without two hexadecimal digits stays.
func Unescape(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			high, low := hexDigit(s[i+1]), hexDigit(s[i+2])
			if high >= 0 && low >= 0 {
				out = append(out, byte(high<<4|low))
				i += 2
				continue
			}
		}
		out = append(out, s[i])
	}
	return string(out)
}

func hexDigit(c byte) int {
	switch c = lower(c); {
	case isDigit(c):
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}

// Equal compares two URIs by the rules of section 19.1.4: user and password
// with case, all else without, escapes counting as what they stand for; user,
// ttl, method, maddr and transport must be in both or in none.
func (u *URI) Equal(v *URI) bool {
	if !equalFold(u.Scheme, v.Scheme) {
		return false
	}
	if !u.IsSIP() {
		return u.Opaque == v.Opaque && u.User == v.User && equalFold(u.Params, v.Params)
	}
	return Unescape(u.User) == Unescape(v.User) && u.HasUser == v.HasUser &&
		Unescape(u.Password) == Unescape(v.Password) &&
		equalFold(u.Host, v.Host) && u.Port == v.Port &&
		paramsAgree(u.Params, v.Params) && paramsAgree(v.Params, u.Params) &&
		headersAgree(u.Headers, v.Headers)
}

// paramsAgree tells whether each parameter of a that is in b has the same
// value there, and those that must be in both are.
func paramsAgree(a, b string) bool {
	for name, value := range Params(a) {
		other, there := Param(b, name)
		if there && !equalFold(Unescape(value), Unescape(other)) {
			return false
		}
		if there {
			continue
		}
		for _, must := range [...]string{"user", "ttl", "method", "maddr", "transport"} {
			if equalFold(name, must) {
				return false
			}
		}
	}
	return true
}

// headersAgree compares "a=b&c=d" in any order.
func headersAgree(a, b string) bool {
	if a == b {
		return true
	}
	left, right := strings.Split(a, "&"), strings.Split(b, "&")
	if len(left) != len(right) {
		return false
	}
	for _, l := range left {
		found := false
		for i, r := range right {
			if equalFold(Unescape(l), Unescape(r)) {
				right = append(right[:i], right[i+1:]...)
				found = true
				break
			}
		}
		if !found {
			return false
		}
	}
	return true
}
