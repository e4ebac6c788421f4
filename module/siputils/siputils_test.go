package siputils

import (
	"strings"
	"testing"

	"viaduct/internal/siptest/scripttest"
	"viaduct/script/syntax"
)

func replace(t *testing.T, old, new string) string {
	t.Helper()
	return scripttest.Swap(t, scripttest.Invite, old, new)
}

func ruri(uri string) string {
	return strings.Replace(scripttest.Invite, "sip:bob@example.test", uri, 1)
}

const ringing = "SIP/2.0 180 Ringing\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK2\r\n" +
	"Via: SIP/2.0/UDP 127.0.0.9:5070;branch=z9hG4bK1\r\nRecord-Route: <sip:RR;lr>\r\n" +
	"From: <sip:alice@example.test>;tag=f1\r\nTo: <sip:bob@example.test>;tag=t1\r\n" +
	"Call-ID: c1@example.test\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n"

// Where Kamailio 5.6.3 was asked, the results are its own.
func TestQuestions(t *testing.T) {
	const dated = "Date: Mon, 23 Nov 2020 00:35:46 GMT"
	for _, test := range []struct {
		text, body string
		code       int
	}{
		{scripttest.Invite, `is_request();`, 1},
		{scripttest.Invite, `is_reply();`, -1},
		{scripttest.Invite, `has_totag();`, -1},
		{replace(t, "To: <sip:bob@example.test>", "To: <sip:b@b.test>;tag=x"), `has_totag();`, 1},
		{replace(t, "To: <sip:bob@example.test>", "To: <sip:b@b.test>;tag="), `has_totag();`, -1},
		{replace(t, "To: <sip:bob@example.test>", "To: <sip:b@b.test;tag=x>"), `has_totag();`, -1},
		{scripttest.Invite, `is_first_hop();`, 1},
		{scripttest.With(scripttest.Invite, "Via: SIP/2.0/UDP 127.0.0.2;branch=z9hG4bK9"), `is_first_hop();`, -1},
		{replace(t, ";branch=z9hG4bK1", ";branch=z9hG4bK1, SIP/2.0/UDP 127.0.0.2"), `is_first_hop();`, -1},
		{scripttest.With(scripttest.Invite, "Supported: path,100rel"), `is_supported("path");`, 1},
		{scripttest.With(scripttest.Invite, "Supported: path", "k: 100rel"), `is_supported("100REL");`, 1},
		{scripttest.With(scripttest.Invite, "Supported: path"), `is_supported("outbound");`, -1},
		{scripttest.Invite, `hdr_date_check("10");`, -1},
		{scripttest.With(scripttest.Invite, "Date: yesterday"), `hdr_date_check("10");`, -2},
		{scripttest.With(scripttest.Invite, dated), `hdr_date_check("10");`, -4},
		{scripttest.With(scripttest.Invite, strings.Replace(dated, "2020", "2222", 1)), `hdr_date_check("10");`, -3},

		{scripttest.Invite, `is_tel_number("+123");`, 1},
		{scripttest.Invite, `is_tel_number("123");`, 1},
		{scripttest.Invite, `is_tel_number("+");`, -2},
		{scripttest.Invite, `is_tel_number("12a");`, -2},
		{scripttest.Invite, `is_tel_number("");`, -2},
		{scripttest.Invite, `is_numeric("12");`, 1},
		{scripttest.Invite, `is_numeric("+12");`, -2},
		{scripttest.Invite, `is_alphanum("aZ9");`, 1},
		{scripttest.Invite, `is_alphanum("a-");`, -3},
		{scripttest.Invite, `is_alphanumex("a-.", "-.");`, 1},
		{scripttest.Invite, `is_alphanumex("a_", "-.");`, -3},
		{scripttest.Invite, `$var(x) = "+12345"; is_e164("$var(x)");`, 1},
		{scripttest.Invite, `$var(x) = "12345"; is_e164("$var(x)");`, -1},
		{scripttest.Invite, `is_e164("+1");`, -1},
		{scripttest.Invite, `is_e164("+12");`, 1},
		{scripttest.Invite, `is_e164("+123456789012345");`, 1},
		{scripttest.Invite, `is_e164("+1234567890123456");`, -1},
		{scripttest.Invite, `is_e164("+12a45");`, -1},
		{scripttest.Invite, `is_uri_user_e164("sip:+12345@b.test");`, 1},
		{scripttest.Invite, `is_uri_user_e164("sip:12345@b.test");`, -1},
		{scripttest.Invite, `is_uri_user_e164("foo");`, -1},

		{scripttest.Invite, `is_uri("sip:a@b.test");`, 1},
		{scripttest.Invite, `is_uri("foo");`, -1},
		{scripttest.Invite, `cmp_uri("sip:a@B.test", "sip:a@b.TEST");`, 1},
		{scripttest.Invite, `cmp_uri("sip:a@b.test", "sip:a@b.test:5060");`, -1},
		{scripttest.Invite, `cmp_uri("sip:A@b.test", "sip:a@b.test");`, -1},
		{scripttest.Invite, `cmp_aor("sip:a@b.test;x", "sip:a@b.test");`, 1},
		{scripttest.Invite, `cmp_aor("sip:a@b.test:5080", "sip:a@b.test");`, -1},
		{scripttest.Invite, `cmp_aor("sip:a@b.test", "sip:b@b.test");`, -1},
		{scripttest.Invite, `cmp_hdr_name("f", "From");`, 1},
		{scripttest.Invite, `cmp_hdr_name("X-a", "x-A");`, 1},
		{scripttest.Invite, `cmp_hdr_name("X-a", "x-b");`, -1},

		{ruri("sip:b@b.test;user=phone;lr;a=b"), `uri_param("lr");`, 1},
		{ruri("sip:b@b.test;user=phone;lr;a=b"), `uri_param("a");`, -1},
		{ruri("sip:b@b.test;user=phone;lr;a=b"), `uri_param("a", "b");`, 1},
		{ruri("sip:b@b.test;user=phone;lr;a=b"), `uri_param("a", "c");`, -1},
		{ruri("sip:b@b.test;user=phone;lr;a=b"), `uri_param_any("a");`, 1},
		{ruri("sip:b@b.test;user=phone;lr;a=b"), `uri_param_any("x");`, -1},
		{scripttest.Invite, `is_gruu();`, -1},
		{scripttest.Invite, `is_gruu("sip:a@b.test;gr=urn:x");`, 1},
		{scripttest.Invite, `is_gruu("sip:a@b.test;gr");`, 2},
	} {
		m := scripttest.Message(t, test.text)
		if code := scripttest.Run(t, m, test.body, New(scripttest.Myself)); code != test.code {
			t.Errorf("%s: %d, want %d\n%s", test.body, code, test.code, test.text)
		}
	}
}

