// sht_print: all tables in the log, for those who look for a mistake.
package htable

import (
	"fmt"
	"strings"

	"viaduct/script"
)

// mostPrinted bounds the items of a table that are printed.
const mostPrinted = 1000

func (w *words) print(*script.Context) int {
	if w.Log == nil {
		return 1
	}
	now := w.now()
	for _, name := range w.names {
		w.Log.Log(script.LevelError, w.byName[name].text(name, now))
	}
	return 1
}

// text gives the items of a table a line each.
func (t *table) text(name string, now int64) string {
	var lines strings.Builder
	count := 0
	for n := range t.shards {
		s := &t.shards[n]
		s.mutex.Lock()
		for at := range s.items {
			i := &s.items[at]
			if i.expired(now) {
				continue
			}
			if count++; count > mostPrinted {
				continue
			}
			fmt.Fprintf(&lines, "\t%s = %s", i.key, i.value)
			if i.expires != 0 {
				fmt.Fprintf(&lines, " (%d s left)", i.expires-now)
			}
			lines.WriteByte('\n')
		}
		s.mutex.Unlock()
	}
	if count > mostPrinted {
		fmt.Fprintf(&lines, "\t… and %d more\n", count-mostPrinted)
	}
	return fmt.Sprintf("htable %s: %d items\n%s", name, count, &lines)
}
