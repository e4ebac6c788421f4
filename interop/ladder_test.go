// The normalized ladder of a scenario: who sent what to whom, and what each message from the server bore, without
// anything that differs from run to run.

package interop

import (
	"cmp"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// normalizer puts roles in the place of addresses, and plain role names in the place of the scenario's own users.
type normalizer struct{ *strings.Replacer }

func newNormalizer(addresses map[string]netip.AddrPort, suffix string) normalizer {
	var pairs []string
	for role, address := range addresses {
		pairs = append(pairs, address.String(), role)
	}
	return normalizer{strings.NewReplacer(append(pairs, suffix, "")...)}
}

// draw writes the ladder, and below it field by field what the server sent.
func (n normalizer) draw(ladder []arrow) string {
	var out strings.Builder
	for _, a := range ladder {
		fmt.Fprintf(&out, "%s  %s\n", a.leg(), a.plainTitle())
	}
	out.WriteString("\n# what the server sent\n")
	for _, a := range ladder {
		if a.from == serverRole {
			fmt.Fprintf(&out, "\n%s  %s\n%s", a.leg(), a.plainTitle(), n.details(a, ladder))
		}
	}
	return out.String()
}

func (a arrow) leg() string { return a.from + " -> " + a.to }

// plainTitle leaves out the two reason phrases that a server may word as it likes; the others come from the script or
// from the far end. A response to another method than INVITE names it.
func (a arrow) plainTitle() string {
	title := a.title()
	if a.isRequest() {
		return title
	}
	switch {
	case strings.HasPrefix(title, "100 "):
		title = "100 Trying"
	case strings.HasPrefix(title, "200 ") && a.method() == "CANCEL" && a.from == serverRole:
		title = "200 OK"
	}
	if a.method() != "INVITE" {
		title += " (" + a.method() + ")"
	}
	return title
}

// detailed are the fields that details writes with their values; of all others it writes only the names.
var detailed = []string{"Via", "Record-Route", "Route", "Max-Forwards", "Contact"}

// dialogNumber is what module dialog writes into Record-Route: each server counts its own.
var dialogNumber = regexp.MustCompile(`did=[0-9a-f]+\.[0-9a-f]+`)

// ownFields may differ from server to server: they name the product.
var ownFields = []string{"Server", "User-Agent"}

func (n normalizer) details(a arrow, ladder []arrow) string {
	var out strings.Builder
	line := func(name, value string) { fmt.Fprintf(&out, "    %-13s %s\n", name, value) }
	if a.isRequest() {
		line("request-uri", n.Replace(strings.Fields(a.startLine)[1]))
	}
	for _, name := range detailed {
		for _, value := range a.values(name) {
			switch name {
			case "Via":
				value = plainVia(value)
			case "Contact":
				value = plainContact(value)
			case "Record-Route":
				value = dialogNumber.ReplaceAllString(value, "did=number")
			}
			line(strings.ToLower(name), n.Replace(value))
		}
	}
	if branch, known := branchOfInvite(a, ladder); known {
		line("branch", branch)
	}
	if !a.isRequest() && a.plainTitle() != "100 Trying" {
		_, tagged := parameter(afterURI(a.first("To")), "tag")
		line("to-tag", map[bool]string{true: "yes", false: "no"}[tagged])
	}
	if a.body != "" {
		line("body", strconv.Itoa(strings.Count(a.body, "\r\n"))+" lines")
	}
	var others []string
	for _, f := range a.fields {
		if strings.HasPrefix(f.name, "P-") { // set by the script
			line(strings.ToLower(f.name), n.Replace(f.value))
			continue
		}
		if !slices.Contains(detailed, f.name) && !slices.Contains(ownFields, f.name) {
			others = append(others, f.name)
		}
	}
	slices.Sort(others)
	line("others", strings.Join(others, " "))
	return out.String()
}

// plainVia keeps the transport, the host and the names of the parameters. Kamailio's "i" on TCP is its own note.
func plainVia(value string) string {
	protocol, rest, _ := strings.Cut(value, " ")
	parts := strings.Split(rest, ";")
	var names []string
	for _, part := range parts[1:] {
		name, _, _ := strings.Cut(part, "=")
		if name != "i" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return strings.Join(append([]string{strings.TrimPrefix(protocol, "SIP/2.0/"), parts[0]}, names...), " ")
}

// plainContact sorts the parameters outside the brackets, and rounds expires up: a second may have passed.
func plainContact(value string) string {
	end := strings.LastIndexByte(value, '>')
	if end < 0 {
		return value
	}
	var parameters []string
	for _, part := range strings.Split(value[end+1:], ";")[1:] {
		if name, seconds, _ := strings.Cut(part, "="); name == "expires" {
			if number, err := strconv.Atoi(seconds); err == nil {
				part = fmt.Sprintf("expires=%d", (number+9)/10*10)
			}
		}
		parameters = append(parameters, ";"+part)
	}
	slices.Sort(parameters)
	return value[:end+1] + strings.Join(parameters, "")
}

func afterURI(value string) string {
	return value[strings.LastIndexByte(value, '>')+1:]
}

// branchOfInvite tells for an ACK or CANCEL from the server whether its branch is that of the INVITE which the server
// sent to the same phone (RFC 3261 sections 9.1 and 17.1.1.3).
func branchOfInvite(a arrow, ladder []arrow) (string, bool) {
	if title := a.title(); title != "ACK" && title != "CANCEL" {
		return "", false
	}
	number, _, _ := strings.Cut(a.first("CSeq"), " ")
	own, _ := parameter(a.first("Via"), "branch")
	for _, other := range ladder {
		if other.from == serverRole && other.to == a.to && other.title() == "INVITE" && other.first("CSeq") == number+" INVITE" {
			if branch, _ := parameter(other.first("Via"), "branch"); branch == own {
				return "that of the INVITE", true
			}
		}
	}
	return "its own", true
}

// byLeg sorts the text of a ladder by leg and keeps the order within each: between legs the order may be chance, as
// when the server answers one phone while it calls another. Comments and empty lines fall away.
func byLeg(text string) string {
	type block struct {
		leg   string
		lines []string
	}
	var blocks []block
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		switch {
		case line == "" || line[0] == '#':
		case line[0] == ' ' && len(blocks) > 0:
			last := &blocks[len(blocks)-1]
			last.lines = append(last.lines, line)
		default:
			leg, _, _ := strings.Cut(line, "  ")
			from, to, _ := strings.Cut(leg, " -> ")
			blocks = append(blocks, block{leg: min(from, to) + " " + max(from, to), lines: []string{line}})
		}
	}
	slices.SortStableFunc(blocks, func(a, b block) int { return cmp.Compare(a.leg, b.leg) })
	var out strings.Builder
	for _, b := range blocks {
		out.WriteString(strings.Join(b.lines, "\n") + "\n")
	}
	return out.String()
}

func TestByLegForgivesOnlyTheOrderBetweenLegs(t *testing.T) {
	const golden = "# x\ncaller -> server  INVITE\nserver -> caller  100 Trying\nserver -> callee  INVITE\n    via  one\n"
	const raced = "caller -> server  INVITE\nserver -> callee  INVITE\n    via  one\nserver -> caller  100 Trying\n"
	if byLeg(golden) != byLeg(raced) {
		t.Errorf("got\n%s\nand\n%s", byLeg(golden), byLeg(raced))
	}
	for _, changed := range []string{
		"server -> caller  100 Trying\ncaller -> server  INVITE\nserver -> callee  INVITE\n    via  one\n",
		"caller -> server  INVITE\nserver -> caller  100 Trying\nserver -> callee  INVITE\n    via  two\n",
		"caller -> server  INVITE\nserver -> caller  100 Trying\n",
	} {
		if byLeg(golden) == byLeg(changed) {
			t.Errorf("no difference seen to\n%s", changed)
		}
	}
}

func TestLadderIsNormalized(t *testing.T) {
	parse := func(lines ...string) message {
		m, err := parseMessage(strings.Join(append(lines, "", ""), "\r\n"))
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	noon := time.Date(2000, 1, 1, 12, 0, 0, 0, time.UTC)
	invite := parse("INVITE sip:callee.x@127.0.0.1:25001;transport=tcp SIP/2.0",
		"Record-Route: <sip:127.0.0.1:25000;lr>", "Via: SIP/2.0/TCP 127.0.0.1:25000;branch=z9hG4bK1;i=1,SIP/2.0/TCP 127.0.0.1:25002;rport=4;branch=b",
		"Max-Forwards: 69", "Server: x", "To: <sip:callee.x@127.0.0.1:25000>", "Call-ID: 1", "CSeq: 7 INVITE",
		"m: <sip:caller.x@127.0.0.1:25002>;q=1;expires=299")
	logs := map[string][]traced{"callee": {
		{at: noon, message: invite},
		{at: noon.Add(1), message: invite},
		{at: noon.Add(3), sent: true, message: parse("SIP/2.0 100 wait", "Via: x", "To: <sip:a;tag=no>", "CSeq: 7 INVITE")},
	}, "caller": {
		{at: noon.Add(2), message: parse("SIP/2.0 200 cancelled", "Via: SIP/2.0/TCP h", "To: <sip:a;tag=no>", "CSeq: 7 CANCEL")},
	}}
	got := newNormalizer(map[string]netip.AddrPort{
		"server": netip.MustParseAddrPort("127.0.0.1:25000"),
		"callee": netip.MustParseAddrPort("127.0.0.1:25001"),
		"caller": netip.MustParseAddrPort("127.0.0.1:25002"),
	}, ".x").draw(merge(logs))
	const want = `server -> callee  INVITE
server -> caller  200 OK (CANCEL)
callee -> server  100 Trying

# what the server sent

server -> callee  INVITE
    request-uri   sip:callee@callee;transport=tcp
    via           TCP server branch
    via           TCP caller branch rport
    record-route  <sip:server;lr>
    max-forwards  69
    contact       <sip:caller@caller>;expires=300;q=1
    others        CSeq Call-ID To

server -> caller  200 OK (CANCEL)
    via           TCP h
    to-tag        no
    others        CSeq To
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
