package permissions

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"viaduct/internal/siptest/scripttest"
	"viaduct/script"
	"viaduct/script/syntax"
)

// files writes files into a folder of their own and gives its name.
func files(t testing.TB, texts map[string]string) string {
	folder := t.TempDir()
	for name, text := range texts {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// Unless said otherwise, Kamailio 5.6.3 gives the same.
func TestRouting(t *testing.T) {
	const caller = `<sip:alice@example.test>;tag=1`
	for _, test := range []struct {
		allow, deny string
		uri, from   string
		branch      string
		code        int
	}{
		{"", "", "sip:bob@example.test", caller, "", 1},
		{"ALL : ALL\n", "ALL : ALL\n", "sip:bob@example.test", caller, "", 1},
		{"", "ALL : ALL\n", "sip:bob@example.test", caller, "", -1},
		{"", "all : aLL", "sip:bob@example.test", caller, "", -1}, // there the last line needs its end
		{"", `"^sip:alice@example\.test$" : "^sip:bob@example\.test$"`, "sip:bob@example.test", caller, "", -1},
		{"", `"ALICE" : "bob"`, "sip:bob@example.test", caller, "", -1},
		{"", `"alice" : "transport"`, "sip:bob@example.test;transport=udp", caller, "", 1},
		{"", `"alice" : "5070"`, "sip:bob@example.test:5070;x=y", caller, "", 1},
		{"", `"alice" : "^sip:bob@example.test$"`, "sip:bob:pw@example.test", caller, "", -1},
		{"", `"alice" : "^sip:bob"`, "sips:bob@example.test", caller, "", -1},
		{"", `"alice" : "tel:"`, "tel:+123", caller, "", -1}, // 1 there
		{"", `ALL EXCEPT "alice" : ALL`, "sip:bob@example.test", caller, "", 1},
		{"", `ALL EXCEPT "carol" : ALL`, "sip:bob@example.test", caller, "", -1},
		{"", `ALL : ALL EXCEPT "bob"`, "sip:bob@example.test", caller, "", 1},
		{"", `"carol", "alice" : "x", "bob"`, "sip:bob@example.test", caller, "", -1},
		{"", `alice:ALL`, "sip:bob@example.test", caller, "", -1},
		{"", "# c\n\n  ALL : ALL  # trailing\n", "sip:bob@example.test", caller, "", -1},
		{"", `ALL : "bo\"b"`, "sip:bob@example.test", caller, "", 1},
		{"", `"alice" : ALL`, "sip:bob@example.test", `"Display" <sip:x@y.test;z=alice>;tag=1`, "", -1},
		{"", `"x" : ALL`, "sip:bob@example.test", `sip:x@y.test;tag=1`, "", -1},
		{"", `ALL : "carol"`, "sip:bob@example.test", caller, "sip:carol@example.test", -1},
		{`ALL : "bob"`, `ALL : "carol"`, "sip:bob@example.test", caller, "sip:carol@example.test", -1},
		{`ALL : "bob"`, `ALL : "nobody"`, "sip:bob@example.test", caller, "sip:carol@example.test", 1},
		{`ALL : "carol"`, `ALL : "bob"`, "sip:carol@x.test", caller, "", 1},
	} {
		folder := files(t, map[string]string{"x.allow": test.allow, "x.deny": test.deny, "permissions.allow": test.allow, "permissions.deny": test.deny})
		for _, call := range []string{`allow_routing("x");`, `allow_routing("x.allow", "x.deny");`, `allow_routing("` + folder + `/x");`, `allow_routing();`} {
			text := strings.Replace(scripttest.Invite, "sip:bob@example.test", test.uri, 1)
			m := scripttest.Message(t, scripttest.Swap(t, text, `"Alice" <sip:alice@example.test>;tag=f1`, test.from))
			if test.branch != "" {
				m.Branches = append(m.Branches, script.Branch{URI: test.branch})
			}
			if code := scripttest.Run(t, m, call, New(folder, nil)); code != test.code {
				t.Errorf("%s %+v: %d", call, test, code)
			}
		}
	}
}

func TestFirstBranchAlone(t *testing.T) {
	folder := files(t, map[string]string{"x.deny": `ALL : "carol"`})
	for params, want := range map[string]int{"": -1, `modparam("permissions", "check_all_branches", 0)`: 1} {
		m := scripttest.Message(t, scripttest.Invite)
		m.Branches = []script.Branch{{URI: "sip:carol@example.test"}}
		if code := scripttest.RunWith(t, m, params, `allow_routing("x");`, New(folder, nil)); code != want {
			t.Errorf("%s: %d", params, code)
		}
	}
}

func TestNamesOfFiles(t *testing.T) {
	folder := files(t, map[string]string{"a.no": "ALL : ALL"})
	params := `modparam("permissions", "deny_suffix", ".no")
modparam("permissions", "default_deny_file", "a.no")
`
	var log scripttest.Log
	for body, want := range map[string]int{`allow_routing("a");`: -1, `allow_routing();`: -1, `allow_routing("b");`: 1} {
		if code := scripttest.RunWith(t, scripttest.Message(t, scripttest.Invite), params, body, New(folder, &log)); code != want {
			t.Errorf("%s: %d", body, code)
		}
	}
	if len(log.Lines) != 4 {
		t.Errorf("log: %q", log.Lines)
	}
}

// Kamailio 5.6.3 gives the same.
func TestRegister(t *testing.T) {
	for _, test := range []struct {
		allow, deny string
		contacts    string
		to          string
		code        int
	}{
		{"", `ALL : "^sip:.*1\.2\.3\.4$"`, "Contact: <sip:a@1.2.3.4>\r\n", "<sip:bob@example.test>", -1},
		{"", `ALL : "^sip:.*1\.2\.3\.4$"`, "Contact: <sip:a@1.2.3.4:5070;transport=tcp>;expires=3\r\n", "<sip:bob@example.test>", -1},
		{"", `ALL : "^sip:.*1\.2\.3\.4$"`, "Contact: <sip:a@2.2.3.4>, <sip:b@1.2.3.4>\r\n", "<sip:bob@example.test>", -1},
		{"", `ALL : "^sip:.*1\.2\.3\.4$"`, "Contact: <sip:a@2.2.3.4>\r\nm: <sip:b@1.2.3.4>\r\n", "<sip:bob@example.test>", -1},
		{"", `ALL : "^sip:.*1\.2\.3\.4$"`, "Contact: <sip:a@2.2.3.4>\r\n", "<sip:bob@example.test>", 1},
		{"", "ALL : ALL", "Contact: *\r\n", "<sip:bob@example.test>", 1},
		{"", "ALL : ALL", "", "<sip:bob@example.test>", 1},
		{"", `"^sip:bob" : ALL`, "Contact: <sip:b@1.2.3.4>\r\n", "<sip:bob@example.test>", -1},
		{"", `"tag" : ALL`, "Contact: <sip:b@1.2.3.4>\r\n", "<sip:bob@example.test;tag=5>", -1},
		{"", `ALL : "^sip:1.2.3.4$"`, "Contact: <sip:1.2.3.4>\r\n", "<sip:bob@example.test>", -1},
		{"", `ALL : "^sip:@1.2.3.4$"`, "Contact: <sip:1.2.3.4>\r\n", "<sip:bob@example.test>", 1},
		{"", "ALL : ALL", "Contact: <tel:+123>\r\n", "<sip:bob@example.test>", -1},
		{`ALL : "1.2.3.4"`, `ALL : "b"`, "Contact: <sip:b@1.2.3.4>\r\n", "<sip:bob@example.test>", 1},
	} {
		folder := files(t, map[string]string{"x.allow": test.allow, "x.deny": test.deny})
		text := "REGISTER sip:example.test SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.9;branch=z9hG4bK1\r\nFrom: <sip:alice@example.test>;tag=1\r\nTo: " +
			test.to + "\r\nCall-ID: 1\r\nCSeq: 1 REGISTER\r\n" + test.contacts + "Content-Length: 0\r\n\r\n"
		if code := scripttest.Run(t, scripttest.Message(t, text), `allow_register("x");`, New(folder, nil)); code != test.code {
			t.Errorf("%+v: %d", test, code)
		}
	}
}

// Kamailio 5.6.3 gives the same.
func TestURI(t *testing.T) {
	for _, test := range []struct {
		deny, uri string
		code      int
	}{
		{`ALL : "^sip:a@b.test$"`, "sip:a@b.test", -1},
		{`ALL : "5070;x=1$"`, "sip:a@b.test:5070;x=1", -1},
		{`ALL : "foo"`, "foo", -1},
		{`"alice" : ALL`, "foo", -1},
		{`"carol" : ALL`, "foo", 1},
		{`"carol" : ALL`, "$null", -1},
	} {
		folder := files(t, map[string]string{"x.deny": test.deny})
		m := scripttest.Message(t, scripttest.Invite)
		if code := scripttest.Run(t, m, `allow_uri("x", "`+test.uri+`");`, New(folder, nil)); code != test.code {
			t.Errorf("%+v: %d", test, code)
		}
	}
}

const peers = `# groups
1 127.0.0.1 32 0 tag1
1 10.0.0.10

2 192.168.1.0 24 0 tag2 # trailing
2 192.168.2.0 24 5060 tag3
3 [1:5ee::900d:c0de]
3 2001:db8:: 32 0 v6
4 example.test
4 other.test 0 5060 t4
5 10.1.0.0/16
6 172.16.0.0 0 0
7 10.7.0.0 16 0 wide
7 10.7.0.1 32 5080 first
7 10.7.0.1 32 5060 second
7 10.7.0.0 24 0 narrow
9 127.0.0.9 32 5070 me
`

// Kamailio 5.6.3 gives the same, but that it takes 10.1.0.0/16 for a name, and
// minds the case of names.
func TestAddresses(t *testing.T) {
	folder := files(t, map[string]string{"address.list": peers})
	params := `modparam("permissions", "address_file", "address.list")
modparam("permissions", "peer_tag_avp", "$avp(i:707)")
`
	for _, test := range []struct {
		body string
		code int
		tag  string
	}{
		{`allow_address("1", "127.0.0.1", "5060");`, 1, "tag1"},
		{`allow_address(1, "10.0.0.10", 0);`, 1, "<null>"},
		{`allow_address("1", "10.0.0.11", "0");`, -1, "<null>"},
		{`allow_address("2", "192.168.1.77", "1");`, 1, "tag2"},
		{`allow_address("2", "192.168.2.77", "5060");`, 1, "tag3"},
		{`allow_address("2", "192.168.2.77", "5061");`, -1, "<null>"},
		{`allow_address("2", "192.168.2.77", "0");`, -1, "<null>"},
		{`allow_address("3", "1:5ee::900d:c0de", "5");`, 1, "<null>"},
		{`allow_address("3", "[1:5ee::900d:c0de]", "5");`, 1, "<null>"},
		{`allow_address("3", "2001:db8::5", "5");`, 1, "v6"},
		{`allow_address("3", "2001:db9::5", "5");`, -1, "<null>"},
		{`allow_address("4", "Example.test", "1");`, 1, "<null>"},
		{`allow_address("4", "other.test", "5060");`, 1, "t4"},
		{`allow_address("4", "other.test", "5061");`, -1, "<null>"},
		{`allow_address("5", "10.1.2.3", "5");`, 1, "<null>"},
		{`allow_address("6", "172.16.0.0", "5");`, 1, "<null>"},
		{`allow_address("6", "172.16.0.1", "5");`, -1, "<null>"},
		{`allow_address("7", "10.7.0.1", "5060");`, 1, "second"},
		{`allow_address("7", "10.7.0.1", "5080");`, 1, "first"},
		{`allow_address("7", "10.7.0.1", "5090");`, 1, "wide"},
		{`allow_address("7", "10.7.0.9", "1");`, 1, "wide"},
		{`allow_address("99", "127.0.0.1", "0");`, -1, "<null>"},
		{`$var(g) = 1; $var(p) = "x"; allow_address("$var(g)", "127.0.0.1", "$var(p)");`, -1, "<null>"},
		{`allow_address_group("192.168.2.77", "5060");`, 2, "tag3"},
		{`allow_address_group("example.test", "0");`, 4, "<null>"},
		{`allow_address_group("8.8.8.8", "1");`, -1, "<null>"},
		{`allow_source_address();`, -1, "<null>"},
		{`allow_source_address("9");`, 1, "me"},
		{`$var(g) = 9; allow_source_address("$var(g)");`, 1, "me"},
		{`allow_source_address_group();`, 9, "me"},
		{`$var(g) = allow_source_address_group(); $avp(i:707) = $var(g);`, 1, "9"},
	} {
		said := new(scripttest.Said)
		m := scripttest.Message(t, scripttest.Invite)
		code := 0
		p := scripttest.Compile(t, "loadmodule \"permissions\"\nloadmodule \"say\"\n"+params+
			"request_route { route(A); say(\"$rc|$avp(i:707)\"); }\nroute[A] {"+test.body+"}", New(folder, nil), said.Module())
		p.Find(syntax.RequestRoute, "").Run(&m.Context)
		got, tag, _ := strings.Cut(said.Lines[0], "|")
		if code = int(script.StringValue(got).AsInt()); code != test.code || tag != test.tag {
			t.Errorf("%s: %d %s; want %d %s", test.body, code, tag, test.code, test.tag)
		}
	}
}

func TestBadFiles(t *testing.T) {
	for text, want := range map[string]string{
		"ALL\n":                  `x.deny:1: expected ":" between two lists`,
		"\n\nALL : \n":           "x.deny:3: expected an expression",
		`ALL : "["`:              "x.deny:1: bad regular expression",
		`ALL : "bob`:             `x.deny:1: " has no end`,
		`"bob`:                   `x.deny:1: " has no end`,
		`"a" "b" : ALL`:          `x.deny:1: expected ":"`,
		`ALL ALL : ALL`:          `x.deny:1: expected ":"`,
		`ALL : ALL EXCEPT`:       "x.deny:1: expected an expression",
		`ALL : ALL ALL`:          "x.deny:1: expected a comma",
		`ALL : ""`:               "x.deny:1: expected an expression",
		`ALL : ALL EXCEPT a : b`: "x.deny:1: expected a comma",
		`ALL : a,`:               "x.deny:1: expected an expression",
	} {
		_, err := scripttest.TryCompile("loadmodule \"permissions\"\nrequest_route { allow_routing(\"x\"); }", syntax.Kamailio, New(files(t, map[string]string{"x.deny": text}), nil))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	for text, want := range map[string]string{
		"8 1.2.3.4 33":       "list:1: a network of 1.2.3.4 has no 33 bits",
		"0 9.9.9.9":          `list:1: "0" is no group`,
		"\nx 9.9.9.8":        `list:2: "x" is no group`,
		"9 9.9.9.7 x y":      `list:1: "x" is no number of bits`,
		"1":                  "list:1: expected group, address",
		"1 1.2.3.4 24 99999": `list:1: "99999" is no port`,
		"1 1.2.3.4 24 0 t u": "list:1: expected group, address",
		"1 1.2.3.4,32":       `list:1: "1.2.3.4,32" is neither an address nor a name`,
		"1 1.2.3.4/33":       `list:1: "1.2.3.4/33" is neither an address nor a name`,
		"3 2001:db8:: 129":   "list:1: a network of 2001:db8:: has no 129 bits",
	} {
		_, err := scripttest.TryCompile("loadmodule \"permissions\"\nmodparam(\"permissions\", \"address_file\", \"list\")\nrequest_route { exit; }", syntax.Kamailio, New(files(t, map[string]string{"list": text}), nil))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestRefused(t *testing.T) {
	for _, test := range []struct{ params, body string }{
		{"", `allow_routing("$rU");`},
		{"", `allow_register();`},
		{"", `allow_address("x", "127.0.0.1", "0");`},
		{"", `allow_address("1", "127.0.0.1", "x");`},
		{"", `allow_source_address("x");`},
		{`modparam("permissions", "address_file", "nope")`, `exit;`},
		{`modparam("permissions", "peer_tag_avp", "peer")`, `exit;`},
		{"", `allow_trusted();`},
	} {
		if _, err := scripttest.TryCompile("loadmodule \"permissions\"\n"+test.params+"\nrequest_route { "+test.body+" }", syntax.Kamailio, New(t.TempDir(), nil)); err == nil {
			t.Errorf("%s %s compiles", test.params, test.body)
		}
	}
}

func TestAskingAllocatesNothing(t *testing.T) {
	folder := files(t, map[string]string{"list": peers})
	m := scripttest.Message(t, scripttest.Invite)
	p := scripttest.Compile(t, "loadmodule \"permissions\"\nmodparam(\"permissions\", \"address_file\", \"list\")\nrequest_route { allow_source_address(\"9\"); }", New(folder, nil))
	route := p.Find(syntax.RequestRoute, "")
	if n := testing.AllocsPerRun(100, func() { route.Run(&m.Context) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzRules(f *testing.F) {
	for _, seed := range []string{"ALL : ALL", `"^a", b EXCEPT "c" : d # e`, "a:b,", `"`, "\n\n:\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		all, err := parseRules("f", text)
		if err != nil {
			return
		}
		if lines := strings.Count(text, "\n") + 1; len(all) > lines {
			t.Errorf("%q: %d rules on %d lines", text, len(all), lines)
		}
		all.fits("sip:alice@example.test", "sip:bob@example.test")
	})
}

func FuzzAddresses(f *testing.F) {
	for _, seed := range []string{peers, "1 ::ffff:1.2.3.4 24\n2 ::ffff:1.2.3.0/120", "1 fe80::1%lo", "2 0.0.0.0/0"} {
		f.Add(seed, "10.0.0.10")
	}
	f.Fuzz(func(t *testing.T, text, asked string) {
		all, err := parseAddresses("f", text)
		if err != nil {
			return
		}
		all.findText(anyGroup, asked, 5060)
		for _, p := range all.peers { // what a line says is found
			if !p.prefix.IsValid() {
				if all.findText(p.group, p.name, p.port) == nil {
					t.Errorf("%q is not found in %q", p.name, text)
				}
			} else if all.find(p.group, p.prefix.Addr(), p.port) == nil {
				t.Errorf("%v is not found in %q", p.prefix, text)
			}
		}
	})
}
