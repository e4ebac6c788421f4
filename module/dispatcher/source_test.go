package dispatcher

import (
	"net/netip"
	"strings"
	"testing"

	"viaduct/internal/siptest/scripttest"
	"viaduct/script/syntax"
	"viaduct/wire"
)

const peers = `1 sip:127.0.0.1:7001 0 0 my=one
2 sip:127.0.0.1
2 sip:127.0.0.1:7002;transport=tcp 0 0 my=two
3 sip:127.0.0.2 1
4 sip:host.test:7001 16
5 sips:127.0.0.5
6 sip:127.0.0.6:7006;transport=tls
7 sip:[::1]:7007
`

// What Kamailio 5.6.3 says, with setid_pvname and attrs_pvname behind it.
func TestFromList(t *testing.T) {
	for _, test := range []struct{ from, call, want string }{
		{"127.0.0.1:9", `ds_list_exists("1")`, "1 0 -"},
		{"127.0.0.1:9", `ds_list_exists("9")`, "-1 0 -"},
		{"127.0.0.1:9", `ds_list_exist("2")`, "1 0 -"},
		{"127.0.0.1:9", `ds_list_exists("$rU")`, "-2 0 -"},
		{"127.0.0.1:9", `ds_is_active("1")`, "1 0 -"},
		{"127.0.0.1:9", `ds_is_active("3")`, "-1 0 -"},
		{"127.0.0.1:9", `ds_is_active("9")`, "-1 0 -"},
		{"127.0.0.1:9", `ds_is_active("1", "sip:127.0.0.1:7001")`, "1 0 -"},
		{"127.0.0.1:9", `ds_is_active("1", "sip:127.0.0.1:7009")`, "-1 0 -"},
		{"127.0.0.1:9", `ds_is_active("3", "sip:127.0.0.2")`, "-1 0 -"},
		{"127.0.0.1:9", `ds_is_from_list()`, "1 2 -"},
		{"127.0.0.1:9", `ds_is_from_list("1")`, "-1 0 -"},
		{"127.0.0.1:9", `ds_is_from_list("-1")`, "1 2 -"},
		{"127.0.0.1:9", `ds_is_from_list("1", "0")`, "-1 0 -"},
		{"127.0.0.1:9", `ds_is_from_list("1", "1")`, "1 0 one"},
		{"127.0.0.1:9", `ds_is_from_list("9", "1")`, "-1 0 -"},
		{"127.0.0.1:9", `ds_is_from_list("$rU", "1")`, "-1 0 -"},
		{"127.0.0.1:7001", `ds_is_from_list()`, "1 1 one"},
		{"127.0.0.1:7001", `ds_is_from_list("1")`, "1 0 one"},
		{"127.0.0.1:7001", `ds_is_from_list("2", "3")`, "1 0 two"},
		{"127.0.0.1:7001", `ds_is_from_list("-1", "2")`, "1 1 one"},
		{"127.0.0.1:7002", `ds_is_from_list()`, "1 2 two"},
		{"127.0.0.1:7002", `ds_is_from_list("2", "2")`, "1 0 two"},
		{"127.0.0.1:9", `ds_is_from_list("1", "0", "sip:127.0.0.1:7001")`, "1 0 one"},
		{"127.0.0.1:9", `ds_is_from_list("1", "0", "sip:127.0.0.1:7001;transport=tcp")`, "-1 0 -"},
		{"127.0.0.1:9", `ds_is_from_list("1", "2", "sip:127.0.0.1:7001;transport=tcp")`, "1 0 one"},
		{"127.0.0.1:9", `ds_is_from_list("2", "0", "sip:127.0.0.1")`, "1 0 -"},
		{"127.0.0.1:9", `ds_is_from_list("2", "0", "sip:127.0.0.1:7777")`, "1 0 -"},
		{"127.0.0.1:9", `ds_is_from_list("2", "0", "sip:127.0.0.1:7002;transport=tcp")`, "1 0 two"},
		{"127.0.0.1:9", `ds_is_from_list("3", "0", "sip:127.0.0.2")`, "1 0 -"},
		{"127.0.0.1:9", `ds_is_from_list("3", "4", "sip:127.0.0.2")`, "-1 0 -"},
		{"127.0.0.1:9", `ds_is_from_list("-1", "3", "sip:127.0.0.2:99")`, "1 3 -"},
		{"127.0.0.1:9", `ds_is_from_list("-1", "1", "nonsense")`, "-1 0 -"},
		{"127.0.0.1:9", `ds_is_from_list("5", "0", "sips:127.0.0.5")`, "1 0 -"},
		{"127.0.0.1:9", `ds_is_from_list("5", "0", "sip:127.0.0.5;transport=udp")`, "-1 0 -"},
		{"127.0.0.1:9", `ds_is_from_list("6", "0", "sip:127.0.0.6:7006;transport=tls")`, "1 0 -"},
		{"127.0.0.1:9", `ds_is_from_list("-1", "3", "sip:127.0.0.1:7002")`, "1 1 one"},
		{"[::1]:7007", `ds_is_from_list("7", "0")`, "1 0 -"},
	} {
		h := newHome(t, peers)
		params := []string{`setid_pvname="$avp(set)"`, `attrs_pvname="$avp(at)"`}
		p := h.compile(params, `$avp(set) = 0; $avp(at) = "my=-"; `+test.call+`; say("$rc $avp(set) $(avp(at){s.substr,3,0})");`, "")
		m := scripttest.Message(t, scripttest.Invite)
		m.Flow.Remote = netip.MustParseAddrPort(test.from)
		p.Find(syntax.RequestRoute, "").Run(&m.Context)
		want := test.want
		// Kamailio takes "the first destination that fits": the last line of a set.
		if strings.Join(h.said.Lines, "|") != want {
			t.Errorf("%s %s: %q, want %s", test.from, test.call, h.said.Lines, want)
		}
	}
}

// A destination with a name is known by the addresses that were found.
func TestFromName(t *testing.T) {
	d := newDestination(line{uri: "sip:gw.test"}, &settings{})
	a, b := netip.MustParseAddr("127.0.0.7"), netip.MustParseAddr("127.0.0.8")
	s := &set{destinations: []*destination{d}}
	d.state = newState(&d.line, nil)
	if s.match(0, peer{a, 5060, wire.UDP}) != nil {
		t.Error("known before it was looked up")
	}
	d.addresses.Store(&[]netip.Addr{b, a})
	if s.match(0, peer{a, 5060, wire.UDP}) != d || s.match(0, peer{a, 5060, wire.TLS}) != nil {
		t.Error("not known by its address and transport")
	}
}

func TestTransportOfAURI(t *testing.T) {
	for text, want := range map[string]wire.Transport{"1 sip:a": wire.UDP, "1 sips:a": wire.TLS, "1 sip:a;transport=ws": wire.WS, "1 sips:a;transport=wss": wire.WSS} {
		lines, err := parseList("f", text)
		if err != nil || transportOf(&lines[0].parsed) != want {
			t.Errorf("%s: %v %v", text, transportOf(&lines[0].parsed), err)
		}
	}
}
