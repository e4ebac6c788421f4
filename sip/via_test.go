package sip

import (
	"net/netip"
	"strings"
	"testing"
)

// viaTable feeds TestParseVia and FuzzParseVia.
var viaTable = []struct {
	text string
	want Via
	ok   bool
}{
	{"SIP/2.0/UDP biloxi.test", Via{Transport: "UDP", Host: "biloxi.test"}, true},
	{"SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK1;rport", Via{Transport: "UDP", Host: "127.0.0.1", Port: 5060, Params: ";branch=z9hG4bK1;rport", Branch: "z9hG4bK1", HasRPort: true}, true},
	{"sip / 2.0 /\r\n tcp [::1] : 5070 ; Branch = b ; received=::2;rport = 7", Via{Transport: "tcp", Host: "[::1]", Port: 5070, Params: "; Branch = b ; received=::2;rport = 7", Branch: "b", Received: "::2", RPort: "7", HasRPort: true}, true},
	{"SIP/2.0/UDP h;received=[2001:db8::9:255];branch=x", Via{Transport: "UDP", Host: "h", Params: ";received=[2001:db8::9:255];branch=x", Branch: "x", Received: "[2001:db8::9:255]"}, true},
	{"SIP/2.0/UNKNOWN h;branch=z9hG4bK-.!%66*_+`'~=;ttl=1;maddr=127.0.0.1;lr;a=\";,\\\"\"", Via{Transport: "UNKNOWN", Host: "h", Params: ";branch=z9hG4bK-.!%66*_+`'~=;ttl=1;maddr=127.0.0.1;lr;a=\";,\\\"\"", Branch: "z9hG4bK-.!%66*_+`'~="}, true},
	{"SIP/7.0/UDP h;branch=b", Via{Transport: "UDP", Host: "h", Params: ";branch=b", Branch: "b"}, true},
	{"SIP/2.0/UDP h;branch=;rport=", Via{Transport: "UDP", Host: "h", Params: ";branch=;rport=", HasRPort: true}, true},

	{"", Via{}, false},
	{"SIP/2.0", Via{}, false},
	{"SIP/2.0/", Via{}, false},
	{"SIP/2.0/UDP", Via{}, false},
	{"SIP/2.0/UDP ", Via{}, false},
	{"SIP/2.0/UDP ;branch=1", Via{}, false},
	{"SIP/2.0/UDPh", Via{}, false},
	{"SIP/2.0 UDP h", Via{}, false},
	{"SIP//UDP h", Via{}, false},
	{"HTTP/2.0/UDP h", Via{}, false},
	{"SIP/2.0/UDP h h", Via{}, false},
	{"SIP/2.0/UDP h:", Via{}, false},
	{"SIP/2.0/UDP h:0", Via{}, false},
	{"SIP/2.0/UDP h:70000", Via{}, false},
	{"SIP/2.0/UDP h:99999999999999999999", Via{}, false},
	{"SIP/2.0/UDP [::1", Via{}, false},
	{"SIP/2.0/UDP [h]", Via{}, false},
	{"SIP/2.0/UDP h;;branch=1", Via{}, false},
	{"SIP/2.0/UDP h;branch=1;", Via{}, false},
	{"SIP/2.0/UDP h;=1", Via{}, false},
	{"SIP/2.0/UDP h;branch=a b", Via{}, false},
	{"SIP/2.0/UDP h;branch=\"a", Via{}, false},
	{"SIP/2.0/UDP h;branch=<a>", Via{}, false},
	{"SIP/2.0/UDP h;branch=\x00", Via{}, false},
	{"SIP/2.0/UDP h;branch=1;BRANCH=2", Via{}, false},
	{"SIP/2.0/UDP h;received=1;received=2", Via{}, false},
	{"SIP/2.0/UDP h;rport;rport=1", Via{}, false},
	{"SIP/2.0/UDP h;branch=1,SIP/2.0/UDP g", Via{}, false}, // two values
	{"SIP/2.0/UDP h (comment)", Via{}, false},
}

