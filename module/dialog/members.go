// Members: which dialogs belong to which profile, and who does on other
// servers.
package dialog

import (
	"slices"
	"time"
)

// membership is a place in a profile. The value is "" for profiles without.
type membership struct{ profile, value string }

// members counts them; the table's lock is held.
type members struct {
	sizes  map[membership]int
	totals map[string]int // of a profile, whatever the value
	remote []remote
}

// remote is a member that another server follows.
type remote struct {
	membership
	uid     string
	expires time.Time
}

func (m *members) count(in membership) {
	if m.sizes == nil {
		m.sizes, m.totals = map[membership]int{}, map[string]int{}
	}
	m.sizes[in]++
	m.totals[in.profile]++
}

func (m *members) discount(in membership) {
	if m.sizes[in]--; m.sizes[in] <= 0 {
		delete(m.sizes, in)
	}
	if m.totals[in.profile]--; m.totals[in.profile] <= 0 {
		delete(m.totals, in.profile)
	}
}

// enter makes a dialog a member. As often as it enters it counts.
func (t *Table) enter(d *Dialog, in membership) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.state == Ended {
		return false
	}
	d.profiles = append(d.profiles, in)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count(in)
	return true
}

// leave takes it out once.
func (t *Table) leave(d *Dialog, in membership) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	at := slices.Index(d.profiles, in)
	if at < 0 {
		return false
	}
	d.profiles = slices.Delete(d.profiles, at, at+1)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.discount(in)
	return true
}

// leaveAll takes it out of all.
func (t *Table) leaveAll(d *Dialog) {
	d.mu.Lock()
	defer d.mu.Unlock()
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, in := range d.profiles {
		t.discount(in)
	}
	d.profiles = nil
}

// isMember tells whether a dialog is in a profile, with that value or any.
func (d *Dialog) isMember(in membership, any bool) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.ContainsFunc(d.profiles, func(is membership) bool { return is == in || any && is.profile == in.profile })
}

// size gives how many members a profile has: of one value, or of any.
func (t *Table) size(in membership, any bool) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	if any {
		return t.totals[in.profile]
	}
	return t.sizes[in]
}

// addRemote takes in a member of another server until it expires.
func (t *Table) addRemote(r remote) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.remote = append(t.remote, r)
	t.count(r.membership)
}

// removeRemote takes it out again; one that is not there is no fault.
func (t *Table) removeRemote(r remote) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := slices.IndexFunc(t.remote, func(is remote) bool { return is.membership == r.membership && is.uid == r.uid })
	if at >= 0 {
		t.discount(t.remote[at].membership)
		t.remote = slices.Delete(t.remote, at, at+1)
	}
}

// expireRemote takes out what has expired.
func (t *Table) expireRemote(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.remote = slices.DeleteFunc(t.remote, func(r remote) bool {
		if r.expires.After(now) {
			return false
		}
		t.discount(r.membership)
		return true
	})
}
