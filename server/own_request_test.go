package server

import (
	"strings"
	"testing"

	"viaduct/sip"
)

func TestOwnRequestIsSound(t *testing.T) {
	if _, err := sip.Parse(ownRequest); err != nil {
		t.Error(err)
	}
}

// An event route runs before the first message, and what it leaves is there.
func TestEventRouteAtTheStart(t *testing.T) {
	r := start(t, `#!KAMAILIO
listen=udp:127.0.0.1:5060
loadmodule "htable.so"
loadmodule "sl.so"
modparam("htable", "htable", "a=>size=4")
event_route[htable:mod-init] { $sht(a=>seen) = $rm + " from " + $si + ":" + $sp; }
request_route { sl_send_reply("404", $sht(a=>seen)); }
`, nil)
	r.receive(caller, "OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5061;branch=z9hG4bK-1\r\n"+
		"From: <sip:a@example.test>;tag=1\r\nTo: <sip:127.0.0.1>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n")
	line, _, _ := strings.Cut(r.network.to(caller), "\r\n")
	if line != "SIP/2.0 404 OPTIONS from 127.0.0.1:5060" {
		t.Errorf("%q", line)
	}
}
