package dispatcher

import (
	"fmt"
	"strings"
	"testing"

	"viaduct/internal/siptest/scripttest"
)

const five = `# sets
1 sip:127.0.0.1:7001
1 sip:127.0.0.1:7002
1 sip:127.0.0.1:7003 0 5
1 sip:127.0.0.1:7004 0 5
1 sip:127.0.0.1:7005
`

// ports says a list of URIs by their ports.
const ports = `say("$(xavp(_dsdst_[0]=>uri){uri.port}) $(xavp(_dsdst_[1]=>uri){uri.port}) $(xavp(_dsdst_[2]=>uri){uri.port}) $(xavp(_dsdst_[3]=>uri){uri.port}) $(xavp(_dsdst_[4]=>uri){uri.port})");`

// What Kamailio 5.6.3 chooses for the same requests out of the same list.
func TestHashing(t *testing.T) {
	with := func(line string) string { return scripttest.With(scripttest.Invite, line) }
	from := func(uri string) string {
		return scripttest.Swap(t, scripttest.Invite, `From: "Alice" <sip:alice@example.test>`, "From: <"+uri+">")
	}
	to := func(uri string) string {
		return scripttest.Swap(t, scripttest.Invite, "INVITE sip:bob@example.test", "INVITE "+uri)
	}
	const credentials = `realm="r", nonce="n", uri="sip:x", response="00000000000000000000000000000000"`
	for _, test := range []struct {
		algorithm int
		request   string
		want      int
	}{
		{0, invite(t, "call0@x"), 7005}, {0, invite(t, "call1@x"), 7004}, {0, invite(t, "call2@x"), 7003},
		{0, invite(t, "call3@x"), 7001}, {0, invite(t, "call4@x"), 7003}, {0, invite(t, "call5@x"), 7001},
		{1, scripttest.Invite, 7001}, {2, scripttest.Invite, 7003}, {3, scripttest.Invite, 7003},
		{1, from("sip:alice@example.test:5060"), 7001}, {3, to("sip:alice@example.test:5060"), 7001},
		{1, from("sip:alice@example.test:5070"), 7003}, {3, to("sip:alice@example.test:5070"), 7003},
		{1, from("sip:example.test"), 7001}, {3, to("sip:example.test"), 7001},
		{1, from("sips:alice@example.test:5061"), 7001}, {1, from("sip:alice@EXAMPLE.test"), 7001}, {1, from("tel:+123"), 7001},
		{5, with(`Authorization: Digest username="carol", ` + credentials), 7005},
		{5, with(`Proxy-Authorization: Digest username="dave", ` + credentials), 7004},
		{7, with("X-H: hello"), 7001}, {7, scripttest.Invite, 7004},
		{8, scripttest.Invite, 7004}, {9, scripttest.Invite, 7004}, {11, scripttest.Invite, 7004},
		{99, scripttest.Invite, 7004}, {-1, scripttest.Invite, 7004},
	} {
		h := newHome(t, five)
		got := h.run([]string{"flags=2", `hash_pvar="$hdr(X-H)"`}, test.request, fmt.Sprintf(`ds_select_dst("1", "%d"); say("$rc $(du{uri.port})");`, test.algorithm))
		if want := fmt.Sprintf("1 %d", test.want); len(got) != 1 || got[0] != want {
			t.Errorf("algorithm %d: %q, want %s\n%s", test.algorithm, got, want, test.request)
		}
	}
}

