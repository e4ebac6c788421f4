package script

import (
	"strings"
	"testing"

	"viaduct/script/syntax"
)

// What assignments do; the answers are Kamailio 5.6.3's own but where noted.
var assignmentTests = []struct{ script, want string }{
	// AVPs are stacks
	{`$avp(a)="1"; $avp(a)="2"; $avp(a)="3"; xlog("$avp(a) $(avp(a)[0]) $(avp(a)[1]) $(avp(a)[2]) $(avp(a)[*])");`, "3 3 2 1 3, 2, 1"},
	{`$avp(a)="1"; $avp(a)="2"; xlog("$(avp(a)[-1])");`, "1"}, // Kamailio: <null>
	{`$avp(a)="1"; $(avp(a)[1])="Z"; xlog("$(avp(a)[*])");`, "Z, 1"},
	{`$avp(a)="1"; $avp(a)="2"; $(avp(a)[*])="W"; xlog("$(avp(a)[*])");`, "W"},
	{`$avp(a)="1"; $avp(a)="2"; $avp(a)=$null; xlog("$avp(a)");`, "1"},
	{`$avp(a)="1"; $avp(a)="2"; $(avp(a)[*])=$null; xlog("$avp(a)");`, "<null>"},
	{`$avp(s:k)="s"; $avp(i:7)="i"; $avp(i:7)="j"; xlog("$avp(k) $avp(s:k) $avp(i:7) $avp(7) $avp(s:7)");`, "s s j <null> <null>"},
	{`$avp(k)="s"; $var(n)="k"; xlog("$avp($var(n))");`, "s"},
	{`$avp(a)=5; $avp(a)=6; xlog("$cnt($avp(a)) $cnt($avp(b))");`, "2 0"},
	{`xlog("$msg(len) $msg(body_len) $(msg(hdrs){s.substr,0,4}) $(msg(fline){s.substr,0,6})");`, "1313 114 Via: INVITE"},
	{`$avp(a)=5; $var(i)=0; xlog("$(avp(a)[$var(i)])");`, "5"},
	// fields
	{`$xavp(x=>a)="1"; $xavp(x=>b)="2"; $xavp(x=>a)="3"; xlog("$xavp(x=>a) $xavp(x=>b) $xavp(x[0]=>a[1]) $xavp(x[1]=>a)");`, "3 2 <null> <null>"},
	{`$xavp(x=>a)="3"; $xavp(x[0]=>a)="4"; xlog("$xavp(x=>a) $xavp(x=>a[1])");`, "4 3"},
	{`$xavp(x=>a)="3"; $xavp(x[0]=>a)="4"; $xavp(x[0]=>a[1])="5"; xlog("$xavp(x=>a) $xavp(x=>a[1])");`, "4 5"},
	{`$xavp(x=>a)="3"; $xavp(x[0]=>a)="4"; $xavp(x=>a)=$null; xlog("$xavp(x=>a) $xavp(x=>a[1])");`, "3 <null>"},
	{`$xavp(p)="v"; xlog("$xavp(p)");`, "v"},
	{`$xavu(u=>a)="1"; $xavu(u=>a)="2"; xlog("$xavu(u=>a)");`, "2"},
	// $var, $vn, $shv
	{`$var(q)="t"; xlog("$var(q) $var(other)");`, "t 0"},
	{`$var(q)="t"; $var(q)=$null; xlog("$var(q)");`, "0"},
	{`$vn(q)="t"; $vn(q)=$null; xlog("$vn(q) $vn(nope)");`, "<null> <null>"},
	{`$shv(q)="t"; xlog("$shv(q) $shv(none)");`, "t 0"},
	{`$shv(q)="t"; $shv(q)=$null; xlog("$shv(q)");`, ""},
	{`$var(big)=2147483647; $var(big)=$var(big)+1; xlog("$var(big)");`, "2147483648"}, // Kamailio: -2147483648
	{`$var(x)="a" + "b" + 5 + $rU; xlog("$var(x)");`, "ab5+4930123"},
	{`$var(x)="a$rU"; xlog("$var(x)");`, "a$rU"}, // text of an expression is not a format
	// the Request-URI
	{`$ru="sip:a:b@h.test:5062;x=y?H=1"; $rU="new"; xlog("$ru");`, "sip:new:b@h.test:5062;x=y?H=1"},
	{`$ru="sip:a:b@h.test:5062;x=y?H=1"; $rd="host.test"; xlog("$ru");`, "sip:a:b@host.test:5062;x=y?H=1"},
	{`$ru="sip:a@h.test"; $rp=5064; xlog("$ru"); $rp=$null; xlog("$ru");`, "sip:a@h.test:5064|sip:a@h.test"},
	{`$ru="sip:a:b@h.test"; $rU=$null; xlog("$ru $rU");`, "sip:h.test <null>"},
	{`$ru="sip:a:b@h.test:5062;x=y?H=1"; rewritehost("rh.test"); xlog("$ru");`, "sip:a:b@rh.test:5062;x=y?H=1"},
	{`$ru="sip:a:b@h.test:5062;x=y?H=1"; rewritehostport("rhp.test:99"); xlog("$ru");`, "sip:a:b@rhp.test:99;x=y?H=1"},
	{`$ru="sip:a@h.test:5062"; rewritehostport("only.test"); xlog("$ru");`, "sip:a@only.test"},
	{`$ru="sip:a@h.test:5062"; rewriteport("77"); xlog("$ru");`, "sip:a@h.test:77"},
	{`$ru="sip:a:b@h.test"; rewriteuser("u2"); xlog("$ru");`, "sip:u2:b@h.test"},
	{`$ru="sip:u2:b@h.test"; prefix("00"); xlog("$ru");`, "sip:00u2:b@h.test"},
	{`$ru="sip:00u2@h.test"; strip(1); strip_tail(1); xlog("$ru");`, "sip:0u@h.test"},
	{`$ru="sip:0u:b@h.test:77"; strip(99); xlog("$ru");`, "sip:h.test:77"},
	{`$ru="sip:h.test"; prefix("9"); xlog("$ru");`, "sip:9@h.test"},
	{`$ru="sip:h.test"; strip(1); xlog("$ru $rp $rP $rU");`, "sip:h.test 5060 UDP <null>"},
	{`$ru="sip:9@h.test;x=y?H=1"; userphone(); userphone(); xlog("$ru");`, "sip:9@h.test;x=y;user=phone?H=1"},
	{`$ru="sip:x@h.test"; revert_uri(); xlog("$ru");`, "sip:+4930123:secret@biloxi.test:5070;transport=udp;user=phone?Subject=x"},
	{`$ru="sips:x@h.test"; xlog("$rz $rp");`, "sips 5061"}, // Kamailio: 5060
	{`$ru="sip:x@h.test;transport=tls"; xlog("$rp $rP");`, "5061 tls"},
	{`$ru="tel:+123"; xlog("$rU $rz"); $rd="gw.test"; xlog("$ru");`, "+123 tel|sip:+123@gw.test;user=phone"},
	{`seturi("sip:n@n.test"); sethost("m.test"); setuser("o"); setport("1"); xlog("$ru");`, "sip:o@m.test:1"},
	{`$ru = "sip:" + $rU + "@" + $sel(cfg_get.mine.host) + ":" + $sel(cfg_get.mine.port); xlog("$ru");`, "sip:+4930123@gw.test:5080"},
	// destinations
	{`$du="sip:d.test:5099;transport=tcp"; xlog("$du $dd $dp $dP $nh(d)");`, "sip:d.test:5099;transport=tcp d.test 5099 tcp d.test"},
	{`$du="sip:d.test"; if (isdsturiset()) xlog("set"); $du=$null; if (!isdsturiset()) xlog("not");`, "set|not"},
	{`setdsturi("sip:e.test"); xlog("$du"); resetdsturi(); xlog("$du");`, "sip:e.test|<null>"},
	{`$br="sip:br1.test"; append_branch("sip:br2.test","0.5"); xlog("$br"); xlog("$ds");`,
		"sip:br1.test|Contact: <sip:+4930123:secret@biloxi.test:5070;transport=udp;user=phone?Subject=x>, <sip:br1.test>, <sip:br2.test>;q=0.5"},
	{`append_branch(); append_branch("sip:$fU@x.test"); xlog("$bR");`, "sip:+4930123:secret@biloxi.test:5070;transport=udp;user=phone?Subject=x, sip:alice@x.test"},
	{`if (append_branch("no uri")) xlog("no"); else xlog("refused");`, "refused"},
	{`$fs="udp:127.0.0.1:5098"; xlog("$fs");`, "udp:127.0.0.1:5098"},
	{`force_send_socket(tcp:127.0.0.1:5061); xlog("$fs");`, "tcp:127.0.0.1:5061"},
	{`$mf=5; if (isflagset(0) && isflagset(2) && !isflagset(1)) xlog("$mF");`, "00000005"},
	{`setflag(FLT_ACC); if (isflagset(FLT_ACC) && isflagset(7)) xlog("named");`, "named"},
	{`setbflag(6); if (isbflagset(6)) xlog("$bF"); resetbflag(6); if (!isbflagset(6)) xlog("off");`, "00000040|off"},
	{`$fU="nu"; xlog("$fU $fu");`, "alice sip:alice@atlanta.test:5061;x=y"}, // changed when it leaves
	{`xlog("$(ru{uri.host}{s.toupper}{s.substr,0,3})");`, "BIL"},
	{`$var(p)="user"; xlog("$(ru{uri.param,$var(p)}) $(ci{s.substr,$var(z),3})");`, "phone 987"},
	{`xlog("$(var(x){s.len}) $$ $ru{end}");`, "1 $ sip:+4930123:secret@biloxi.test:5070;transport=udp;user=phone?Subject=x{end}"},
	{`$f.bar = 4; $f.bar = 5; if ($f.bar == 5) xlog("attribute");`, "attribute"},
	{`if (@hf_value.x_test[2] == "two" && @via[1].port == 5099 && @ruri.host == "biloxi.test") xlog("selects");`, "selects"},
	{`$var(s) = selval($rm == "INVITE", "yes", "no"); xlog("$var(s)");`, "yes"},
	{`if (($var(x) = 5) && $var(x) == 5) xlog("assigned");`, "assigned"},
}

