// Branch: how a response finds its client transaction (RFC 3261 sections
// 8.1.1.7 and 17.1.3).
package transaction

import (
	"hash/maphash"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"

	"viaduct/sip"
)

// A branch of ours is the magic cookie, the number of a slot, a salt and the
// number of the branch in its response context: z9hG4bK1a.9f00c2d1.0. The
// slot finds the transaction without a search, the salt keeps a late response
// from reaching the next tenant of the slot and cannot be guessed.
type clientTable struct {
	mu    sync.Mutex
	slots []*Client
	free  []uint32
}

// add gives c a slot and a salt.
func (t *clientTable) add(c *Client) {
	c.salt = rand.Uint32() // before anybody can find it
	t.mu.Lock()
	if last := len(t.free) - 1; last >= 0 {
		c.slot = t.free[last]
		t.free = t.free[:last]
		t.slots[c.slot] = c
	} else {
		c.slot = uint32(len(t.slots))
		t.slots = append(t.slots, c)
	}
	t.mu.Unlock()
}

func (t *clientTable) remove(c *Client) {
	t.mu.Lock()
	if t.slots[c.slot] == c {
		t.slots[c.slot] = nil
		t.free = append(t.free, c.slot)
	}
	t.mu.Unlock()
}

// find gives the transaction of a branch, or nil.
func (t *clientTable) find(branch string) *Client {
	slot, salt, ok := parseBranch(branch)
	if !ok {
		return nil
	}
	t.mu.Lock()
	var c *Client
	if int(slot) < len(t.slots) {
		c = t.slots[slot]
	}
	t.mu.Unlock()
	if c == nil || c.salt != salt {
		return nil
	}
	return c
}

func (t *clientTable) active() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.slots) - len(t.free)
}

// appendBranch prints the branch behind dst.
func (c *Client) appendBranch(dst []byte) []byte {
	dst = append(dst, sip.MagicCookie...)
	dst = strconv.AppendUint(dst, uint64(c.slot), 16)
	dst = append(dst, '.')
	dst = appendHex32(dst, c.salt)
	dst = append(dst, '.')
	return strconv.AppendUint(dst, uint64(c.index), 10)
}

func appendHex32(dst []byte, n uint32) []byte {
	const digits = "0123456789abcdef"
	for shift := 28; shift >= 0; shift -= 4 {
		dst = append(dst, digits[n>>shift&15])
	}
	return dst
}

// parseBranch reads slot and salt; ok is false for a branch we did not make.
func parseBranch(branch string) (slot, salt uint32, ok bool) {
	rest, ok := strings.CutPrefix(branch, sip.MagicCookie)
	if !ok {
		return 0, 0, false
	}
	slot, rest, ok = cutHex(rest)
	if !ok {
		return 0, 0, false
	}
	salt, _, ok = cutHex(rest)
	return slot, salt, ok
}

// cutHex reads up to eight hexadecimal digits and the dot behind them.
func cutHex(s string) (n uint32, rest string, ok bool) {
	for i := 0; i < len(s) && i <= 8; i++ {
		switch c := s[i]; {
		case '0' <= c && c <= '9':
			n = n<<4 | uint32(c-'0')
		case 'a' <= c && c <= 'f':
			n = n<<4 | uint32(c-'a'+10)
		case c == '.' && i > 0:
			return n, s[i+1:], true
		default:
			return 0, "", false
		}
	}
	return 0, "", false
}

// statelessSeed makes stateless branches unguessable from outside; it is the
// same for all of one process, as retransmissions must get the same branch.
var statelessSeed = maphash.MakeSeed()

// AppendStatelessBranch prints a branch for a request that is forwarded
// without state: the same for each retransmission, for the CANCEL and for the
// ACK of a non-2xx response (RFC 3261 section 16.11). No slot begins with "s".
func AppendStatelessBranch(dst []byte, m *sip.Message) []byte {
	var h maphash.Hash
	h.SetSeed(statelessSeed)
	if m.Via.IsUnique() {
		h.WriteString(m.Via.Branch)
		h.WriteString(m.Via.Host)
	} else {
		for _, part := range [...]string{m.Via.Host, m.Via.Params, m.FromTag(), m.CallID(), strconv.Itoa(int(m.CSeq.Number)), m.RequestURI} {
			h.WriteString(part)
			h.WriteByte(0)
		}
	}
	dst = append(dst, sip.MagicCookie+"s"...)
	return strconv.AppendUint(dst, h.Sum64(), 16)
}

// IsStateless tells a branch made by AppendStatelessBranch.
func IsStateless(branch string) bool {
	return strings.HasPrefix(branch, sip.MagicCookie+"s")
}
