package dispatcher_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"viaduct/internal/siptest"
	"viaduct/internal/siptest/scenario"
	"viaduct/sip"
)

// script is a script with a list, and parameters "name=value".
func script(t *testing.T, list, params, text string) string {
	path := filepath.Join(t.TempDir(), "list")
	if err := os.WriteFile(path, []byte(list), 0o644); err != nil {
		t.Fatal(err)
	}
	head := "#!KAMAILIO\nlisten=udp:127.0.0.15:5060\n"
	for _, m := range []string{"tm", "tmx", "sl", "rr", "textops", "siputils", "xlog", "pv", "dispatcher"} {
		head += "loadmodule \"" + m + ".so\"\n"
	}
	head += "modparam(\"dispatcher\", \"list_file\", \"" + path + "\")\nmodparam(\"dispatcher\", \"flags\", 2)\n"
	for param := range strings.FieldsSeq(params) {
		name, value, _ := strings.Cut(param, "=")
		head += "modparam(\"dispatcher\", \"" + name + "\", " + value + ")\n"
	}
	return head + text
}

const pings = `
modparam("tm", "fr_timer", 2000)
request_route {
	$var(up) = "";
	if (ds_is_active("1", "sip:127.0.0.21")) $var(up) = $var(up) + "bob ";
	if (ds_is_active("1", "sip:127.0.0.22")) $var(up) = $var(up) + "carol ";
	if (ds_is_active("1", "sip:127.0.0.23")) $var(up) = $var(up) + "dave ";
	xlog("up: $var(up)\n");
	sl_send_reply("404", "Not here");
}
event_route[dispatcher:dst-down] { xlog("down: $rm $ru, $dsv(code) $dsv(reason) $dsv(flags)\n"); }
event_route[dispatcher:dst-up] { xlog("up: $rm $ru, $dsv(code) $dsv(reason) $dsv(flags)\n"); }
`

const trio = "1 sip:127.0.0.21\n1 sip:127.0.0.22 8 0 ping_from=sip:special@x.test\n1 sip:127.0.0.23 9\n"

// Which destinations are pinged in which mode, and what becomes of them. A step
// is a second; the answers are those of all that are pinged, 0 is none.
func TestPinging(t *testing.T) {
	for _, test := range []struct {
		mode    int
		params  string
		answers []int
		pinged  string // by each step: b, c, d
		up      string // after each step
		printed string // by the event routes
	}{
		{0, "", []int{200, 200}, "cd -", "bcd bcd", "up: OPTIONS sip:127.0.0.23, 200 OK 1"},
		{0, "", []int{500, 200}, "cd -", "b b", "down: OPTIONS sip:127.0.0.22, 500 Server Internal Error 1"},
		{1, "", []int{200, 500, 200}, "bcd bcd bcd", "bcd - bcd", "up: OPTIONS sip:127.0.0.23, 200 OK 1|" +
			"down: OPTIONS sip:127.0.0.21, 500 Server Internal Error 1|down: OPTIONS sip:127.0.0.22, 500 Server Internal Error 1|down: OPTIONS sip:127.0.0.23, 500 Server Internal Error 1|" +
			"up: OPTIONS sip:127.0.0.21, 200 OK 1|up: OPTIONS sip:127.0.0.22, 200 OK 1|up: OPTIONS sip:127.0.0.23, 200 OK 1"},
		{2, "", []int{500, 200, 200}, "d d -", "bc bcd bcd", "up: OPTIONS sip:127.0.0.23, 200 OK 1"},
		{3, "", []int{200, 500, 200}, "cd cd cd", "bcd b bcd", "up: OPTIONS sip:127.0.0.23, 200 OK 1|" +
			"down: OPTIONS sip:127.0.0.22, 500 Server Internal Error 1|down: OPTIONS sip:127.0.0.23, 500 Server Internal Error 1|" +
			"up: OPTIONS sip:127.0.0.22, 200 OK 1|up: OPTIONS sip:127.0.0.23, 200 OK 1"},
		{3, `ds_probing_threshold=3 ds_inactive_threshold=2 ds_ping_reply_codes="class=2;code=403"`, []int{500, 302, 500, 403, 202}, "cd cd cd cd cd", "bc bc b b bcd",
			"down: OPTIONS sip:127.0.0.22, 500 Server Internal Error 1|up: OPTIONS sip:127.0.0.22, 202 Accepted 1|up: OPTIONS sip:127.0.0.23, 202 Accepted 1"},
		{3, "", []int{0, 0, 0}, "cd - -", "bc bc b", "down: OPTIONS sip:127.0.0.22, 408 <null> 0"},
	} {
		t.Run(fmt.Sprint(test.mode, test.params, test.answers), func(t *testing.T) {
			params := fmt.Sprintf("ds_ping_interval=1 ds_probing_mode=%d %s", test.mode, test.params)
			printed := scenario.Run(t, script(t, trio, params, pings), func(s *scenario.Scene) {
				alice := s.Phone("alice")
				gateways := []*siptest.Phone{s.Phone("bob"), s.Phone("carol"), s.Phone("dave")}
				for i, status := range test.answers {
					s.Wait(time.Second)
					came := ""
					for _, gateway := range gateways {
						if answerPings(t, gateway, status) {
							came += gateway.Name[:1]
						}
					}
					if want := strings.Trim(strings.Fields(test.pinged)[i], "-"); came != want && status != 0 { // what is not answered comes again
						t.Errorf("step %d: %s were pinged, want %s", i, came, want)
					}
					alice.Dialog("sip:us@example.test").Request("MESSAGE")
					alice.Expect("404")
				}
			})
			var events, states []string
			for line := range strings.Lines(printed) {
				line = strings.TrimSpace(line)
				if strings.Contains(line, "OPTIONS") {
					events = append(events, line)
				} else {
					short := strings.NewReplacer("up:", "", "bob", "b", "carol", "c", "dave", "d", " ", "").Replace(line)
					if short == "" {
						short = "-"
					}
					states = append(states, short)
				}
			}
			if got := strings.Join(states, " "); got != test.up {
				t.Errorf("up: %s, want %s", got, test.up)
			}
			if got := strings.Join(events, "|"); got != test.printed {
				t.Errorf("events\n%s\nwant\n%s", got, test.printed)
			}
		})
	}
}

