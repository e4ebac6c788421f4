// Pieces: parts of messages, made fit for a sentence.
package explain

import (
	"fmt"
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"

	"viaduct/sip"
)

// longest is how many characters of a tag or URI a sentence shows.
const longest = 80

// printable makes text of the network fit for a line of text.
func printable(text string) string {
	text = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, text)
	if count := utf8.RuneCountInString(text); count > longest {
		return string([]rune(text)[:longest-1]) + "…"
	}
	return text
}

// short shows a tag or a branch; those that tell by their length alone are cut.
func short(token string) string {
	text := printable(token)
	if runes := []rune(text); len(runes) > 36 {
		return string(runes[:32]) + "…"
	}
	return text
}

// addressURI gives the URI of the first address of a field; "" when there is
// none.
func addressURI(value string) string {
	for first := range sip.SplitList(value) {
		if a, err := sip.ParseNameAddr(sip.Unfold(first)); err == nil {
			return a.URI
		}
		break
	}
	return ""
}

func userOf(uri string) string {
	u, err := sip.ParseURI(uri)
	if err != nil {
		return ""
	}
	return sip.Unescape(u.User)
}

// contactOf gives the URI of the first Contact.
func contactOf(m *sip.Message) (sip.URI, bool) {
	u, err := sip.ParseURI(addressURI(m.Get(sip.FieldContact)))
	return u, err == nil && u.IsSIP()
}

// hasAddress tells whether a URI names an IP address, not a domain.
func hasAddress(uri string) bool {
	u, err := sip.ParseURI(uri)
	if err != nil || !u.IsSIP() {
		return false
	}
	_, err = sip.ParseHost(u.Host)
	return err == nil
}

// realmOf finds the realm of a challenge.
func realmOf(challenge string) string {
	at := strings.Index(strings.ToLower(challenge), "realm=")
	if at < 0 {
		return "that it names"
	}
	rest := challenge[at+len("realm="):]
	if strings.HasPrefix(rest, `"`) {
		if end := strings.IndexByte(rest[1:], '"'); end >= 0 {
			return rest[1 : 1+end]
		}
	}
	realm, _, _ := strings.Cut(rest, ",")
	return strings.TrimSpace(realm)
}

// sessionBody gives the session description of a message.
func sessionBody(m *sip.Message) string {
	if !strings.HasPrefix(strings.ToLower(m.Get(sip.FieldContentType)), "application/sdp") {
		return ""
	}
	return m.Body
}

// mediaOf says what media a message speaks of: "audio at 127.0.0.1:5004".
func mediaOf(m *sip.Message) string {
	var media []string
	connection, own := "", false
	for line := range strings.Lines(sessionBody(m)) {
		line = strings.TrimSpace(line)
		if words := strings.Fields(line); strings.HasPrefix(line, "c=") && len(words) == 3 {
			if len(media) > 0 && !own { // of the last media only
				media[len(media)-1] = strings.Replace(media[len(media)-1], " at "+connection+":", " at "+words[2]+":", 1)
				continue
			}
			connection = words[2]
		} else if strings.HasPrefix(line, "m=") && len(words) > 2 && len(media) < 4 {
			media = append(media, fmt.Sprintf("%s at %s:%s", strings.TrimPrefix(words[0], "m="), connection, words[1]))
		}
	}
	return printable(strings.Join(media, ", "))
}

// connections gives the addresses that a session description names.
func connections(m *sip.Message) (all []netip.Addr) {
	for line := range strings.Lines(sessionBody(m)) {
		words := strings.Fields(line)
		if strings.HasPrefix(line, "c=") && len(words) == 3 {
			address, _, _ := strings.Cut(words[2], "/")
			if parsed, err := netip.ParseAddr(address); err == nil {
				all = append(all, parsed.Unmap())
			}
		}
	}
	return all
}
