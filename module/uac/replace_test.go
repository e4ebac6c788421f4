package uac

import (
	"strings"
	"testing"

	"viaduct/internal/siptest/scripttest"
	"viaduct/module/rr"
	"viaduct/sip"
)

// What Kamailio 5.6.3 makes of the same calls; of an empty display name it
// leaves a space more.
func TestReplace(t *testing.T) {
	const alice = `"Alice" <sip:alice@example.test>;tag=f1`
	for _, test := range []struct{ field, body, want string }{
		{alice, `uac_replace_from("sip:new@other.test");`, `"Alice" <sip:new@other.test>;tag=f1`},
		{alice, `uac_replace_from("Robot", "sip:new@other.test");`, `Robot <sip:new@other.test>;tag=f1`},
		{alice, `uac_replace_from("\"Q X\"", "sip:n@o.test");`, `"Q X" <sip:n@o.test>;tag=f1`},
		{alice, `uac_replace_from("Robot X", "");`, `Robot X <sip:alice@example.test>;tag=f1`},
		{alice, `uac_replace_from("", "sip:new@other.test");`, `<sip:new@other.test>;tag=f1`},
		{alice, `uac_replace_from("", "");`, `<sip:alice@example.test>;tag=f1`},
		{alice, `uac_replace_from("$rU x", "sip:$rU@o.test;user=phone");`, `bob x <sip:bob@o.test;user=phone>;tag=f1`},
		{alice, `uac_replace_from("a <x>", "sip:b@o.test");`, alice},
		{alice, `uac_replace_from("not a uri");`, alice},
		{alice, `uac_replace_from("a\r\nX: y", "");`, alice},
		{alice, `uac_replace_from("sip:a@b.test"); uac_replace_from("Last", "sip:c@d.test");`, `Last <sip:c@d.test>;tag=f1`},
		{`sip:alice@example.test;tag=f1;x=y`, `uac_replace_from("A", "");`, `A <sip:alice@example.test>;tag=f1;x=y`},
		{`<tel:+123>;tag=f1`, `uac_replace_from("sip:a@b.test");`, `<sip:a@b.test>;tag=f1`},
	} {
		text := strings.Replace(scripttest.Invite, alice, test.field, 1)
		m := scripttest.Message(t, text)
		words, _ := New()
		scripttest.Run(t, m, test.body, words)
		after, err := sip.Parse(scripttest.Forwarded(m))
		if err != nil {
			t.Fatalf("%s: %v", test.body, err)
		}
		if got := after.Get(sip.FieldFrom); got != test.want {
			t.Errorf("%s: got %s, want %s", test.body, got, test.want)
		}
	}
}

