// A message: which field is redacted how (RFC 3261 section 20).
package redact

import (
	"strconv"
	"strings"

	"viaduct/sip"
)

// message prints a message with pseudonyms, and the length of its body right.
func (r *redactor) message(m *sip.Message) string {
	body := r.body(m)
	var out strings.Builder
	if m.IsRequest() {
		out.WriteString(m.Method + " " + r.uri(m.RequestURI) + " SIP/2.0\r\n")
	} else {
		out.WriteString(m.StartLine() + "\r\n")
	}
	for i := range m.Fields {
		f := &m.Fields[i]
		out.WriteString(m.Name(f) + ": " + r.field(m, f, len(body)) + "\r\n")
	}
	return out.String() + "\r\n" + body
}

// harmless fields that have no number in package sip.
var harmless = map[string]bool{
	"accept-encoding": true, "accept-language": true, "content-disposition": true, "content-language": true, "mime-version": true,
	"min-se": true, "rack": true, "rseq": true, "subscription-state": true, "sip-etag": true, "sip-if-match": true,
}

func (r *redactor) field(m *sip.Message, f *sip.Field, length int) string {
	value := m.Value(f)
	switch f.Kind {
	case sip.FieldContentLength:
		return strconv.Itoa(length)
	case sip.FieldCSeq, sip.FieldMaxForwards, sip.FieldContentType, sip.FieldExpires, sip.FieldMinExpires, sip.FieldRequire,
		sip.FieldProxyRequire, sip.FieldSupported, sip.FieldUnsupported, sip.FieldAllow, sip.FieldAccept, sip.FieldDate, sip.FieldTimestamp,
		sip.FieldContentEncoding, sip.FieldPrivacy, sip.FieldAllowEvents, sip.FieldSessionExpires:
		return value
	case sip.FieldEvent, sip.FieldRetryAfter:
		kind, params, found := strings.Cut(value, ";")
		if found {
			kind += r.params(";" + params)
		}
		kind, _, _ = strings.Cut(kind, "(") // a comment
		return kind
	case sip.FieldUserAgent, sip.FieldServer:
		return product(value)
	case sip.FieldCallID:
		return r.token(value)
	case sip.FieldVia:
		return r.list(value, r.via)
	case sip.FieldFrom, sip.FieldTo: // one address, whatever commas are in it
		return r.nameAddr(value)
	case sip.FieldContact, sip.FieldRoute, sip.FieldRecordRoute, sip.FieldPath, sip.FieldReferTo,
		sip.FieldReferredBy, sip.FieldPAssertedIdentity, sip.FieldPPreferredIdentity, sip.FieldDiversion:
		return r.list(value, r.nameAddr)
	case sip.FieldAuthorization, sip.FieldProxyAuthorization, sip.FieldWWWAuthenticate, sip.FieldProxyAuthenticate:
		return r.credentials(value)
	}
	name := strings.ToLower(m.Name(f))
	switch {
	case harmless[name]:
		return value
	case name == "reason":
		protocol, params, _ := strings.Cut(value, ";")
		return protocol + r.params(";"+params)
	case name == "replaces", name == "target-dialog", name == "in-reply-to":
		id, params, found := strings.Cut(value, ";")
		if id = r.token(strings.TrimSpace(id)); found {
			id += r.params(";" + params)
		}
		return id
	}
	return hidden
}

// list redacts the elements of a list.
func (r *redactor) list(value string, each func(string) string) string {
	var parts []string
	for part := range sip.SplitList(value) {
		parts = append(parts, each(part))
	}
	return strings.Join(parts, ", ")
}

func (r *redactor) via(value string) string {
	v, ok := sip.ParseVia(value)
	if !ok {
		return "SIP/2.0/UDP host.invalid"
	}
	out := "SIP/2.0/" + v.Transport + " " + r.host(v.Host)
	if v.Port != 0 {
		out += ":" + strconv.Itoa(v.Port)
	}
	return out + r.params(v.Params)
}

// product keeps the name and version of software, and takes out what may be the
// number of a device: words of hexadecimal digits only.
func product(value string) string {
	words := strings.Fields(value)
	for i, word := range words {
		plain := strings.Map(func(c rune) rune {
			if strings.ContainsRune(":-()[]", c) {
				return -1
			}
			return c
		}, word)
		if len(plain) >= 8 && strings.Trim(plain, "0123456789abcdefABCDEF") == "" || strings.ContainsAny(word, "@<>") {
			words[i] = hidden
		}
	}
	return strings.Join(words, " ")
}

// credentials redacts a challenge or an answer to one (section 22).
func (r *redactor) credentials(value string) string {
	scheme, rest, _ := strings.Cut(strings.TrimSpace(value), " ")
	var parts []string
	for part := range sip.SplitList(rest) {
		name, text, _ := strings.Cut(part, "=")
		name, text = strings.TrimSpace(name), strings.TrimSpace(text)
		bare := strings.Trim(text, `"`)
		switch strings.ToLower(name) {
		case "algorithm", "qop", "nc", "stale":
			parts = append(parts, name+"="+text)
			continue
		case "username":
			bare = r.user(bare)
		case "realm":
			bare = r.host(bare)
		case "uri":
			bare = r.uri(bare)
		default:
			bare = r.token(bare)
		}
		parts = append(parts, name+`="`+bare+`"`)
	}
	return scheme + " " + strings.Join(parts, ", ")
}

// unsound redacts what cannot be read: of a header the names stay, and the
// Call-ID keeps its pseudonym.
func (r *redactor) unsound(text string) string {
	head, body, found := strings.Cut(text, "\r\n\r\n")
	var out strings.Builder
	for i, line := range strings.Split(head, "\r\n") {
		name, value, field := strings.Cut(line, ":")
		switch {
		case i == 0:
			out.WriteString(r.unsoundStart(line))
		case field && sip.KindOf(strings.TrimSpace(name)) == sip.FieldCallID:
			out.WriteString("\r\n" + name + ": " + r.token(strings.TrimSpace(value)))
		case field && !strings.ContainsAny(name, " \t\n<@"):
			out.WriteString("\r\n" + name + ": " + blank(value))
		default:
			out.WriteString("\r\n" + blank(line))
		}
	}
	if found {
		out.WriteString("\r\n\r\n" + blank(body))
	}
	return out.String()
}

func (r *redactor) unsoundStart(line string) string {
	if strings.HasPrefix(line, "SIP/2.0 ") {
		return line[:min(len(line), len("SIP/2.0 200"))] + " " + hidden
	}
	if words := strings.Fields(line); len(words) == 3 && words[2] == "SIP/2.0" {
		return words[0] + " " + r.uri(words[1]) + " SIP/2.0"
	}
	return blank(line)
}
