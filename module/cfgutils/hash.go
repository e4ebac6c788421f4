// core_hash: a number from a text, as Kamailio's core makes it.
package cfgutils

import (
	"viaduct/internal/corehash"
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
		return int(corehash.Sum(first(c), second(c))&(1<<n-1)) + 1
	}, nil
}
