package dispatcher

import (
	"slices"
	"strings"
	"testing"

	"viaduct/internal/siptest/scripttest"
	"viaduct/script"
	"viaduct/script/syntax"
)

const varied = `1 sip:127.0.0.1:7001 0 0 my=x;socket=udp:127.0.0.1:5060;duid=one
1 sip:127.0.0.1:7002;transport=tcp;a=b
1 sip:user@127.0.0.1:7003
2 sip:127.0.0.1:7004
2 sip:127.0.0.1:7005
2 sip:127.0.0.1:7006
4 sip:127.0.0.1
9 sip:127.0.0.1:7009 1
`

// What the words leave in the message. Kamailio 5.6.3 says the same, but where
// docs/modules/dispatcher.md tells otherwise.
func TestWords(t *testing.T) {
	const (
		place = ` say("$rc $du $ru $fs"); `
		whole = ` say("$rc $xavp(_dsdst_=>uri) $xavp(_dsdst_=>grp) $xavp(_dsdst_=>attrs) $xavp(_dsdst_=>sock) $xavp(_dsdst_=>dstid) $xavp(_dsctx_=>cnt)"); `
		count = ` say("$rc $xavp(_dsctx_=>cnt) $(xavp(_dsdst_[0]=>uri){uri.port}) $(xavp(_dsdst_[1]=>uri){uri.port}) $(xavp(_dsdst_[2]=>uri){uri.port})"); `
	)
	for _, test := range []struct {
		name, params, body string
		want               string
	}{
		{"one after the other", "flags=2", `ds_select_dst("1", "8");` + place + `ds_next_dst();` + place + `ds_next_dst();` + place + `ds_next_dst();` + place + `ds_set_dst();` + place,
			"1 sip:user@127.0.0.1:7003 sip:bob@example.test <null>|1 sip:127.0.0.1:7002;transport=tcp;a=b sip:bob@example.test <null>|" +
				"1 sip:127.0.0.1:7001 sip:bob@example.test udp:127.0.0.1:5060|-1 sip:127.0.0.1:7001 sip:bob@example.test udp:127.0.0.1:5060|" +
				"-1 sip:127.0.0.1:7001 sip:bob@example.test udp:127.0.0.1:5060"},
		{"what is kept", "flags=2", `ds_select_dst("1", "8");` + whole + `ds_next_dst(); ds_next_dst();` + whole,
			"1 sip:user@127.0.0.1:7003 1 <null> <null> <null> 3|1 sip:127.0.0.1:7001 1 my=x;socket=udp:127.0.0.1:5060;duid=one udp:127.0.0.1:5060 <null> 3"},
		{"the Request-URI", "flags=2", `$ru = "sip:bob:pw@example.test:5070;p=q?H=v"; ds_select_domain("1", "8");` + place + `ds_next_domain();` + place + `ds_select_domain("2", "8");` + place,
			"1 <null> sip:bob:pw@127.0.0.1:7003 <null>|1 <null> sip:bob:pw@127.0.0.1:7002;transport=tcp;a=b <null>|1 <null> sip:bob:pw@127.0.0.1:7006 <null>"},
		{"no user, sips", "flags=2", `$ru = "sips:example.test;p=q"; ds_select_domain("2", "8");` + place, "1 <null> sips:127.0.0.1:7006 <null>"},
		{"no SIP URI", "flags=2", `$ru = "tel:+123"; ds_select_domain("2", "8");` + place, "-1 <null> tel:+123 <null>"},
		{"selecting alone", "flags=2", `ds_select("2", "8");` + place + `ds_set_dst();` + place + `ds_set_domain();` + place + `ds_next_domain();` + place,
			"1 <null> sip:bob@example.test <null>|1 sip:127.0.0.1:7006 sip:bob@example.test <null>|1 sip:127.0.0.1:7006 sip:bob@127.0.0.1:7006 <null>|1 sip:127.0.0.1:7006 sip:bob@127.0.0.1:7005 <null>"},
		{"without failover", "flags=0", `ds_select_dst("2", "8");` + whole + `ds_next_dst();` + place, "1 <null> <null> <null> <null> <null> 0|-1 sip:127.0.0.1:7006 sip:bob@example.test <null>"},
		{"one selection on top of the other", "flags=2", `ds_select_dst("2", "8"); ds_select_dst("4", "8");` + count + `ds_next_dst();` + place, "1 1  7006 7005|1 sip:127.0.0.1:7006 sip:bob@example.test <null>"},
		{"a limit", "flags=2", `ds_select_dst("2", "8", "2");` + count, "1 2 7006 7005 "},
		{"no limit", "flags=2", `ds_select_dst("2", "8", "-1");` + count, "1 3 7006 7005 7004"},
		{"a limit that is none", "flags=2", `$var(l) = "x"; ds_select_dst("2", "8", "$var(l)");` + count, "-1 <null>   "},
		{"no such set", "flags=2", `ds_select_dst("7", "8");` + count + `$var(x) = "a"; ds_select_dst("$var(x)", "8"); say("$rc");`, "-1 <null>   |-1"},
		{"a set that is down", "flags=2", `ds_select_dst("9", "4");` + place, "-1 <null> sip:bob@example.test <null>"},
		{"not over what is set", "force_dst=0", `$du = "sip:127.0.0.1:9"; ds_select_dst("2", "8");` + place + `ds_select_domain("2", "8");` + place,
			"-1 sip:127.0.0.1:9 sip:bob@example.test <null>|1 sip:127.0.0.1:9 sip:bob@127.0.0.1:7006 <null>"},
		{"all at once, none up", "flags=2", `ds_select_dst("9", "12"); say("$rc");`, "-1"},
		{"routes", "flags=2", `ds_select_routes("2=8;4=8", "d");` + place + count, "1 sip:127.0.0.1:7006 sip:bob@example.test <null>|1 4 7006 7005 7004"},
		{"routes to the Request-URI, with a limit", "flags=2", `ds_select_routes("4=8;2=4;", "ruri", "2");` + place + count, "1 <null> sip:bob@127.0.0.1 <null>|1 2  7006 "},
		{"routes into records", "flags=2", `ds_select_routes("77=8;2=8", "x");` + place + count, "1 <null> sip:bob@example.test <null>|1 3 7006 7005 7004"},
		{"routes to nowhere", "flags=2", `ds_select_routes("77=8", "d"); say("$rc"); ds_select_routes("2=8", "q"); say("$rc"); $var(r) = "2:8"; ds_select_routes("$var(r)", "d"); say("$rc"); ds_select_routes("2=8", ""); say("$rc");`, "-1|-1|-1|-1"},
		{"routes by variables", "flags=2", `$var(a) = 8; ds_select_routes("2=$var(a)", "dst");` + place, "1 sip:127.0.0.1:7006 sip:bob@example.test <null>"},
		{"other names", `xavp_dst="d"`, `ds_select_dst("2", "8");` + ` say("$xavp(d=>uri) $xavp(_dsdst_=>uri)");`, "<null> <null>"},
		{"fields as the mode says", "xavp_dst_mode=3", `ds_select_dst("1", "8"); say("$rc");`, "1"},
		{"none=yes", "ds_attrs_none=1", `ds_select_dst("2", "8"); say("$rc");`, "1"},
		{"a destination of the script's", "flags=2", `ds_select("2", "8"); $xavp(_dsdst_=>uri) = "sip:other.test:9"; ds_set_dst();` + place + `$xavp(_dsdst_=>uri) = "tel:5"; ds_set_dst();` + place,
			"1 sip:other.test:9 sip:bob@example.test <null>|-1 sip:other.test:9 sip:bob@example.test <null>"},
	} {
		h := newHome(t, varied)
		got := h.run([]string{test.params}, scripttest.Invite, test.body)
		if have := strings.Join(got, "|"); have != test.want {
			t.Errorf("%s:\n%s\nwant\n%s", test.name, have, test.want)
		}
	}
}

