// Outcome: what became of a message, in words and for comparison.

package conformance

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"viaduct/sip"
)

// outcome of one message.
type outcome struct {
	response *answer      // final, to the caller; nil: none came
	relayed  *sip.Message // at the callee; nil: none came, or it is unsound
	passed   string       // its text; "": the callee saw nothing
	closed   bool         // the server has closed the connection
	changes  []string     // of relayed beside the message that was sent, without what every proxy changes
	bindings []string     // after a REGISTER that was accepted: the contacts that a fetch gives
}

// kind is "relayed", "dropped" or the status of the answer.
func (o *outcome) kind() string {
	switch {
	case o.passed != "":
		return "relayed"
	case o.response != nil:
		return strconv.Itoa(o.response.status)
	}
	return "dropped"
}

// newOutcome reads the events of a play; v may be nil when nothing is relayed.
func newOutcome(v *vector, seen []event) *outcome {
	o := &outcome{}
	for _, e := range seen {
		switch {
		case e.closed:
			o.closed = true
		case e.at == callee && o.passed == "":
			o.relayed, o.passed = e.message, e.text
		case e.answer != nil && e.answer.status >= 200 && o.response == nil:
			o.response = e.answer
		}
	}
	if o.relayed != nil && v != nil {
		if sent, _ := sip.Parse(v.text); sent != nil {
			o.changes = changes(sent, o.relayed)
		}
	}
	return o
}

// changes names what is lost of a message, changed or added on its way through a proxy, but for what RFC 3261 section
// 16.6 has each proxy do: Request-URI, Via, Max-Forwards, Record-Route, Route, Content-Length.
func changes(sent, relayed *sip.Message) (all []string) {
	left := map[string][]string{}
	for i := range relayed.Fields {
		f := &relayed.Fields[i]
		name := strings.ToLower(nameOf(relayed, f))
		left[name] = append(left[name], relayed.Value(f))
	}
	vias, viasSent := 0, 0
	for range relayed.Values(sip.FieldVia) {
		vias++
	}
	for i := range sent.Fields {
		f := &sent.Fields[i]
		name, value := nameOf(sent, f), sent.Value(f)
		switch f.Kind {
		case sip.FieldVia:
			for range sip.SplitList(value) {
				viasSent++
			}
			continue
		case sip.FieldMaxForwards, sip.FieldRecordRoute, sip.FieldRoute, sip.FieldContentLength:
			continue
		}
		rest := left[strings.ToLower(name)]
		switch at := slices.Index(rest, value); {
		case len(rest) == 0:
			all = append(all, name+" lost")
		case at != 0:
			all = append(all, name+" changed")
			left[strings.ToLower(name)] = rest[1:]
		default:
			left[strings.ToLower(name)] = rest[1:]
		}
	}
	for i := range relayed.Fields {
		f := &relayed.Fields[i]
		switch name := nameOf(relayed, f); f.Kind {
		case sip.FieldVia, sip.FieldMaxForwards, sip.FieldRecordRoute, sip.FieldRoute, sip.FieldContentLength:
		default:
			if len(left[strings.ToLower(name)]) > 0 {
				all = append(all, name+" added")
				delete(left, strings.ToLower(name))
			}
		}
	}
	if vias != viasSent+1 {
		all = append(all, fmt.Sprintf("%d Via values instead of %d", vias, viasSent+1))
	}
	if sent.Method != relayed.Method {
		all = append(all, "method changed")
	}
	if sent.Body != relayed.Body {
		all = append(all, "body changed")
	}
	return all
}

// nameOf gives a field's long name when it is a known one, else the name as written.
func nameOf(m *sip.Message, f *sip.Field) string {
	if f.Kind != sip.FieldOther {
		return f.Kind.String()
	}
	return m.Name(f)
}

// keyFields are those of an answer that say more than its status.
var keyFields = []string{"Unsupported", "Warning", "Allow", "Retry-After"}

// words describe an outcome for the table. What changes from run to run is left out.
func (o *outcome) words() string {
	var text strings.Builder
	switch {
	case o.passed != "":
		text.WriteString("relayed")
		for i, change := range o.changes {
			text.WriteString([]string{"; ", ", "}[min(i, 1)] + change)
		}
	case o.response != nil:
		fmt.Fprintf(&text, "%d %s", o.response.status, o.response.reason)
		for _, name := range keyFields {
			if value := o.response.field(name); value != "" {
				fmt.Fprintf(&text, "; %s: %s", name, steady(value))
			}
		}
	default:
		text.WriteString("dropped")
	}
	if len(o.bindings) > 0 {
		var uris []string
		for _, contact := range o.bindings {
			uri, _, _ := strings.Cut(contact, ">")
			uris = append(uris, uri+">")
		}
		text.WriteString("; bound: " + strings.Join(uris, ", "))
	}
	if o.closed {
		text.WriteString("; connection closed")
	}
	return text.String()
}

var (
	ownAddress = regexp.MustCompile(`127\.\d+\.\d+\.\d+(:\d+)?`)
	processID  = regexp.MustCompile(`pid=\d+`)
)

func steady(text string) string {
	text = ownAddress.ReplaceAllStringFunc(text, func(found string) string {
		if a, err := netip.ParseAddr(found); err == nil && a == netip.AddrFrom4([4]byte{127, 0, 0, 1}) {
			return found
		}
		return "server"
	})
	return processID.ReplaceAllString(text, "pid=…")
}
