// Table: the calls that are tracked, by Call-ID.
package dlgs

import (
	"slices"
	"strings"
	"sync"
	"time"

	"viaduct/sip"
)

// mostDialogs bounds the table, so that a flood of INVITEs cannot fill the
// memory.
const mostDialogs = 1 << 20

// lifetimes say how long a call is kept without a message that moves it on.
type lifetimes struct {
	init, active, finish time.Duration
	interval             time.Duration // between two looks at all of them
}

// Kamailio's defaults.
var defaultLifetimes = lifetimes{
	init: 3 * time.Minute, active: 2 * time.Hour, finish: 10 * time.Second, interval: 10 * time.Second,
}

// Table holds the calls of a server. The zero value is empty.
type Table struct {
	mutex   sync.Mutex
	dialogs map[string]*dialog
	times   lifetimes
	swept   time.Time
}

// dialog is one call.
type dialog struct {
	source, destination, data string
	state                     State
	tags                      []string
	until                     time.Time
}

func (d *dialog) has(tag string) bool { return slices.Contains(d.tags, tag) }

func (t *Table) setLifetimes(times lifetimes) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.times = times
}

// lifetime gives how long a call in a state is kept.
func (t *Table) lifetime(s State) time.Duration {
	switch {
	case s.isOver():
		return t.times.finish
	case s >= Answered:
		return t.times.active
	}
	return t.times.init
}

// add begins to track a call. One that is tracked already (the INVITE again,
// with credentials) stays, with the new texts.
func (t *Table) add(callID, source, destination, data string, now time.Time) bool {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.sweep(now)
	d := t.dialogs[callID]
	if d == nil || d.state.isOver() {
		if t.dialogs == nil {
			t.dialogs = map[string]*dialog{}
		}
		if len(t.dialogs) >= mostDialogs {
			return false
		}
		d = &dialog{until: now.Add(t.lifetime(Begun))}
		t.dialogs[strings.Clone(callID)] = d // not all of the message with it
	}
	d.source, d.destination, d.data = strings.Clone(source), strings.Clone(destination), strings.Clone(data)
	return true
}

// update moves a call on; false when it is not tracked.
func (t *Table) update(m *sip.Message, now time.Time) bool {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.sweep(now)
	d := t.dialogs[m.CallID()]
	if d == nil {
		return false
	}
	if next := d.state.after(m); next != d.state || m.Method == "INVITE" && !d.state.isOver() {
		d.state = next
		d.until = now.Add(t.lifetime(next))
	}
	return true
}

// tag marks a call; a tag that is there already stays once.
func (t *Table) tag(callID, tag string) bool {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	d := t.dialogs[callID]
	if d == nil || tag == "" {
		return false
	}
	if !d.has(tag) {
		d.tags = append(d.tags, strings.Clone(tag))
	}
	return true
}

// untag takes a mark away.
func (t *Table) untag(callID, tag string) bool {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	d := t.dialogs[callID]
	if d == nil || !d.has(tag) {
		return false
	}
	d.tags = slices.DeleteFunc(d.tags, func(one string) bool { return one == tag })
	return true
}

// count counts the calls that fit and are not over.
func (t *Table) count(now time.Time, fits func(*dialog) bool) (n int) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.sweep(now)
	for _, d := range t.dialogs {
		if !d.state.isOver() && d.until.After(now) && fits(d) {
			n++
		}
	}
	return n
}

// Counts gives how many calls are in each state.
func (t *Table) Counts(now time.Time) (counts [states]int) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.sweep(now)
	for _, d := range t.dialogs {
		counts[d.state]++
	}
	return counts
}

// sweep forgets the calls whose time is over, at most once in each interval.
func (t *Table) sweep(now time.Time) {
	if now.Sub(t.swept) < t.times.interval {
		return
	}
	t.swept = now
	for callID, d := range t.dialogs {
		if !d.until.After(now) {
			delete(t.dialogs, callID)
		}
	}
}
