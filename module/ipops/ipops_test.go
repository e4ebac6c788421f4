package ipops

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"viaduct/internal/dnstest"
	"viaduct/internal/siptest/scripttest"
	"viaduct/module"
	"viaduct/resolve"
	"viaduct/script/syntax"
)

func run(t *testing.T, m *module.Message, body string) string {
	t.Helper()
	said := new(scripttest.Said)
	p := scripttest.Compile(t, "loadmodule \"ipops\"\nloadmodule \"say\"\nrequest_route {\n"+body+"\n}\n", New(), said.Module())
	p.Find(syntax.RequestRoute, "").Run(&m.Context)
	return strings.Join(said.Lines, " ")
}

// Kamailio 5.6.3 gives the same.
func TestKinds(t *testing.T) {
	for text, want := range map[string]string{ // is_ip is_pure_ip is_ipv4 is_ipv6 is_ipv6_reference ip_type is_ip_rfc1918
		"1.2.3.4":                    "1 1 1 -1 -1 1 -1",
		"10.0.0.1":                   "1 1 1 -1 -1 1 1",
		"172.31.255.255":             "1 1 1 -1 -1 1 1",
		"172.32.0.0":                 "1 1 1 -1 -1 1 -1",
		"192.168.0.1":                "1 1 1 -1 -1 1 1",
		"01.2.3.4":                   "-1 -1 -1 -1 -1 -1 -1",
		"1.2.3":                      "-1 -1 -1 -1 -1 -1 -1",
		"256.1.1.1":                  "-1 -1 -1 -1 -1 -1 -1",
		"1.2.3.4 ":                   "-1 -1 -1 -1 -1 -1 -1",
		"::1":                        "1 1 -1 1 -1 2 -1",
		"[::1]":                      "1 -1 -1 -1 1 3 -1",
		"1080:0:0:0:8:800:200C:417A": "1 1 -1 1 -1 2 -1",
		"::ffff:10.0.0.1":            "1 1 -1 1 -1 2 -1",
		"[1.2.3.4]":                  "-1 -1 -1 -1 -1 -1 -1",
		"fe80::1%lo":                 "-1 -1 -1 -1 -1 -1 -1",
		"foo":                        "-1 -1 -1 -1 -1 -1 -1",
		"":                           "-1 -1 -1 -1 -1 -1 -1",
		"::":                         "1 1 -1 1 -1 2 -1",
		"[::]":                       "1 -1 -1 -1 1 3 -1",
		"1::2::3":                    "-1 -1 -1 -1 -1 -1 -1",
		"1.2.3.4:5060":               "-1 -1 -1 -1 -1 -1 -1",
		"[::1]:5060":                 "-1 -1 -1 -1 -1 -1 -1",
		"001.002.003.004":            "-1 -1 -1 -1 -1 -1 -1",
		"::1.2.3.4":                  "1 1 -1 1 -1 2 -1",
	} {
		body := fmt.Sprintf("$var(i) = %q;\n", text)
		for _, f := range []string{"is_ip", "is_pure_ip", "is_ipv4", "is_ipv6", "is_ipv6_reference", "ip_type", "is_ip_rfc1918"} {
			body += f + `("$var(i)"); say("$rc");` + "\n"
		}
		if got := run(t, scripttest.Message(t, scripttest.Invite), body); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// Kamailio 5.6.3 gives the same.
func TestDetailed(t *testing.T) {
	for text, want := range map[string]string{
		"10.0.0.1": "PRIVATE", "192.168.2.1": "PRIVATE", "172.16.0.1": "PRIVATE", "172.32.0.1": "PUBLIC",
		"100.64.0.1": "SHARED", "127.0.0.1": "LOOPBACK", "169.254.1.1": "LINK-LOCAL", "0.0.0.0": "PRIVATE",
		"192.0.2.1": "TEST-NET", "198.51.100.1": "TEST-NET", "203.0.113.1": "TEST-NET", "192.88.99.1": "6TO4-RELAY",
		"224.0.0.1": "MULTICAST", "240.0.0.1": "RESERVED", "255.255.255.255": "BROADCAST", "8.8.8.8": "PUBLIC",
		"198.18.0.1": "RESERVED", "192.0.0.1": "RESERVED",
		"::": "UNSPECIFIED", "::1": "LOOPBACK", "::ffff:1.2.3.4": "IPV4MAP", "64:ff9b::1": "RESERVED", "100::1": "DISCARD",
		"2001::1": "TEREDO", "2001:2::1": "BMWG", "2001:db8::1": "DOCUMENTATION", "2001:10::1": "ORCHID",
		"2001:20::1": "GLOBAL-UNICAST", "2002::1": "6TO4", "fc00::1": "UNIQUE-LOCAL-UNICAST", "fd00::1": "UNIQUE-LOCAL-UNICAST",
		"fe80::1": "LINK-LOCAL-UNICAST", "fec0::1": "RESERVED", "ff02::1": "MULTICAST", "2a00::1": "GLOBAL-UNICAST",
		"2001:8d8:7c0:402:217:72:194:30": "GLOBAL-UNICAST", "[2001:8d8::30]": "GLOBAL-UNICAST", "4000::1": "RESERVED", "::2": "RESERVED",
		"foo": "",
	} {
		four, six := "1 "+want, "-1 old"
		if strings.Contains(text, ":") {
			four, six = six, four
		}
		all := "1 " + want
		if want == "" {
			all, four, six = "-1 old", "-1 old", "-1 old"
		}
		body := ""
		for _, f := range []string{"detailed_ip_type", "detailed_ipv4_type", "detailed_ipv6_type"} {
			body += fmt.Sprintf("$var(r) = \"old\"; %s(%q, \"$var(r)\"); say(\"$rc $var(r)\");\n", f, text)
		}
		if got := run(t, scripttest.Message(t, scripttest.Invite), body); got != all+" "+four+" "+six {
			t.Errorf("%s: %s", text, got)
		}
	}
}

// Kamailio 5.6.3 gives the same.
func TestCompare(t *testing.T) {
	for _, test := range []struct{ a, b, want string }{ // compare_ips compare_pure_ips
		{"1.2.3.4", "1.2.3.4", "1 1"},
		{"1.2.3.4", "01.2.3.4", "-1 -1"},
		{"::1", "[::1]", "1 -1"},
		{"1080:0000:0000:0000:0008:0800:200C:417A", "[1080::8:800:200C:417A]", "1 -1"},
		{"1.2.3.4", "::ffff:1.2.3.4", "-1 -1"},
		{"foo", "foo", "-1 -1"},
		{"::1", "0:0:0:0:0:0:0:1", "1 1"},
		{"[::1]", "[::1]", "1 -1"},
		{"1.2.3.4", "1.2.3.5", "-1 -1"},
	} {
		body := fmt.Sprintf("compare_ips(%q, %[2]q); say(\"$rc\"); compare_pure_ips(%[1]q, %[2]q); say(\"$rc\");", test.a, test.b)
		if got := run(t, scripttest.Message(t, scripttest.Invite), body); got != test.want {
			t.Errorf("%s %s: %s, want %s", test.a, test.b, got, test.want)
		}
	}
	for _, test := range []struct{ address, networks, want string }{
		{"10.0.123.123", "10.0.123.1/24", "1"},
		{"10.0.123.123", "10.0.0.0/16,192.168.0.0/24", "1"},
		{"10.1.0.1", "10.0.0.0/16, 10.1.0.0/16", "1"},
		{"10.2.0.1", "10.0.0.0/16,10.1.0.0/16", "-1"},
		{"2001:db8::1", "2001:db8::/32", "1"},
		{"[2001:db8::1]", "2001:db8::/32", "-1"},
		{"1.2.3.4", "::/0", "-1"},
		{"1.2.3.4", "0.0.0.0/0", "1"},
		{"1.2.3.4", "1.2.3.4", "1"},
		{"1.2.3.4", "1.2.3.4/32", "1"},
		{"1.2.3.4", "foo", "-1"},
		{"foo", "1.2.3.0/24", "-1"},
		{"1.2.3.4", "1.2.3.0/33", "-1"},
		{"1.2.3.4", "foo,1.2.3.0/24", "1"},
		{"1.2.3.4", "1.2.3.0/24,foo", "1"},
		{"2001:db8::1", "[2001:db8::]/32", "-1"},
		{"1.2.3.4", "", "-1"},
	} {
		body := fmt.Sprintf("$var(n) = %q; is_in_subnet(%q, \"$var(n)\"); say(\"$rc\");", test.networks, test.address)
		if got := run(t, scripttest.Message(t, scripttest.Invite), body); got != test.want {
			t.Errorf("%s in %s: %s, want %s", test.address, test.networks, got, test.want)
		}
	}
}

// withNames gives a message whose resolver knows these names.
func withNames(t *testing.T) *module.Message {
	zone := dnstest.New(t, `
		both.test. 60 A 127.0.0.3
		both.test. 60 A 127.0.0.4
		both.test. 60 AAAA ::1
		four.test. 60 A 127.0.0.5`)
	m := scripttest.Message(t, scripttest.Invite)
	config := resolve.Default()
	config.Exchange = zone.Exchange
	config.Hosts = ""
	m.Proxy.Resolver.Configure(config)
	return m
}

// The codes are those of Kamailio 5.6.3.
func TestNames(t *testing.T) {
	for _, test := range []struct{ body, want string }{
		{`dns_query("both.test", "x"); say("$rc $dns(x=>count) $dns(x=>ipv4) $dns(x=>ipv6)");`, "1 3 1 1"},
		{`dns_query("four.test", "x"); say("$rc $dns(x=>count) $dns(x=>ipv4) $dns(x=>ipv6) $dns(x=>addr[0]) $dns(x=>type[0]) $dns(x=>addr) $dns(x=>addr[-1]) $dns(x=>addr[1]) $dns(y=>count)");`,
			"1 1 1 0 127.0.0.5 4 127.0.0.5 127.0.0.5 <null> <null>"},
		{`dns_query("both.test", "x"); dns_query("four.test", "x"); $var(i) = 0; say("$dns(x=>count) $dns(x=>addr[$var(i)])");`, "1 127.0.0.5"},
		{`dns_query("nope.test", "x"); say("$rc $dns(x=>count)");`, "-4 <null>"},
		{`dns_query("127.0.0.9", "x"); say("$rc $dns(x=>addr[0])");`, "1 127.0.0.9"},
		{`dns_query("[::1]", "x"); say("$rc $dns(x=>addr[0]) $dns(x=>type)");`, "1 ::1 6"},
		{`dns_sys_match_ip("both.test", "127.0.0.4"); say("$rc"); dns_int_match_ip("both.test", "::1"); say("$rc");`, "1 1"},
		{`dns_sys_match_ip("both.test", "127.0.0.5"); say("$rc"); dns_sys_match_ip("nope.test", "127.0.0.5"); say("$rc"); dns_sys_match_ip("both.test", "foo"); say("$rc");`, "-1 -4 -3"},
		{`dns_sys_match_ip("127.0.0.1", "127.0.0.1"); say("$rc");`, "1"},
	} {
		if got := run(t, withNames(t), test.body); got != test.want {
			t.Errorf("%s: %q, want %q", test.body, got, test.want)
		}
	}
}

// Who asks lets others be read.
func TestAskingHandsOver(t *testing.T) {
	m, w := withNames(t), new(waiter)
	m.Wait = w
	run(t, m, `dns_query("four.test", "x"); dns_query("127.0.0.9", "x");`)
	if w.handed != 1 {
		t.Errorf("handed over %d times", w.handed)
	}
}

type waiter struct{ handed int }

func (w *waiter) HandOver() { w.handed++ }

func TestHostName(t *testing.T) {
	full, _ := os.Hostname()
	name, _, _ := strings.Cut(full, ".")
	if got := run(t, scripttest.Message(t, scripttest.Invite), `say("$HN(n) $HN(f)");`); got != name+" "+full {
		t.Error(got)
	}
}

func TestRefused(t *testing.T) {
	for _, body := range []string{`say("$dns(x)");`, `say("$dns(x=>done)");`, `say("$dns($rU=>count)");`, `say("$HN(x)");`, `say("$HN");`,
		`detailed_ip_type("1.2.3.4", "result");`, `srv_query("_sip._udp.a.test", "x");`, `is_ip();`} {
		if _, err := scripttest.TryCompile("loadmodule \"ipops\"\nloadmodule \"say\"\nrequest_route { "+body+" }", syntax.Kamailio, New(), new(scripttest.Said).Module()); err == nil {
			t.Errorf("%s compiles", body)
		}
	}
}