func TestFirstHopOfReply(t *testing.T) {
	for _, test := range []struct {
		route, body string
		looped      bool
		code        int
	}{
		{"127.0.0.1", `is_first_hop();`, false, 1},
		{"127.0.0.1:5060", `is_first_hop();`, false, 1},
		{"127.0.0.1:5080", `is_first_hop();`, false, -1},
		{"127.0.0.7", `is_first_hop();`, false, -1},
		{"127.0.0.1", `is_first_hop();`, true, -1},
		{"127.0.0.1", `is_first_hop("1");`, true, 1},
		{"us.test", `is_first_hop();`, false, -1},
		{"us.test", `is_first_hop("1");`, false, 1},
	} {
		m := scripttest.Message(t, strings.Replace(ringing, "sip:RR", "sip:"+test.route, 1))
		if test.looped {
			m.Flow.Remote = scripttest.Local
		}
		if code := scripttest.RunReply(t, m, test.body, New(scripttest.Myself)); code != test.code {
			t.Errorf("Record-Route %s, %s: %d, want %d", test.route, test.body, code, test.code)
		}
	}
	if code := scripttest.RunReply(t, scripttest.Message(t, ringing), `is_reply();`, New(scripttest.Myself)); code != 1 {
		t.Errorf("is_reply: %d", code)
	}
}

