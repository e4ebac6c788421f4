// To tags of responses that we make ourselves.
package proxy

import (
	"hash/maphash"
	"strconv"

	"viaduct/sip"
)

var tagSeed = maphash.MakeSeed()

// localTag gives the To tag for responses of ours to a request: the same for
// its retransmissions, and for the CANCEL of an INVITE as for the INVITE
// (RFC 3261 sections 8.2.6.2, 8.2.7 and 9.2).
func localTag(m *sip.Message) string {
	var h maphash.Hash
	h.SetSeed(tagSeed)
	h.WriteString(m.Via.Branch)
	h.WriteString(m.CallID())
	h.WriteString(strconv.Itoa(int(m.CSeq.Number)))
	return strconv.FormatUint(h.Sum64(), 16)
}

// LocalTag is the tag for stateless responses.
func LocalTag(m *sip.Message) string { return localTag(m) }
