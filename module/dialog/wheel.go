// Wheel: when each dialog must be looked at. One ring of lists for all, which
// the server's tick turns each second: a dialog costs no timer of its own.
package dialog

import "time"

// slots is how many seconds a turn takes; what lies further is passed over
// until its turn.
const slots = 1024

// wheel is the ring; slot 0 of a dialog means none, so list i stands for
// slot i+1. The table's lock is held.
type wheel struct {
	lists [slots]*Dialog
	now   int64 // second up to which all was looked at; 0: nothing yet
}

// arm puts a dialog on the wheel, or moves it there.
func (w *wheel) arm(d *Dialog, at time.Time) {
	second := at.Unix()
	if at.Nanosecond() > 0 {
		second++
	}
	second = max(second, w.now+1)
	if d.slot != 0 && d.wakeAt == second {
		return
	}
	w.disarm(d)
	i := int(second % slots)
	d.wakeAt, d.slot, d.next = second, i+1, w.lists[i]
	if d.next != nil {
		d.next.prev = d
	}
	w.lists[i] = d
}

// disarm takes a dialog off.
func (w *wheel) disarm(d *Dialog) {
	if d.slot == 0 {
		return
	}
	if d.prev != nil {
		d.prev.next = d.next
	} else {
		w.lists[d.slot-1] = d.next
	}
	if d.next != nil {
		d.next.prev = d.prev
	}
	d.slot, d.prev, d.next = 0, nil, nil
}

// due takes off what is due up to now. A clock that leaps is worth one turn.
func (w *wheel) due(now time.Time) (due []*Dialog) {
	second := now.Unix()
	first := max(w.now+1, second-slots+1)
	for at := first; at <= second; at++ {
		for d := w.lists[at%slots]; d != nil; {
			next := d.next
			if d.wakeAt <= second {
				w.disarm(d)
				due = append(due, d)
			}
			d = next
		}
	}
	w.now = max(w.now, second)
	return due
}