// Changes of the Request-URI.
func TestRequestURI(t *testing.T) {
	for _, test := range []struct {
		uri, body string
		code      int
		want      string
	}{
		{"sip:bob@b.test", `add_uri_param("nat=yes");`, 1, "sip:bob@b.test;nat=yes"},
		{"sip:bob@b.test;lr", `add_uri_param("nat");`, 1, "sip:bob@b.test;lr;nat"},
		{"sip:a@b.test:5070;x?h=1", `add_uri_param("nat=yes");`, 1, "sip:a@b.test:5070;x;nat=yes?h=1"},
		{"sip:a?b@b.test", `add_uri_param("x");`, 1, "sip:a?b@b.test;x"},
		{"sip:bob@b.test", `add_uri_param("");`, 1, "sip:bob@b.test"},
		{"tel:+123", `add_uri_param("x=1");`, 1, "tel:+123;x=1"},
		{"urn:service:sos", `add_uri_param("x=1");`, -1, "urn:service:sos"},
		{"sip:b@b.test;user=phone;lr;a=b", `uri_param_rm("a");`, 1, "sip:b@b.test;user=phone;lr"},
		{"sip:b@b.test;user=phone;lr;a=b?h=1", `uri_param_rm("USER");`, 1, "sip:b@b.test;lr;a=b?h=1"},
		{"sip:b@b.test;lr", `uri_param_rm("zz");`, 1, "sip:b@b.test;lr"},
		{"urn:x", `uri_param_rm("zz");`, -1, "urn:x"},
		{"tel:+1-23", `tel2sip();`, 1, "sip:+123@example.test;user=phone"},
		{"sip:b@b.test", `tel2sip();`, 2, "sip:b@b.test"},
		{"sip:enc*alice*pw*10.0.0.1*5070*tcp@b.test", `decode_contact();`, 1, "sip:alice:pw@10.0.0.1:5070;transport=tcp"},
		{"sip:enc*alice**10.0.0.1**@b.test", `decode_contact();`, 1, "sip:alice@10.0.0.1"},
		{"sip:foo@b.test", `decode_contact();`, -1, "sip:foo@b.test"},
		{"sip:enc*a*b*c*99999*tcp@b.test", `decode_contact();`, -1, "sip:enc*a*b*c*99999*tcp@b.test"},
		{"sip:b.test;vx=c2lwOmFsaWNlQDEyNy4wLjAuOTo1MDcwO3RyYW5zcG9ydD11ZHA", `contact_param_decode_ruri("vx");`, 1, "sip:alice@127.0.0.9:5070;transport=udp"},
		{"sip:b.test;vx=AAAA", `contact_param_decode_ruri("vx");`, -1, "sip:b.test;vx=AAAA"},
	} {
		m := scripttest.Message(t, ruri(test.uri))
		code := scripttest.Run(t, m, test.body, New(scripttest.Myself))
		if code != test.code || m.URI != test.want {
			t.Errorf("%s %s: %d %s; want %d %s", test.uri, test.body, code, m.URI, test.code, test.want)
		}
	}
}

// Results in a variable.
func TestVariables(t *testing.T) {
	for _, test := range []struct {
		body string
		code int
		want string // of $var(r)
	}{
		{`tel2sip("tel:+(34)-999-888-777", "foo.test", "$var(r)");`, 1, "sip:+34999888777@foo.test;user=phone"},
		{`tel2sip("tel:+12-(34)-56-78;Ext=200;ISUB=+123-456", "foo.test", "$var(r)");`, 1, "sip:+12345678;ext=200;isub=+123-456@foo.test;user=phone"},
		{`tel2sip("sip:a@b.test", "foo.test", "$var(r)");`, 2, ""},
		{`tel2sip("tel:", "foo.test", "$var(r)");`, -1, ""},
		{`get_uri_param("user", "$var(r)");`, 1, "phone"},
		{`get_uri_param("none", "$var(r)");`, -1, ""},
		{`$var(r) = "sip:user@host:5070;p=1"; set_uri_user("$var(r)", "new");`, 1, "sip:new@host:5070;p=1"},
		{`$var(r) = "sip:user@host:5070;p=1"; set_uri_host("$var(r)", "h2");`, 1, "sip:user@h2:5070;p=1"},
		{`$var(r) = "sip:host"; set_uri_user("$var(r)", "new");`, 1, "sip:new@host"},
		{`$var(r) = "sip:a:b@host"; set_uri_user("$var(r)", "");`, 1, "sip:host"},
		{`$var(r) = "host"; set_uri_user("$var(r)", "x");`, -1, "host"},
	} {
		code, value := runFor(t, ruri("sip:bob@example.test;user=phone"), test.body)
		if code != test.code || value != test.want {
			t.Errorf("%s: %d %q; want %d %q", test.body, code, value, test.code, test.want)
		}
	}
}

