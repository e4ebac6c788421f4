// Bodies: session descriptions keep what a session is; of others only the
// outline stays.
package redact

import (
	"net/netip"
	"strings"

	"viaduct/sip"
)

func (r *redactor) body(m *sip.Message) string {
	kind, _, _ := strings.Cut(strings.ToLower(m.Get(sip.FieldContentType)), ";")
	switch strings.TrimSpace(kind) {
	case "application/sdp":
		if !m.Has(sip.FieldContentEncoding) {
			return r.session(m.Body)
		}
	case "message/sipfrag":
		if start, _, _ := strings.Cut(m.Body, "\n"); strings.HasPrefix(start, "SIP/2.0 ") {
			return strings.TrimRight(start, "\r") + "\r\n"
		}
	}
	return blank(m.Body)
}

// blank keeps the outline of a text.
func blank(text string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c >= '0' && c <= '9':
			return '0'
		case c > ' ' && !strings.ContainsRune(`.,;:=<>/"'()[]{}-+@?&#*!`, c):
			return 'x'
		}
		return c
	}, strings.ToValidUTF8(text, "x"))
}

// session redacts SDP line by line (RFC 8866).
func (r *redactor) session(text string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		bare := strings.TrimRight(line, "\r\n")
		end := line[len(bare):]
		if len(bare) < 2 || bare[1] != '=' {
			out.WriteString(blank(bare) + end)
			continue
		}
		out.WriteString(bare[:2] + r.sessionValue(bare[0], bare[2:]) + end)
	}
	return out.String()
}

func (r *redactor) sessionValue(kind byte, value string) string {
	switch kind {
	case 'v', 'b', 't', 'r', 'z', 'm':
		return value
	case 'o':
		words := strings.Fields(value)
		if len(words) != 6 {
			return hidden
		}
		if words[0] != "-" {
			words[0] = r.user(words[0])
		}
		words[5] = r.sessionHost(words[5])
		return strings.Join(words, " ")
	case 'c':
		words := strings.Fields(value)
		if len(words) != 3 {
			return hidden
		}
		words[2] = r.sessionHost(words[2])
		return strings.Join(words, " ")
	case 's':
		return "-"
	case 'p':
		return r.user(strings.Map(digitsOnly, value))
	case 'k':
		method, key, found := strings.Cut(value, ":")
		if found {
			method += ":" + r.token(key)
		}
		return method
	case 'a':
		return r.attribute(value)
	}
	return hidden
}

func digitsOnly(c rune) rune {
	if c >= '0' && c <= '9' {
		return c
	}
	return -1
}

// sessionHost is an address of SDP, which may have "/ttl" behind it, or a name.
func (r *redactor) sessionHost(host string) string {
	host, rest, found := strings.Cut(host, "/")
	if found {
		rest = "/" + rest
	}
	if a, err := netip.ParseAddr(host); err == nil {
		return r.address(a).String() + rest
	}
	return r.host(host) + rest
}

// attribute redacts "name:value". Values that say how media are sent stay.
func (r *redactor) attribute(value string) string {
	name, rest, found := strings.Cut(value, ":")
	if !found {
		return name
	}
	words := strings.Fields(rest)
	switch strings.ToLower(name) {
	case "rtpmap", "fmtp", "ptime", "maxptime", "rtcp-fb", "setup", "mid", "group", "extmap", "framerate", "quality", "orient",
		"bundle-only", "ice-options", "connection", "des", "curr", "conf", "t38faxversion", "t38maxbitrate", "t38faxratemanagement", "t38faxudpec":
		return value
	case "rtcp":
		if len(words) == 4 {
			words[3] = r.sessionHost(words[3])
		}
	case "crypto": // tag, suite, key (RFC 4568)
		for i := range words {
			if i > 1 {
				words[i] = "inline:" + r.key(strings.TrimPrefix(words[i], "inline:"))
			}
		}
	case "fingerprint":
		if len(words) == 2 {
			words[1] = r.token(words[1])
		}
	case "ssrc":
		for i := range words {
			if attribute, text, found := strings.Cut(words[i], ":"); found && i > 0 {
				words[i] = attribute + ":" + r.token(text)
			}
		}
	case "candidate": // foundation, component, transport, priority, address, port, "typ", kind, … "raddr", address, "rport", port
		if len(words) < 8 {
			return name + ":" + hidden
		}
		words[0], words[4] = r.token(words[0]), r.sessionHost(words[4])
		for i := 8; i+1 < len(words); i += 2 {
			switch words[i] {
			case "raddr":
				words[i+1] = r.sessionHost(words[i+1])
			case "rport", "generation", "network-id", "network-cost", "tcptype":
			default:
				words[i+1] = r.token(words[i+1])
			}
		}
	default:
		return name + ":" + r.token(rest)
	}
	return name + ":" + strings.Join(words, " ")
}

// key gives a key of the same length, which opens nothing.
func (r *redactor) key(key string) string {
	key, params, found := strings.Cut(key, "|")
	pseudonym := r.token(key)
	if room := len(key) - len(pseudonym); room > 0 {
		pseudonym += strings.Repeat("A", room)
	}
	if found {
		pseudonym += "|" + params
	}
	return pseudonym
}
