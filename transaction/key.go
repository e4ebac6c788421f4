// Key: how a request finds its server transaction (RFC 3261 section 17.2.3).
package transaction

import (
	"hash/maphash"
	"strconv"
	"sync"

	"viaduct/sip"
)

// key stands for branch, sent-by and method of a request, or for the fields
// that RFC 2543 compared. Two seeded hashes of 64 bits do not collide by
// chance or by malice, and unlike the text they do not keep a message alive.
type key struct{ a, b uint64 }

var keySeeds = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}

// keyOf gives the key of a request. ACK and CANCEL take the key of the INVITE
// they belong to when method says so.
func keyOf(m *sip.Message, method string) key {
	return key{hashRequest(keySeeds[0], m, method), hashRequest(keySeeds[1], m, method)}
}

func hashRequest(seed maphash.Seed, m *sip.Message, method string) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	h.WriteString(method)
	h.WriteByte(0)
	host, port := m.Via.SentBy()
	h.WriteString(host)
	h.WriteByte(byte(port >> 8))
	h.WriteByte(byte(port))
	h.WriteString(m.Via.Branch)
	if !m.Via.IsUnique() {
		// RFC 2543: Request-URI, From tag, Call-ID, CSeq number and the Via
		// itself. The To tag is left out so that the ACK of a non-2xx matches.
		for _, part := range [...]string{m.RequestURI, m.FromTag(), m.CallID(), strconv.Itoa(int(m.CSeq.Number)), m.Via.Params} {
			h.WriteString(part)
			h.WriteByte(0)
		}
	}
	return h.Sum64()
}

// transactionMethod is the method under which a request finds its
// transaction: an ACK belongs to its INVITE.
func transactionMethod(method string) string {
	if method == "ACK" {
		return "INVITE"
	}
	return method
}

const shards = 64

// serverTable holds the server transactions, cut in shards so that readers of
// several sockets seldom meet.
type serverTable struct {
	shards [shards]struct {
		sync.Mutex
		byKey map[key]*Server
		_     [40]byte // a cache line each
	}
}

func (t *serverTable) init() {
	for i := range t.shards {
		t.shards[i].byKey = make(map[key]*Server)
	}
}

func (t *serverTable) find(k key) *Server {
	shard := &t.shards[k.a%shards]
	shard.Lock()
	s := shard.byKey[k]
	shard.Unlock()
	return s
}

// add puts s in unless its key is taken; then it gives the holder.
func (t *serverTable) add(s *Server) (holder *Server) {
	shard := &t.shards[s.key.a%shards]
	shard.Lock()
	defer shard.Unlock()
	if holder = shard.byKey[s.key]; holder == nil {
		shard.byKey[s.key] = s
	}
	return holder
}

func (t *serverTable) remove(s *Server) {
	shard := &t.shards[s.key.a%shards]
	shard.Lock()
	if shard.byKey[s.key] == s {
		delete(shard.byKey, s.key)
	}
	shard.Unlock()
}

func (t *serverTable) active() (n int) {
	for i := range t.shards {
		shard := &t.shards[i]
		shard.Lock()
		n += len(shard.byKey)
		shard.Unlock()
	}
	return n
}

// pending counts those without a final response.
func (t *serverTable) pending() (n int) {
	t.each(func(*Server) { n++ })
	return n
}

// all gives those without a final response.
func (t *serverTable) all() (pending []*Server) {
	t.each(func(s *Server) { pending = append(pending, s) })
	return pending
}

// each visits those without a final response; a shard is locked meanwhile.
func (t *serverTable) each(visit func(*Server)) {
	for i := range t.shards {
		shard := &t.shards[i]
		shard.Lock()
		for _, s := range shard.byKey {
			// A transaction never takes its shard's lock while it holds its own.
			if state := s.State(); state == Trying || state == Proceeding {
				visit(s)
			}
		}
		shard.Unlock()
	}
}
