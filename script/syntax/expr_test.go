package syntax

import "testing"

func TestExpressions(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		// Precedence, weakest to strongest, and grouping to the left.
		{`1 || 2 && 3`, `(|| 1 (&& 2 3))`},
		{`1 && 2 || 3`, `(|| (&& 1 2) 3)`},
		{`1 || 2 || 3`, `(|| (|| 1 2) 3)`},
		{`1 && 2 | 3`, `(&& 1 (| 2 3))`},
		{`1 | 2 & 3 ^ 4 << 5 >> 6`, `(| 1 (& 2 (^ 3 (<< 4 (>> 5 6)))))`},
		{`1 ^ 2 & 3`, `(& (^ 1 2) 3)`},
		{`1 == 2 < 3`, `(== 1 (< 2 3))`},
		{`1 << 2 == 3`, `(<< 1 (== 2 3))`},
		{`1 + 2 * 3 - 4 / 5 mod 6`, `(- (+ 1 (* 2 3)) (mod (/ 4 5) 6))`},
		{`1 - 2 - 3`, `(- (- 1 2) 3)`},
		{`(1 - (2 - 3))`, `(- 1 (- 2 3))`},
		{`$rU == "a" and not $rU ne "b" or $var(x) ieq 3`, `(|| (&& (== $rU "a") (ne (! $rU) "b")) (ieq $var(x) 3))`},
		{`$var(a) ine 1 && $rU eq "x"`, `(&& (ine $var(a) 1) (eq $rU "x"))`},

		// Prefixes bind tighter than any operator.
		{`!$rU == "x"`, `(== (! $rU) "x")`},
		{`!!1`, `(! (! 1))`},
		{`- -1 + ~2`, `(+ (- -1) (~ 2))`},
		{`-$var(x) * 2`, `(* (- $var(x)) 2)`},
		{`(int)$rU + 1`, `(+ ((int) $rU) 1)`},
		{`(str)1 + "a"`, `(+ ((str) 1) "a")`},
		{`defined $rU && strlen($rU) > 3`, `(&& (defined $rU) (> (strlen $rU) 3))`},
		{`defined($rU) == 1`, `(== (defined $rU) 1)`},
		{`!strempty($rU)`, `(! (strempty $rU))`},
		{`selval($rU=="x", 1, "b" + "c")`, `(selval (== $rU "x") 1 (+ "b" "c"))`},

		// A comparison with a core value is one operand.
		{`!method=="INVITE"`, `(! (== core:method "INVITE"))`},
		{`!uri==myself`, `(! (== core:uri core:myself))`},
		{`not method==INVITE && uri!=myself`, `(&& (! (== core:method word:INVITE)) (!= core:uri core:myself))`},
		{`method=~"INVITE|ACK" || status=~"[12]..|3.."`, `(|| (=~ core:method "INVITE|ACK") (=~ core:status "[12]..|3.."))`},
		{`method == "a" + "b" == 1`, `(== (== core:method (+ "a" "b")) 1)`},
		{`myself==uri`, `(== core:uri core:myself)`},
		{`myself != src_ip`, `(!= core:src_ip core:myself)`},
		{`from_uri==myself && to_uri=~"a" `, `(&& (== core:from_uri core:myself) (=~ core:to_uri "a"))`},
		{`src_ip==10.0.0.1`, `(== core:src_ip ip:10.0.0.1)`},
		{`src_ip!=10.0.0.0/8 && dst_ip == 10.1.0.0/255.255.0.0`, `(&& (!= core:src_ip net:10.0.0.0/8) (== core:dst_ip net:10.1.0.0/16))`},
		{`src_ip==[::1] || src_ip==fe80::1/64`, `(|| (== core:src_ip ip:::1) (== core:src_ip net:fe80::1/64))`},
		{`src_ip==::ffff:10.0.0.1`, `(== core:src_ip ip:::ffff:10.0.0.1)`},
		{`src_ip==gw-1.example.test`, `(== core:src_ip word:gw-1.example.test)`},
		{`src_ip=="10.0.0.1" || src_ip==$var(ip)`, `(|| (== core:src_ip "10.0.0.1") (== core:src_ip $var(ip)))`},
		{`src_port > 1024 + 1 && dst_port==5060`, `(&& (> core:src_port (+ 1024 1)) (== core:dst_port 5060))`},
		{`proto==UDP || proto != tls || proto==*`, `(|| (|| (== core:proto proto:udp) (!= core:proto proto:tls)) (== core:proto proto:*))`},
		{`snd_proto==WSS && to_af == INET6`, `(&& (== core:snd_proto proto:wss) (== core:snd_af af:inet6))`},
		{`af==INET6 || af==ipv4`, `(|| (== core:af af:inet6) (== core:af af:inet))`},
		{`msg:len>=2048`, `(>= core:msg:len 2048)`},

		// Calls and literals.
		{`is_method("INVITE") && isflagset(1)==1`, `(&& is_method("INVITE") (== isflagset(1) 1))`},
		{`isflagset(FLT) || setflag(10wt)`, `(|| isflagset(word:FLT) setflag(word:10wt))`},
		{`f(1, "a" + $rU, g())`, `f(1 (+ "a" $rU) g())`},
		{`force_rport`, `force_rport()`},
		{`route(1) || route(RELAY) || route("P" + $rU)`, `(|| (|| route(1) route(word:RELAY)) route((+ "P" $rU)))`},
		{`forward(uri:host, uri:port)`, `forward(core:uri:host core:uri:port)`},
		{`forward(127.0.0.1, 5060) || forward("10.0.0.1",5060)`, `(|| forward(ip:127.0.0.1 5060) forward("10.0.0.1" 5060))`},
		{`forward_tcp(gw.example.test, 5060) || send([::1])`, `(|| forward_tcp(word:gw.example.test 5060) send(ip:::1))`},
		{`force_send_socket(udp:10.0.0.1:5060)`, `force_send_socket(socket:udp:10.0.0.1:5060)`},
		{`udp_mtu_try_proto(TCP)`, `udp_mtu_try_proto(proto:tcp)`},
		{`($var(x) = $var(x) + 1) < 5`, `(< (do $var(x) = $var(x) + 1;) 5)`},
		{`{ f(); } > 0`, "(> (do f();) 0)"},
		{`$rU == "a" "b"` + "\n\t" + `"c"`, `(== $rU "abc")`},
		{`0x1F + 017 + 101b + 0 + yes + off`, `(+ (+ (+ (+ (+ 31 15) 5) 0) 1) 0)`},
		{`@to.tag == "" && @via[1].branch != @hf_value["x-y"]`, `(&& (== select:@to.tag "") (!= select:@via[1].branch select:@hf_value["x-y"]))`},
		{`$f.did == "a" || $t.uid[2] == "b" || %name == "c"`, `(|| (|| (== avp:$f.did "a") (== avp:$t.uid[2] "b")) (== avp:%name "c"))`},
		{`$? > 0 && $rc == -1 && $retcode`, `(&& (&& (> $? 0) (== $rc -1)) $retcode)`},
		{`1 /* a /* nested */ comment */ == # line` + "\n 1 // other", `(== 1 1)`},
	} {
		e := parseExpr(t, c.text, Kamailio)
		if got := dump(e); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.text, got, c.want)
		}
		if again := parseExpr(t, e.String(), Kamailio); dump(again) != c.want {
			t.Errorf("%s printed as %s, which reads as %s", c.text, e, dump(again))
		}
	}
}