// Algorithm 12 makes a branch for each destination but the first.
func TestFork(t *testing.T) {
	for _, test := range []struct{ word, want string }{
		{`ds_select_dst("2", "12")`, "sip:bob@example.test sip:127.0.0.1:7006|sip:bob@example.test sip:127.0.0.1:7005|sip:bob@example.test sip:127.0.0.1:7004"},
		{`ds_select_domain("2", "12")`, "sip:bob@127.0.0.1:7006 |sip:bob@127.0.0.1:7005 |sip:bob@127.0.0.1:7004 "},
		{`ds_select("2", "12")`, "sip:bob@example.test |sip:bob@example.test sip:127.0.0.1:7006|sip:bob@example.test sip:127.0.0.1:7005|sip:bob@example.test sip:127.0.0.1:7004"},
		{`ds_select_domain("4", "12")`, "sip:bob@127.0.0.1 "},
	} {
		m := scripttest.Message(t, scripttest.Invite)
		h := newHome(t, varied)
		h.compile([]string{"flags=2"}, test.word+`; say("$rc $xavp(_dsdst_=>uri) $xavp(_dsctx_=>cnt)");`, "").Find(syntax.RequestRoute, "").Run(&m.Context)
		got := m.URI + " " + m.Destination
		for _, b := range m.Branches {
			got += "|" + b.URI + " " + b.Destination
		}
		if got != test.want || !slices.Equal(h.said.Lines, []string{"1 <null> 0"}) {
			t.Errorf("%s: %s, %q; want %s", test.word, got, h.said.Lines, test.want)
		}
	}
}

