package rr

import (
	"testing"

	"viaduct/sip"
)

// Whatever stands in Route and in the Request-URI: what is sent on is a sound
// message, a second call changes nothing, and with sign on no stranger's Route
// leads anywhere.
func FuzzLooseRoute(f *testing.F) {
	for _, seed := range []struct{ uri, routes string }{
		{bob, me}, {bob, me + "," + next}, {bob, me + ", " + strict + ",\r\n " + next}, {meAsURI, next + "," + target},
		{"sip:127.0.0.1:7660;r2=on;lr", me2 + "," + next + "," + target}, {bob, me1 + "," + me2}, {bob, "garbage"},
		{bob, `"a, <b" <sip:127.0.0.1:7660;lr>;x="y,z"`}, {"tel:+1", "<tel:+1>," + me}, {bob, ",," + me + ",,"},
	} {
		f.Add(seed.uri, seed.routes)
	}
	f.Fuzz(func(t *testing.T, uri, routes string) {
		text := "BYE " + uri + " SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:7000;branch=z9hG4bK1\r\nRoute: " + routes +
			"\r\nFrom: <sip:a@us.test>;tag=1\r\nTo: <sip:b@us.test>;tag=2\r\nCall-ID: 1\r\nCSeq: 1 BYE\r\nContent-Length: 0\r\n\r\n"
		if _, err := sip.Parse(text); err != nil {
			t.Skip()
		}
		m := parsed(t, text)
		plain := load(t)
		code := call(t, plain, m, "loose_route")
		before, wasURI := string(m.Edits.Append(nil, m.Context.Message)), m.URI
		after, err := sip.Parse(before)
		if err != nil {
			t.Fatalf("%v in\n%s", err, before)
		}
		if code < 0 && code != preloaded && (m.URI != uri || m.Destination != "" || after.Text != text) {
			t.Errorf("code %d, and yet %s to %s", code, m.URI, m.Destination)
		}
		if again := call(t, plain, m, "loose_route"); again != code || m.URI != wasURI || string(m.Edits.Append(nil, m.Context.Message)) != before {
			t.Errorf("a second call: %d after %d, %s after %s", again, code, m.URI, wasURI)
		}

		m = parsed(t, text)
		if code := call(t, load(t, "sign=1"), m, "loose_route"); code == routed || m.Destination != "" || m.URI != uri {
			t.Errorf("signed: code %d, %s to %s", code, m.URI, m.Destination)
		}
	})
}
