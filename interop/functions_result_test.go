// What a server made of a case of functions, as lines that two servers can be compared by.

package interop

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	shownLine  = regexp.MustCompile(`(?m)^X-Show: ([0-9a-f]*)\r?$`)
	ownBranch  = regexp.MustCompile(`;branch=z9hG4bK[^;,\s]*`)
	madeTag    = regexp.MustCompile(`;tag=[-\w.]{11,}`)
	madeDate   = regexp.MustCompile(`(?m)^Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r$`)
	madeCallID = regexp.MustCompile(`(?m)^Call-ID: [0-9a-zA-Z][-0-9a-zA-Z.:]{15,}(@[0-9.:]+)?\r$`)
	madeNonce  = regexp.MustCompile(`cnonce="[^"]*", response="[^"]*"`)
	// What docs/quirks.md says of every message, and no case needs to say again: Kamailio counts no hops without
	// maxfwd, has phrases of its own, and puts received before the other parameters.
	countedHops  = regexp.MustCompile(`(?m)^Max-Forwards: (69|70)\r$`)
	viaParams    = regexp.MustCompile(`(?m)^Via: [^\r]*`)
	logged       = regexp.MustCompile(`@@(c\d+) (.*?)@@`)
	accounted    = regexp.MustCompile(`(?m)ACC: (.*?): timestamp=\d+;(.*call_id=(c\d+)@.*)$`)
	accountedTag = regexp.MustCompile(`;to_tag=[-\w.]{11,};`)
)

const toCaller, toCallee = "to the caller", "to the callee"

// results gives what became of each case; log is what the server printed.
func (p *casePlayer) results(log string) map[string]string {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	lines := map[string]string{}
	for _, found := range logged.FindAllStringSubmatch(log, -1) {
		lines[found[1]] += "log: " + found[2] + "\n"
	}
	for _, found := range accounted.FindAllStringSubmatch(log, -1) {
		lines[found[3]] += "log: " + found[1] + ": " + p.names()(accountedTag.ReplaceAllString(found[2], ";to_tag=*;")) + "\n"
	}
	results := map[string]string{}
	for id, play := range p.plays {
		results[id] = p.describe(toCallee, play.atCallee) + p.describe(toCaller, play.atCaller) + lines[id]
	}
	return results
}

// describe writes messages without what differs from run to run. Retransmissions are left out.
func (p *casePlayer) describe(way string, messages []string) string {
	var out strings.Builder
	names := p.names()
	for i, text := range messages {
		if slices.Contains(messages[:i], text) {
			continue
		}
		fmt.Fprintf(&out, "%s: ", way)
		text = shownLine.ReplaceAllStringFunc(text, func(line string) string {
			shown, _ := hex.DecodeString(shownLine.FindStringSubmatch(line)[1])
			return fmt.Sprintf("X-Show: %q\r", shown)
		})
		head, body, _ := strings.Cut(names(text), "\r\n\r\n")
		head += "\r\n"
		head = ownBranch.ReplaceAllStringFunc(head, func(branch string) string {
			if strings.HasPrefix(branch, ";branch=z9hG4bK-own") {
				return branch
			}
			return ";branch=*"
		})
		head = madeTag.ReplaceAllString(head, ";tag=*")
		head = madeDate.ReplaceAllString(head, "Date: *\r")
		head = madeCallID.ReplaceAllString(head, "Call-ID: *\r")
		head = madeNonce.ReplaceAllString(head, "cnonce=*, response=*")
		head = strings.Replace(head, "SIP/2.0 100 trying -- your call is important to us", "SIP/2.0 100 Trying", 1)
		head = strings.Replace(head, "SIP/2.0 200 canceling", "SIP/2.0 200 OK", 1)
		if way == toCallee {
			head = countedHops.ReplaceAllString(head, "Max-Forwards: 69 or 70\r")
		}
		head = viaParams.ReplaceAllStringFunc(head, sortParams)
		lines := strings.Split(strings.TrimSuffix(head, "\r\n"), "\r\n")
		if method, _, _ := strings.Cut(head, " "); slices.Contains([]string{"SIP/2.0", "ACK", "CANCEL"}, method) {
			slices.Sort(lines[1:]) // what the server makes itself has its fields in an order of its own
		} else if strings.Contains(head, "\r\nX-Case: ") {
			slices.Sort(lines[1:])
		} else {
			slices.SortStableFunc(lines[1:], func(a, b string) int { return placeOf(a) - placeOf(b) })
		}
		for _, line := range lines {
			fmt.Fprintln(&out, line)
		}
		if body != "" {
			for line := range strings.SplitSeq(body, "\n") {
				fmt.Fprintf(&out, "%q\n", line)
			}
		}
	}
	return out.String()
}

// placeOf puts the fields that a proxy adds behind the others: where it adds them among fields of other names is free
// (RFC 3261 section 7.3.1).
func placeOf(line string) int {
	name, _, _ := strings.Cut(line, ":")
	return slices.Index([]string{"Max-Forwards", "Record-Route", "Route", "Path"}, name)
}

func sortParams(via string) string {
	parts := strings.Split(via, ";")
	slices.Sort(parts[1:])
	return strings.Join(parts, ";")
}

// changes shows the lines of two results that are not in both: "-" Kamailio's, "+" viaduct's.
func changes(theirs, ours string) string {
	var out strings.Builder
	for _, line := range sideBySide(strings.Split(theirs, "\n"), strings.Split(ours, "\n")) {
		if line[0] != ' ' {
			out.WriteString("    " + line)
		}
	}
	return out.String()
}

// names puts names for the addresses, which differ from run to run.
func (p *casePlayer) names() func(string) string {
	var addresses, ports []string
	for _, known := range []struct {
		name    string
		address netip.AddrPort
	}{{"CALLER", p.caller.LocalAddr().(netAddress).AddrPort()}, {"CALLEE", p.callee.LocalAddr().(netAddress).AddrPort()}, {"SERVER", p.server}} {
		addresses = append(addresses, known.address.String(), known.name)
		ports = append(ports, fmt.Sprint(known.address.Port()), known.name+"PORT")
	}
	whole := strings.NewReplacer(addresses...)
	number := regexp.MustCompile(`\b(` + ports[0] + "|" + ports[2] + "|" + ports[4] + `)\b`) // not within a longer word
	return func(text string) string {
		return number.ReplaceAllStringFunc(whole.Replace(text), func(port string) string { return ports[slices.Index(ports, port)+1] })
	}
}

type netAddress interface{ AddrPort() netip.AddrPort }

func TestDescribe(t *testing.T) {
	p := newCasePlayer(t)
	p.server = netip.MustParseAddrPort("127.0.0.1:5060")
	got := p.describe("to the caller", []string{p.place("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP CALLER;branch=z9hG4bK-own1\r\nX-Show: 616200\r\n" +
		"To: <sip:x>;tag=1234567890abcdef\r\n\r\nbody")})
	want := "to the caller: SIP/2.0 200 OK\nTo: <sip:x>;tag=*\nVia: SIP/2.0/UDP CALLER;branch=z9hG4bK-own1\nX-Show: \"ab\\x00\"\n\"body\"\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