// A request has as many branches as the script lets it have.
func TestForkIsBounded(t *testing.T) {
	m := scripttest.Message(t, scripttest.Invite)
	h := newHome(t, strings.Repeat("1 sip:127.0.0.1:7001\n", 40))
	p := scripttest.Compile(t, "max_branches=5\n"+source([]string{"flags=2"}, `ds_select_dst("1", "12");`, ""), h.module(), h.said.Module())
	p.Find(syntax.RequestRoute, "").Run(&m.Context)
	if len(m.Branches) != 4 {
		t.Errorf("%d branches", len(m.Branches))
	}
}

func TestFields(t *testing.T) {
	h := newHome(t, "1 sip:127.0.0.1:1 0 1\n1 sip:127.0.0.1:2 0 0 socket=udp:127.0.0.1:5060;sockname=inner\n")
	params := []string{"flags=2", "ds_attrs_none=1", "xavp_dst_mode=6", `xavp_dst="d"`, `xavp_ctx="c"`, "xavp_ctx_mode=1"}
	got := h.run(params, scripttest.Invite, `ds_select_dst("1", "8");
		say("$xavp(d=>attrs) $xavp(d=>socket) $xavp(d=>sockname) $xavp(d[1]=>socket) $xavp(d[1]=>sockname) $xavp(c=>cnt)");`)
	if want := "none=yes <null> <null> udp:127.0.0.1:5060 inner <null>"; !slices.Equal(got, []string{want}) {
		t.Errorf("%q, want %q", got, want)
	}
}

