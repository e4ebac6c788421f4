// A ladder as a Mermaid sequence diagram, for Markdown pages.
package ladder

import (
	"fmt"
	"strings"
	"unicode"
)

// AppendMermaid writes the ladder behind dst in the language of Mermaid's
// sequence diagrams:
//
//	sequenceDiagram
//	    participant L1 as 308<br/>127.168.1.10
//	    participant L2 as viaduct<br/>127.168.1.15
//	    L1->>L2: INVITE (SDP)
//	    L2-->>L1: 100 Trying
//
// Requests have a solid line, responses a dashed one; what got lost ends with
// a cross.
func (l *Ladder) AppendMermaid(dst []byte) []byte {
	dst = append(dst, "sequenceDiagram\n"...)
	for i, lane := range l.Lanes {
		name := mermaidText(lane.Name)
		if address := addressText(lane.Address); name == "" {
			name = address
		} else if address != "" {
			name += "<br/>" + address
		}
		if name == "" {
			name = "?"
		}
		dst = fmt.Appendf(dst, "    participant L%d as %s\n", i+1, name)
	}
	for i := range l.Arrows {
		a := &l.Arrows[i]
		line := "-"
		if m := a.Packet.Message; m != nil && !m.IsRequest() {
			line = "--"
		}
		head := ">>"
		if a.Lost {
			head = "x"
		}
		dst = fmt.Appendf(dst, "    L%d%s%sL%d: %s", a.From+1, line, head, a.To+1, mermaidText(a.Label))
		if note := a.note(); note != "" {
			dst = append(dst, " ("+note+")"...)
		}
		dst = append(dst, '\n')
	}
	return dst
}

// mermaidText writes what means something to Mermaid as entities: "#35;".
func mermaidText(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case strings.ContainsRune("#;<>&\"`\\{}%", r):
			fmt.Fprintf(&b, "#%d;", r)
		case r == '\ufffd' || !unicode.IsPrint(r):
			b.WriteByte('?')
		default:
			b.WriteRune(r)
		}
	}
	return strings.TrimSpace(b.String())
}
