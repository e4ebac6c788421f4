package server

import (
	"fmt"
	"strings"
	"testing"

	"viaduct/sip"
)

// A call is counted, by the names of Kamailio.
func TestStatistics(t *testing.T) {
	r := start(t, strings.Replace(relayScript, "request_route {", `loadmodule "pv.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "statistics.so"
modparam("statistics", "variable", "calls")
request_route {
  if (method=="OPTIONS") { sl_send_reply("200", "$stat(rcv_requests) $stat(rcv_requests_invite) $stat(rcv_replies) $stat(rcv_replies_2xx_bye) $stat(calls)"); exit; }
  if (method=="REGISTER") { save("location"); exit; }
  if (method=="INVITE") update_stat("calls", "+1");`, 1), nil)
	r.call(1)
	r.receive(caller, "OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5061;branch=z9hG4bK-1\r\n"+
		"From: <sip:a@example.test>;tag=1\r\nTo: <sip:127.0.0.1>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n")
	line, _, _ := strings.Cut(r.network.to(caller), "\r\n")
	if line != "SIP/2.0 200 4 1 3 1 1" { // INVITE ACK BYE OPTIONS; 180 200 200
		t.Errorf("%q", line)
	}
	for name, want := range map[string]int64{
		"rcv_requests": 4, "rcv_requests_ack": 1, "rcv_requests_bye": 1, "rcv_requests_register": 0, "unsupported_methods": 0,
		"rcv_replies": 3, "rcv_replies_1xx": 1, "rcv_replies_18x": 1, "rcv_replies_1xx_invite": 1, "rcv_replies_2xx": 2,
		"rcv_replies_2xx_invite": 1, "rcv_replies_2xx_reg": 0, "rcv_replies_486": 0, "bad_msg_hdr": 0, "drop_replies": 0,
		"active_transactions": 0, "registered_users": 0, "location_users": 0, "location_contacts": 0,
	} {
		if read := r.statistic(name); read == nil {
			t.Errorf("%s is not there", name)
		} else if got := read(); got != want {
			t.Errorf("%s is %d, want %d", name, got, want)
		}
	}
	for _, name := range []string{"", "rcv_requests_", "rcv_requests_foo", "rcv_replies_", "rcv_replies_7xx", "rcv_replies_2xxinvite", "rcv_replies_2xx_", "rcv_replies_499", "nope_users", "calls"} {
		if r.statistic(name) != nil {
			t.Errorf("%q is there", name)
		}
	}
}

func TestTrafficCountsEachStatus(t *testing.T) {
	var counted traffic
	for status := 100; status < 700; status += 3 {
		counted.count(&sip.Message{Method: "INVITE", Status: status})
	}
	counted.count(&sip.Message{Method: "NOTHING"})
	if counted.requests[otherMethod].Load() != 1 {
		t.Error("an unknown method is not counted")
	}
	for class, want := range []int64{0, 34, 33, 33, 34, 33, 33} {
		if got := sumOf(counted.replies[class][:]); got != want {
			t.Errorf("class %d: %d, want %d", class, got, want)
		}
	}
	if got := fmt.Sprint(counted.statuses[0].Load(), counted.ringing.Load()); got != "0 3" {
		t.Error(got)
	}
}
