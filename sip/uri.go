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
	errChar   = errors.New("expected a URI without spaces, quotes, angle brackets and control characters")
	errHost   = errors.New("expected a host, with a port from 1 to 65535 if any")
	errAt     = errors.New("expected no second @; it is written %40")
	errNumber = errors.New("expected a telephone number")
)

// ParseURI reads a URI. Of a sip or sips URI the host must be there, of a tel
// URI the number; any other scheme is kept whole in Opaque.
func ParseURI(s string) (URI, error) {
	colon := strings.IndexByte(s, ':')
	if colon <= 0 || !isScheme(s[:colon]) {
		return URI{}, errScheme
	}
	for i := colon; i < len(s); i++ {
		if class[s[i]]&classURI == 0 {
			return URI{}, errChar
		}
	}
	u := URI{Scheme: s[:colon]}
	rest := s[colon+1:]
	switch {
	case u.IsSIP():
		return u.parseSIP(rest)
	case u.Is("tel"):
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

// parseSIP reads what stands behind "sip:". A ";", "?" or "," may stand in the
// user part, but an "@" only behind it; so the first "@" ends the user part,
// and a second one, which other parsers could take for that end, is refused.
func (u URI) parseSIP(rest string) (URI, error) {
	if at := strings.IndexByte(rest, '@'); at >= 0 {
		u.HasUser = true
		u.User, rest = rest[:at], rest[at+1:]
		if strings.IndexByte(rest, '@') >= 0 {
			return u, errAt
		}
		if colon := strings.IndexByte(u.User, ':'); colon >= 0 {
			u.User, u.Password = u.User[:colon], u.User[colon+1:]
		}
	}
	at := 0
	if u.Host, at = scanHost(rest, 0); u.Host == "" {
		return u, errHost
	}
	if at < len(rest) && rest[at] == ':' {
		if u.Port, at = scanPort(rest, at+1); u.Port == 0 {
			return u, errHost
		}
	}
	rest = rest[at:]
	if question := strings.IndexByte(rest, '?'); question >= 0 {
		u.Headers, rest = rest[question+1:], rest[:question]
	}
	if rest != "" && rest[0] != ';' {
		return u, errHost
	}
	u.Params = rest
	return u, nil
}

// WithoutHeaders cuts off a sip or sips URI what stands in no Request-URI
// (section 19.1.1 table 1): the headers and the parameter method. "?" and ";"
// may also stand in the user part.
func WithoutHeaders(uri string) string {
	if strings.IndexByte(uri, '?') < 0 && strings.IndexByte(uri, ';') < 0 {
		return uri
	}
	scheme := URI{Scheme: uri[:max(strings.IndexByte(uri, ':'), 0)]}
	if !scheme.IsSIP() {
		return uri
	}
	host := strings.IndexByte(uri, '@') + 1
	if question := strings.IndexByte(uri[host:], '?'); question >= 0 {
		uri = uri[:host+question]
	}
	for at := host; ; {
		param := strings.IndexByte(uri[at:], ';')
		if param < 0 {
			return uri
		}
		at += param
		end := at + 1 + paramEnd(uri[at+1:])
		if name, _, _ := strings.Cut(uri[at+1:end], "="); equalFold(name, "method") {
			uri = uri[:at] + uri[end:]
		} else {
			at = end
		}
	}
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
	global := s != "" && s[0] == '+'
	digits := 0
	for i := 0; i < len(s); i++ {
		switch c := lower(s[i]); {
		case isDigit(c), !global && ('a' <= c && c <= 'f' || c == '*' || c == '#'):
			digits++
		case isVisualSeparator(c), global && i == 0:
		default:
			return false
		}
	}
	return digits > 0
}

func isVisualSeparator(c byte) bool { return c == '-' || c == '.' || c == '(' || c == ')' }

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
