package rr

import (
	"slices"
	"strings"
	"testing"
)

// With the parameter sign, only a Route that we wrote for the same call leads
// anywhere.
func TestSignedRoute(t *testing.T) {
	r := load(t, "sign=1")
	asked := request(t, "INVITE", bob, "1", "")
	call(t, r, asked, "record_route")
	params, found := strings.CutPrefix(asked.RecordRoute.Params, ";lr;ftag=1;vs=")
	if !found || len(params) != 20 {
		t.Fatalf("params %q", asked.RecordRoute.Params)
	}
	good := asked.RecordRoute.Params
	forged := good[:len(good)-1] + string(good[len(good)-1]^1)
	ours := func(params string) string { return "<sip:127.0.0.1:7660" + params + ">" }

	for _, test := range []struct {
		name    string
		uri     string
		routes  string
		initial bool
		code    int
		want    []string
	}{
		{name: "signed", uri: bob, routes: ours(good), code: 1},
		{name: "signed, next", uri: bob, routes: ours(good) + "," + next, code: 1, want: []string{next}},
		{name: "unsigned", uri: bob, routes: me, code: -1},
		{name: "unsigned, next", uri: bob, routes: me + "," + next, code: -1, want: []string{next}},
		{name: "forged", uri: bob, routes: ours(forged), code: -1},
		{name: "empty", uri: bob, routes: ours(";lr;vs="), code: -1},
		{name: "too long", uri: bob, routes: ours(good + "00"), code: -1},
		{name: "no hexadecimal digits", uri: bob, routes: ours(";lr;vs=zzzzzzzzzzzzzzzzzzzz"), code: -1},
		{name: "another's", uri: bob, routes: next, code: -1, want: []string{next}},
		{name: "preloaded by a phone", uri: bob, routes: me, initial: true, code: -3},
		{name: "from a strict router", uri: "sip:127.0.0.1:7660" + good, routes: target, code: 1},
		{name: "from a strict router, unsigned", uri: meAsURI, routes: target, code: -1, want: []string{target}},
		{name: "pair", uri: bob, routes: "<sip:127.0.0.1:7660;r2=on" + good + ">,<sip:127.0.0.1:7662;r2=on" + good + ">," + next, code: 1, want: []string{next}},
		{name: "pair, unsigned", uri: bob, routes: me1 + "," + me2 + "," + next, code: -1, want: []string{next}},
	} {
		toTag := "2"
		if test.initial {
			toTag = ""
		}
		m := request(t, "BYE", test.uri, "1", toTag, "Route: "+test.routes)
		if code := call(t, r, m, "loose_route"); code != test.code {
			t.Errorf("%s: code %d, want %d", test.name, code, test.code)
		}
		if got := routesOf(t, m); !slices.Equal(got, test.want) {
			t.Errorf("%s: Route %q, want %q", test.name, got, test.want)
		}
		if test.code < 0 && m.Destination != "" {
			t.Errorf("%s: destination %q", test.name, m.Destination)
		}
	}

	// The same Route in another call.
	other := request(t, "BYE", bob, "1", "2", "Route: "+ours(good))
	text := strings.Replace(other.Context.Message.Text, "8c80d06175b1eb80@", "another@", 1)
	if code := call(t, r, parsed(t, text), "loose_route"); code != -1 {
		t.Errorf("in another call: %d", code)
	}
}

// A key that the server keeps makes the same signatures after a reload.
func TestSignatureSurvivesReload(t *testing.T) {
	first, second := newSigner([]byte("key")), newSigner([]byte("key"))
	if !second.verify("call", first.sign("call")) {
		t.Error("a signature of before the reload is refused")
	}
	if newSigner([]byte("other")).verify("call", first.sign("call")) {
		t.Error("another key does as well")
	}
	bare := New(Server{Myself: myself})
	for _, p := range bare.Params {
		if p.Name == "sign" {
			p.Set(constant("1").Eval(nil))
		}
	}
	if bare.Start() == nil {
		t.Error("sign without a key")
	}
}
