package rr

import (
	"strings"
	"testing"

	"viaduct/proxy"
	"viaduct/script"
)

func TestRecordRoute(t *testing.T) {
	for _, test := range []struct {
		name   string
		params []string
		uri    string
		toTag  string
		lines  []string
		calls  []string // "name argument argument"
		code   int      // of the last call
		want   *proxy.RecordRoute
	}{
		{name: "Kamailio's defaults", calls: []string{"record_route"}, code: 1, want: &proxy.RecordRoute{Params: ";lr;ftag=1"}},
		{name: "the paper's section 3", params: []string{"enable_full_lr=1", "append_fromtag=1"}, calls: []string{"record_route"}, code: 1,
			want: &proxy.RecordRoute{Params: ";lr=on;ftag=1"}},
		{name: "SER 0.8", calls: []string{"addRecordRoute"}, code: 1, want: &proxy.RecordRoute{Params: ";lr;ftag=1"}},
		{name: "no tag", params: []string{"append_fromtag=0"}, calls: []string{"record_route"}, code: 1, want: &proxy.RecordRoute{Params: ";lr"}},
		{name: "with parameters", calls: []string{"record_route ;x=1"}, code: 1, want: &proxy.RecordRoute{Params: ";lr;ftag=1;x=1"}},
		{name: "parameter after", calls: []string{"record_route", "add_rr_param ;foo=1"}, code: 1, want: &proxy.RecordRoute{Params: ";lr;ftag=1;foo=1"}},
		{name: "parameter before", calls: []string{"add_rr_param ;foo=1", "record_route"}, code: 1, want: &proxy.RecordRoute{Params: ";lr;ftag=1;foo=1"}},
		{name: "parameter alone", calls: []string{"add_rr_param ;foo=1"}, code: 1, want: &proxy.RecordRoute{Params: ";foo=1", Unasked: true}},
		{name: "twice", calls: []string{"record_route", "record_route"}, code: -1, want: &proxy.RecordRoute{Params: ";lr;ftag=1"}},
		{name: "removed", calls: []string{"record_route", "remove_record_route"}, code: 1},
		{name: "removed and asked again", calls: []string{"record_route ;a", "remove_record_route", "record_route ;b"}, code: 1, want: &proxy.RecordRoute{Params: ";lr;ftag=1;b"}},
		{name: "never double", params: []string{"enable_double_rr=0"}, calls: []string{"record_route"}, code: 1, want: &proxy.RecordRoute{Params: ";lr;ftag=1", Single: true}},
		{name: "always double", params: []string{"enable_double_rr=2"}, calls: []string{"record_route"}, code: 1, want: &proxy.RecordRoute{Params: ";lr;ftag=1", Double: true}},
		{name: "user", params: []string{"add_username=1"}, calls: []string{"record_route"}, code: 1, want: &proxy.RecordRoute{Params: ";lr;ftag=1", User: "b"}},
		{name: "user of an AVP", params: []string{"add_username=1", "custom_user_avp=$avp(s:rr)"}, calls: []string{"record_route"}, code: 1, want: &proxy.RecordRoute{Params: ";lr;ftag=1", User: "mo"}},
		{name: "sips", uri: "SIPS:b@x.test", calls: []string{"record_route"}, code: 1, want: &proxy.RecordRoute{Params: ";lr;ftag=1", Secure: true}},
		{name: "sips ignored", uri: "sips:b@x.test", params: []string{"ignore_sips=1"}, calls: []string{"record_route"}, code: 1, want: &proxy.RecordRoute{Params: ";lr;ftag=1"}},
		{name: "preset", calls: []string{"record_route_preset 1.2.3.4:5090;a=b"}, code: 1, want: &proxy.RecordRoute{Params: ";ftag=1;lr", Preset: []string{"1.2.3.4:5090;a=b"}}},
		{name: "preset of two", calls: []string{"record_route_preset 1.2.3.4;r2=on 5.6.7.8;r2=on"}, code: 1,
			want: &proxy.RecordRoute{Params: ";ftag=1;lr", Preset: []string{"1.2.3.4;r2=on", "5.6.7.8;r2=on"}}},
		{name: "advertised", calls: []string{"add_rr_param ;foo=1", "record_route_advertised_address adv.test:5099"}, code: 1,
			want: &proxy.RecordRoute{Params: ";ftag=1;lr;foo=1", Host: "adv.test:5099"}},
		// Within a dialog ftag stays the caller's tag.
		{name: "callee sends", toTag: "2", lines: []string{"Route: <sip:127.0.0.1:7660;lr;ftag=2>"}, calls: []string{"record_route"}, code: 1, want: &proxy.RecordRoute{Params: ";lr;ftag=2"}},
		{name: "callee sends, routed", toTag: "2", lines: []string{"Route: <sip:127.0.0.1:7660;lr;ftag=2>"}, calls: []string{"loose_route", "record_route"}, code: 1, want: &proxy.RecordRoute{Params: ";lr;ftag=2"}},
		{name: "caller sends", toTag: "2", lines: []string{"Route: <sip:127.0.0.1:7660;lr;ftag=1>"}, calls: []string{"record_route"}, code: 1, want: &proxy.RecordRoute{Params: ";lr;ftag=1"}},
		{name: "another's Route tells nothing", toTag: "2", lines: []string{"Route: <sip:next.test;lr;ftag=2>"}, calls: []string{"record_route"}, code: 1, want: &proxy.RecordRoute{Params: ";lr;ftag=1"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			uri := test.uri
			if uri == "" {
				uri = bob
			}
			m := request(t, "INVITE", uri, "1", test.toTag, test.lines...)
			m.AVPs = new(script.AVPs)
			m.AVPs.Add("rr", script.StringValue("mo"))
			r := load(t, test.params...)
			code := 0
			for _, line := range test.calls {
				words := strings.Fields(line)
				code = call(t, r, m, words[0], words[1:]...)
			}
			if code != test.code {
				t.Errorf("code %d, want %d", code, test.code)
			}
			switch {
			case test.want == nil && m.RecordRoute == nil:
			case test.want == nil || m.RecordRoute == nil:
				t.Errorf("got %+v, want %+v", m.RecordRoute, test.want)
			case strings.Join(m.RecordRoute.Preset, "|") != strings.Join(test.want.Preset, "|"):
				t.Errorf("preset %q", m.RecordRoute.Preset)
			default:
				got, want := *m.RecordRoute, *test.want
				got.Preset, want.Preset = nil, nil
				if got.User != want.User || got.Params != want.Params || got.Host != want.Host || got.Secure != want.Secure ||
					got.Single != want.Single || got.Double != want.Double || got.Unasked != want.Unasked {
					t.Errorf("got %+v\nwant %+v", got, want)
				}
			}
		})
	}
}