func TestAssignments(t *testing.T) {
	for _, test := range assignmentTests {
		b := new(bench)
		c := testContext(t, "testdata/oracle/request.sip")
		text := "flags FLT_ACC:7;\nmine.host = \"gw.test\"\nmine.port = 5080\n" + loadAll + "route { " + test.script + " }"
		f, err := syntax.Parse("test.cfg", text, syntax.Options{Dialect: syntax.Kamailio})
		if err != nil {
			t.Errorf("%s\n%s", test.script, detail(err))
			continue
		}
		p, err := Compile(f, b.options())
		if err != nil {
			t.Errorf("%s\n%s", test.script, detail(err))
			continue
		}
		p.Run(syntax.RequestRoute, "", c)
		if got := strings.Join(b.trace, "|"); got != test.want {
			t.Errorf("%s\n got %s\nwant %s", test.script, got, test.want)
		}
	}
}

// Header fields that $fU and its like set change when the message is printed.
func TestAddressAssignmentsEditTheMessage(t *testing.T) {
	b := new(bench)
	c := testContext(t, "testdata/oracle/request.sip")
	b.run(t, syntax.Kamailio, loadAll+`route { $fU = "x"; $fU = "new"; $fn = "\"N\""; $tu = "sip:c@d.test"; }`, c)
	printed := string(c.Edits.Append(nil, c.Message))
	for _, want := range []string{
		"From: \"N\" <sip:new@atlanta.test:5061;x=y>;tag=88sja8x\r\n",
		"To: Bob <sip:c@d.test>\r\n",
	} {
		if !strings.Contains(printed, want) {
			t.Errorf("%q is missing in\n%s", want, printed)
		}
	}
}

