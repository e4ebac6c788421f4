// Chance: rand_event is true in so many cases of a hundred. $RANDOM.
package cfgutils

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"

	"viaduct/module"
	"viaduct/script"
	"viaduct/script/syntax"
)

// chance is the probability of rand_event in percent, which scripts may change.
type chance struct {
	initial int
	percent atomic.Int32
}

func newChance() *chance {
	c := &chance{initial: 10}
	c.percent.Store(10)
	return c
}

func (c *chance) setInitial(v script.Value) error {
	n, err := percent(v)
	c.initial = n
	c.percent.Store(int32(n))
	return err
}

func percent(v script.Value) (int, error) {
	n, ok := module.NumberIn(v)
	if !ok || n < 0 || n > 100 {
		return 0, fmt.Errorf("expected 0 to 100 percent, not %s", v)
	}
	return n, nil
}

func (c *chance) functions() []script.Function {
	return []script.Function{
		module.Plain("rand_event", func(*script.Context) int {
			return module.Bool(rand.Int32N(100) < c.percent.Load())
		}),
		module.Plain("rand_get_prob", func(*script.Context) int {
			if n := int(c.percent.Load()); n > 0 {
				return n
			}
			return -1 // 0 would end the script
		}),
		module.Plain("rand_reset_prob", func(*script.Context) int {
			c.percent.Store(int32(c.initial))
			return 1
		}),
		{Name: "rand_set_prob", MinArgs: 1, MaxArgs: 1, Bind: c.bindSet},
	}
}

// bindSet binds rand_set_prob(percent).
func (c *chance) bindSet(args []script.Arg) (script.Action, error) {
	if v, ok := args[0].Constant(); ok {
		n, err := percent(v)
		if err != nil {
			return nil, &script.ArgError{Msg: err.Error()}
		}
		return func(*script.Context) int { c.percent.Store(int32(n)); return 1 }, nil
	}
	return func(context *script.Context) int {
		n, err := percent(args[0].Eval(context))
		if err == nil {
			c.percent.Store(int32(n))
		}
		return module.Bool(err == nil)
	}, nil
}

var errRandom = errors.New("$RANDOM can only be read")

// bindRandom binds $RANDOM: a number from 0 to 2³¹-1, another each time.
func bindRandom(*syntax.Inner, *syntax.Index, script.FormatBinder) (script.Assignable, error) {
	return random{}, nil
}

type random struct{}

func (random) Eval(*script.Context) script.Value { return script.IntValue(int64(rand.Int32())) }

func (random) Assign(*script.Context, script.Value) error { return errRandom }
