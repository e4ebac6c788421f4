package registrar

import (
	"testing"

	"viaduct/location"
)

// RFC 3261 section 19.1.4: each pair of its lists is registered one after the
// other, and is one binding or two.
func TestContactsAreComparedAsURIs(t *testing.T) {
	for _, test := range []struct {
		a, b string
		same bool
	}{
		{"sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp", true},
		{"sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", true},
		{"sip:carol@chicago.com", "sip:carol@chicago.com;security=on", true},
		{"sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com", "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com", true},
		{"sip:alice@atlanta.com?subject=project%20x&priority=urgent", "sip:alice@atlanta.com?priority=urgent&subject=project%20x", true},
		{"SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP", false},
		{"sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", false},
		{"sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp", false},
		{"sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp", false},
		{"sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting", false},
		{"sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4", false},
		{"sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off", false},
		{"sip:bob@biloxi.com", "sips:bob@biloxi.com", false},
		{"sip:bob@biloxi.com", "sip:biloxi.com", false},
		{"sip:bob@biloxi.com", "sip:bob:secret@biloxi.com", false},
		{"sip:bob@biloxi.com", "sip:bob@biloxi.com;maddr=239.255.255.1", false},
		{"sip:bob@biloxi.com", "sip:bob@biloxi.com;ttl=1", false},
		{"sip:bob@biloxi.com;user=ip", "sip:bob@biloxi.com", false},
		{"mailto:bob@biloxi.com", "MAILTO:bob@biloxi.com", true},
	} {
		for _, pair := range [][2]string{{test.a, test.b}, {test.b, test.a}} {
			r := New(strict(), location.New())
			save(t, r, register{fields: "Contact: <" + pair[0] + ">"}, testTime)
			result := save(t, r, register{cseq: 2, fields: "Contact: <" + pair[1] + ">"}, testTime)
			if result.Status != 200 || (result.Changed == Updated) != test.same {
				t.Errorf("%s and %s: %d %s", pair[0], pair[1], result.Status, result.Changed)
			}
			if test.same && r.table.Find("bob").Bindings[0].Contact != pair[1] {
				t.Errorf("%s: the URI is not as written last", pair[1])
			}
		}
	}
}

func TestParseQ(t *testing.T) {
	for _, test := range []struct {
		text string
		q    int16
		ok   bool
	}{
		{"0", 0, true}, {"1", 1000, true}, {"0.", 0, true}, {"1.", 1000, true}, {"0.5", 500, true}, {"0.05", 50, true},
		{"0.123", 123, true}, {"1.000", 1000, true}, {"1.001", 0, false}, {"1.1", 0, false}, {"2", 0, false}, {"-1", 0, false},
		{"0.1234", 0, false}, {".5", 0, false}, {"", 0, false}, {"05", 0, false}, {"0,5", 0, false}, {"0.5x", 0, false}, {"high", 0, false},
	} {
		if q, ok := parseQ(test.text); ok != test.ok || ok && q != test.q {
			t.Errorf("%q: %d, %v", test.text, q, ok)
		}
	}
}

func TestParseExpires(t *testing.T) {
	for text, want := range map[string]uint32{
		"0": 0, "00": 0, "60": 60, "4294967295": 1<<32 - 1, "4294967296": 1<<32 - 1, "99999999999999999999999": 1<<32 - 1,
		"": 3600, "-1": 3600, "+1": 3600, "1.5": 3600, "1s": 3600, `"60"`: 3600,
	} {
		if got := parseExpires(text); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

func TestCanonical(t *testing.T) {
	for _, test := range []struct {
		uri                      string
		useDomain, caseSensitive bool
		want                     string
	}{
		{"sip:Bob:secret@Biloxi.test:5070;user=phone?x=y", false, false, "bob"},
		{"sip:Bob:secret@Biloxi.test:5070;user=phone?x=y", false, true, "Bob"},
		{"sip:Bob:secret@Biloxi.test:5070;user=phone?x=y", true, false, "bob@biloxi.test"},
		{"sips:Bob@Biloxi.test", true, true, "Bob@biloxi.test"},
		{"sip:bob@biloxi.test:5070;lr", true, true, "bob@biloxi.test"},
		{"sip:bob@[2001:DB8::1]", true, true, "bob@[2001:db8::1]"},
		{"sip:b%6Fb%40x@biloxi.test", true, true, "bob@x@biloxi.test"},
		{"sip:b%4Fb@biloxi.test", false, false, "bob"},
		{"sip:jos%C3%A9@biloxi.test", false, false, "josé"},
		{"sip:\u212Aelvin@biloxi.test", false, false, "\u212Aelvin"}, // the sign of Kelvin is not k
		{"sip:100%@biloxi.test", false, false, "100%"},
	} {
		config := strict()
		config.UseDomain, config.CaseSensitive = test.useDomain, test.caseSensitive
		aor, ok := New(config, location.New()).parseAOR(test.uri)
		if !ok || aor != test.want {
			t.Errorf("%s: %q, %v; want %q", test.uri, aor, ok, test.want)
		}
	}
}
