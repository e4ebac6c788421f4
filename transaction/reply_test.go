package transaction

import (
	"net/netip"
	"testing"

	"viaduct/sip"
	"viaduct/wire"
)

// Responses go back where section 18.2.2 and RFC 3581 say.
func TestReplyFlow(t *testing.T) {
	udp := wire.Flow{Transport: wire.UDP, Local: netip.MustParseAddrPort("127.0.0.1:5060"), Remote: netip.MustParseAddrPort("127.0.0.9:40000")}
	tcp := udp
	tcp.Transport, tcp.Connection = wire.TCP, 7
	for _, test := range []struct {
		name  string
		via   string
		flow  wire.Flow
		force bool
		want  string
	}{
		{"the source address, the port of the Via", "UDP 127.0.0.8:5070;branch=z9hG4bK1", udp, false, "127.0.0.9:5070"},
		{"the default port", "UDP phone.test;branch=z9hG4bK1", udp, false, "127.0.0.9:5060"},
		{"rport: the source port", "UDP 127.0.0.8:5070;rport;branch=z9hG4bK1", udp, false, "127.0.0.9:40000"},
		{"the script says rport", "UDP 127.0.0.8:5070;branch=z9hG4bK1", udp, true, "127.0.0.9:40000"},
		{"maddr", "UDP 127.0.0.8:5070;maddr=127.0.0.7;branch=z9hG4bK1", udp, false, "127.0.0.7:5070"},
		{"what the client wrote as received is not believed", "UDP 127.0.0.8:5070;received=127.0.0.6;branch=z9hG4bK1", udp, false, "127.0.0.9:5070"},
		{"the connection", "TCP 127.0.0.8:5070;branch=z9hG4bK1", tcp, false, "127.0.0.9:40000"},
	} {
		t.Run(test.name, func(t *testing.T) {
			m, err := sip.Parse("OPTIONS sip:us.test SIP/2.0\r\nVia: SIP/2.0/" + test.via + "\r\nMax-Forwards: 70\r\n" +
				"From: <sip:a@us.test>;tag=a\r\nTo: <sip:us.test>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n")
			if err != nil {
				t.Fatal(err)
			}
			got := ReplyFlow(m, test.flow, test.force)
			if got.Remote.String() != test.want || got.Connection != test.flow.Connection || got.Local != test.flow.Local {
				t.Errorf("%+v, want to %s", got, test.want)
			}
		})
	}
}

// A response that is forwarded without state finds its way by the Via alone.
func TestViaFlow(t *testing.T) {
	local := wire.Flow{Transport: wire.UDP, Local: netip.MustParseAddrPort("127.0.0.1:5060")}
	for via, want := range map[string]string{
		"SIP/2.0/UDP 127.0.0.8:5070;branch=z9hG4bK1":                                 "127.0.0.8:5070",
		"SIP/2.0/UDP 127.0.0.8;branch=z9hG4bK1":                                      "127.0.0.8:5060",
		"SIP/2.0/UDP phone.test;received=127.0.0.9;branch=z9hG4bK1":                  "127.0.0.9:5060",
		"SIP/2.0/UDP phone.test:5070;received=127.0.0.9;rport=40000;branch=z9hG4bK1": "127.0.0.9:40000",
		"SIP/2.0/UDP 127.0.0.8;maddr=127.0.0.7;branch=z9hG4bK1":                      "127.0.0.7:5060",
		"SIP/2.0/TLS [::1];branch=z9hG4bK1":                                          "[::1]:5061",
		"SIP/2.0/UDP phone.test;branch=z9hG4bK1":                                     "",
		"SIP/2.0/SMOKE 127.0.0.8;branch=z9hG4bK1":                                    "",
	} {
		v, ok := sip.ParseVia(via)
		if !ok {
			t.Fatal(via)
		}
		flow, ok := ViaFlow(&v, local)
		got := ""
		if ok {
			got = flow.Remote.String()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", via, got, want)
		}
	}
}
