// Every message through every system, judged.

package conformance

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"viaduct/sip"
)

// result is an outcome with the judgement on it: err nil is a pass.
type result struct {
	outcome *outcome
	err     error
}

// results of one system by name of the message: as registrar and proxy, and as a proxy that only relays.
type results [2]map[string]result

func TestMessages(t *testing.T) {
	t.Parallel()
	known := readKnownFailures(t)
	all := vectors(t)
	ours := playAll(t, viaduct{}, all)
	for _, v := range all {
		for i, role := range roles {
			name, err := v.name+" "+role, ours[i][v.name].err
			switch reason, isKnown := known[name]; {
			case err != nil && !isKnown:
				t.Errorf("%s (RFC %d section %s): %s: %v", name, v.rfc, v.section, ours[i][v.name].outcome.words(), err)
			case err == nil && isKnown:
				t.Errorf("%s lists a failure that is gone: %s: %s", knownPath, name, reason)
			}
		}
	}
	var theirs results
	withKamailio := kamailioIsWanted(t)
	if withKamailio {
		theirs = playAll(t, kamailio{}, all)
	}
	checkTable(t, all, ours, theirs, withKamailio)
}

// roles name the two plays.
var roles = [2]string{"builtin", "relay"}

// playAll plays every message through both scripts of a system.
func playAll(t *testing.T, s system, all []*vector) (found results) {
	for i, role := range roles {
		found[i] = map[string]result{}
		t.Run(s.name()+" "+role, func(t *testing.T) {
			p := newPlayer(t)
			paths := [2]string{}
			paths[0], paths[1] = scripts(t, s, p.loopback.callee)
			farm := &farm{p: p, system: s, script: paths[i], registers: i == 0}
			for _, v := range all {
				found[i][v.name] = playOne(t, farm, v, i == 1)
			}
		})
	}
	return found
}

func playOne(t *testing.T, f *farm, v *vector, isRelay bool) result {
	at := f.serverFor(t, v)
	registers := v.method() == "REGISTER" && !isRelay
	if registers { // for nobody, so that what is bound afterwards is this message's
		f.p.unbind(at, "sip:user@example.com")
	}
	o := newOutcome(v, f.p.play(at, v))
	if registers && o.kind() == "200" {
		m, _ := sip.Parse(v.text)
		o.bindings = f.p.bindings(at, m.Get(sip.FieldTo))
	}
	if registers {
		f.p.bind(at, "sip:user@example.com")
	}
	return result{o, judge(v, o, isRelay)}
}

// judge holds an outcome to what is expected.
func judge(v *vector, o *outcome, isRelay bool) error {
	accepted := v.accepted(isRelay)
	if !slices.Contains(accepted, o.kind()) {
		return fmt.Errorf("%s, want %q", o.kind(), accepted)
	}
	if o.kind() == "relayed" {
		if o.relayed == nil {
			return fmt.Errorf("what was relayed cannot be read:\n%s", o.passed)
		}
		if !v.invalid && len(o.changes) > 0 {
			return fmt.Errorf("relayed with changes: %q", o.changes)
		}
		sent, _ := sip.Parse(v.text)
		if isRelay && !v.invalid && sent.RequestURI != o.relayed.RequestURI {
			return fmt.Errorf("relayed to %s", o.relayed.RequestURI)
		}
	}
	if v.check != nil {
		return v.check(o)
	}
	return nil
}

// farm starts servers as they are needed: some messages are by their identifiers one transaction, of which a server
// sees only the first.
type farm struct {
	p         *player
	system    system
	script    string
	registers bool
	servers   []netip.AddrPort
	used      map[string]int
}

func (f *farm) serverFor(t *testing.T, v *vector) netip.AddrPort {
	if f.used == nil {
		f.used = map[string]int{}
	}
	number := f.used[v.transaction()]
	f.used[v.transaction()]++
	if number == len(f.servers) {
		at := f.p.nextServer()
		f.system.start(t, f.script, at)
		f.servers = append(f.servers, at)
		f.p.ask(at, "OPTIONS", "sip:"+at.String(), "") // until it answers
		f.bindUsers(at)
	}
	return f.servers[number]
}

// bindUsers registers everybody whom a message addresses.
func (f *farm) bindUsers(at netip.AddrPort) {
	if !f.registers {
		return
	}
	for _, user := range users {
		f.p.bind(at, "sip:"+user+"@example.com")
	}
}
