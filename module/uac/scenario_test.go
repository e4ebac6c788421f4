package uac_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"viaduct/digest"
	"viaduct/internal/siptest/scenario"
	"viaduct/sip"
)

func script(text string) string {
	head := "#!KAMAILIO\nlisten=udp:127.0.0.15:5060\n"
	for _, m := range []string{"tm", "tmx", "sl", "rr", "textops", "siputils", "xlog", "pv", "uac"} {
		head += "loadmodule \"" + m + ".so\"\n"
	}
	return head + text
}

const disguise = `
PARAMS
request_route {
	if (is_method("CANCEL")) { t_relay(); exit; }
	if (has_totag()) { loose_route(); xlog("$rm from $fu to $tu\n"); EXTRA t_relay(); exit; }
	record_route();
	REPLACE
	$du = "sip:127.0.0.21";
	t_relay();
}
`

func disguised(params, replace, extra string) string {
	return script(strings.NewReplacer("PARAMS", params, "REPLACE", replace, "EXTRA", extra).Replace(disguise))
}

// addresses gives From and To of a message without their tags.
func addresses(m *sip.Message) string {
	plain := func(kind sip.FieldKind) string {
		text, _, _ := strings.Cut(m.Get(kind), ";tag=")
		return text
	}
	return plain(sip.FieldFrom) + " -> " + plain(sip.FieldTo)
}

// From and To are one thing to the caller and another to the callee, in all
// requests and replies of the dialog and in both directions.
func TestDisguise(t *testing.T) {
	for _, params := range []string{"", `modparam("uac", "restore_passwd", "secret")`, `modparam("uac", "rr_from_store_param", "f") modparam("uac", "rr_to_store_param", "t")`} {
		scenario.Run(t, disguised(params, `uac_replace_from("Robot", "sip:robot@other.test"); uac_replace_to("sip:team@other.test");`, ""), func(s *scenario.Scene) {
			alice, bob := s.Phone("alice"), s.Phone("bob")
			expect := func(who string, m *sip.Message, want string) {
				t.Helper()
				if got := addresses(m); got != want {
					t.Errorf("%s %s: %s %s, want %s", params, who, m.Summary(), got, want)
				}
			}
			const callers = "<sip:alice@example.test> -> <sip:bob@example.test>"
			call := alice.Invite("sip:bob@example.test")
			invite := bob.Expect("INVITE")
			expect("bob", invite, "Robot <sip:robot@other.test> -> <sip:team@other.test>")
			answer := bob.Take(invite)
			bob.Reply(invite, 180)
			expect("alice", alice.Expect("180"), callers)
			bob.Reply(invite, 200)
			ok := alice.Expect("200")
			expect("alice", ok, callers)
			call.Ack(ok)
			expect("bob", bob.Expect("ACK"), "<sip:robot@other.test> -> <sip:team@other.test>")
			call.Request("INVITE")
			again := bob.Expect("INVITE")
			expect("bob", again, "<sip:robot@other.test> -> <sip:team@other.test>")
			bob.Reply(again, 200)
			ok = alice.Expect("200")
			expect("alice", ok, callers)
			call.Ack(ok)
			bob.Expect("ACK")
			answer.Request("BYE")
			bye := alice.Expect("BYE")
			expect("alice", bye, "<sip:bob@example.test> -> Robot <sip:alice@example.test>")
			alice.Reply(bye, 200)
			expect("bob", bob.Expect("200"), "<sip:team@other.test> -> Robot <sip:robot@other.test>")
		})
	}
}

// The CANCEL and the ACK of a refusal are as the INVITE was.
func TestDisguiseOfARefusedCall(t *testing.T) {
	scenario.Play(t, "refused", disguised("", `uac_replace_from("sip:robot@other.test");`, ""), func(s *scenario.Scene) {
		alice, bob := s.Phone("alice"), s.Phone("bob")
		call := alice.Invite("sip:bob@example.test")
		invite := bob.Expect("INVITE")
		bob.Reply(invite, 180)
		alice.Expect("180")
		call.Cancel()
		cancel := bob.Expect("CANCEL")
		bob.Reply(cancel, 200)
		bob.Reply(invite, 487)
		ack := bob.Expect("ACK")
		for _, m := range []*sip.Message{cancel, ack} {
			if !strings.HasPrefix(addresses(m), "<sip:robot@other.test>") {
				t.Errorf("%s: %s", m.Method, addresses(m))
			}
		}
		refused := alice.Wait("487")
		if !strings.HasPrefix(addresses(refused), "<sip:alice@example.test>") {
			t.Errorf("the 487: %s", addresses(refused))
		}
		call.Ack(refused)
		s.Wait(time.Millisecond)
	})
}

