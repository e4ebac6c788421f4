// Table: all dialogs of a server, by number and by Call-ID.
package dialog

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"viaduct/internal/corehash"
)

// Table holds dialogs, and counts the members of profiles. The zero value is
// empty.
type Table struct {
	mu     sync.Mutex
	byID   map[uint32]*Dialog
	byCall map[string][]*Dialog // slices are never changed in place
	lastID uint32
	wheel  wheel
	members

	active, early              atomic.Int64
	processed, expired, failed atomic.Int64
}

// numbering says how dialogs get their numbers: like Kamailio's, which are
// places in its table.
type numbering struct {
	size        int // of Kamailio's table
	start, step int // of ids; start 0 is any
}

// add numbers a dialog and takes it in.
func (t *Table) add(d *Dialog, n numbering) {
	d.entry = corehash.Sum(d.callID) % uint32(n.size)
	t.processed.Add(1)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byID == nil {
		t.byID, t.byCall = map[uint32]*Dialog{}, map[string][]*Dialog{}
		if t.lastID = uint32(n.start - n.step); n.start == 0 {
			t.lastID = rand.Uint32()
		}
	}
	for t.lastID += uint32(n.step); t.lastID == 0 || t.byID[t.lastID] != nil; {
		t.lastID++
	}
	d.id = t.lastID
	t.byID[d.id] = d
	t.byCall[d.callID] = append(slices.Clip(t.byCall[d.callID]), d)
}

// remove forgets a dialog, however far it is.
func (t *Table) remove(d *Dialog) {
	t.advance(d, Ended)
	t.leaveAll(d)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byID[d.id] != d {
		return
	}
	t.wheel.disarm(d)
	delete(t.byID, d.id)
	var others []*Dialog
	for _, other := range t.byCall[d.callID] {
		if other != d {
			others = append(others, other)
		}
	}
	if t.byCall[d.callID] = others; others == nil {
		delete(t.byCall, d.callID)
	}
}

// advance goes on to a later state; it gives false when the dialog is there or
// further already.
func (t *Table) advance(d *Dialog, to State) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	from := d.state
	if from >= to {
		return false
	}
	d.state = to
	if to == Early {
		t.early.Add(1)
	} else if from == Early {
		t.early.Add(-1)
	}
	if from < Answered && to < Ended && to >= Answered {
		t.active.Add(1)
	} else if from >= Answered && to == Ended {
		t.active.Add(-1)
	}
	return true
}

// find gives the dialog of a message by Call-ID and tags, or nil, and whether
// the callee sent the message.
func (t *Table) find(callID, fromTag, toTag string) (d *Dialog, upstream bool) {
	t.mu.Lock()
	same := t.byCall[callID]
	t.mu.Unlock()
	for _, d := range same {
		if ok, upstream := d.isOf(fromTag, toTag); ok {
			return d, upstream
		}
	}
	return nil, false
}

// number gives the dialog of that number, or nil.
func (t *Table) number(entry, id uint32) *Dialog {
	t.mu.Lock()
	defer t.mu.Unlock()
	if d := t.byID[id]; d != nil && d.entry == entry {
		return d
	}
	return nil
}

// all gives the dialogs as they are now.
func (t *Table) all() []*Dialog {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := make([]*Dialog, 0, len(t.byID))
	for _, d := range t.byID {
		all = append(all, d)
	}
	return all
}

// Len gives how many dialogs are known, ended ones that are still kept
// included.
func (t *Table) Len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.byID)
}

// cookie writes the number as Kamailio does in its Record-Route: both parts in
// hexadecimal, the last digit first, as "e7.6771".
func (d *Dialog) cookie() string { return backwards(d.entry) + "." + backwards(d.id) }

func backwards(n uint32) string {
	digits := []byte(strconv.FormatUint(uint64(n), 16))
	slices.Reverse(digits)
	return string(digits)
}

// byCookie reads it again.
func (t *Table) byCookie(cookie string) *Dialog {
	first, second, _ := strings.Cut(cookie, ".")
	entry, ok1 := forwards(first)
	id, ok2 := forwards(second)
	if !ok1 || !ok2 {
		return nil
	}
	return t.number(entry, id)
}

func forwards(text string) (n uint32, ok bool) {
	if len(text) > 8 {
		return 0, false
	}
	digits := []byte(text)
	slices.Reverse(digits)
	wide, err := strconv.ParseUint(string(digits), 16, 32)
	return uint32(wide), err == nil
}

// wait sets the end of a dialog's present wait.
func (t *Table) wait(d *Dialog, until time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.deadline = until
	t.arm(d)
}

// arm has a dialog looked at when its wait ends or a keep-alive is due; its
// lock is held. One that was removed stays away.
func (t *Table) arm(d *Dialog) {
	at := d.deadline
	if !d.nextPing.IsZero() && d.nextPing.Before(at) {
		at = d.nextPing
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byID[d.id] == d {
		t.wheel.arm(d, at)
	}
}

// due gives the dialogs that must be looked at. They are off the wheel.
func (t *Table) due(now time.Time) []*Dialog {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.wheel.due(now)
}

// Statistic gives what reads a number by its name in $stat; nil when there is
// none of that name.
func (t *Table) Statistic(name string) func() int64 {
	switch name {
	case "active_dialogs":
		return t.active.Load
	case "early_dialogs":
		return t.early.Load
	case "processed_dialogs":
		return t.processed.Load
	case "expired_dialogs":
		return t.expired.Load
	case "failed_dialogs":
		return t.failed.Load
	}
	return nil
}