// answerPings answers what a gateway has got, and tells whether that was a ping.
func answerPings(t *testing.T, gateway *siptest.Phone, status int) (came bool) {
	t.Helper()
	for {
		packet, ok := gateway.Next(time.Millisecond)
		if !ok {
			return came
		}
		came = true
		checkPing(t, gateway.Name, packet.Message)
		if status != 0 {
			gateway.Reply(packet.Message, status)
		}
	}
}

func checkPing(t *testing.T, name string, ping *sip.Message) {
	t.Helper()
	from := "<sip:dispatcher@localhost>"
	if name == "carol" {
		from = "<sip:special@x.test>"
	}
	if got := ping.Get(sip.FieldFrom); ping.Method != "OPTIONS" || !strings.HasPrefix(got, from+";tag=") || ping.Get(sip.FieldTo) != "<"+ping.RequestURI+">" {
		t.Errorf("%s from %s to %s", ping.Method, got, ping.Get(sip.FieldTo))
	}
}

// A ping goes as the parameters and the line say.
func TestPingAsAsked(t *testing.T) {
	const list = "1 sip:gw.test:5066 8 0 obproxy=sip:127.0.0.22;socket=udp:127.0.0.15:5060\n1 sip:127.0.0.23:5060;transport=udp 8\n1 sip:127.0.0.24 12\n"
	params := `ds_ping_interval=2 ds_probing_mode=3 ds_ping_method="INFO" ds_ping_from="sip:us@proxy.test" outbound_proxy="sip:127.0.0.21"`
	scenario.Run(t, script(t, list, params, "user_agent_header=\"User-Agent: prober\"\nrequest_route { exit; }\n"), func(s *scenario.Scene) {
		bob, carol, erin := s.Phone("bob"), s.Phone("carol"), s.Phone("erin")
		carol.ExpectNothing(1900 * time.Millisecond)
		for _, test := range []struct {
			phone *siptest.Phone
			uri   string
		}{{carol, "sip:gw.test:5066"}, {bob, "sip:127.0.0.23:5060;transport=udp"}} {
			ping := test.phone.Expect("INFO")
			if ping.RequestURI != test.uri || !strings.HasPrefix(ping.Get(sip.FieldFrom), "<sip:us@proxy.test>;tag=") || !strings.Contains(ping.Text, "\r\nUser-Agent: prober\r\n") {
				t.Errorf("ping\n%s", ping.Text)
			}
			test.phone.Reply(ping, 200)
		}
		erin.ExpectNothing(time.Second)
	})
}

