package script

import (
	"os"
	"strings"
	"testing"

	"viaduct/script/syntax"
)

// The tables in testdata/oracle hold what Kamailio 5.6.3 itself made of each
// format and condition, on the message in request.sip. These differ on
// purpose:
var knownDifferences = map[string]struct{ ours, why string }{
	"$ful":                        {"32", "of a later version; an unknown name is text to Kamailio's xlog"},
	"$rz":                         {"sip", "Kamailio takes user=phone for tel:"},
	"$(rU{s.int})":                {"4930123", "Kamailio prints the text, plus sign and all"},
	"$(ru{uri.saor})":             {"sip:+4930123@biloxi.test", "5.6.3 has a stray byte behind the scheme"},
	"$(ru{uri.suri})":             {"sip:+4930123@biloxi.test:5070;transport=udp", "the same"},
	"$(ru{uri.duri})":             {"sip:biloxi.test:5070;transport=udp", "the same"},
	"$(tu{uri.tosocket})":         {"udp:biloxi.test:5060", "5.6.3 knows no default transport"},
	"$(ci{s.rafter,a})":           {".test", "5.6.3 searches in the wrong direction"},
	"$(hdr(X-Comma){s.rm, })":     {"p,q,r", "5.6.3 drops a parameter that is a space"},
	"$(hdr(From){nameaddr.name})": {`"Alice A."`, "5.6.3 keeps the space behind the name"},
	"$(hdr(To){nameaddr.name})":   {"Bob", "the same"},
	"$sel(contact.uri)":           {"sip:alice@127.0.0.1:5099", "5.6.3 gives the last of the field"},
	"$rc":                         {"0", "xlog itself sets it there"},
	"$retcode":                    {"0", "the same"},
	"$?":                          {"0", "the same"},
}

var knownConditionDifferences = map[string]struct{ ours, why string }{
	"$rm":  {"false", "a method is a number too in Kamailio"},
	"!$rm": {"true", "the same"},
}

func TestFormatsAgainstKamailio(t *testing.T) {
	for format, want := range oracleTable(t, "testdata/oracle/formats.tsv") {
		if want == "!refused" {
			continue // what Kamailio does not load may mean something to us
		}
		if known, ok := knownDifferences[format]; ok {
			if known.ours == want {
				t.Errorf("%s: no difference any more, take it off the list", format)
			}
			want = known.ours
		}
		b := new(bench)
		c := testContext(t, "testdata/oracle/request.sip")
		b.run(t, syntax.Kamailio, loadAll+`mine.text = "custom" mine.number = 7
			route { xlog(`+syntax.Quote(format)+`); }`, c)
		if got := strings.Join(b.trace, "|"); got != want {
			t.Errorf("%s\n got %q\nwant %q", format, got, want)
		}
	}
}

func TestConditionsAgainstKamailio(t *testing.T) {
	const rest = `
		route[RET5] { return 5; }
		route[RETM5] { return -5; }
		route[LASTNEG] { is_method("ACK"); }
		route[LASTIF] { if (is_method("ACK")) { setflag(9); } }
		route[BREAKS] { break; }
		route[BARE] { return; }
		route[ASSIGN] { $var(zz) = 1; }`
	for condition, want := range oracleTable(t, "testdata/oracle/conditions.tsv") {
		if want == "!refused" {
			continue
		}
		if known, ok := knownConditionDifferences[condition]; ok {
			if known.ours == want {
				t.Errorf("%s: no difference any more, take it off the list", condition)
			}
			want = known.ours
		}
		if condition == "$rc" {
			continue // in the table it is what the condition before left
		}
		b := new(bench)
		c := testContext(t, "testdata/oracle/request.sip")
		b.run(t, syntax.Kamailio, loadAll+"route { if ("+condition+`) xlog("true"); else xlog("false"); }`+rest, c)
		if got := strings.Join(b.trace, "|"); got != want {
			t.Errorf("if (%s): got %s, want %s", condition, got, want)
		}
	}
}

// oracleTable reads lines of "question TAB answer", the answer with escapes.
func oracleTable(t *testing.T, file string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	unescape := strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\r`, "\r", `\t`, "\t", `\e`, "\x1b")
	table := map[string]string{}
	for line := range strings.SplitSeq(string(text), "\n") {
		if question, answer, ok := strings.Cut(line, "\t"); ok && line[0] != '#' {
			table[question] = unescape.Replace(answer)
		}
	}
	return table
}
