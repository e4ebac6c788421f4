// State: whether a destination is active, trying, inactive or disabled, and how
// it goes from one to the other; ds_mark_dst.
package dispatcher

import (
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"

	"viaduct/module"
	"viaduct/script"
	"viaduct/script/syntax"
)

// flags are those of the list file.
type flags uint32

const (
	inactive   flags = 1 << iota
	trying           // failed, but not often enough
	disabled         // by the operator; never pinged
	probing          // pinged
	unresolved       // its name is not looked up beforehand

	allFlags = inactive | trying | disabled | probing | unresolved
)

// isUsable tells whether requests may go there.
func (f flags) isUsable() bool { return f&(inactive|disabled) == 0 }

// String writes flags as Kamailio's dispatcher.list does: "AP", "IX".
func (f flags) String() string {
	letters := "A"
	switch {
	case f&disabled != 0:
		letters = "D"
	case f&inactive != 0:
		letters = "I"
	case f&trying != 0:
		letters = "T"
	}
	if f&probing != 0 {
		return letters + "P"
	}
	return letters + "X"
}

// thresholds say how often in a row a destination must fail, or answer, to go
// from one state to the other.
type thresholds struct{ failures, successes int }

// next gives flags and count of a destination that was found to be active
// (found is 0), trying, inactive or disabled, to be probed or not.
func (t thresholds) next(old flags, count int, found flags) (flags, int) {
	probe := found & probing
	switch {
	case found&disabled != 0:
		return disabled, 0
	case found&inactive != 0:
		return inactive | probe, 0
	case found&trying != 0 && old&inactive != 0: // it must answer before it may fail again
		return inactive | probe, 0
	case found&trying != 0 && count+1 >= t.failures:
		return inactive | probe, 0
	case found&trying != 0:
		return trying | probe, count + 1
	case old&inactive != 0 && count+1 < t.successes:
		return inactive | probe, count + 1
	}
	return probe, 0
}

// state is what all scripts that know a destination share.
type state struct {
	flags   atomic.Uint32
	changes *atomic.Uint64
	pinged  atomic.Bool // an answer is awaited
	latency latency
	// addresses are those of a name, when they were looked up.
	addresses atomic.Pointer[[]netip.Addr]

	mutex sync.Mutex // over changes of flags
	count int
}

func newState(l *line, changes *atomic.Uint64) *state {
	s := &state{changes: changes}
	s.flags.Store(uint32(l.flags))
	if l.attributes.latency > 0 {
		s.latency.begin(l.attributes.latency)
	}
	return s
}

func (s *state) now() flags { return flags(s.flags.Load()) }

// note enters how a destination was found, and gives its flags before and after.
func (s *state) note(found flags, t thresholds) (before, after flags) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	before = s.now()
	after, s.count = t.next(before, s.count, found)
	after |= before & unresolved
	s.flags.Store(uint32(after))
	if before.isUsable() != after.isUsable() {
		s.changes.Add(1)
	}
	return before, after
}

func (w *words) stateFunctions() []script.Function {
	routes := script.RoutesOf(syntax.RequestRoute, syntax.FailureRoute, syntax.BranchRoute, syntax.ReplyRoute, syntax.EventRoute)
	return []script.Function{
		{Name: "ds_mark_dst", MaxArgs: 1, Routes: routes, Bind: w.bindMark},
		module.Plain("ds_reload", w.reload),
	}
}

// bindMark binds ds_mark_dst([state]).
func (w *words) bindMark(args []script.Arg) (script.Action, error) {
	found := inactive
	if len(args) > 0 {
		text, err := module.Fixed(args, 0)
		if err != nil {
			return nil, err
		}
		var ok bool
		if found, ok = parseMark(text); !ok {
			return nil, &script.ArgError{Msg: "expected a for active, i inactive, t trying or d disabled, and p when it shall be pinged", Hint: `as in ds_mark_dst("ip")`}
		}
	}
	return func(c *script.Context) int { return w.mark(c, found) }, nil
}

// parseMark reads letters as "ip". An a takes back what stands before it; of
// several states disabled outranks inactive, and that trying.
func parseMark(text string) (found flags, ok bool) {
	for _, letter := range strings.ToLower(text) {
		switch letter {
		case 'a':
			found = 0
		case 'i':
			found |= inactive
		case 't':
			found |= trying
		case 'd':
			found |= disabled
		case 'p':
			found |= probing
		default:
			return 0, false
		}
	}
	return found, text != ""
}

// mark is ds_mark_dst: it enters the state of the destination that the last
// ds_select… or ds_next… has chosen.
func (w *words) mark(c *script.Context, found flags) int {
	if !w.keepsRecords() {
		return -1
	}
	group, uri := c.AVPs.XAVPField(w.recordName, "grp"), c.AVPs.XAVPField(w.recordName, "uri")
	s := w.sets.Load().byID[int(group.AsInt())]
	if group.Kind == script.Null || s == nil {
		return -1
	}
	for _, d := range s.destinations {
		if d.uri == uri.Text {
			w.note(d, found, markEvent(c))
			return 1
		}
	}
	return -1
}

// note enters a state and runs the event route of the change.
func (w *words) note(d *destination, found flags, e event) {
	before, after := d.state.note(found, w.thresholds)
	if before.isUsable() == after.isUsable() {
		return
	}
	name := "dispatcher:dst-down"
	if after.isUsable() {
		name = "dispatcher:dst-up"
	}
	e.run(w, d, name)
}
