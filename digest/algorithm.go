// The hash algorithms of digests.
package digest

import (
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"strings"
)

// Algorithm is the value of the parameter algorithm (RFC 7616 section 3.3,
// RFC 8760 section 2.1).
type Algorithm uint8

const (
	MD5 Algorithm = iota // also where a challenge names none
	MD5Session
	SHA256
	SHA256Session
	SHA512256
	SHA512256Session
)

var algorithmNames = [...]string{"MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256", "SHA-512-256-sess"}

func (a Algorithm) String() string { return algorithmNames[a] }

// ParseAlgorithm reads a name, in any case; "" is MD5.
func ParseAlgorithm(name string) (Algorithm, bool) {
	for a, known := range algorithmNames {
		if strings.EqualFold(name, known) {
			return Algorithm(a), true
		}
	}
	return MD5, name == ""
}

// isSession tells the algorithms whose key is bound to a nonce.
func (a Algorithm) isSession() bool { return a&1 != 0 }

// Hash gives the hexadecimal digest of the parts with colons between them.
func (a Algorithm) Hash(parts ...string) string {
	text := []byte(strings.Join(parts, ":"))
	switch a &^ 1 {
	case SHA256:
		sum := sha256.Sum256(text)
		return hex.EncodeToString(sum[:])
	case SHA512256:
		sum := sha512.Sum512_256(text)
		return hex.EncodeToString(sum[:])
	}
	sum := md5.Sum(text)
	return hex.EncodeToString(sum[:])
}

// Size is the length of a hexadecimal digest.
func (a Algorithm) Size() int {
	if a < SHA256 {
		return 2 * md5.Size
	}
	return 2 * sha256.Size
}
