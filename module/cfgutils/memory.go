// What the server takes: one line of the log.
package cfgutils

import (
	"fmt"
	"runtime/metrics"

	"viaduct/module"
	"viaduct/script"
)

// memoryFunctions are Kamailio's words for its two kinds of memory; here there
// is one.
func memoryFunctions(log script.Logger) (all []script.Function) {
	for _, name := range []string{"pkg_status", "pkg_summary", "shm_status", "shm_summary"} {
		all = append(all, module.Plain(name, func(*script.Context) int {
			if log != nil {
				log.Log(script.LevelInfo, memory())
			}
			return 1
		}))
	}
	return all
}

func memory() string {
	samples := []metrics.Sample{
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/total:bytes"},
		{Name: "/sched/goroutines:goroutines"},
	}
	metrics.Read(samples)
	return fmt.Sprintf("memory: %d kB in use, %d kB from the system; %d goroutines\n",
		samples[0].Value.Uint64()>>10, samples[1].Value.Uint64()>>10, samples[2].Value.Uint64())
}
