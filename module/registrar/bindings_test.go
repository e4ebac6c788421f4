package registrar

import (
	"testing"

	"viaduct/internal/siptest/scripttest"
	"viaduct/module"
	"viaduct/script"
)

func TestRegistered(t *testing.T) {
	s := bound(t)
	for body, want := range map[string]int{
		`registered("location");`:                     1,
		`registered("location", "sip:zz@us.test");`:   -1,
		`registered("location", "$fu");`:              -1,
		`registered("other");`:                        -1,
		`registered("location", "not a URI");`:        -1,
		`registered("location", "sip:a@other.test");`: 1,
	} {
		if code := s.run(t, request(t, "INVITE", "sip:a@us.test", false), "", body); code != want {
			t.Errorf("%s: %d, want %d", body, code, want)
		}
	}
}

// Of a reply To counts.
func TestRegisteredInReply(t *testing.T) {
	s := bound(t)
	m := scripttest.Message(t, "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1\r\n"+
		"From: <sip:b@us.test>;tag=1\r\nTo: <sip:a@us.test>;tag=2\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n")
	if code := scripttest.RunReply(t, m, `registered("location");`, s.module()); code != 1 {
		t.Errorf("code %d", code)
	}
}

func TestUnregister(t *testing.T) {
	s := bound(t)
	invite := request(t, "INVITE", "sip:a@us.test", false)
	for _, step := range []struct {
		body string
		want int
	}{
		{`unregister("location", "sip:us.test");`, -1},
		{`unregister("location", "$ru", "sip:a@127.0.0.1:7999");`, -3},
		{`reg_fetch_contacts("location", "$ru", "p"); unregister("location", "$ru", "$ulc(p=>ruid)");`, 1},
		{`lookup("location", "sip:a@us.test");`, 1},
		{`unregister("location", "sip:a@us.test");`, 1},
		{`unregister("location", "sip:a@us.test");`, -3},
		{`registered("location", "sip:a@us.test");`, -1},
	} {
		if code := s.run(t, invite, "", step.body); code != step.want {
			t.Errorf("%s: %d, want %d", step.body, code, step.want)
		}
	}
	if invite.URI != atOne || len(invite.Branches) != 0 {
		t.Errorf("after one was gone: %s %v", invite.URI, invite.Branches)
	}
}

func TestFetchContacts(t *testing.T) {
	s := bound(t)
	invite := request(t, "INVITE", "sip:a@us.test", false)
	if code := s.run(t, invite, "", `reg_fetch_contacts("location", "$ru", "callee");`); code != 1 {
		t.Fatalf("code %d", code)
	}
	for variable, want := range map[string]string{
		"$ulc(callee=>aor)":                  "a",
		"$ulc(callee=>domain)":               "location",
		"$ulc(callee=>addr)":                 atTwo,
		"$(ulc(callee=>addr)[0])":            atTwo,
		"$(ulc(callee=>addr)[1])":            atOne,
		"$(ulc(callee=>addr)[-1])":           atOne,
		"$(ulc(callee=>addr)[2])":            "",
		"$(ulc(callee=>addr)[$var(i)])":      atOne,
		"$ulc(callee=>count)":                "2",
		"$ulc(callee=>q)":                    "500",
		"$(ulc(callee=>q)[1])":               "-1",
		"$ulc(callee=>cflags)":               "8",
		"$ulc(callee=>expires)":              "1800003600",
		"$ulc(callee=>modified)":             "1800000000",
		"$ulc(callee=>callid)":               "call1",
		"$ulc(callee=>cseq)":                 "1",
		"$ulc(callee=>socket)":               "udp:127.0.0.1:5060",
		"$ulc(callee=>received)":             "",
		"$ulc(callee=>path)":                 "",
		"$ulc(callee=>user_agent)":           "two",
		"$ulc(callee=>instance)":             "",
		"$ulc(nobody=>addr)":                 "",
		"$ulc(nobody=>count)":                "0",
		"$(ulc(callee=>addr){uri.port})":     "7002",
		"$ulc(callee=>addr), $ulc(none=>q).": atTwo + ", <null>.",
	} {
		if got := s.read(t, invite, variable); got != want {
			t.Errorf("%s is %q, want %q", variable, got, want)
		}
	}
	s.run(t, invite, "", `reg_free_contacts("callee");`)
	if got := s.read(t, invite, "$ulc(callee=>count)"); got != "0" {
		t.Errorf("count after reg_free_contacts is %s", got)
	}
	if code := s.run(t, invite, "", `reg_fetch_contacts("location", "sip:zz@us.test", "callee");`); code != -1 {
		t.Errorf("of nobody: %d", code)
	}
}

// A user whose name holds what divides a profile spoils nothing.
func TestFetchContactsOfAnOddUser(t *testing.T) {
	s := newServer()
	if code := s.run(t, register(t, "a%1Eb%1Fc", "1", 1, one), "", `save("location");`); code != 1 {
		t.Fatalf("save: %d", code)
	}
	m := request(t, "INVITE", "sip:a%1eb%1fc@us.test", false)
	if code := s.run(t, m, "", `reg_fetch_contacts("location", "$ru", "p");`); code != 1 {
		t.Fatalf("code %d", code)
	}
	if got := s.read(t, m, "$ulc(p=>aor) $ulc(p=>addr) $ulc(p=>count) $ulc(p=>ruid)"); got != "abc "+atOne+" 1 "+atOne {
		t.Errorf("read %q", got)
	}
}

// read gives a string with variables as the script sees it, while $var(i) is 1.
func (s *server) read(t *testing.T, m *module.Message, text string) (seen string) {
	t.Helper()
	probe := &script.Module{Name: "probe", Functions: []script.Function{
		module.OfText("read", func(_ *script.Context, text string) int { seen = text; return 1 }),
	}}
	scripttest.RunWith(t, m, "", `$var(i) = 1; read("`+text+`");`, s.module(), probe)
	return seen
}