func TestExpressionsOfOldDialects(t *testing.T) {
	for _, c := range []struct {
		d          Dialect
		text, want string
	}{
		{SER, `method=="A" & uri==myself | retcode`, `(|| (&& (== core:method "A") (== core:uri core:myself)) core:retcode)`},
		{OpenSER, `$var(a) & 3`, `(& $var(a) 3)`},
		{SER, `msg:len > max_len`, `(> core:msg:len core:max_len)`},
		{OpenSER, `!$rU=="x" && 1`, `(&& (! (== $rU "x")) 1)`},
		{Kamailio, `!$rU=="x" && 1`, `(&& (== (! $rU) "x") 1)`},
		{OpenSER, `!(method=="x") || $rU !~ "a"`, `(|| (! (== core:method "x")) (!~ $rU "a"))`},
		{SER, `$name == "x" && $g.n == 1`, `(&& (== avp:%name "x") (== avp:$g.n 1))`},
		{OpenSER, `uri !~ "a"`, `(!~ core:uri "a")`},
		{OpenSER, `(!$rU) == "x"`, `(== (! $rU) "x")`},
	} {
		e := parseExpr(t, c.text, c.d)
		if got := dump(e); got != c.want {
			t.Errorf("%s: %s\n got %s\nwant %s", c.d, c.text, got, c.want)
		}
		if again := parseExpr(t, e.String(), c.d); dump(again) != c.want {
			t.Errorf("%s: %s printed as %s, which reads as %s", c.d, c.text, e, dump(again))
		}
	}
}
