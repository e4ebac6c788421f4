// Table: all dialogs of a server.
package dialog

import (
	"hash/maphash"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Table holds dialogs by their numbers and by Call-ID, and counts the members
// of profiles. The zero value is empty.
type Table struct {
	mu       sync.Mutex
	byID     map[uint32]*Dialog
	byCall   map[string][]*Dialog
	next     uint32
	members  map[membership]int
	totals   map[string]int      // members of a profile, whatever their value
	waiting  map[int64][]*Dialog // by the second of their deadline, or an earlier one
	looked   int64               // second up to which waiting was looked through
	seed     maphash.Seed
	counters struct{ processed, expired, failed uint64 }
}

// membership is a dialog's place in a profile.
type membership struct{ profile, value string }

// entries is how many there seem to be: Kamailio numbers dialogs by the place
// in its table.
const entries = 4096

// add numbers a dialog and takes it in.
func (t *Table) add(d *Dialog) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byID == nil {
		t.byID, t.byCall = map[uint32]*Dialog{}, map[string][]*Dialog{}
		t.members, t.totals = map[membership]int{}, map[string]int{}
		t.waiting = map[int64][]*Dialog{}
		t.seed = maphash.MakeSeed()
	}
	for t.next++; t.byID[t.next] != nil || t.next == 0; {
		t.next++
	}
	d.id, d.entry = t.next, uint32(maphash.String(t.seed, d.callID)%entries)
	t.byID[d.id] = d
	t.byCall[d.callID] = append(t.byCall[d.callID], d)
	t.counters.processed++
}

// remove forgets a dialog.
func (t *Table) remove(d *Dialog) {
	t.leaveAll(d)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byID[d.id] != d {
		return
	}
	delete(t.byID, d.id)
	same := slices.DeleteFunc(t.byCall[d.callID], func(other *Dialog) bool { return other == d })
	if len(same) == 0 {
		delete(t.byCall, d.callID)
	} else {
		t.byCall[d.callID] = same
	}
}

// Count gives how many dialogs are answered and not yet ended.
func (t *Table) Count() (n int) {
	for _, d := range t.all() {
		if state := d.State(); state == Answered || state == Confirmed {
			n++
		}
	}
	return n
}

func (t *Table) all() []*Dialog {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := make([]*Dialog, 0, len(t.byID))
	for _, d := range t.byID {
		all = append(all, d)
	}
	return all
}

// find gives the dialog of a message by Call-ID and tags, or nil.
func (t *Table) find(callID, fromTag, toTag string) (d *Dialog, upstream bool) {
	t.mu.Lock()
	same := slices.Clone(t.byCall[callID])
	t.mu.Unlock()
	for _, d := range same {
		if ok, upstream := d.isOf(callID, fromTag, toTag); ok {
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

// cookie writes the number for our Record-Route: "f67.13eb".
func (d *Dialog) cookie() string {
	return strconv.FormatUint(uint64(d.entry), 16) + "." + strconv.FormatUint(uint64(d.id), 16)
}

// byCookie reads it again.
func (t *Table) byCookie(cookie string) *Dialog {
	first, second, ok := strings.Cut(cookie, ".")
	entry, err := strconv.ParseUint(first, 16, 32)
	id, err2 := strconv.ParseUint(second, 16, 32)
	if !ok || err != nil || err2 != nil {
		return nil
	}
	return t.number(uint32(entry), uint32(id))
}

// enter makes a dialog a member of a profile; once is enough.
func (t *Table) enter(d *Dialog, m membership) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.state == Ended || slices.Contains(d.profiles, m) {
		return
	}
	d.profiles = append(d.profiles, m)
	t.mu.Lock()
	t.members[m]++
	t.totals[m.profile]++
	t.mu.Unlock()
}

// leave takes it out again.
func (t *Table) leave(d *Dialog, m membership) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	at := slices.Index(d.profiles, m)
	if at < 0 {
		return false
	}
	d.profiles = slices.Delete(d.profiles, at, at+1)
	t.forget(m)
	return true
}

func (t *Table) leaveAll(d *Dialog) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, m := range d.profiles {
		t.forget(m)
	}
	d.profiles = nil
}

func (t *Table) forget(m membership) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.members[m]--; t.members[m] <= 0 {
		delete(t.members, m)
	}
	if t.totals[m.profile]--; t.totals[m.profile] <= 0 {
		delete(t.totals, m.profile)
	}
}

// size gives how many members a profile has: of one value, or of any.
func (t *Table) size(profile, value string, any bool) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	if any {
		return t.totals[profile]
	}
	return t.members[membership{profile, value}]
}

func (t *Table) countExpired() {
	t.mu.Lock()
	t.counters.expired++
	t.mu.Unlock()
}

func (t *Table) countFailed() {
	t.mu.Lock()
	t.counters.failed++
	t.mu.Unlock()
}

// Counters gives how many dialogs there were, how many of them ran out of time
// and how many were refused.
func (t *Table) Counters() (processed, expired, failed uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.counters.processed, t.counters.expired, t.counters.failed
}

// wait sets the end of a dialog's present wait. Moving it away costs nothing:
// it is looked at once more when the earlier time comes.
func (t *Table) wait(d *Dialog, until time.Time) {
	d.mu.Lock()
	earlier := d.deadline.IsZero() || until.Before(d.deadline)
	d.deadline = until
	d.mu.Unlock()
	if earlier {
		t.note(d, until)
	}
}

func (t *Table) note(d *Dialog, until time.Time) {
	second := until.Unix() + 1
	t.mu.Lock()
	defer t.mu.Unlock()
	second = max(second, t.looked+1)
	t.waiting[second] = append(t.waiting[second], d)
}

// due gives the dialogs whose wait is over, each once.
func (t *Table) due(now time.Time) (due []*Dialog) {
	t.mu.Lock()
	if t.looked == 0 {
		t.looked = now.Unix() - 1
		for second := range t.waiting {
			t.looked = min(t.looked, second-1)
		}
	}
	var seen []*Dialog
	if now.Unix()-t.looked > int64(len(t.waiting)) { // the clock made a leap
		for second := range t.waiting {
			if second <= now.Unix() {
				seen = append(seen, t.waiting[second]...)
				delete(t.waiting, second)
			}
		}
		t.looked = now.Unix()
	}
	for ; t.looked < now.Unix(); t.looked++ {
		seen = append(seen, t.waiting[t.looked+1]...)
		delete(t.waiting, t.looked+1)
	}
	t.mu.Unlock()
	for _, d := range seen {
		d.mu.Lock()
		until := d.deadline
		if !until.After(now) {
			d.deadline = time.Time{}
		}
		d.mu.Unlock()
		switch {
		case until.IsZero():
		case until.After(now):
			t.note(d, until)
		default:
			due = append(due, d)
		}
	}
	return due
}
