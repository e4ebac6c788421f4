// Package corehash makes of texts the number that Kamailio's core makes of
// them, so that a set of destinations is shared out in the same way.
package corehash

// Sum adds up the words of four bytes of each text.
func Sum(texts ...string) (sum uint32) {
	for _, text := range texts {
		for ; len(text) >= 4; text = text[4:] {
			sum += mixed(uint32(text[0])<<24 | uint32(text[1])<<16 | uint32(text[2])<<8 | uint32(text[3]))
		}
		rest := uint32(0)
		for i := 0; i < len(text); i++ {
			rest = rest<<8 | uint32(text[i])
		}
		sum += mixed(rest)
	}
	return sum + sum>>11 + sum>>13 + sum>>23
}

func mixed(word uint32) uint32 { return word ^ word>>3 }
