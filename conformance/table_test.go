// The table: docs/conformance.md, written with -update and held to what the systems do without.

package conformance

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/conformance.md from what the systems do")

const tablePath = "../docs/conformance.md"

const preface = `# Conformance

The torture messages of RFC 4475 and the IPv6 messages of RFC 5118, sent as they stand over UDP and TCP on loopback.
` + "`make conformance`" + ` plays them and writes this page; ` + "`go test ./conformance`" + ` fails when viaduct does otherwise.
✓ is what the RFC asks or leaves room for, ✗ is not. What a failure is for viaduct stands in
` + "`conformance/testdata/known_failures.txt`" + ` with its reason.

`

// checkTable writes the page, or compares it; without Kamailio its column is not looked at.
func checkTable(t *testing.T, all []*vector, ours, theirs results, withKamailio bool) {
	t.Helper()
	got := page(all, ours, theirs)
	if *update {
		if !withKamailio {
			t.Fatal("the page is written with Kamailio only: VIADUCT_INTEROP=1 (make conformance)")
		}
		if err := os.WriteFile(tablePath, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	written, err := os.ReadFile(tablePath)
	if err != nil {
		t.Fatal(err)
	}
	want := string(written)
	if !withKamailio {
		got, want = withoutTheirs(got), withoutTheirs(want)
	}
	gotLines, wantLines := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(gotLines), len(wantLines)) {
		if i >= len(gotLines) || i >= len(wantLines) || gotLines[i] != wantLines[i] {
			t.Errorf("%s, line %d is not what the systems do (make conformance writes it):\n got %s\nwant %s",
				tablePath, i+1, line(gotLines, i), line(wantLines, i))
			return
		}
	}
}

func line(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(end)"
}

// theirCell is the last cell of a row, which is Kamailio's.
var theirCell = regexp.MustCompile(`(?m) [^|\n]*\|$`)

func withoutTheirs(page string) string { return theirCell.ReplaceAllString(page, "") }

// page writes the page.
func page(all []*vector, ours, theirs results) string {
	var out strings.Builder
	out.WriteString(preface)
	out.WriteString("| | viaduct | Kamailio 5.6.3 |\n|---|---|---|\n")
	for _, rfc := range []int{4475, 5118} {
		for i, title := range []string{"as registrar and proxy", "as a proxy only"} {
			fmt.Fprintf(&out, "| RFC %d, %s | %s | %s |\n", rfc, title, count(all, ours[i], rfc), count(all, theirs[i], rfc))
		}
	}
	out.WriteString("\n## As registrar and proxy\n\n" +
		"The built-in script, with the domains of the messages as its names and their users registered; Kamailio runs the same.\n\n" +
		"| section | message | what the RFC asks | viaduct | Kamailio 5.6.3 |\n|---|---|---|---|---|\n")
	for _, v := range all {
		fmt.Fprintf(&out, "| %d, %s | %s: %s | %s | %s | %s |\n", v.rfc, v.section, v.name, cell(v.title), cell(v.asks), verdict(ours[0], v), verdict(theirs[0], v))
	}
	out.WriteString("\n## As a proxy only\n\n" +
		"`conformance/testdata/relay.cfg` relays what passes `sanity_check`, whatever it is and wherever it goes: what is valid\n" +
		"must come out with every field and the body as they went in.\n\n" +
		"| section | message | viaduct | Kamailio 5.6.3 |\n|---|---|---|---|\n")
	for _, v := range all {
		fmt.Fprintf(&out, "| %d, %s | %s | %s | %s |\n", v.rfc, v.section, v.name, verdict(ours[1], v), verdict(theirs[1], v))
	}
	return out.String()
}

func count(all []*vector, found map[string]result, rfc int) string {
	passed, total := 0, 0
	for _, v := range all {
		if v.rfc == rfc {
			total++
			if r := found[v.name]; r.outcome != nil && r.err == nil {
				passed++
			}
		}
	}
	return fmt.Sprintf("%d of %d", passed, total)
}

func verdict(found map[string]result, v *vector) string {
	r := found[v.name]
	switch {
	case r.outcome == nil:
		return "not played"
	case r.err == nil:
		return "✓ " + cell(r.outcome.words())
	}
	return "✗ " + cell(r.outcome.words())
}

// cell makes text fit into a table of Markdown.
func cell(text string) string {
	return strings.NewReplacer("|", "\\|", "<", "&lt;", "*", "\\*", "_", "\\_", "\r", "", "\n", " ").Replace(text)
}