// A variable of a script is 0 for each new message, and stays for the other
// routes of the same one.
func TestVarsBelongToTheMessage(t *testing.T) {
	b := new(bench)
	p := b.compile(t, syntax.Kamailio, loadAll+`route { xlog("$var(n)"); $var(n) = 5; } failure_route[F] { xlog("$var(n)"); }`)
	first, second := contextOf(t, simpleRequest("INVITE")), contextOf(t, simpleRequest("BYE"))
	p.Run(syntax.RequestRoute, "", first)
	p.Run(syntax.FailureRoute, "F", first)
	p.Run(syntax.RequestRoute, "", second)
	if got := strings.Join(b.trace, " "); got != "0 5 0" {
		t.Errorf("got %s", got)
	}
}

func TestReplyVariables(t *testing.T) {
	b := new(bench)
	p := b.compile(t, syntax.Kamailio, loadAll+`onreply_route {
		xlog("$rs $rr $rm $ru $mt $tt");
		if (status=~"[12][0-9][0-9]") xlog("ok");
		if (status=="200" && status==200 && $rs==200 && method=="INVITE") xlog("200");
		if (status=="3.." || status!=200) xlog("no"); }`)
	p.Run(syntax.ReplyRoute, "", contextOf(t, simpleReply(200)))
	if got := strings.Join(b.trace, "|"); got != "200 Some Reason INVITE <null> 2 2|ok|200" {
		t.Errorf("got %s", got)
	}
}

