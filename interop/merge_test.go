// Joins what every phone saw to one ladder, each cause before its effect.

package interop

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

const serverRole = "server"

// arrow is a message on its way between the server and a phone.
type arrow struct {
	at       time.Time
	from, to string // roles
	message
}

// merge joins what every phone logged to one ladder in the order of time, each retransmission dropped. A phone may note
// late what it sent, so what the server passes on waits for what it came from.
func merge(logs map[string][]traced) []arrow {
	waiting := map[string][]arrow{}
	for role, log := range logs {
		waiting[role] = withoutRepeats(role, log)
	}
	roles := slices.Sorted(maps.Keys(logs))
	var ladder []arrow
	for {
		next, nextIsFree := "", false
		for _, role := range roles {
			if len(waiting[role]) == 0 {
				continue
			}
			head := waiting[role][0]
			free := !head.comesFromAny(waiting)
			if next == "" || free && !nextIsFree || free == nextIsFree && head.at.Before(waiting[next][0].at) {
				next, nextIsFree = role, free
			}
		}
		if next == "" {
			return ladder
		}
		ladder = append(ladder, waiting[next][0])
		waiting[next] = waiting[next][1:]
	}
}

func withoutRepeats(role string, log []traced) []arrow {
	var arrows []arrow
	seen := map[string]bool{}
	for _, m := range log {
		a := arrow{at: m.at, from: serverRole, to: role, message: m.message}
		if m.sent {
			a.from, a.to = role, serverRole
		}
		again := strings.Join([]string{a.from, m.startLine, m.first("Call-ID"), m.first("CSeq"), m.first("Via")}, "\n")
		if !seen[again] {
			seen[again] = true
			arrows = append(arrows, a)
		}
	}
	return arrows
}

// comesFromAny is true when the message of which this one is the relayed form is still to be drawn.
func (a arrow) comesFromAny(waiting map[string][]arrow) bool {
	for role, arrows := range waiting {
		if role != a.to && slices.ContainsFunc(arrows, a.relays) {
			return true
		}
	}
	return false
}

// relays is true when the server made this message from the other: their Via fields differ by one on top, and a
// request gains it while a response loses it (RFC 3261 sections 16.6 and 16.7).
func (a arrow) relays(other arrow) bool {
	if a.from != serverRole || other.to != serverRole || a.isRequest() != other.isRequest() || a.first("CSeq") != other.first("CSeq") {
		return false
	}
	longer, shorter := a.values("Via"), other.values("Via")
	if !a.isRequest() {
		if a.title() != other.title() {
			return false
		}
		longer, shorter = shorter, longer
	}
	if len(longer) != len(shorter)+1 || len(shorter) == 0 {
		return false
	}
	below, _ := parameter(longer[1], "branch")
	top, _ := parameter(shorter[0], "branch")
	return below == top
}

func TestMergePutsACauseBeforeItsEffect(t *testing.T) {
	noon := time.Date(2000, 1, 1, 12, 0, 0, 0, time.UTC)
	logs := map[string][]traced{
		"callee": {{at: noon.Add(1), sent: true, message: message{startLine: "SIP/2.0 200 OK", fields: []field{
			{"Via", "SIP/2.0/UDP server;branch=2"}, {"Via", "SIP/2.0/UDP caller;branch=1"}}}}},
		"caller": {{at: noon, message: message{startLine: "SIP/2.0 200 OK", fields: []field{{"Via", "SIP/2.0/UDP caller;branch=1"}}}}},
	}
	ladder := merge(logs)
	if len(ladder) != 2 || ladder[0].from != "callee" {
		t.Errorf("got %v", ladder)
	}
}
