package registrar

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"viaduct/location"
	"viaduct/module"
	"viaduct/wire"
)

// bound is a server where a has two contacts: 7001 without q, and 7002 with
// q=0.5, which takes INVITE, ACK and BYE. Both were saved with branch flag 3.
func bound(t *testing.T) *server {
	s := newServer()
	for cseq, contact := range []string{one, two + ";q=0.5"} {
		m := register(t, "a", fmt.Sprint("call", cseq), 1, contact)
		if cseq == 1 {
			m = register(t, "a", "call1", 1, contact, "Allow: INVITE, ACK, BYE", "User-Agent: two")
		}
		m.BranchFlags = 8
		if code := s.run(t, m, "", `save("location");`); code != 1 {
			t.Fatalf("save: %d", code)
		}
	}
	return s
}

func branches(m *module.Message) []string {
	var uris []string
	for _, b := range m.Branches {
		uris = append(uris, b.URI)
	}
	return uris
}

const (
	atOne  = "sip:a@127.0.0.1:7001"
	atTwo  = "sip:a@127.0.0.1:7002"
	first  = "sip:1.2.3.4" // $du before lookup
	filter = `modparam("registrar", "method_filtering", 1)`
)

// As Kamailio 5.6.3 does it.
func TestLookup(t *testing.T) {
	for _, test := range []struct {
		name     string
		params   string
		body     string // "" is lookup("location")
		method   string
		uri      string
		inDialog bool
		code     int
		want     string
		branches []string
		du       string
	}{
		{name: "all, the best first", method: "INVITE", uri: "sip:a@us.test", code: 1, want: atTwo, branches: []string{atOne}},
		{name: "case of the user does not count", method: "INVITE", uri: "sip:A@us.test", code: 1, want: atTwo, branches: []string{atOne}},
		{name: "case counts", params: `modparam("registrar", "case_sensitive", 1)`, method: "INVITE", uri: "sip:A@us.test", code: -1, want: "sip:A@us.test", du: first},
		{name: "the best alone", params: `modparam("registrar", "append_branches", 0)`, method: "INVITE", uri: "sip:a@us.test", code: 1, want: atTwo},
		{name: "method", params: filter, method: "MESSAGE", uri: "sip:a@us.test", code: 1, want: atOne},
		{name: "method within a dialog", params: filter, method: "MESSAGE", uri: "sip:a@us.test", inDialog: true, code: 1, want: atTwo, branches: []string{atOne}},
		{name: "nobody", method: "INVITE", uri: "sip:zz@us.test", code: -1, want: "sip:zz@us.test", du: first},
		{name: "no user", method: "INVITE", uri: "sip:us.test", code: -1, want: "sip:us.test", du: first},
		{name: "tel", method: "INVITE", uri: "tel:+1234", code: -1, want: "tel:+1234", du: first},
		{name: "another URI", body: `lookup("location", "sip:a@elsewhere.test");`, method: "INVITE", uri: "sip:zz@us.test", code: 1, want: atTwo, branches: []string{atOne}},
		{name: "SER's name", body: `lookup_contacts("location");`, method: "INVITE", uri: "sip:a@us.test", code: 1, want: atTwo, branches: []string{atOne}},
		{name: "to branches", body: `lookup_to_dset("location");`, method: "INVITE", uri: "sip:a@us.test", code: 1, want: "sip:a@us.test", branches: []string{atTwo, atOne}, du: first},
		{name: "branches too", body: `append_branch("sip:a@us.test"); append_branch("sip:zz@us.test"); lookup_branches("location");`, method: "INVITE", uri: "sip:a@us.test",
			code: 1, want: atTwo, branches: []string{atOne, atTwo, atOne, "sip:zz@us.test"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := bound(t)
			m := request(t, test.method, test.uri, test.inDialog)
			m.Destination = first
			body := test.body
			if body == "" {
				body = `lookup("location");`
			}
			if code := s.run(t, m, test.params, body); code != test.code {
				t.Errorf("code %d, want %d", code, test.code)
			}
			if m.URI != test.want || !slices.Equal(branches(m), test.branches) || m.Destination != test.du {
				t.Errorf("%s %q to %q\nwant %s %q to %q", m.URI, branches(m), m.Destination, test.want, test.branches, test.du)
			}
		})
	}
}