func TestParseVia(t *testing.T) {
	for _, test := range viaTable {
		v, ok := ParseVia(test.text)
		if ok != test.ok || ok && v != test.want {
			t.Errorf("%q:\n got %+v, %v\nwant %+v, %v", test.text, v, ok, test.want, test.ok)
		}
	}
}

func TestSentBy(t *testing.T) {
	for _, test := range []struct {
		text string
		port int
	}{
		{"SIP/2.0/UDP h", 5060}, {"SIP/2.0/tls h", 5061}, {"SIP/2.0/TLS h:5060", 5060}, {"SIP/2.0/TCP h:7", 7},
	} {
		v, _ := ParseVia(test.text)
		if host, port := v.SentBy(); host != "h" || port != test.port {
			t.Errorf("%q: %s %d", test.text, host, port)
		}
	}
}

func TestBranchIsUnique(t *testing.T) {
	for branch, want := range map[string]bool{"": false, "1": false, "z9hG4bK": false, "z9hG4bK1": true, "xz9hG4bK1": false} {
		if v := (Via{Branch: branch}); v.IsUnique() != want {
			t.Errorf("%q: %v", branch, !want)
		}
	}
}

func TestNoteSource(t *testing.T) {
	for _, test := range []struct {
		via, source string
		force       bool
		want        string
	}{
		// RFC 3261 section 18.2.1: a name, or another address than the source
		{"SIP/2.0/UDP 127.0.0.1;branch=b", "127.0.0.1:9", false, "SIP/2.0/UDP 127.0.0.1;branch=b"},
		{"SIP/2.0/UDP 127.0.0.1:5060;branch=b", "127.0.0.1:9", false, "SIP/2.0/UDP 127.0.0.1:5060;branch=b"},
		{"SIP/2.0/UDP 127.0.0.1;branch=b", "127.0.0.2:9", false, "SIP/2.0/UDP 127.0.0.1;branch=b;received=127.0.0.2"},
		{"SIP/2.0/UDP a.test", "127.0.0.2:9", false, "SIP/2.0/UDP a.test;received=127.0.0.2"},
		{"SIP/2.0/UDP [::1];branch=b", "[::1]:9", false, "SIP/2.0/UDP [::1];branch=b"},
		{"SIP/2.0/UDP [::2];branch=b", "[::1]:9", false, "SIP/2.0/UDP [::2];branch=b;received=::1"},
		{"SIP/2.0/UDP [fe80::1];branch=b", "[fe80::1%lo]:9", false, "SIP/2.0/UDP [fe80::1];branch=b"},
		{"SIP/2.0/UDP [::ffff:127.0.0.1]", "127.0.0.1:9", false, "SIP/2.0/UDP [::ffff:127.0.0.1]"},
		{"SIP/2.0/UDP 127.0.0.1", "[::ffff:127.0.0.1]:9", false, "SIP/2.0/UDP 127.0.0.1"},
		// RFC 3581 section 4: both, even when the address is the same
		{"SIP/2.0/UDP 127.0.0.1;rport;branch=b", "127.0.0.1:9", false, "SIP/2.0/UDP 127.0.0.1;rport=9;branch=b;received=127.0.0.1"},
		{"SIP/2.0/UDP 127.0.0.1;branch=b ; rport", "127.0.0.1:65535", false, "SIP/2.0/UDP 127.0.0.1;branch=b ;rport=65535;received=127.0.0.1"},
		{"SIP/2.0/UDP 127.0.0.1", "127.0.0.1:9", true, "SIP/2.0/UDP 127.0.0.1;rport=9"}, // not asked for: the port alone
		{"SIP/2.0/UDP a.test;RPORT;branch=b", "127.0.0.1:9", true, "SIP/2.0/UDP a.test;rport=9;branch=b;received=127.0.0.1"},
		// what the sender wrote itself
		{"SIP/2.0/UDP 127.0.0.1;received=127.9.9.9", "127.0.0.1:9", false, "SIP/2.0/UDP 127.0.0.1"},
		{"SIP/2.0/UDP 127.0.0.1;Received=127.9.9.9;rport=4;x", "127.0.0.1:9", false, "SIP/2.0/UDP 127.0.0.1;received=127.0.0.1;rport=9;x"},
		{"SIP/2.0/UDP h;received=\"a;rport=1\";rport = 4", "127.0.0.1:9", false, "SIP/2.0/UDP h;received=127.0.0.1;rport=9"},
		{"SIP/2.0/UDP h;xreceived=1;rport2=4", "127.0.0.1:9", false, "SIP/2.0/UDP h;xreceived=1;rport2=4;received=127.0.0.1"},
		// only the topmost value of several
		{"SIP/2.0/UDP h;branch=b\r\n , SIP/2.0/UDP g;rport\r\nVia: SIP/2.0/UDP f;rport", "127.0.0.1:9", false,
			"SIP/2.0/UDP h;branch=b;received=127.0.0.1\r\n , SIP/2.0/UDP g;rport\r\nVia: SIP/2.0/UDP f;rport"},
		{"SIP/2.0/UDP h;rport , SIP/2.0/UDP g;received=127.9.9.9", "127.0.0.1:9", false,
			"SIP/2.0/UDP h;rport=9;received=127.0.0.1 , SIP/2.0/UDP g;received=127.9.9.9"},
	} {
		text := crlf("ACK sip:d SIP/2.0\nMax-Forwards: 1\nVia: VIA\nFrom: a:b\nTo: c:d\nCall-ID: 1\nCSeq: 1 ACK\n\n")
		m := mustParse(t, strings.Replace(text, "VIA", test.via, 1))
		var edits Edits
		m.NoteSource(&edits, netip.MustParseAddrPort(test.source), test.force)
		got := string(edits.Append(nil, m))
		if want := strings.Replace(text, "VIA", test.want, 1); got != want {
			t.Errorf("%q from %s:\n got %q\nwant %q", test.via, test.source, got, want)
		}
		// what is noted is read back
		if noted := mustParse(t, got); strings.Contains(test.want, "received=") {
			if noted.Via.Received != netip.MustParseAddrPort(test.source).Addr().Unmap().String() {
				t.Errorf("%q: received %q is read back", test.via, noted.Via.Received)
			}
		}
	}
}