// A transaction may hold the value that was asked for before.
func TestAddParamCopies(t *testing.T) {
	m := request(t, "INVITE", bob, "1", "")
	r := load(t)
	call(t, r, m, "record_route")
	held := m.RecordRoute
	call(t, r, m, "add_rr_param", ";late=1")
	if held.Params != ";lr;ftag=1" || m.RecordRoute.Params != ";lr;ftag=1;late=1" {
		t.Errorf("held %q, now %q", held.Params, m.RecordRoute.Params)
	}
}

func TestDirection(t *testing.T) {
	for _, test := range []struct {
		route string
		up    bool
	}{
		{"<sip:127.0.0.1:7660;lr;ftag=1>", false},
		{"<sip:127.0.0.1:7660;lr;ftag=2>", true},
		{"<sip:127.0.0.1:7660;lr;ftag=9>", true},
		{"<sip:127.0.0.1:7660;lr>", false},
		{"<sip:next.test;lr;ftag=2>", false},
		{"garbage", false},
		{"", false},
	} {
		var lines []string
		if test.route != "" {
			lines = append(lines, "Route: "+test.route)
		}
		m := request(t, "BYE", bob, "1", "2", lines...)
		r := load(t)
		up, down := call(t, r, m, "is_direction", "upstream"), call(t, r, m, "is_direction", "downstream")
		if (up == 1) != test.up || (down == 1) == test.up {
			t.Errorf("%s: upstream %d, downstream %d", test.route, up, down)
		}
	}
}

func TestCheckRouteParam(t *testing.T) {
	m := request(t, "BYE", bob, "1", "2", "Route: <sip:127.0.0.1:7660;lr;ftag=1;nat=yes>")
	r := load(t)
	for pattern, want := range map[string]int{";lr": 1, "^;lr": 1, "^lr": -1, "NAT=yes": 1, "yes$": 1, "nat=no": -1} {
		if got := call(t, r, m, "check_route_param", pattern); got != want {
			t.Errorf("%q: %d, want %d", pattern, got, want)
		}
	}
	m = request(t, "BYE", bob, "1", "2", "Route: <sip:next.test;lr;nat=yes>")
	if got := call(t, r, m, "check_route_param", "nat=yes"); got != -1 {
		t.Errorf("another's Route: %d", got)
	}
}

func TestNextHopRoute(t *testing.T) {
	r := load(t)
	for routes, want := range map[string]int{me: -1, me + "," + next: 1, me + "," + strict: 1, next: -1, me1 + "," + me2: -1} {
		m := request(t, "BYE", bob, "1", "2", "Route: "+routes)
		if got := call(t, r, m, "rr_next_hop_route"); got != -1 {
			t.Errorf("%s: %d before loose_route", routes, got)
		}
		call(t, r, m, "loose_route")
		if got := call(t, r, m, "rr_next_hop_route"); got != want {
			t.Errorf("%s: %d, want %d", routes, got, want)
		}
	}
}