func TestLookupMethodNotSupported(t *testing.T) {
	s := newServer()
	s.run(t, register(t, "a", "1", 1, one, "Allow: INVITE"), "", `save("location");`)
	m := request(t, "MESSAGE", "sip:a@us.test", false)
	if code := s.run(t, m, filter, `lookup("location");`); code != -2 || m.URI != "sip:a@us.test" {
		t.Errorf("%d %s", code, m.URI)
	}
}

// Branch flags and q come back, and the request leaves from where the phone
// registered.
func TestLookupRestores(t *testing.T) {
	s := bound(t)
	m := request(t, "INVITE", "sip:a@us.test", false)
	s.run(t, m, "", `lookup("location");`)
	if m.BranchFlags != 8 || m.Branches[0].Flags != 8 || m.Branches[0].Q != location.NoQ {
		t.Errorf("flags %d, branch %+v", m.BranchFlags, m.Branches[0])
	}
	want := wire.Flow{Transport: wire.UDP, Local: netip.MustParseAddrPort("127.0.0.1:5060")}
	if m.SendSocket != want || m.TargetFlow != (wire.Flow{}) {
		t.Errorf("socket %+v, flow %+v", m.SendSocket, m.TargetFlow)
	}
}

func TestLookupAfterExpiry(t *testing.T) {
	s := bound(t)
	s.now = s.now.Add(time.Hour)
	if code := s.run(t, request(t, "INVITE", "sip:a@us.test", false), "", `lookup("location");`); code != -1 {
		t.Errorf("code %d", code)
	}
}

// A contact that registered over a connection is reached over it, when it
// leads to the same host and is still open.
func TestLookupConnection(t *testing.T) {
	for _, test := range []struct {
		name    string
		contact string
		open    bool
		want    bool
	}{
		{"open", "<sip:a@127.0.0.9:5070;transport=tcp>", true, true},
		{"open, no transport in the contact", "<sip:a@127.0.0.9:5070>", true, true},
		{"closed", "<sip:a@127.0.0.9:5070;transport=tcp>", false, false},
		{"another host", "<sip:a@127.0.0.8:5070;transport=tcp>", true, false},
		{"a name", "<sip:a@phone.test;transport=tcp>", true, false},
		{"another transport", "<sip:a@127.0.0.9:5070;transport=udp>", true, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newServer()
			m := register(t, "a", "1", 1, "Contact: "+test.contact)
			m.Flow = phoneOverTCP
			s.run(t, m, "", `save("location");`)
			s.open[7] = test.open
			m = request(t, "INVITE", "sip:a@us.test", false)
			s.run(t, m, "", `lookup("location");`)
			want := wire.Flow{}
			if test.want {
				want = phoneOverTCP
			}
			if m.TargetFlow != want {
				t.Errorf("flow %+v", m.TargetFlow)
			}
		})
	}
}

// The path of a binding becomes the route of the request (RFC 3327 section
// 5.4); a connection of the edge proxy is not the contact's.
func TestLookupPath(t *testing.T) {
	const usePath = `modparam("registrar", "use_path", 1) modparam("registrar", "path_mode", 0)`
	s := newServer()
	m := register(t, "a", "1", 1, "Contact: <sip:a@127.0.0.9;transport=tcp>", "Path: <sip:edge1.test;lr>, <sip:edge2.test;lr>")
	m.Flow = phoneOverTCP
	s.open[7] = true
	s.run(t, m, usePath, `save("location");`)
	m = request(t, "INVITE", "sip:a@us.test", false)
	s.run(t, m, usePath, `lookup("location");`)
	if m.Path != "<sip:edge1.test;lr>, <sip:edge2.test;lr>" || m.TargetFlow != (wire.Flow{}) {
		t.Errorf("path %q, flow %+v", m.Path, m.TargetFlow)
	}
}

// One INVITE never becomes more than max_branches.
func TestLookupIsBounded(t *testing.T) {
	s := newServer()
	var lines []string
	for port := range 20 {
		lines = append(lines, fmt.Sprintf("Contact: <sip:a@127.0.0.1:%d>", 7100+port))
	}
	s.run(t, register(t, "a", "1", 1, lines...), "", `save("location");`)
	for params, want := range map[string]int{"": 12, "max_branches=3\n": 3} {
		m := request(t, "INVITE", "sip:a@us.test", false)
		if s.run(t, m, params, `lookup("location");`); 1+len(m.Branches) != want {
			t.Errorf("%s: %d targets, want %d", params, 1+len(m.Branches), want)
		}
	}
}