func TestSERFormats(t *testing.T) {
	b := new(bench)
	b.options()
	p := b.compile(t, syntax.SER, loadAll+`route { xlog("L_INFO", "%Cbg[ Method %rm from %si ]%Cxx %{Max-Forwards} %ru %ci 100%% %zz\n"); sl_send_reply("404", "%rm stays"); }`)
	p.Run(syntax.RequestRoute, "", contextOf(t, simpleRequest("INVITE")))
	want := "\x1b[0;34;42m[ Method INVITE from 127.0.0.1 ]\x1b[0;39;49m 70 sip:bob@home.test c1@test 100% %zz\n|sl_send_reply 404,%rm stays"
	if got := strings.Join(b.trace, "|"); got != want {
		t.Errorf("\n got %q\nwant %q", got, want)
	}
}

func TestOpenSERAssignments(t *testing.T) {
	b := new(bench)
	b.run(t, syntax.OpenSER, loadAll+`route { $avp(s:a) = "1"; $avp(s:a) = "2"; $avp(s:a) := "3"; xlog("$(avp(s:a)[*])");
		$var(n) = 5; $var(n) += 2; xlog("$var(n)"); $ru += ";x=y"; xlog("$ru"); if ($rU !~ "^al") xlog("not al"); }`, contextOf(t, simpleRequest("INVITE")))
	if got := strings.Join(b.trace, "|"); got != "3|7|sip:bob@home.test;x=y|not al" {
		t.Errorf("got %s", got)
	}
}

func TestColor(t *testing.T) {
	for letters, want := range map[string]string{"bg": "\x1b[0;34;42m", "xx": "\x1b[0;39;49m", "Rx": "\x1b[1;31;49m", "cs": "\x1b[0;36;40m"} {
		if got, ok := Color(letters); !ok || got != want {
			t.Errorf("%s: %q", letters, got)
		}
	}
	for _, letters := range []string{"", "b", "bgx", "qq", "b "} {
		if _, ok := Color(letters); ok {
			t.Errorf("%q was taken", letters)
		}
	}
}
