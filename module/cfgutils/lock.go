// lock, trylock and unlock: by key, for work on what several messages share.
package cfgutils

import (
	"fmt"
	"time"

	"viaduct/internal/keylock"
	"viaduct/module"
	"viaduct/script"
)

// patience is how long a message waits for a lock before it takes it from one
// that must have forgotten it.
const patience = 2 * time.Second

func lockFunctions(log script.Logger) []script.Function {
	locks := new(keylock.Locks)
	return []script.Function{
		module.OfText("lock", func(c *script.Context, key string) int {
			if !locks.Lock(key, c, patience, func() { handOver(c) }) && log != nil {
				log.Log(script.LevelWarning, fmt.Sprintf("cfgutils: %q was locked for more than %v; unlock is missing somewhere\n", key, patience))
			}
			return 1
		}),
		module.OfText("trylock", func(c *script.Context, key string) int { return module.Bool(locks.Try(key, c)) }),
		module.OfText("unlock", func(c *script.Context, key string) int {
			locks.Unlock(key, c)
			return 1
		}),
	}
}