func TestDisguiseModes(t *testing.T) {
	for _, test := range []struct{ mode, extra, reply, later string }{
		{"none", "", "<sip:robot@other.test> -> <sip:bob@example.test>", "<sip:alice@example.test> -> <sip:bob@example.test>"},
		{"manual", "", "<sip:alice@example.test> -> <sip:bob@example.test>", "<sip:alice@example.test> -> <sip:bob@example.test>"},
		{"manual", `uac_restore_from();`, "<sip:alice@example.test> -> <sip:bob@example.test>", "<sip:robot@other.test> -> <sip:bob@example.test>"},
		{"manual", `if (!uac_restore_to()) append_hf("X-None: yes\r\n");`, "<sip:alice@example.test> -> <sip:bob@example.test>", "<sip:alice@example.test> -> <sip:bob@example.test>"},
	} {
		scenario.Run(t, disguised(`modparam("uac", "restore_mode", "`+test.mode+`")`, `uac_replace_from("sip:robot@other.test");`, test.extra), func(s *scenario.Scene) {
			alice, bob := s.Phone("alice"), s.Phone("bob")
			call := alice.Invite("sip:bob@example.test")
			bob.Reply(bob.Expect("INVITE"), 200)
			ok := alice.Expect("200")
			if got := addresses(ok); got != test.reply {
				t.Errorf("%s: the reply is %s, want %s", test.mode, got, test.reply)
			}
			call.Ack(ok)
			bob.Expect("ACK")
			call.Request("BYE")
			if got := addresses(bob.Expect("BYE")); got != test.later {
				t.Errorf("%s %s: the BYE is %s, want %s", test.mode, test.extra, got, test.later)
			}
		})
	}
}

// A branch may show another caller than the others do.
func TestDisguiseOfABranch(t *testing.T) {
	scenario.Run(t, script(`
request_route {
	if (is_method("ACK")) { t_relay(); exit; }
	append_branch("sip:carol@127.0.0.22"); $ru = "sip:bob@127.0.0.21";
	t_on_branch("B"); t_relay();
}
branch_route[B] { if ($rU == "carol") uac_replace_from("sip:robot@other.test"); }
`), func(s *scenario.Scene) {
		alice, bob, carol := s.Phone("alice"), s.Phone("bob"), s.Phone("carol")
		alice.Invite("sip:bob@example.test")
		toBob, toCarol := addresses(bob.Expect("INVITE")), carol.Expect("INVITE")
		if !strings.HasPrefix(toBob, "<sip:alice@example.test>") || !strings.HasPrefix(addresses(toCarol), "<sip:robot@other.test>") {
			t.Errorf("bob sees %s, carol %s", toBob, addresses(toCarol))
		}
		carol.Reply(toCarol, 200)
		if got := addresses(alice.Expect("200")); !strings.HasPrefix(got, "<sip:alice@example.test>") {
			t.Errorf("alice gets %s", got)
		}
	})
}

const credentials = `
modparam("uac", "auth_username_avp", "$avp(user)")
modparam("uac", "auth_password_avp", "$avp(password)")
modparam("uac", "auth_realm_avp", "$avp(realm)")
modparam("uac", "credential", "fallback:other:se:cret")
request_route {
	if (is_method("ACK")) { t_relay(); exit; }
	$du = "sip:127.0.0.21"; t_on_failure("AUTH"); t_relay();
}
failure_route[AUTH] {
	SET
	$var(r) = CALL;
	xlog("$T_reply_code: $var(r)\n");
	if ($var(r) > 0) t_relay();
}
`

