package rr

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"viaduct/proxy"
	"viaduct/resolve"
	"viaduct/sip"
	"viaduct/transport"
	"viaduct/wire"
)

// network keeps what is sent.
type network struct{ sent []byte }

func (n *network) Send(_ wire.Flow, text []byte, _ transport.Owner) error {
	n.sent = append(n.sent[:0], text...)
	return nil
}

func (n *network) LocalFor(t wire.Transport, remote netip.AddrPort) (netip.AddrPort, bool) {
	return netip.AddrPortFrom(netip.MustParseAddr("127.168.1.15"), 5060), t == wire.UDP || t == wire.TCP
}

// The fields as they leave us: the paper's section 3, and what Kamailio 5.6.3
// writes for the same calls.
func TestRecordRouteFields(t *testing.T) {
	const tag = "fce371520693b722"
	for _, test := range []struct {
		name   string
		params []string
		calls  []string
		uri    string
		lines  []string
		want   []string
	}{
		{name: "the paper's section 3", params: []string{"enable_full_lr=1", "append_fromtag=1"}, calls: []string{"record_route"},
			want: []string{"<sip:127.168.1.15;lr=on;ftag=" + tag + ">"}},
		{name: "without enable_full_lr", calls: []string{"record_route"}, want: []string{"<sip:127.168.1.15;lr;ftag=" + tag + ">"}},
		{name: "before others", calls: []string{"record_route"}, lines: []string{"Record-Route: <sip:p1.test;lr>"},
			want: []string{"<sip:127.168.1.15;lr;ftag=" + tag + ">", "<sip:p1.test;lr>"}},
		{name: "another transport", calls: []string{"record_route", "add_rr_param ;foo=1"}, uri: "sip:309@127.168.1.11;transport=tcp",
			want: []string{"<sip:127.168.1.15;transport=tcp;r2=on;lr;ftag=" + tag + ";foo=1>", "<sip:127.168.1.15;r2=on;lr;ftag=" + tag + ";foo=1>"}},
		{name: "another transport, never double", params: []string{"enable_double_rr=0"}, calls: []string{"record_route"}, uri: "sip:309@127.168.1.11;transport=tcp",
			want: []string{"<sip:127.168.1.15;lr;ftag=" + tag + ">"}},
		{name: "always double", params: []string{"enable_double_rr=2"}, calls: []string{"record_route"},
			want: []string{"<sip:127.168.1.15;r2=on;lr;ftag=" + tag + ">", "<sip:127.168.1.15;r2=on;lr;ftag=" + tag + ">"}},
		{name: "user", params: []string{"add_username=1"}, calls: []string{"record_route"}, want: []string{"<sip:309@127.168.1.15;lr;ftag=" + tag + ">"}},
		{name: "advertised", calls: []string{"record_route_advertised_address adv.test:5099"},
			want: []string{"<sip:adv.test:5099;ftag=" + tag + ";lr>"}},
		{name: "advertised, another transport", calls: []string{"record_route_advertised_address adv.test:5099"}, uri: "sip:309@127.168.1.11;transport=tcp",
			want: []string{"<sip:adv.test:5099;transport=tcp;r2=on;ftag=" + tag + ";lr>", "<sip:adv.test:5099;transport=udp;r2=on;ftag=" + tag + ";lr>"}},
		{name: "preset", calls: []string{"record_route_preset 1.2.3.4:5090;a=b"}, want: []string{"<sip:1.2.3.4:5090;a=b;ftag=" + tag + ";lr>"}},
		{name: "preset of two", calls: []string{"record_route_preset 1.2.3.4:5090;r2=on 5.6.7.8;r2=on"},
			want: []string{"<sip:1.2.3.4:5090;r2=on;ftag=" + tag + ";lr>", "<sip:5.6.7.8;r2=on;ftag=" + tag + ";lr>"}},
		{name: "a parameter alone asks for nothing", calls: []string{"add_rr_param ;foo=1"}},
		{name: "removed", calls: []string{"record_route", "remove_record_route"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			uri := test.uri
			if uri == "" {
				uri = "sip:309@127.168.1.11"
			}
			m := request(t, "INVITE", uri, tag, "", test.lines...)
			r := load(t, test.params...)
			for _, line := range test.calls {
				words := strings.Fields(line)
				call(t, r, m, words[0], words[1:]...)
			}
			net := new(network)
			m.Proxy = &proxy.Proxy{Network: net, Resolver: resolve.New()}
			m.Flow = wire.Flow{Transport: wire.UDP, Local: netip.MustParseAddrPort("127.168.1.15:5060"), Remote: netip.MustParseAddrPort("127.0.0.1:7000")}
			if m.Forward() != 1 {
				t.Fatal(m.Failure)
			}
			sent, err := sip.Parse(string(net.sent))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for value := range sent.Values(sip.FieldRecordRoute) {
				got = append(got, value.Text)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %q\nwant %q", got, test.want)
			}
		})
	}
}
