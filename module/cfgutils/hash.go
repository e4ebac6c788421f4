// core_hash: a number from a text, as Kamailio's core makes it.
package cfgutils

import (
	"viaduct/module"
	"viaduct/script"
)

// bindHash binds core_hash(text, text, bits): 1 to 2^bits.
func bindHash(args []script.Arg) (script.Action, error) {
	first, second := module.Text(args[0]), module.Text(args[1])
	bits, err := module.Number(args, 2)
	if err != nil {
		return nil, err
	}
	return func(c *script.Context) int {
		n, ok := bits(c)
		if !ok || n < 0 || n > 31 {
			return -1
		}
		return int(coreHash(first(c), second(c))&(1<<n-1)) + 1
	}, nil
}

// coreHash adds up the words of four bytes of both texts.
func coreHash(texts ...string) (sum uint32) {
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