// A challenge from behind is answered; the caller does not notice.
func TestAuth(t *testing.T) {
	const set = `$avp(user) = "u"; $avp(password) = "p"; $avp(realm) = "r";`
	md5 := digest.MD5.Hash("u", "r", "p")
	for _, test := range []struct {
		name, set, call string
		status          int
		challenge       []string
		field           string // "" when nothing is answered
		user, ha1       string
		algorithm       digest.Algorithm
		qop             bool
	}{
		{"MD5", set, "uac_auth()", 401, []string{`WWW-Authenticate: Digest realm="r", nonce="n"`}, "Authorization", "u", md5, digest.MD5, false},
		{"a proxy, with qop", set, "uac_auth()", 407, []string{`Proxy-Authenticate: Digest realm="r", nonce="n", qop="auth,auth-int", opaque="o"`}, "Proxy-Authorization", "u", md5, digest.MD5, true},
		{"SHA-256", set, "uac_auth()", 401, []string{`WWW-Authenticate: Digest realm="r", nonce="n", algorithm=SHA-256, qop="auth"`}, "Authorization", "u", digest.SHA256.Hash("u", "r", "p"), digest.SHA256, true},
		{"the first that is known", set, "uac_auth()", 401, []string{
			`WWW-Authenticate: Digest realm="r", nonce="x", algorithm=SHA-999`, `WWW-Authenticate: Digest realm="r", nonce="n", algorithm=SHA-256`,
			`WWW-Authenticate: Digest realm="r", nonce="y"`}, "Authorization", "u", digest.SHA256.Hash("u", "r", "p"), digest.SHA256, false},
		{"a hash", `$avp(user) = "u"; $avp(password) = "` + md5 + `";`, `uac_auth("1")`, 401, []string{`WWW-Authenticate: Digest realm="r", nonce="n"`}, "Authorization", "u", md5, digest.MD5, false},
		{"a hash, as the other word has it", `$avp(user) = "u"; $avp(password) = "` + md5 + `";`, `uac_auth_mode(1)`, 401, []string{`WWW-Authenticate: Digest realm="r", nonce="n"`}, "Authorization", "u", md5, digest.MD5, false},
		{"a hash of MD5 for SHA-256", `$avp(user) = "u"; $avp(password) = "` + md5 + `";`, `uac_auth("1")`, 401, []string{`WWW-Authenticate: Digest realm="r", nonce="n", algorithm=SHA-256`}, "", "", "", 0, false},
		{"a realm of the parameter", set, "uac_auth()", 401, []string{`WWW-Authenticate: Digest realm="other", nonce="n"`}, "Authorization", "fallback", digest.MD5.Hash("fallback", "other", "se:cret"), digest.MD5, false},
		{"an unknown realm", set, "uac_auth()", 401, []string{`WWW-Authenticate: Digest realm="third", nonce="n"`}, "", "", "", 0, false},
		{"not Digest", set, "uac_auth()", 401, []string{`WWW-Authenticate: Basic realm="r"`}, "", "", "", 0, false},
		{"no challenge", set, "uac_auth()", 401, nil, "", "", "", 0, false},
		{"no such status", set, "uac_auth()", 403, []string{`WWW-Authenticate: Digest realm="r", nonce="n"`}, "", "", "", 0, false},
		{"nobody", "", "uac_auth()", 401, []string{`WWW-Authenticate: Digest realm="r", nonce="n"`}, "", "", "", 0, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			scenario.Run(t, script(strings.NewReplacer("SET", test.set, "CALL", test.call).Replace(credentials)), func(s *scenario.Scene) {
				alice, bob := s.Phone("alice"), s.Phone("bob")
				call := alice.Invite("sip:bob@example.test")
				bob.Reply(bob.Expect("INVITE"), test.status, test.challenge...)
				bob.Expect("ACK")
				if test.field == "" {
					call.Ack(alice.Expect(fmt.Sprint(test.status)))
					return
				}
				again := bob.Expect("INVITE")
				value, _ := again.Lookup(test.field)
				if value == "" {
					t.Fatalf("%s is missing in\n%s", test.field, again.Text)
				}
				check(t, value, again, test.user, test.ha1, test.algorithm, test.qop)
				bob.Reply(again, 200)
				call.Ack(alice.Expect("200"))
			})
		})
	}
}

// check computes the response anew, as the server would.
func check(t *testing.T, value string, m *sip.Message, user, ha1 string, a digest.Algorithm, qop bool) {
	t.Helper()
	params := map[string]string{}
	for one := range sip.SplitList(strings.TrimPrefix(value, "Digest ")) {
		name, text, _ := strings.Cut(one, "=")
		params[name] = strings.Trim(text, `"`)
	}
	want := a.Hash(ha1, params["nonce"], a.Hash(m.Method, m.RequestURI))
	if qop {
		want = a.Hash(ha1, params["nonce"], params["nc"], params["cnonce"], "auth", a.Hash(m.Method, m.RequestURI))
	}
	if params["username"] != user || params["uri"] != m.RequestURI || params["response"] != want || params["nonce"] != "n" {
		t.Errorf("credentials: %s; want the response %s of %s", value, want, user)
	}
}

const sending = `
modparam("uac", "default_socket", "udp:127.0.0.15:5060")
request_route {
	$uac_req(method) = "MESSAGE"; $uac_req(ruri) = "sip:bob@nowhere.test"; $uac_req(ouri) = "sip:127.0.0.21";
	SET
	$var(r) = uac_req_send();
	xlog("sent: $var(r), $uac_req(method) to $uac_req(turi), code $uac_req(evcode)\n");
	t_reply(202, "Accepted");
}
event_route[uac:reply] { xlog("$uac_req(evparam): $rs $rr, code $uac_req(evcode), type $uac_req(evtype), $rm of $ci\n"); }
`