// Round robin and its kin in the order of Kamailio 5.6.3.
func TestTurns(t *testing.T) {
	const latencies = `1 sip:127.0.0.1:7101 0 30 latency=21
1 sip:127.0.0.1:7102 0 30 latency=91
1 sip:127.0.0.1:7103 0 30 latency=61
1 sip:127.0.0.1:7104 0 30 latency=19
1 sip:127.0.0.1:7105 0 30 latency=32
1 sip:127.0.0.1:7106 0 30
1 sip:127.0.0.1:7107 0 30 latency=201
`
	const mixed = `1 sip:127.0.0.1:7003 0 30 latency=100
1 sip:127.0.0.1:7005 0 30 latency=21;cc=1
1 sip:127.0.0.1:7006 0 30
1 sip:127.0.0.1:7007 0 20 latency=10000
1 sip:127.0.0.1:7008 1 40
`
	for _, test := range []struct {
		name, list string
		params     []string
		algorithms string // one for each request
		want       string // ports in the order of their trial
	}{
		{"round robin", five, nil, "4 4 4 4 4 4", "7004 7003 7005 7002 7001|7003 7005 7002 7001 7004|7005 7002 7001 7004 7003|7002 7001 7004 7003 7005|7001 7004 7003 7005 7002|7004 7003 7005 7002 7001"},
		{"one turn for 4 and for 5 without user", five, nil, "4 5 4", "7004 7003 7005 7002 7001|7003 7005 7002 7001 7004|7005 7002 7001 7004 7003"},
		{"around what is down", "1 sip:127.0.0.1:7021 1\n1 sip:127.0.0.1:7022 4\n1 sip:127.0.0.1:7023 2\n1 sip:127.0.0.1:7024 8\n", nil, "4 4 4 4",
			"7024 7023   |7023 7024   |7024 7023   |7023 7024   "},
		{"a default", "1 sip:127.0.0.1:7001\n1 sip:127.0.0.1:7002\n1 sip:127.0.0.1:7003\n", []string{"use_default=1"}, "4 4 4",
			"7003 7002 7001  |7002 7003 7001  |7003 7002 7001  "},
		{"the default alone", "1 sip:127.0.0.1:7001\n1 sip:127.0.0.1:7002 1\n", []string{"use_default=1"}, "4 0", "7001    |7001    "},
		{"a default that is down", "1 sip:127.0.0.1:7009 1\n1 sip:127.0.0.1:7010\n", []string{"use_default=1"}, "4", "7010 7009   "},
		{"all is down", "1 sip:127.0.0.1:7041 1\n1 sip:127.0.0.1:7042 4\n", []string{"use_default=1"}, "0 4 8 9 11 13", "    |    |    |    |    |    "},
		{"latency without statistics", five, nil, "8 13 13", "7004 7003 7005 7002 7001|7004 7003 7005 7002 7001|7003 7004 7005 7002 7001"},
		{"latency", latencies, []string{"ds_ping_latency_stats=1"}, "13 13 13 13", "7106 7104 7101 7105 7103|7104 7101 7106 7105 7103|7101 7106 7104 7105 7103|7106 7104 7101 7105 7103"},
		{"latency and congestion", mixed, []string{"ds_ping_latency_stats=1"}, "13 13 13", "7006 7005 7003 7007 |7005 7006 7003 7007 |7006 7005 7003 7007 "},
	} {
		h := newHome(t, test.list)
		p := h.compile(append(test.params, "flags=2"), `ds_select_dst("1", "$hdr(X-A)"); `+ports, "")
		var got []string
		for algorithm := range strings.FieldsSeq(test.algorithms) {
			got = append(got, h.play(p, scripttest.With(scripttest.Invite, "X-A: "+algorithm))...)
		}
		if have := strings.ReplaceAll(strings.Join(got, "|"), "<null>", ""); have != test.want {
			t.Errorf("%s:\n%s\nwant\n%s", test.name, have, test.want)
		}
	}
}

// How many of a hundred requests go where; so does Kamailio 5.6.3.
func TestWeights(t *testing.T) {
	for _, test := range []struct {
		algorithm  int
		attributes string // of destinations 1, 2, … in the order of the file
		want       string // requests for each
	}{
		{9, "weight=50 weight=30 weight=20", "50 30 20"},
		{9, "weight=50 weight=60 weight=10", "30 60 10"},
		{9, "weight=10 - weight=20", "80 0 20"},
		{9, "weight=10 weight=20 -", "0 0 100"},
		{11, "rweight=1 rweight=2 rweight=1", "25 50 25"},
		{11, "rweight=1 rweight=0 down;rweight=1 rweight=2", "34 0 0 66"},
		{11, "rweight=1 rweight=1 -", "50 50 0"},
		{11, "rweight=1 rweight=1 rweight=1", "34 33 33"},
		{11, "- -", "0 100"},
	} {
		list, names := "", strings.Fields(test.attributes)
		for i, attributes := range names {
			state := 0
			if rest, down := strings.CutPrefix(attributes, "down;"); down {
				state, attributes = 1, rest
			}
			list += fmt.Sprintf("1 sip:127.0.0.1:%d %d 0 %s\n", i+1, state, strings.Trim(attributes, "-"))
		}
		h := newHome(t, list)
		p := h.compile(nil, fmt.Sprintf(`ds_select_dst("1", "%d"); say("$(du{uri.port})");`, test.algorithm), "")
		counts := map[string]int{}
		for range 100 {
			counts[h.play(p, scripttest.Invite)[0]]++
		}
		var got []string
		for i := range names {
			got = append(got, fmt.Sprint(counts[fmt.Sprint(i+1)]))
		}
		if have := strings.Join(got, " "); have != test.want {
			t.Errorf("%d %s: %s, want %s", test.algorithm, test.attributes, have, test.want)
		}
	}
}
