// Locks: sht_lock(table=>key) and sht_unlock. They keep out those that lock
// too; single words on a table need none.
package htable

import (
	"time"

	"viaduct/module"
	"viaduct/script"
)

// patience is how long a message waits for a lock before it takes it from one
// that must have forgotten it.
const patience = 2 * time.Second

func (w *words) lockFunctions() []script.Function {
	return []script.Function{
		module.OfText("sht_lock", w.lock),
		module.OfText("sht_unlock", func(c *script.Context, text string) int {
			name, _, _ := cutName(text)
			if w.byName[name] == nil {
				return -1
			}
			w.locks.Unlock(text, c)
			return 1
		}),
	}
}

func (w *words) lock(c *script.Context, text string) int {
	name, _, _ := cutName(text)
	if w.byName[name] == nil {
		return -1
	}
	if !w.locks.Lock(text, c, patience, func() { handOver(c) }) {
		w.warn("%s was locked for more than %v; sht_unlock is missing somewhere", text, patience)
	}
	return 1
}

// handOver lets another goroutine read on.
func handOver(c *script.Context) {
	if c.Wait != nil {
		c.Wait.HandOver()
	}
}
