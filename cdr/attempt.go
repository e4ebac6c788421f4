// Attempt: one INVITE of the caller with all its branches and responses.
package cdr

import "slices"

// attempt is one INVITE that begins a call, at all hops: those that share From
// tag and CSeq. A caller makes another one when it is challenged or redirected.
type attempt struct {
	fromTag   string
	cseq      uint32
	invite    *note // the first sighting; nil: not recorded
	branches  []*branch
	responses []*note // in order
	answer    *note   // the first 2xx
	unsure    bool    // it may as well be a change of a call whose beginning was not recorded
}

// branch is one hop of an attempt. The Vias of its messages say which branches lie
// above it, towards the caller.
type branch struct {
	key       string
	above     []string
	invite    *note // nil: not recorded
	cancel    *note
	responses []*note
	final     *note // the first of 300 or above
	isInner   bool  // another branch lies below
	isRoot    bool  // none lies above
}

type attemptKey struct {
	fromTag string
	cseq    uint32
}

// attempts finds the attempts of a call among its notes, in the order in which
// they began.
func attempts(notes []*note) []*attempt {
	var all []*attempt
	byKey := map[attemptKey]*attempt{}
	changes := map[attemptKey]bool{} // INVITEs within a dialog
	begin := func(n *note) *attempt {
		key := attemptKey{n.fromTag, n.cseq}
		a := byKey[key]
		if a == nil {
			a = &attempt{fromTag: n.fromTag, cseq: n.cseq}
			byKey[key] = a
			all = append(all, a)
		}
		return a
	}
	for _, n := range notes {
		if n.method != "INVITE" || !n.isRequest() {
			continue
		}
		if n.toTag != "" {
			changes[attemptKey{n.fromTag, n.cseq}] = true
			continue
		}
		a := begin(n)
		if a.invite == nil {
			a.invite = n
		}
		if b := a.branch(n); b.invite == nil {
			b.invite = n
		}
	}
	for _, n := range notes {
		if n.method != "INVITE" || n.isRequest() || changes[attemptKey{n.fromTag, n.cseq}] {
			continue
		}
		a := byKey[attemptKey{n.fromTag, n.cseq}]
		if a == nil {
			if isWithin(n, all) {
				continue
			}
			a = begin(n)
			a.unsure = true
		}
		a.respond(n)
	}
	for _, n := range notes {
		if a := byKey[attemptKey{n.fromTag, n.cseq}]; a != nil && n.method == "CANCEL" && n.isRequest() {
			if b := a.branch(n); b.cancel == nil {
				b.cancel = n
			}
		}
	}
	for _, a := range all {
		a.plant()
	}
	slices.SortStableFunc(all, func(a, b *attempt) int { return a.first() - b.first() })
	return all
}

// isWithin tells whether a response whose INVITE was not recorded belongs to a
// dialog that one of the attempts made.
func isWithin(n *note, all []*attempt) bool {
	for _, a := range all {
		for _, r := range a.responses {
			if n.toTag != "" && (n.fromTag == a.fromTag && n.toTag == r.toTag || n.fromTag == r.toTag && n.toTag == a.fromTag) {
				return true
			}
		}
	}
	return false
}

// has tells whether a branch was seen.
func (a *attempt) has(key string) bool {
	return slices.ContainsFunc(a.branches, func(b *branch) bool { return b.key == key })
}

func (a *attempt) branch(n *note) *branch {
	for _, b := range a.branches {
		if b.key == n.branch {
			return b
		}
	}
	b := &branch{key: n.branch}
	if len(n.vias) > 1 {
		b.above = n.vias[1:]
	}
	a.branches = append(a.branches, b)
	return b
}

func (a *attempt) respond(n *note) {
	a.responses = append(a.responses, n)
	b := a.branch(n)
	b.responses = append(b.responses, n)
	switch {
	case n.status < 200:
		if n.status == 100 && n.toTag == "" || n.status > 100 {
			a.unsure = false // an INVITE within a dialog has a To tag, and rarely rings
		}
	case n.status < 300:
		if a.answer == nil {
			a.answer = n
		}
	case b.final == nil:
		b.final = n
	}
}

// plant finds roots and inner branches.
func (a *attempt) plant() {
	seen := map[string]*branch{}
	for _, b := range a.branches {
		seen[b.key] = b
		b.isRoot = true
	}
	for _, b := range a.branches {
		for _, key := range b.above {
			if above := seen[key]; above != nil && above != b {
				b.isRoot = false
				above.isInner = true
			}
		}
	}
}

// first gives the packet with which the attempt began.
func (a *attempt) first() int {
	first := -1
	if a.invite != nil {
		first = a.invite.packet
	}
	if len(a.responses) > 0 && (first < 0 || a.responses[0].packet < first) {
		first = a.responses[0].packet
	}
	return first
}

// final gives the response of 300 or above that ended the attempt for the
// caller; nil while there is none. Where all that was sent to the caller is
// missing from the recording, it is the one that a proxy would choose of those
// that came (RFC 3261 section 16.7).
func (a *attempt) final() *note {
	answered := false
	for _, b := range a.branches {
		answered = answered || b.isRoot && len(b.responses) > 0
	}
	var best *note
	for _, b := range a.branches {
		if answered && !b.isRoot || !answered && b.isInner {
			continue
		}
		if b.final == nil {
			return nil
		}
		if best == nil || rank(b.final.status) < rank(best.status) {
			best = b.final
		}
	}
	return best
}

// rank orders final responses by section 16.7 step 6: 6xx first, then by class.
func rank(status int) int {
	if status >= 600 {
		return 0
	}
	return status / 100
}

// cancel gives the CANCEL of the caller; nil when there is none.
func (a *attempt) cancel() *note {
	for _, b := range a.branches {
		if b.isRoot && b.cancel != nil {
			return b.cancel
		}
	}
	return nil
}

// isRelayed tells whether a server passed the INVITE on.
func (a *attempt) isRelayed() bool {
	return slices.ContainsFunc(a.branches, func(b *branch) bool { return len(b.above) > 0 })
}

// madeByServer tells whether a request was sent by one that passed the INVITE
// on, with no Via but its own: it is the server's own.
func (a *attempt) madeByServer(n *note) bool {
	if len(n.vias) != 1 || !n.sender.IsValid() {
		return false
	}
	for _, b := range a.branches {
		if b.invite != nil && len(b.above) > 0 && b.invite.sender == n.sender {
			return true
		}
	}
	return false
}

// ring gives the first 180, or the first 183 when there is none.
func ring(responses []*note) *note {
	var progress *note
	for _, n := range responses {
		if n.status == 180 {
			return n
		}
		if n.status == 183 && progress == nil {
			progress = n
		}
	}
	return progress
}
