// sleep and usleep: the message waits, and others are read meanwhile.
package cfgutils

import (
	"fmt"
	"sync/atomic"
	"time"

	"viaduct/module"
	"viaduct/script"
)

const (
	longestSleep = 5 * time.Minute
	// mostSleepers bounds the messages that wait at once: each takes memory,
	// and anybody may send one.
	mostSleepers = 10_000
)

// sleepers counts the messages that wait.
type sleepers struct{ count atomic.Int64 }

func (s *sleepers) functions() []script.Function {
	return []script.Function{
		{Name: "sleep", MinArgs: 1, MaxArgs: 1, Bind: s.bind(time.Second)},
		{Name: "usleep", MinArgs: 1, MaxArgs: 1, Bind: s.bind(time.Microsecond)},
	}
}

// bind binds sleep(number) for a unit of time.
func (s *sleepers) bind(unit time.Duration) func([]script.Arg) (script.Action, error) {
	most := int(longestSleep / unit)
	return func(args []script.Arg) (script.Action, error) {
		number, err := module.Number(args, 0)
		if err != nil {
			return nil, err
		}
		if v, ok := args[0].Constant(); ok {
			if n, _ := module.NumberIn(v); n < 0 || n > most {
				return nil, &script.ArgError{Msg: fmt.Sprintf("nobody waits that long: 0 to %d is possible", most)}
			}
		}
		return func(c *script.Context) int {
			n, ok := number(c)
			if !ok || n < 0 {
				return -1
			}
			return s.sleep(c, time.Duration(min(n, most))*unit)
		}, nil
	}
}

func (s *sleepers) sleep(c *script.Context, long time.Duration) int {
	if long == 0 {
		return 1
	}
	defer s.count.Add(-1)
	if s.count.Add(1) > mostSleepers {
		return -1
	}
	handOver(c)
	time.Sleep(long)
	return 1
}

// handOver lets another goroutine read on.
func handOver(c *script.Context) {
	if c.Wait != nil {
		c.Wait.HandOver()
	}
}
