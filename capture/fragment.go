// Fragments of IP packets, put together again (RFC 791 section 3.2, RFC 8200
// section 4.5).
package capture

import (
	"net/netip"
	"time"
)

// Bounds of what waits for more fragments.
const (
	maxFragmented   = 1024     // packets
	maxFragments    = 128      // of one packet
	maxFragmentWait = 16 << 20 // bytes of all
	fragmentTimeout = 60 * time.Second
)

// assembler puts fragments together.
type assembler struct {
	waiting map[fragmentID]*fragmented
	order   []fragmentID // as they came; some may be done
	held    int          // bytes
	lost    int          // packets given up
}

// fragmentID names the packet that a fragment belongs to.
type fragmentID struct {
	src, dst netip.Addr
	number   uint32
	protocol byte
}

// fragment is a piece of a packet.
type fragment struct {
	data   []byte
	offset int
	more   bool // it is not the last
	cut    bool
}

// fragmented is a packet of which fragments have come.
type fragmented struct {
	since  time.Time
	pieces []fragment // sorted by offset, none within another
	size   int        // 0 until the last fragment has come
	cut    bool
}

// join adds a fragment and gives the packet when it is whole.
func (a *assembler) join(id fragmentID, piece fragment, at time.Time) (payload, bool) {
	if piece.offset+len(piece.data) > 65535 || piece.more && len(piece.data) == 0 {
		return payload{}, false
	}
	if a.waiting == nil {
		a.waiting = make(map[fragmentID]*fragmented)
	}
	p := a.waiting[id]
	if p != nil && at.Sub(p.since) > fragmentTimeout { // the number is used again
		a.forget(id, p)
		a.lost++
		p = nil
	}
	if p == nil {
		p = &fragmented{since: at}
		a.waiting[id] = p
		a.order = append(a.order, id)
	}
	piece.data = append([]byte(nil), piece.data...)
	a.held += len(piece.data)
	if !p.insert(piece) {
		a.held -= len(piece.data)
	}
	a.bound(id)
	if !p.whole() {
		return payload{}, false
	}
	whole := make([]byte, p.size)
	for _, piece := range p.pieces {
		copy(whole[piece.offset:], piece.data)
	}
	a.forget(id, p)
	return payload{protocol: id.protocol, src: id.src, dst: id.dst, data: whole, cut: p.cut}, true
}

// insert keeps the pieces sorted; false when one is not taken: it came twice.
func (p *fragmented) insert(piece fragment) bool {
	end := piece.offset + len(piece.data)
	if !piece.more {
		p.size = end
	}
	p.cut = p.cut || piece.cut
	at := len(p.pieces)
	for at > 0 && p.pieces[at-1].offset >= piece.offset {
		at--
	}
	if at < len(p.pieces) && p.pieces[at].offset == piece.offset && len(p.pieces[at].data) >= len(piece.data) || len(p.pieces) == maxFragments {
		return false
	}
	p.pieces = append(p.pieces, fragment{})
	copy(p.pieces[at+1:], p.pieces[at:])
	p.pieces[at] = piece
	return true
}

// whole tells whether the pieces leave no hole.
func (p *fragmented) whole() bool {
	reached := 0
	for _, piece := range p.pieces {
		if piece.offset > reached {
			return false
		}
		reached = max(reached, piece.offset+len(piece.data))
	}
	return p.size > 0 && reached == p.size
}

// bound gives the oldest up while there is too much, but not the newest.
func (a *assembler) bound(newest fragmentID) {
	spared := false
	for len(a.waiting) > maxFragmented || a.held > maxFragmentWait || len(a.order) > 4*maxFragmented {
		if len(a.order) == 0 {
			break
		}
		id := a.order[0]
		a.order = a.order[1:]
		if id == newest {
			spared = true
			continue
		}
		if p := a.waiting[id]; p != nil {
			a.forget(id, p)
			a.lost++
		}
	}
	if spared {
		a.order = append(a.order, newest)
	}
}

func (a *assembler) forget(id fragmentID, p *fragmented) {
	delete(a.waiting, id)
	for _, piece := range p.pieces {
		a.held -= len(piece.data)
	}
}
