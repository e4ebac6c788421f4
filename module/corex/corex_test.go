package corex

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"viaduct/internal/siptest/scripttest"
	"viaduct/script"
	"viaduct/script/syntax"
	"viaduct/wire"
)

func TestSend(t *testing.T) {
	for _, test := range []struct {
		body      string
		code      int
		transport wire.Transport
		remote    string
		text      string
	}{
		{`send_udp("127.0.0.3");`, 1, wire.UDP, "127.0.0.3:5060", scripttest.Invite},
		{`send_udp("127.0.0.3:5070");`, 1, wire.UDP, "127.0.0.3:5070", scripttest.Invite},
		{`$du = "sip:127.0.0.4:5090"; send_tcp();`, 1, wire.TCP, "127.0.0.4:5090", scripttest.Invite},
		{`send_udp("127.0.0.3:x");`, -1, 0, "", ""},
		{`send_data("sip:127.0.0.3:5070;transport=tcp", "$rm at once");`, 1, wire.TCP, "127.0.0.3:5070", "INVITE at once"},
		{`send_data("nonsense", "x");`, -1, 0, "", ""},
		{`send_data("sip:127.0.0.3", "");`, -1, 0, "", ""},
		{`sendx("sip:127.0.0.3", "udp:127.0.0.1:5060", "x");`, 1, wire.UDP, "127.0.0.3:5060", "x"},
		{`sendx("sip:127.0.0.3", "nowhere", "x");`, -1, 0, "", ""},
	} {
		m := scripttest.Message(t, scripttest.Invite)
		code := scripttest.Run(t, m, test.body, New(new(Subdomains)))
		sent := scripttest.Sends(m)
		if code != test.code || len(sent) != max(code, 0) {
			t.Errorf("%s: %d, %v", test.body, code, sent)
			continue
		}
		if code == 1 && (sent[0].Flow.Transport != test.transport || sent[0].Flow.Remote.String() != test.remote || sent[0].Text != test.text) {
			t.Errorf("%s: %v", test.body, sent[0])
		}
	}
}

func TestSockets(t *testing.T) {
	for _, test := range []struct {
		body string
		code int
	}{
		{`set_send_socket("udp:127.0.0.1:5060");`, 1},
		{`set_send_socket("udp:127.0.0.1:5061");`, -1}, // we do not listen there
		{`set_recv_socket("udp:127.0.0.1:5060");`, 1},
		{`$var(s) = "x:y:z"; set_recv_socket("$var(s)");`, -1},
		{`is_faked_msg();`, -1},
		{`setxflag("63"); isxflagset("63");`, 1},
		{`setxflag("63"); isxflagset("62");`, -1},
		{`setxflag("0"); resetxflag("0"); isxflagset("0");`, -1},
		{`setxflag("64");`, -1},
	} {
		m := scripttest.Message(t, scripttest.Invite)
		if code := scripttest.Run(t, m, test.body, New(new(Subdomains))); code != test.code {
			t.Errorf("%s: %d, want %d", test.body, code, test.code)
		}
	}
}

func TestFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "note.txt")
	m := scripttest.Message(t, scripttest.Invite)
	m.AVPs = new(script.AVPs)
	m.AVPs.Add("path", script.StringValue(path))
	if code := scripttest.Run(t, m, `file_write("$avp(path)", "by $rm"); file_read("$avp(path)", "$avp(text)");`, New(new(Subdomains))); code != 1 {
		t.Errorf("%d", code)
	}
	if got := m.AVPs.Get("text").Text; got != "by INVITE" {
		t.Errorf("%q", got)
	}
	if err := os.WriteFile(path, make([]byte, largestFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, body := range []string{`file_read("$avp(path)", "$avp(text)");`, `file_read("$avp(path).none", "$avp(text)");`} {
		if code := scripttest.Run(t, m, body, New(new(Subdomains))); code != -1 {
			t.Errorf("%s: %d", body, code)
		}
	}
}

func TestForwardReply(t *testing.T) {
	const ok = "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK2\r\nVia: SIP/2.0/UDP 127.0.0.9:5070;branch=z9hG4bK1\r\n" +
		"From: <sip:a@b.test>;tag=f1\r\nTo: <sip:b@b.test>;tag=t1\r\nCall-ID: c1\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n"
	m := scripttest.Message(t, ok)
	code := scripttest.RunReply(t, m, `forward_reply();`, New(new(Subdomains)))
	sent := scripttest.Sends(m)
	if code != 1 || len(sent) != 1 || sent[0].Flow.Remote.String() != "127.0.0.9:5070" || strings.Count(sent[0].Text, "Via:") != 1 {
		t.Errorf("%d, %v", code, sent)
	}
}

func TestSubdomains(t *testing.T) {
	s := new(Subdomains)
	for _, text := range []string{"example.test", "udp:other.test:5070", "tcp:third.test"} {
		if err := s.Add(text); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		host      string
		port      int
		transport wire.Transport
		want      bool
	}{
		{"example.test", 5060, wire.UDP, true}, {"a.b.Example.test", 0, wire.NoTransport, true}, {"anexample.test", 0, wire.NoTransport, false},
		{"x.other.test", 5070, wire.UDP, true}, {"x.other.test", 5060, wire.UDP, false}, {"x.other.test", 5070, wire.TCP, false},
		{"x.other.test", 0, wire.NoTransport, true}, {"third.test", 5060, wire.TCP, true}, {"third.test", 5060, wire.UDP, false},
	} {
		if got := s.Has(test.host, test.port, test.transport); got != test.want {
			t.Errorf("%+v: %v", test, got)
		}
	}
	for _, text := range []string{"", "udp:", "udp:x.test:port", "a b", "udp:x.test:5060:1"} {
		if err := s.Add(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
	source := "loadmodule \"corex\"\nmodparam(\"corex\", \"alias_subdomains\", \"sub.test\")\nrequest_route { exit; }"
	fresh := new(Subdomains)
	if _, err := scripttest.TryCompile(source, syntax.Kamailio, New(fresh)); err != nil || !fresh.Has("x.sub.test", 0, 0) {
		t.Errorf("%v", err)
	}
}
