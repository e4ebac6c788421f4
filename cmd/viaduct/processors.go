// Processors: as many threads run Go code as the load needs, no more.
package main

import (
	"context"
	"os"
	"runtime"
	"runtime/metrics"
	"time"
)

// How followLoad looks: it judges after so many looks, and adds a processor
// after so many judgements in a row that want one. A collection of garbage, whose
// goroutines count like others, has ended by then.
const (
	lookEvery = 50 * time.Millisecond
	looks     = 10
	patience  = 6
)

// followLoad sets GOMAXPROCS by the goroutines that wait to run, from one up
// to the number of cores, until ctx ends; nothing when the environment sets it.
// A processor without work costs: each datagram that wakes the reader also
// wakes a thread that looks for something to do and finds nothing (make bench
// with GOMAXPROCS=2 in the environment shows it). One reader keeps one
// processor busy and leaves nothing for another; it takes several busy sockets
// or connections until goroutines wait for each other.
func followLoad(ctx context.Context) {
	if os.Getenv("GOMAXPROCS") != "" {
		return
	}
	limit := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(limit)
	processors := 1
	runtime.GOMAXPROCS(processors)
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	busy := 0   // goroutines that ran or could have, over all looks
	wanted := 0 // judgements in a row that wanted more
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		}
		busy += runnable()
		if n%looks != 0 {
			continue
		}
		proper := processorsFor(float64(busy)/looks, processors, limit)
		if busy = 0; proper > processors {
			wanted++
		} else {
			wanted = 0
		}
		if proper < processors || wanted == patience {
			processors, wanted = proper, 0
			runtime.GOMAXPROCS(processors)
		}
	}
}

// processorsFor gives one more when more goroutines want to run than the
// present processors take, one less when one fewer would take nearly all.
// busy is how many want to run, on average.
func processorsFor(busy float64, present, limit int) int {
	switch {
	case busy > float64(present)+0.75 && present < limit:
		return present + 1
	case present > 1 && busy < float64(present-1)+0.3: // so one reader that is always busy falls back to one
		return present - 1
	}
	return present
}

// runnable gives how many goroutines run or could run, beside the caller.
func runnable() int {
	samples := []metrics.Sample{{Name: "/sched/goroutines/runnable:goroutines"}, {Name: "/sched/goroutines/running:goroutines"}}
	metrics.Read(samples)
	n := 0
	for _, sample := range samples {
		if sample.Value.Kind() == metrics.KindUint64 {
			n += int(sample.Value.Uint64())
		}
	}
	return n - 1
}
