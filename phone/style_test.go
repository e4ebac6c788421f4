package phone_test

import (
	"strings"
	"testing"

	"viaduct/phone"
	"viaduct/sip"
)

// A style decides order and presence of fields, and the phrases of responses.
func TestStyle(t *testing.T) {
	style := phone.Style{
		UserAgent: "T", Allow: "INVITE", Supported: "x",
		Requests: []phone.Place{
			{Name: "To"}, {Name: "From"}, {Name: "*"}, {Name: "CSeq"}, {Name: "Call-ID"}, {Name: "Via"},
			{Name: "Contact", In: "INVITE"}, {Name: "Supported", In: "!REGISTER"}, {Name: "Content-Type"}, {Name: "Content-Length"},
		},
		Responses: []phone.Place{
			{Name: "To"}, {Name: "Via"}, {Name: "*"}, {Name: "Server", In: "18x"}, {Name: "Contact", In: "INVITE/2xx"},
			{Name: "Content-Type"}, {Name: "Content-Length"},
		},
		Reasons: map[int]string{180: "Ding"},
	}
	play(t, "-", func(s *scene) {
		server := s.registrar()
		p := s.phone("308", func(c *phone.Config) { c.Style = &style; c.Display = `The "Boss"` })
		s.dial(p, "309")
		m := server.Expect("INVITE")
		if got := fieldNames(m); got != "To From Max-Forwards CSeq Call-ID Via Contact Supported Content-Type Content-Length" {
			t.Errorf("request: %s", got)
		}
		if from := m.Get(sip.FieldFrom); !strings.HasPrefix(from, `"The \"Boss\"" <sip:308@127.168.1.15>;tag=`) || m.Via.HasRPort {
			t.Error(m.Text)
		}
		server.Invite("sip:308@127.168.1.10")
		ringing := server.Expect("180")
		if got := fieldNames(ringing); got != "To Via From Call-ID CSeq Server Content-Length" || ringing.Reason != "Ding" {
			t.Errorf("response %s: %s", ringing.Reason, got)
		}
	})
}

func fieldNames(m *sip.Message) string {
	var names []string
	for i := range m.Fields {
		names = append(names, m.Name(&m.Fields[i]))
	}
	return strings.Join(names, " ")
}