func TestSend(t *testing.T) {
	for _, test := range []struct {
		name, set   string
		fields      []string // in what bob gets
		reply       int
		printed     string
		nothingSent bool
	}{
		{"the least", "", []string{"MESSAGE sip:bob@nowhere.test SIP/2.0", "To: <sip:bob@nowhere.test>", "CSeq: 10 MESSAGE", "Content-Length: 0"}, 200,
			"sent: 1, MESSAGE to <null>, code 0\n", false},
		{"all of it", `$uac_req(furi) = "\"Me\" <sip:me@us.test>"; $uac_req(turi) = "sip:you@us.test"; $uac_req(callid) = "mine";
			$uac_req(hdrs) = "X-A: 1\r\nContent-Type: text/plain"; $uac_req(body) = "hello"; $uac_req(sock) = "udp:127.0.0.15:5060"; $uac_req(evroute) = 1; $uac_req(evparam) = "p";`,
			[]string{`From: "Me" <sip:me@us.test>;tag=`, "To: <sip:you@us.test>\r\n", "Call-ID: mine", "X-A: 1", "Content-Type: text/plain", "Content-Length: 5", "\r\n\r\nhello"}, 404,
			"sent: 1, MESSAGE to sip:you@us.test, code 0\np: 404 Not Found, code 404, type 1, MESSAGE of mine\n", false},
		{"no method", `$uac_req(method) = $null;`, nil, 0, "sent: -1, <null> to <null>, code 0\n", true},
		{"nothing", `$uac_req(all) = $null;`, nil, 0, "sent: -1, <null> to <null>, code 0\n", true},
		{"a line end", `$uac_req(furi) = "sip:me@us.test\r\nX: y";`, nil, 0, "sent: -1, MESSAGE to <null>, code 0\n", true},
		{"a bad socket", `$uac_req(sock) = "nonsense";`, nil, 0, "sent: -1, MESSAGE to <null>, code 0\n", true},
		{"nobody answers", `$uac_req(evroute) = 1; $uac_req(callid) = "c";`, []string{"Call-ID: c"}, 0,
			"sent: 1, MESSAGE to <null>, code 0\n<null>: 408 Request Timeout, code 408, type 2, MESSAGE of c\n", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			printed := scenario.Run(t, script(strings.Replace(sending, "SET", test.set, 1)), func(s *scenario.Scene) {
				alice, bob := s.Phone("alice"), s.Phone("bob")
				alice.Dialog("sip:us@example.test").Request("OPTIONS")
				alice.Expect("202")
				if test.nothingSent {
					bob.ExpectNothing(time.Second)
					return
				}
				message := bob.Expect("MESSAGE")
				for _, field := range test.fields {
					if !strings.Contains(message.Text, field) {
						t.Errorf("%q is missing in\n%s", field, message.Text)
					}
				}
				if test.reply != 0 {
					bob.Reply(message, test.reply)
					s.Wait(time.Millisecond)
					return
				}
				s.Wait(time.Minute)
			})
			if printed != test.printed {
				t.Errorf("printed\n%swant\n%s", printed, test.printed)
			}
		})
	}
}

// With a user a challenge is answered once, in a request of the same Call-ID
// and the next CSeq; the route runs for both replies.
func TestSendIsChallenged(t *testing.T) {
	scenario.Play(t, "challenged", script(strings.Replace(sending, "SET", `$uac_req(auser) = "u"; $uac_req(apasswd) = "p"; $uac_req(evroute) = 1; $uac_req(callid) = "c";`, 1)), func(s *scenario.Scene) {
		alice, bob := s.Phone("alice"), s.Phone("bob")
		alice.Dialog("sip:us@example.test").Request("OPTIONS")
		alice.Expect("202")
		first := bob.Expect("MESSAGE")
		bob.Reply(first, 401, `WWW-Authenticate: Digest realm="r", nonce="n", algorithm=SHA-256, qop="auth"`)
		second := bob.Expect("MESSAGE")
		value, _ := second.Lookup("Authorization")
		check(t, value, second, "u", digest.SHA256.Hash("u", "r", "p"), digest.SHA256, true)
		if second.CSeq.Number != first.CSeq.Number+1 || second.CallID() != first.CallID() || second.FromTag() != first.FromTag() || second.Via.Branch == first.Via.Branch {
			t.Errorf("the second request is\n%s", second.Text)
		}
		bob.Reply(second, 401, `WWW-Authenticate: Digest realm="r", nonce="n2"`)
		s.Wait(time.Second)
		bob.ExpectNothing(time.Second)
	})
}