func TestIsSentBy(t *testing.T) {
	for _, test := range []struct {
		via, sentBy string
		want        bool
	}{
		{"SIP/2.0/UDP 127.0.0.1", "127.0.0.1", true},
		{"SIP/2.0/UDP 127.0.0.1:5060", "127.0.0.1", true},
		{"SIP/2.0/UDP 127.0.0.1", "127.0.0.1:5060", true},
		{"SIP/2.0/TLS 127.0.0.1:5061", "127.0.0.1", true},
		{"SIP/2.0/TLS 127.0.0.1:5060", "127.0.0.1", false},
		{"SIP/2.0/UDP 127.0.0.1:5070", "127.0.0.1", false},
		{"SIP/2.0/UDP 127.0.0.1", "127.0.0.1:5070", false},
		{"SIP/2.0/UDP 127.0.0.1", "127.0.0.11", false},
		{"SIP/2.0/UDP 127.0.0.11", "127.0.0.1", false},
		{"SIP/2.0/UDP GW.test:5070", "gw.test:5070", true},
		{"SIP/2.0/UDP gw.test:5070", "gw.test:507", false},
		{"SIP/2.0/UDP [::1]:5070", "[::1]:5070", true},
		{"SIP/2.0/UDP [::1]", "[::1]", true},
		{"SIP/2.0/UDP [::2]", "[::1]", false},
	} {
		v, ok := ParseVia(test.via)
		if !ok || v.IsSentBy(test.sentBy) != test.want {
			t.Errorf("%s, sent by %s: want %v", test.via, test.sentBy, test.want)
		}
	}
}
