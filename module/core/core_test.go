package core

import (
	"strings"
	"testing"

	"viaduct/internal/siptest/scripttest"
)

func TestForward(t *testing.T) {
	for _, test := range []struct{ body, to, transport string }{
		{`$ru = "sip:bob@127.0.0.3:5080"; forward();`, "127.0.0.3:5080", "UDP"},
		{`$du = "sip:127.0.0.4:5070"; forward();`, "127.0.0.4:5070", "UDP"},
		{`forward("127.0.0.5", 5090);`, "127.0.0.5:5090", "UDP"},
		{`forward(127.0.0.5, 5090);`, "127.0.0.5:5090", "UDP"},
		{`$ru = "sip:bob@127.0.0.3:5080"; forward(uri:host, uri:port);`, "127.0.0.3:5080", "UDP"},
		{`forward_tcp("127.0.0.5", 5090);`, "127.0.0.5:5090", "TCP"},
	} {
		m := scripttest.Message(t, scripttest.Invite)
		code := scripttest.Run(t, m, test.body, New())
		out := m.Proxy.Network.(*scripttest.Network).Sent
		if len(out) != 1 || code != 1 {
			t.Errorf("%s: %d messages, %d", test.body, len(out), code)
			continue
		}
		if out[0].Flow.Remote.String() != test.to || out[0].Flow.Transport.String() != test.transport {
			t.Errorf("%s: to %v over %v, want %s over %s", test.body, out[0].Flow.Remote, out[0].Flow.Transport, test.to, test.transport)
		}
		if !strings.Contains(out[0].Text, "Max-Forwards: 69") || strings.Count(out[0].Text, "Via:") != 2 {
			t.Errorf("%s sends\n%s", test.body, out[0].Text)
		}
	}
}

func TestForwardToNowhere(t *testing.T) {
	m := scripttest.Message(t, scripttest.Invite)
	if code := scripttest.Run(t, m, `$ru = "tel:+1555"; forward();`, New()); code != -1 || m.Failure == nil {
		t.Errorf("%d, %v", code, m.Failure)
	}
}

func TestSendLeavesTheMessageAsItIs(t *testing.T) {
	m := scripttest.Message(t, scripttest.Invite)
	scripttest.Run(t, m, `send("127.0.0.5:5090");`, New())
	out := m.Proxy.Network.(*scripttest.Network).Sent
	if len(out) != 1 || out[0].Text != scripttest.Invite || out[0].Flow.Remote.String() != "127.0.0.5:5090" {
		t.Errorf("sent %+v", out)
	}
}