// runFor runs statements and gives $var(r) as well.
func runFor(t *testing.T, text, body string) (code int, value string) {
	t.Helper()
	m := scripttest.Message(t, text)
	scripttest.Run(t, m, `$var(r) = ""; `+body+` $avp(code) = $rc; $avp(r) = $var(r);`, New(scripttest.Myself))
	return int(m.AVPs.Get("code").AsInt()), m.AVPs.Get("r").AsString()
}

// Changes of Contact.
func TestContact(t *testing.T) {
	for _, test := range []struct {
		contact, body string
		code          int
		want          string
	}{
		{"<sip:alice:pw@10.0.0.1:5070;transport=tcp;x=y>;q=0.5", `encode_contact("enc", "127.0.0.1");`, 1, "<sip:enc*alice*pw*10.0.0.1*5070*tcp@127.0.0.1>;q=0.5"},
		{"<sip:alice@10.0.0.1>", `encode_contact("enc", "127.0.0.1");`, 1, "<sip:enc*alice**10.0.0.1**@127.0.0.1>"},
		{"<sip:10.0.0.1:5070>", `encode_contact("enc", "127.0.0.1");`, 1, "<sip:enc***10.0.0.1*5070*@127.0.0.1>"},
		{`"sip:a <b>" <sip:a@10.0.0.1>, sip:b@10.0.0.2;q=1`, `encode_contact("e", "h");`, 1, `"sip:a <b>" <sip:e*a**10.0.0.1**@h>, sip:e*b**10.0.0.2**@h;q=1`},
		{"*", `encode_contact("enc", "127.0.0.1");`, 1, "*"},
		{"<sip:enc*alice*pw*10.0.0.1*5070*tcp@127.0.0.1>;q=0.5", `decode_contact_header();`, 1, "<sip:alice:pw@10.0.0.1:5070;transport=tcp>;q=0.5"},
		{"<sip:alice@127.0.0.1>", `decode_contact_header();`, -1, "<sip:alice@127.0.0.1>"},
		{"<sip:alice@127.0.0.9:5070;transport=udp>", `contact_param_encode("vx", "sip:9.9.9.9");`, 1, "<sip:9.9.9.9;vx=c2lwOmFsaWNlQDEyNy4wLjAuOTo1MDcwO3RyYW5zcG9ydD11ZHA>"},
		{"<sip:9.9.9.9;vx=c2lwOmFsaWNlQDEyNy4wLjAuOTo1MDcwO3RyYW5zcG9ydD11ZHA>", `contact_param_decode("vx");`, 1, "<sip:alice@127.0.0.9:5070;transport=udp>"},
		{"<sip:9.9.9.9;vx=AAAA>", `contact_param_decode("vx");`, -1, "<sip:9.9.9.9;vx=AAAA>"},
		{"<sip:alice@127.0.0.9:5070;transport=udp>", `contact_param_rm("transport");`, 1, "<sip:alice@127.0.0.9:5070>"},
		{"<sip:alice@127.0.0.9:5070;transport=udp>", `contact_param_check("transport");`, 1, "<sip:alice@127.0.0.9:5070;transport=udp>"},
	} {
		m := scripttest.Message(t, replace(t, "<sip:alice@127.0.0.9:5070;transport=udp>", test.contact))
		code := scripttest.Run(t, m, test.body, New(scripttest.Myself))
		if got := scripttest.Forwarded(m); code != test.code || !strings.Contains(got, "Contact: "+test.want+"\r\n") {
			t.Errorf("%s %s: %d\n%s\nwant %d %s", test.contact, test.body, code, got, test.code, test.want)
		}
	}
}