// Latency is measured by pings, and counts in algorithm 13.
func TestLatency(t *testing.T) {
	printed := scenario.Run(t, script(t, "1 sip:127.0.0.21 8 30\n1 sip:127.0.0.22 8 30\n",
		"ds_ping_interval=1 ds_probing_mode=3 ds_ping_latency_stats=1 ds_latency_estimator_alpha=500",
		`request_route { ds_select_dst("1", "13"); xlog("$du\n"); sl_send_reply("404", "Not here"); }`), func(s *scenario.Scene) {
		alice, bob, carol := s.Phone("alice"), s.Phone("bob"), s.Phone("carol")
		for range 3 {
			slow, fast := bob.Expect("OPTIONS"), carol.Expect("OPTIONS")
			carol.Reply(fast, 200)
			s.Wait(100 * time.Millisecond)
			bob.Reply(slow, 200)
		}
		for range 2 {
			alice.Dialog("sip:us@example.test").Request("MESSAGE")
			alice.Expect("404")
		}
	})
	if printed != "sip:127.0.0.22\nsip:127.0.0.22\n" {
		t.Errorf("chosen: %s", printed)
	}
}

const failover = `
request_route {
	if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
	if (is_method("ACK")) { t_relay(); exit; }
	if (!ds_select_dst("1", "8")) { sl_send_reply("500", "No destination"); exit; }
	t_on_failure("NEXT");
	t_relay();
}
failure_route[NEXT] {
	if (t_is_canceled()) exit;
	if (!t_check_status("500|408")) exit;
	ds_mark_dst("ip");
	if (ds_next_dst()) { t_on_failure("NEXT"); t_relay(); exit; }
	t_reply("404", "All down");
}
event_route[dispatcher:dst-down] { xlog("down: $rm $du, $dsv(code)\n"); }
`

// A call goes to the second destination when the first fails, and the next call
// goes there at once.
func TestFailover(t *testing.T) {
	scenario.Play(t, "failover", script(t, "1 sip:127.0.0.21 0 2\n1 sip:127.0.0.22 0 1\n", "", failover), func(s *scenario.Scene) {
		alice, bob, carol := s.Phone("alice"), s.Phone("bob"), s.Phone("carol")
		call := alice.Invite("sip:somebody@example.test")
		bob.Reply(bob.Expect("INVITE"), 500)
		bob.Expect("ACK")
		carol.Reply(carol.Expect("INVITE"), 200)
		call.Ack(alice.Expect("200"))
		carol.Expect("ACK")
		call = alice.Invite("sip:somebody@example.test")
		carol.Reply(carol.Expect("INVITE"), 500)
		carol.Expect("ACK")
		call.Ack(alice.Expect("404"))
		call = alice.Invite("sip:somebody@example.test")
		call.Ack(alice.Expect("500"))
	})
}

// A reload of the server reads the list again, and keeps what it knows.
func TestReload(t *testing.T) {
	text := script(t, "1 sip:127.0.0.21 0 2\n1 sip:127.0.0.22 0 1\n", "", failover)
	path, _, _ := strings.Cut(text[strings.Index(text, `"list_file", "`)+len(`"list_file", "`):], `"`)
	scenario.Run(t, text, func(s *scenario.Scene) {
		alice, bob, carol, dave := s.Phone("alice"), s.Phone("bob"), s.Phone("carol"), s.Phone("dave")
		call := alice.Invite("sip:somebody@example.test")
		bob.Reply(bob.Expect("INVITE"), 500)
		bob.Expect("ACK")
		carol.Reply(carol.Expect("INVITE"), 486)
		carol.Expect("ACK")
		call.Ack(alice.Expect("486"))
		write := func(list string) {
			if err := os.WriteFile(path, []byte(list), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		write("nonsense\n")
		if err := s.Server.Reload(); err == nil || !strings.Contains(err.Error(), "list:1: expected the number of a set") {
			t.Errorf("a bad list: %v", err)
		}
		write("1 sip:127.0.0.21 0 2\n1 sip:127.0.0.23 0 1\n")
		if err := s.Server.Reload(); err != nil {
			t.Fatal(err)
		}
		call = alice.Invite("sip:somebody@example.test")
		dave.Reply(dave.Expect("INVITE"), 486)
		dave.Expect("ACK")
		call.Ack(alice.Expect("486"))
	})
}
