// Cause: why a call ended, as the field Reason tells it (RFC 3326).
package cdr

import (
	"strconv"
	"strings"

	"viaduct/sip"
)

// Cause is one value of a Reason field.
type Cause struct {
	Protocol string `json:"protocol"` // "Q.850", "SIP"
	Code     int    `json:"code"`     // parameter cause; 0 when it is missing
	Text     string `json:"text,omitempty"`
}

// String writes "Q.850 16 Normal call clearing".
func (c Cause) String() string {
	s := c.Protocol
	if c.Code != 0 {
		s += " " + strconv.Itoa(c.Code)
	}
	if c.Text != "" {
		s += " " + c.Text
	}
	return s
}

// maxCauses bounds the causes of one message.
const maxCauses = 8

// causesOf reads all Reason fields of a message.
func causesOf(m *sip.Message) []Cause {
	var causes []Cause
	for i := range m.Fields {
		f := &m.Fields[i]
		if f.Kind != sip.FieldOther || !m.IsNamed(f, "Reason") {
			continue
		}
		for value := range sip.SplitList(sip.Unfold(m.Value(f))) {
			protocol, params, _ := strings.Cut(value, ";")
			c := Cause{Protocol: strings.Clone(inUTF8(strings.TrimSpace(protocol)))}
			for name, value := range sip.Params(";" + params) {
				switch strings.ToLower(name) {
				case "cause":
					c.Code, _ = strconv.Atoi(value)
				case "text":
					c.Text = strings.Clone(inUTF8(sip.Unquote(value)))
				}
			}
			if c.Protocol == "" || len(causes) == maxCauses {
				continue
			}
			causes = append(causes, c)
		}
	}
	return causes
}
