// Collector: packets of a tap grouped into calls, until each call has ended.
package ladder

import (
	"slices"
	"sync"
	"time"

	"viaduct/sip"
	"viaduct/wire"
)

// Collector is a wire.Tap that keeps the packets of each call (all that shares
// a Call-ID) until it has ended. A call has ended when each of its
// transactions has: INVITE by a 2xx or by the ACK of another final response,
// all others by their final response; and when, after a 2xx to an INVITE, a
// BYE was answered. A call that was relayed without Record-Route is over for us
// with the 2xx, as its BYE goes another way.
//
// Memory is bounded: beyond it the oldest calls are dropped and counted.
type Collector struct {
	linger time.Duration
	limits Limits

	mu          sync.Mutex
	calls       map[string]*call
	first, last *call // by age
	ended       []ending
	size        int // bytes of all packets
	dropped     uint64
}

// Limits bounds a Collector. Zero values take the usual ones.
type Limits struct {
	Bytes   int // of the texts of all packets, with packetCost each; 64 MiB
	Packets int // of one call; 1000
}

// packetCost is what a packet takes beside its text.
const packetCost = 256

// Call is a call that has ended, or is given up.
type Call struct {
	ID      string
	Packets []wire.Packet // in the order in which they passed
	Cut     int           // packets beyond Limits.Packets, not kept
}

// call is a call in the making.
type call struct {
	Call
	size         int
	transactions []transaction
	relayed      bool      // an INVITE passed on
	established  bool      // a 2xx to INVITE was seen, and no answer to BYE
	recordRouted bool      // such a 2xx held Record-Route
	endedAt      time.Time // of the last packet, when the call has ended; else zero
	isListed     bool      // in Collector.ended
	isGone       bool      // not in Collector.calls any more
	older, newer *call
}

// transaction is one that a call has or had; done ones are kept so that a
// late retransmission does not open them again.
type transaction struct {
	branch string
	method string
	state  transactionState
}

type transactionState uint8

const (
	open    transactionState = iota
	refused                  // INVITE with a final response other than 2xx waits for ACK
	done
)

// maxTransactions bounds the transactions of a call that are followed.
const maxTransactions = 64

type ending struct {
	call *call
	at   time.Time
}

// NewCollector makes a Collector that gives a call away when linger has passed
// since its last packet, so that late retransmissions are in the drawing.
func NewCollector(linger time.Duration, limits Limits) *Collector {
	if limits.Bytes == 0 {
		limits.Bytes = 64 << 20
	}
	if limits.Packets == 0 {
		limits.Packets = 1000
	}
	return &Collector{linger: linger, limits: limits, calls: make(map[string]*call)}
}

// Packet takes a packet. Those without a Call-ID are no part of a call.
func (c *Collector) Packet(p *wire.Packet) {
	if p.Message == nil {
		return
	}
	id := p.Message.CallID()
	if id == "" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.calls[id]
	if k == nil {
		k = &call{Call: Call{ID: id}}
		c.calls[id] = k
		c.append(k)
	}
	if len(k.Packets) < c.limits.Packets {
		k.Packets = append(k.Packets, *p)
		k.size += len(p.Text) + packetCost
		c.size += len(p.Text) + packetCost
	} else {
		k.Cut++
	}
	k.follow(p.Message)
	k.endedAt = time.Time{}
	if k.hasEnded() {
		k.endedAt = p.Time
		if !k.isListed {
			k.isListed = true
			c.ended = append(c.ended, ending{k, p.Time})
		}
	}
	for c.size > c.limits.Bytes && c.first != nil {
		c.dropped++
		c.remove(c.first)
	}
	for len(c.ended) > 0 && c.ended[0].call.isGone {
		c.ended = c.ended[1:]
	}
}

// follow updates the state of the call by one message.
func (k *call) follow(m *sip.Message) {
	t := k.find(m)
	switch {
	case m.Method == "ACK":
		if t != nil && t.state == refused {
			t.state = done
		}
	case m.IsRequest():
		if t == nil {
			k.begin(m)
		}
	case m.Status >= 200:
		isInvite := m.Method == "INVITE"
		switch {
		case isInvite && m.Status < 300:
			k.established = true
			k.recordRouted = k.recordRouted || m.Has(sip.FieldRecordRoute)
		case m.Method == "BYE":
			k.established = false
		}
		switch {
		case t == nil || t.state == done:
		case isInvite && m.Status >= 300:
			t.state = refused
		default:
			t.state = done
		}
	}
}

// find gives the transaction that a message belongs to, or nil.
func (k *call) find(m *sip.Message) *transaction {
	for i := range k.transactions {
		t := &k.transactions[i]
		if t.branch == m.Via.Branch && (t.method == m.Method || t.method == "INVITE" && m.Method == "ACK") {
			return t
		}
	}
	return nil
}

func (k *call) begin(m *sip.Message) {
	for i := range k.transactions {
		if t := &k.transactions[i]; m.Method == "INVITE" && t.method == "INVITE" && t.state == open {
			k.relayed = true
		}
	}
	if len(k.transactions) == maxTransactions {
		isDone := func(t transaction) bool { return t.state == done }
		if k.transactions = slices.DeleteFunc(k.transactions, isDone); len(k.transactions) == maxTransactions {
			return
		}
	}
	k.transactions = append(k.transactions, transaction{branch: m.Via.Branch, method: m.Method})
}

func (k *call) hasEnded() bool {
	for i := range k.transactions {
		if k.transactions[i].state != done {
			return false
		}
	}
	return !k.established || k.relayed && !k.recordRouted
}

// Ended gives the calls that have ended linger before now or earlier, and
// forgets them.
func (c *Collector) Ended(now time.Time) []Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	var calls []Call
	for len(c.ended) > 0 && now.Sub(c.ended[0].at) >= c.linger {
		k := c.ended[0].call
		c.ended = c.ended[1:]
		k.isListed = false
		switch {
		case k.endedAt.IsZero(): // it went on, or was dropped
		case now.Sub(k.endedAt) < c.linger:
			k.isListed = true
			c.ended = append(c.ended, ending{k, k.endedAt})
		default:
			calls = append(calls, k.Call)
			c.remove(k)
		}
	}
	return calls
}

// Flush gives all calls there are, ended or not, the oldest first, and forgets
// them.
func (c *Collector) Flush() []Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	var calls []Call
	for c.first != nil {
		calls = append(calls, c.first.Call)
		c.remove(c.first)
	}
	c.ended = nil
	return calls
}

// Dropped counts the calls that were dropped for want of room.
func (c *Collector) Dropped() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.dropped
}

// append puts a call at the young end of the list.
func (c *Collector) append(k *call) {
	k.older = c.last
	if c.last != nil {
		c.last.newer = k
	} else {
		c.first = k
	}
	c.last = k
}

// remove forgets a call.
func (c *Collector) remove(k *call) {
	if k.older != nil {
		k.older.newer = k.newer
	} else {
		c.first = k.newer
	}
	if k.newer != nil {
		k.newer.older = k.older
	} else {
		c.last = k.older
	}
	k.older, k.newer = nil, nil
	k.Packets, k.endedAt, k.isGone = nil, time.Time{}, true
	c.size -= k.size
	delete(c.calls, k.ID)
}
