// The table of connections: found by number, and by peer to be used again.
package transport

import (
	"net/netip"
	"slices"
	"sync"

	"viaduct/wire"
)

// connections is the table. A connection stands in it from before it is
// opened until it cannot be used.
type connections struct {
	mu          sync.Mutex
	limit       int
	sourceLimit int // of those accepted from one source

	last     uint64 // number given out last
	closed   bool
	byNumber map[uint64]*connection
	byPeer   map[peer][]*connection // several only when they have different local addresses, or cross
	bySource map[netip.Addr]*source
}

type peer struct {
	transport wire.Transport
	remote    netip.AddrPort
}

func (t *connections) init(limit, sourceLimit int) {
	t.limit, t.sourceLimit = limit, sourceLimit
	t.bySource = map[netip.Addr]*source{}
	t.byNumber = map[uint64]*connection{}
	t.byPeer = map[peer][]*connection{}
}

// IsOpen tells whether a connection of that number is there to send on.
func (l *Layer) IsOpen(connection uint64) bool { return l.connections.numbered(connection) != nil }

func (t *connections) numbered(number uint64) *connection {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.byNumber[number]
}

// with finds a connection with a peer to send on.
func (t *connections) with(f wire.Flow) *connection {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.find(f)
}

// find looks for the local address that was chosen. One that the peer opened
// will do in any case: where it comes from mostly nobody listens.
func (t *connections) find(f wire.Flow) (found *connection) {
	anyLocal := !f.Local.IsValid() || f.Local.Addr().IsUnspecified()
	for _, c := range t.byPeer[peer{f.Transport, f.Remote}] {
		if anyLocal || f.Local == c.flow.Local {
			return c
		}
		if c.accepted {
			found = c
		}
	}
	return found
}

// add gives a connection its number and lists it.
func (t *connections) add(c *connection) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.list(c)
}

// findOrAdd lists a connection unless there is one like it already.
func (t *connections) findOrAdd(c *connection) (found *connection, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if found = t.find(c.flow); found != nil {
		return found, nil
	}
	return nil, t.list(c)
}

func (t *connections) list(c *connection) error {
	if t.closed {
		return ErrClosed
	}
	if len(t.byNumber) >= t.limit {
		return ErrTooManyConnections
	}
	if err := t.enter(c); err != nil {
		return err
	}
	t.last++
	c.flow.Connection = t.last
	t.byNumber[t.last] = c
	key := peer{c.flow.Transport, c.flow.Remote}
	t.byPeer[key] = append(t.byPeer[key], c)
	// Its goroutine is counted here, so that Close either finds the
	// connection or has kept it out.
	c.layer.working.Add(1)
	return nil
}

// remove lets nobody find the connection any more.
func (t *connections) remove(c *connection) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.byNumber, c.flow.Connection)
	t.unlist(c)
	t.leave(c)
}

// retire lets nobody use the connection again but for answers on it.
func (t *connections) retire(c *connection) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.unlist(c)
}

func (t *connections) unlist(c *connection) {
	key := peer{c.flow.Transport, c.flow.Remote}
	list := t.byPeer[key]
	if at := slices.Index(list, c); at < 0 {
		return
	} else if list = slices.Delete(list, at, at+1); len(list) == 0 {
		delete(t.byPeer, key)
	} else {
		t.byPeer[key] = list
	}
}

func (t *connections) open() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.byNumber)
}

// each calls f for every connection, under the lock: f must only look.
func (t *connections) each(f func(*connection)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range t.byNumber {
		f(c)
	}
}

// close gives all connections and takes no further ones.
func (t *connections) close() (all []*connection) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	for _, c := range t.byNumber {
		all = append(all, c)
	}
	return all
}
