package store

import (
	"testing"

	"viaduct/wire"
)

func TestCallIDOfText(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"INVITE sip:a SIP/2.0\r\nVia: x\r\nCall-ID: 1@pc\r\n\r\n", "1@pc"},
		{"INVITE sip:a SIP/2.0\r\nContact: x\r\ncall-id  :\t1@pc \r\nX: y\r\n\r\n", "1@pc"},
		{"INVITE sip:a SIP/2.0\ni: 1@pc\n\n", "1@pc"},
		{"INVITE sip:a SIP/2.0\r\nI:1@pc", "1@pc"},
		{"INVITE sip:a SIP/2.0\r\nX: y\r\n\r\nCall-ID: body\r\n", ""},
		{"INVITE sip:a SIP/2.0\r\nX: Call-ID: 1\r\n call-id: 2\r\n\r\n", ""},
		{"INVITE sip:a SIP/2.0\r\nCall-ID\r\n\r\n", ""},
		{"", ""}, {"\n", ""}, {"nonsense", ""},
	} {
		if got := callID(&wire.Packet{Text: test.text}); got != test.want {
			t.Errorf("%q: %q, want %q", test.text, got, test.want)
		}
	}
}

// What is found without parsing is what parsing finds.
func TestCallIDAgreesWithParser(t *testing.T) {
	for _, p := range relayedCall("7-x@[::1]", "a", "b", testTime, 0) {
		text := p
		text.Message = nil
		if got := callID(&text); got != "7-x@[::1]" || p.Message != nil && callID(&p) != got {
			t.Errorf("%q in\n%s", got, p.Text)
		}
	}
}
