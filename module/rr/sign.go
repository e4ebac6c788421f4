// Signatures of Record-Route: only a Route that we wrote ourselves, for the
// same call, leads through us.
package rr

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"sync"
)

const (
	signatureParam = "vs"
	signatureBytes = 10 // 80 bits, as HMAC may be cut to half (RFC 2104 section 5): to be guessed over the network, not at a desk
)

// signer makes and checks keyed hashes of Call-IDs.
type signer struct {
	pool sync.Pool // of *mac: keying one costs more than using it
}

type mac struct {
	hash.Hash
	text []byte
	sum  [sha256.Size]byte
}

func newSigner(key []byte) *signer {
	s := new(signer)
	s.pool.New = func() any { return &mac{Hash: hmac.New(sha256.New, key)} }
	return s
}

// sign gives the signature of a Call-ID as text.
func (s *signer) sign(callID string) string {
	m := s.pool.Get().(*mac)
	defer s.pool.Put(m)
	return hex.EncodeToString(m.of(callID))
}

// verify compares in constant time, so that an answer's delay tells nothing.
func (s *signer) verify(callID, signature string) bool {
	var given [signatureBytes]byte
	if len(signature) != hex.EncodedLen(signatureBytes) {
		return false
	}
	if _, err := hex.Decode(given[:], []byte(signature)); err != nil {
		return false
	}
	m := s.pool.Get().(*mac)
	defer s.pool.Put(m)
	return hmac.Equal(m.of(callID), given[:])
}

// of gives the bytes of the signature; they are valid until the next call.
func (m *mac) of(callID string) []byte {
	m.Reset()
	m.text = append(m.text[:0], callID...)
	m.Write(m.text)
	return m.Sum(m.sum[:0])[:signatureBytes]
}
