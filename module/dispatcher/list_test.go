package dispatcher

import (
	"fmt"
	"strings"
	"testing"
)

func TestParseList(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", ""},
		{"# nothing\n\n  # more\n\r\n", ""},
		{"1 sip:127.0.0.1:9", "1 sip:127.0.0.1:9 AX 0 "},
		{"0 127.0.0.1:9\r\n", "0 sip:127.0.0.1:9 AX 0 "},
		{"1 example.test", "1 sip:example.test AX 0 "},
		{"1 [::1]:9", "1 sip:[::1]:9 AX 0 "},
		{"1\tsips:gw.test;transport=tcp\t9\t7\tduid=x # comment", "1 sips:gw.test;transport=tcp IP 7 duid=x"},
		{"1 sip:a@b.test 16 3", "1 sip:a@b.test AX 3 "},
		{"1 sip:b.test weight=5;", "1 sip:b.test AX 0 weight=5;"},
		{"1 sip:b.test 8 other", "1 sip:b.test AP 0 other"},
		{"1 sip:b.test#x 8 0 a=#", "1 sip:b.test#x AP 0 a=#"},
		{"1 sip:a\n2 sip:b\n", "1 sip:a AX 0 |2 sip:b AX 0 "},
	} {
		lines, err := parseList("f", test.text)
		var got []string
		for _, l := range lines {
			got = append(got, fmt.Sprintf("%d %s %s %d %s", l.set, l.uri, l.flags, l.priority, l.text))
		}
		if have := strings.Join(got, "|"); err != nil && !strings.Contains(test.text, "b.test#x") || err == nil && have != test.want {
			t.Errorf("%q: %s %v, want %s", test.text, have, err, test.want)
		}
	}
}

func TestParseAttributes(t *testing.T) {
	lines, err := parseList("f", `1 sip:a 0 0 duid="x";maxload=5;weight=50;rweight=20;socket=udp:127.0.0.1:5060;sockname=inner;ping_from=sip:me@x.test;obproxy=sip:p.test;latency=30;cc=1;my=y`)
	if err != nil {
		t.Fatal(err)
	}
	a := lines[0].attributes
	if a.duid != "x" || a.maxLoad != 5 || a.weight != 50 || a.share != 20 || a.socket.Local.Port() != 5060 || a.socketName != "inner" ||
		a.pingFrom != "sip:me@x.test" || a.proxyURI != "sip:p.test" || a.latency != 30 || !a.congestion {
		t.Errorf("%+v", a)
	}
}

// Each error says where, and what was expected.
func TestBadLists(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"x sip:a", `f:1: expected the number of a set, not "x"`},
		{"-5 sip:a", `f:1: expected the number of a set, not "-5"`},
		{"# c\n\n1", "f:3: expected a set and a SIP URI"},
		{"1 tel:+1", `f:1: "tel:+1" is no SIP URI`},
		{"1 sip:127.0.0.1:99999", `is no SIP URI: expected a host, with a port`},
		{"1 sip:a,sip:b", "is no SIP URI"},
		{"1 sip:a 64", "f:1: expected flags that add up to 31 at most, not 64"},
		{"1 sip:a 0 0 a=b c=d", `f:1: "c=d": expected nothing more`},
		{"1 sip:a 0 0 ;;", `f:1: ";;": expected attributes`},
		{"1 sip:a 0 0 weight=200", "f:1: weight=200: expected a number from 0 to 100"},
		{"1 sip:a 0 0 maxload=-1", "f:1: maxload=-1: expected a number"},
		{"1 sip:a 0 0 latency=x", "f:1: latency=x: expected a number"},
		{"1 sip:a 0 0 socket=udp:x:y:z", "f:1: socket=udp:x:y:z: "},
	} {
		if _, err := parseList("f", test.text); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: %v, want %s", test.text, err, test.want)
		}
	}
}

// What is read can be used: a set can be made of it, and a choice in it.
func FuzzList(f *testing.F) {
	for _, seed := range []string{
		five, varied, three, "1 sip:a 0 0 weight=50;rweight=20;latency=30;cc=1\n", "1 [::1]:9 16 -3\n", "9 sips:x;transport=tls?h=v 8 0 duid='a';socket=tls:127.0.0.1\n", "# c\r\n1\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		lines, err := parseList("f", text)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "f:") {
				t.Fatalf("no place: %v", err)
			}
			return
		}
		w := &words{Server: Server{Kept: new(Kept)}, settings: defaults()}
		all := w.build(lines, w.Kept.known)
		count := 0
		all.each(func(s *set, d *destination) {
			count++
			if moved("sip:bob@example.test", d.place) == "" {
				t.Fatalf("no place: %s", d)
			}
			s.shared(0)
		})
		if count != len(lines) {
			t.Fatalf("%d of %d lines", count, len(lines))
		}
		for _, s := range all.byID {
			if at, ok := w.takeTurn(s); ok && !s.destinations[at].now().isUsable() {
				t.Fatal("not usable")
			}
		}
	})
}