// Scripts for Kamailio before 5.0 look at AVPs.
func TestOlderVariables(t *testing.T) {
	h := newHome(t, varied)
	var params []string
	for _, name := range strings.Fields("dst grp sock dstid attrs cnt") {
		params = append(params, name+`_avp="$avp(`+name+`)"`)
	}
	const look = ` say("$avp(dst) $avp(grp) $avp(sock) $avp(attrs) $avp(cnt) $(avp(dst)[2])"); `
	got := h.run(append(params, "flags=2"), scripttest.Invite, `ds_select_dst("1", "8");`+look+`ds_next_dst();`+look+`ds_next_dst();`+look+`ds_next_dst();`+look)
	want := []string{
		"sip:user@127.0.0.1:7003 1 udp:127.0.0.1:5060 my=x;socket=udp:127.0.0.1:5060;duid=one 3 sip:127.0.0.1:7001",
		"sip:127.0.0.1:7002;transport=tcp;a=b 1 udp:127.0.0.1:5060 my=x;socket=udp:127.0.0.1:5060;duid=one 3 <null>",
		"sip:127.0.0.1:7001 1 udp:127.0.0.1:5060 my=x;socket=udp:127.0.0.1:5060;duid=one 3 <null>",
		"<null> <null> <null> <null> 3 <null>",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}

// Sockets: the destination's own, by name, or the default.
func TestSockets(t *testing.T) {
	const named = "listen=udp:127.0.0.3:5070 name \"inner\"\nlisten=udp:127.0.0.4:5070 name \"outer\"\n"
	h := newHome(t, "1 sip:127.0.0.1:1 0 3\n1 sip:127.0.0.1:2 0 2 sockname=inner;socket=udp:127.0.0.1:5060\n1 sip:127.0.0.1:3 0 1 socket=udp:127.0.0.1:5060\n")
	for _, test := range []struct{ params, want string }{
		{"flags=2", "<null> udp:127.0.0.3:5070 udp:127.0.0.1:5060"},
		{`flags=2 ds_default_socket="udp:127.0.0.9:5060"`, "udp:127.0.0.9:5060 udp:127.0.0.3:5070 udp:127.0.0.1:5060"},
		{`flags=2 ds_default_sockname="outer" ds_default_socket="udp:127.0.0.9:5060"`, "udp:127.0.0.4:5070 udp:127.0.0.3:5070 udp:127.0.0.1:5060"},
		{`flags=2 ds_default_sockname="unknown"`, "<null> udp:127.0.0.3:5070 udp:127.0.0.1:5060"},
	} {
		text := named + source(strings.Fields(test.params), `ds_select_dst("1", "8"); $var(a) = $fs; ds_next_dst(); $var(b) = $fs; ds_next_dst(); say("$var(a) $var(b) $fs");`, "")
		p := scripttest.Compile(t, strings.Replace(text, "$var(a) = $fs;", `if ($fs == $null) $var(a) = "<null>"; else $var(a) = $fs;`, 1), h.module(), h.said.Module())
		if got := h.play(p, scripttest.Invite); !slices.Equal(got, []string{test.want}) {
			t.Errorf("%s: %q, want %q", test.params, got, test.want)
		}
	}
}

// Choosing a destination costs no allocation but the list of what is kept.
func TestAllocations(t *testing.T) {
	for _, test := range []struct {
		params, body string
		want         float64
	}{
		{"flags=0", `ds_select_dst("2", "0");`, 0},
		{"flags=0", `ds_select_dst("2", "4");`, 0},
		{"flags=0", `ds_select_dst("2", "9");`, 0},
		{"flags=0", `ds_select_dst("2", "13");`, 0},
		{"flags=2", `ds_select_dst("2", "3");`, 0},
		{"flags=0", `ds_select_domain("2", "1");`, 1},
		{"flags=2", `ds_select_routes("2=4;4=8", "d");`, 0},
		{"flags=2", `ds_select_dst("2", "4"); ds_next_dst();`, 0},
		{"flags=0", `ds_is_from_list("2");`, 0},
	} {
		h := newHome(t, varied)
		p := h.compile([]string{test.params}, test.body, "")
		m := scripttest.Message(t, scripttest.Invite)
		m.AVPs = new(script.AVPs)
		route := p.Find(syntax.RequestRoute, "")
		n := testing.AllocsPerRun(100, func() {
			for m.AVPs.PopXAVP("_dsdst_") {
			}
			route.Run(&m.Context)
		})
		if n > test.want {
			t.Errorf("%s %s: %v allocations, want %v", test.params, test.body, n, test.want)
		}
	}
}