// The parameter of Record-Route is Kamailio's, byte for byte.
func TestEncode(t *testing.T) {
	const old = "sip:alice@example.test"
	for _, test := range []struct{ uri, password, want string }{
		{"sip:new@other.test", "", "AAAAAA8JHiMKNA0dE0MECRZadGVzdA--"},
		{"sip:aRice@example.test", "", "AAAAAAA+AAAAAAAAAAAAAAAAAAAAAA--"},
		{"sip:aSice@example.test", "", "AAAAAAA/AAAAAAAAAAAAAAAAAAAAAA--"},
		{"sip:a@b.c", "", "AAAAAAAsC00GQGV4YW1wbGUudGVzdA--"},
		{old, "", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA--"},
		{"sip:new@other.test", "secret", "c2Vjcmp9bUZpRmhpYCZne3MuBwAQBg--"},
		{"sip:averyveryveryverylonguser@a.very.very.long.domain.other.test:5080;transport=udp", "",
			"AAAAAAAaDBEcNgAKGBsVHhxYERcKGG9uZ3VzZXJAYS52ZXJ5LnZlcnkubG9uZy5kb21haW4ub3RoZXIudGVzdDo1MDgwO3RyYW5zcG9ydD11ZHA-"},
	} {
		got := encode(old, test.uri, test.password)
		if got != test.want {
			t.Errorf("%s: got %s, want %s", test.uri, got, test.want)
		}
		for _, way := range [][2]string{{old, test.uri}, {test.uri, old}} {
			if other, ok := decode(got, way[0], test.password); !ok || other != way[1] {
				t.Errorf("%s leads to %q, %v, want %s", way[0], other, ok, way[1])
			}
		}
	}
	for _, param := range []string{"", "%", "AAAA", "////////////////////////////////"} {
		if other, ok := decode(param, old, ""); ok {
			t.Errorf("%q leads to %s", param, other)
		}
	}
}

func TestRestoreModes(t *testing.T) {
	for _, test := range []struct{ params, body, want string }{
		{"", `uac_replace_from("sip:new@other.test");`, ";vsf=AAAAAA8JHiMKNA0dE0MECRZadGVzdA--"},
		{"", `record_route(); uac_replace_from("sip:new@other.test");`, ";lr;ftag=f1;vsf=AAAAAA8JHiMKNA0dE0MECRZadGVzdA--"},
		{"", `uac_replace_from("x", "sip:new@other.test"); record_route();`, ";lr;ftag=f1;vsf=AAAAAA8JHiMKNA0dE0MECRZadGVzdA--"},
		{"", `record_route(); uac_replace_to("sip:to@other.test"); uac_replace_from("sip:new@other.test");`,
			";lr;ftag=f1;vst=AAAAABYAIi8REAQfXhgAXQBlc3Q-;vsf=AAAAAA8JHiMKNA0dE0MECRZadGVzdA--"},
		{`modparam("uac", "restore_mode", "manual")`, `uac_replace_from("sip:new@other.test");`, ";vsf=AAAAAA8JHiMKNA0dE0MECRZadGVzdA--"},
		{`modparam("uac", "restore_mode", "none")`, `uac_replace_from("sip:new@other.test");`, ""},
		{`modparam("uac", "rr_from_store_param", "xyz")`, `uac_replace_from("sip:new@other.test");`, ";xyz=AAAAAA8JHiMKNA0dE0MECRZadGVzdA--"},
		{"", `uac_replace_from("x", "");`, ""},
	} {
		m := scripttest.Message(t, scripttest.Invite)
		words, _ := New()
		scripttest.RunWith(t, m, test.params, test.body, words, rr.New(rr.Server{Myself: scripttest.Myself}))
		got := ""
		if m.RecordRoute != nil {
			got = m.RecordRoute.Params
		}
		if test.want != got {
			t.Errorf("%s %s: Record-Route has %q, want %q", test.params, test.body, got, test.want)
		}
	}
}

func TestRestoreAVP(t *testing.T) {
	m := scripttest.Message(t, scripttest.Invite)
	words, _ := New()
	scripttest.RunWith(t, m, "modparam(\"uac\", \"restore_from_avp\", \"$avp(of)\")\nmodparam(\"uac\", \"restore_to_avp\", \"$avp(ot)\")",
		`uac_replace_from("sip:new@other.test"); uac_replace_to("sip:to@other.test");`, words)
	if of, ot := m.AVPs.Get("of").Text, m.AVPs.Get("ot").Text; of != "sip:alice@example.test" || ot != "sip:bob@example.test" {
		t.Errorf("the AVPs hold %q and %q", of, ot)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("AAAAAA8JHiMKNA0dE0MECRZadGVzdA--", "sip:alice@example.test", "")
	f.Add("c2Vjcmp9bUZpRmhpYCZne3MuBwAQBg--", "sip:new@other.test", "secret")
	f.Add("----", "", "x")
	f.Fuzz(func(t *testing.T, param, uri, password string) {
		other, ok := decode(param, uri, password)
		if !ok {
			return
		}
		if back, ok := decode(param, other, password); ok && back != strings.TrimRight(uri, "\x00") {
			t.Errorf("%q leads from %q to %q and back to %q", param, uri, other, back)
		}
	})
}
