// Page: docs/rfc3665.md, every ladder and what differs.
package rfc3665

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"viaduct/ladder"
)

var update = flag.Bool("update", false, "write docs/rfc3665.md anew")

// page grows by a section for each flow.
type page struct {
	sections []string // that are on it
	text     strings.Builder
}

func newPage() *page {
	p := &page{}
	p.text.WriteString(`# RFC 3665 section 3, played with viaduct

Written by ` + "`go test ./rfc3665 -update`" + `. The user agents send the RFC's messages from the RFC's addresses over a network in memory, in fake
time; the proxies, the redirect server and the ALG are viaduct with the scripts in rfc3665/testdata/scripts. Each ladder has exactly
the arrows of the RFC's message list F1 … Fn. Each message from a server is compared with the RFC's: start line, the stack of Vias (transport,
sent-by, received, the user agents' branches), Max-Forwards, Route, Record-Route, From, To, Call-ID, CSeq, Contact, credentials, type and length
of the body, the body, and that no other field was added. What differs is listed with its reason.
`)
	return p
}

func (p *page) add(f *flow, l *ladder.Ladder, known *knownDifferences, found []difference) {
	p.sections = append(p.sections, f.section)
	fmt.Fprintf(&p.text, "\n## %s %s\n\n```\n%s```\n", f.section, f.title, l.AppendText(nil, ladder.TextOptions{}))
	if len(found) == 0 {
		fmt.Fprintf(&p.text, "\nF1 to F%d equal the RFC's.\n", len(f.messages))
		return
	}
	// differences of one reason stand together
	var reasons []string
	keys := map[string][]string{}
	for _, d := range found {
		reason := known.reasons[d.String()]
		if keys[reason] == nil {
			reasons = append(reasons, reason)
		}
		keys[reason] = append(keys[reason], strings.TrimPrefix(d.key, f.section+" "))
	}
	fmt.Fprintf(&p.text, "\nF1 to F%d equal the RFC's but for:\n\n", len(f.messages))
	for _, reason := range reasons {
		fmt.Fprintf(&p.text, "- %s: %s\n", strings.Join(keys[reason], ", "), reason)
	}
}

// check compares with the page that is there, or writes it.
func (p *page) check(t *testing.T) {
	t.Helper()
	if len(p.sections) != len(casts) {
		return // only some were asked for
	}
	path := filepath.Join("..", "docs", "rfc3665.md")
	if *update {
		if err := os.WriteFile(path, []byte(p.text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	there, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(there) != p.text.String() {
		t.Errorf("%s is not what the flows give; go test ./rfc3665 -update shows how", path)
	}
}