func TestOptionsReply(t *testing.T) {
	options := strings.NewReplacer("INVITE", "OPTIONS").Replace(ruri("sip:127.0.0.1"))
	params := `modparam("siputils", "options_accept_language", "de")`
	m := scripttest.Message(t, options)
	if code := scripttest.RunWith(t, m, params, `options_reply();`, New(scripttest.Myself)); code != 1 {
		t.Fatalf("%d", code)
	}
	sent := scripttest.Sends(m)
	want := "\r\nAccept: */*\r\nAccept-Encoding: \r\nAccept-Language: de\r\nSupported: \r\nContent-Length: 0\r\n\r\n"
	if len(sent) != 1 || !strings.HasPrefix(sent[0].Text, "SIP/2.0 200 OK\r\n") || !strings.HasSuffix(sent[0].Text, want) {
		t.Errorf("sent %v", sent)
	}
	for _, text := range []string{ruri("sip:127.0.0.1"), strings.Replace(options, "sip:127.0.0.1", "sip:bob@127.0.0.1", 1)} {
		m := scripttest.Message(t, text)
		if code := scripttest.Run(t, m, `options_reply();`, New(scripttest.Myself)); code != -1 || len(scripttest.Sends(m)) != 0 {
			t.Errorf("%d, %v for %s", code, scripttest.Sends(m), text)
		}
	}
	if _, err := scripttest.TryCompile("loadmodule \"options.so\"\nmodparam(\"options\", \"accept\", \"x/y\")\nroute { options_reply(); }", syntax.OpenSER, NewOptions()); err != nil {
		t.Error(err)
	}
}

func TestRemotePartyID(t *testing.T) {
	for _, test := range []struct {
		body, want string
		code       int
	}{
		{`append_rpid_hf();`, "", -1},
		{`$avp(s:rpid) = "+12345"; append_rpid_hf();`, "Remote-Party-ID: +12345;party=calling;id-type=subscriber;screen=yes\r\n", 1},
		{`$avp(s:rpid) = "+12345"; append_rpid_hf("a<", "b>");`, "Remote-Party-ID: a<+12345b>\r\n", 1},
		{`is_rpid_user_e164();`, "", -1},
		{`$avp(s:rpid) = "+12345"; is_rpid_user_e164();`, "", -1},
		{`$avp(s:rpid) = "<sip:+12345@b.test>"; is_rpid_user_e164();`, "", 1},
		{`$avp(s:rpid) = "<sip:bob@b.test>"; is_rpid_user_e164();`, "", -1},
	} {
		m := scripttest.Message(t, scripttest.Invite)
		code := scripttest.Run(t, m, test.body, New(scripttest.Myself))
		got := scripttest.Forwarded(m)
		if code != test.code || !strings.Contains(got, test.want) || test.want == "" && strings.Contains(got, "Remote") {
			t.Errorf("%s: %d\n%s", test.body, code, got)
		}
	}
}

func TestChargingVector(t *testing.T) {
	for _, test := range []struct {
		field, body string
		count       int
		same        bool
	}{
		{"", `sip_p_charging_vector("g");`, 1, false},
		{"P-Charging-Vector: icid-value=1", `sip_p_charging_vector("g");`, 1, true},
		{"P-Charging-Vector: icid-value=1", `sip_p_charging_vector("f");`, 1, false},
		{"P-Charging-Vector: icid-value=1", `sip_p_charging_vector("r");`, 0, false},
	} {
		text := scripttest.Invite
		if test.field != "" {
			text = scripttest.With(text, test.field)
		}
		m := scripttest.Message(t, text)
		scripttest.Run(t, m, test.body, New(scripttest.Myself))
		got := scripttest.Forwarded(m)
		if strings.Count(got, "P-Charging-Vector") != test.count || strings.Contains(got, "icid-value=1\r\n") != test.same {
			t.Errorf("%s %s:\n%s", test.field, test.body, got)
		}
	}
}

func TestHotPathAllocatesNothing(t *testing.T) {
	m := scripttest.Message(t, scripttest.Invite)
	for _, body := range []string{`has_totag();`, `is_first_hop();`, `is_request();`, `is_numeric("123");`} {
		if n := scripttest.Allocations(t, m, body, New(scripttest.Myself)); n != 0 {
			t.Errorf("%s: %v allocations", body, n)
		}
	}
}

func TestURIModuleOfOpenSER(t *testing.T) {
	m := scripttest.Message(t, scripttest.Invite)
	p, err := scripttest.TryCompile("loadmodule \"uri.so\"\nroute { has_totag(); }", syntax.OpenSER, NewURI(scripttest.Myself))
	if err != nil {
		t.Fatal(err)
	}
	if code := p.Find(syntax.RequestRoute, "").Run(&m.Context).Code; code != -1 {
		t.Errorf("%d", code)
	}
}
