// Package maxfwd holds the words of a script that count hops: how many more
// a request may take (RFC 3261 sections 16.3 step 3 and 16.6 step 3).
//
// The value to send on is kept in the context; the proxy writes it when it
// forwards. A request that the script does not count is counted there.
package maxfwd

import (
	"fmt"

	"viaduct/module"
	"viaduct/script"
	"viaduct/sip"
)

// Results beyond true (1) and false (-1).
const (
	added   = 2  // the field was missing; the limit will be sent
	noHops  = -1 // the field says 0
	unsound = -2 // the field is no number; of is_maxfwd_lt also: there is none
)

const (
	defaultLimit = 70  // of what is sent on (RFC 3261 section 8.1.1.6)
	highestLimit = 255 // of the field (RFC 3261 section 20.22)
)

// New gives the module.
func New() *script.Module {
	w := &words{limit: defaultLimit}
	process := script.Function{Name: "mf_process_maxfwd_header", MinArgs: 1, MaxArgs: 1, Bind: w.bindProcess}
	below := script.Function{Name: "is_maxfwd_lt", MinArgs: 1, MaxArgs: 1, Bind: bindBelow}
	return &script.Module{
		Name: "maxfwd",
		Functions: []script.Function{
			process, module.Named("maxfwd_process", process), module.Named("process_maxfwd", process),
			below, module.Named("maxfwd_at_least", below), module.Named("mf_lowlimit", below),
		},
		Params: []script.Param{{Name: "max_limit", Set: w.setLimit}},
	}
}

type words struct{ limit int }

func (w *words) setLimit(v script.Value) error {
	n, ok := module.NumberIn(v)
	if !ok || n < 1 || n > 256 {
		return fmt.Errorf("expected a number from 1 to 256, not %s", v)
	}
	w.limit = min(n, highestLimit)
	return nil
}

// bindProcess binds mf_process_maxfwd_header(value): one hop less, at most
// max_limit; value where the field is missing.
func (w *words) bindProcess(args []script.Arg) (script.Action, error) {
	initial, err := module.Number(args, 0)
	if err != nil {
		return nil, err
	}
	if v, ok := args[0].Constant(); ok && v.AsInt() < 1 {
		return nil, &script.ArgError{Index: 0, Msg: "with no hops at all nothing could be sent on", Hint: "70 is usual"}
	}
	return func(c *script.Context) int {
		hops, result := left(c)
		switch result {
		case 0:
			value, ok := initial(c)
			if !ok || value < 1 {
				return unsound
			}
			c.MaxForwards = min(value, highestLimit)
			return added
		case 1:
			if hops == 0 {
				return noHops
			}
			if c.MaxForwards = min(hops-1, w.limit); c.MaxForwards == 0 {
				noteUsedUp(c)
			}
		}
		return result
	}, nil
}

// usedUp is the AVP that says that the script has counted down to 0, which
// c.MaxForwards cannot tell from not having counted. No script can spell it.
const usedUp = "max_forwards\x00"

func noteUsedUp(c *script.Context) {
	if c.AVPs == nil {
		c.AVPs = new(script.AVPs)
	}
	c.AVPs.Add(usedUp, script.IntValue(1))
}

// bindBelow binds is_maxfwd_lt(value).
func bindBelow(args []script.Arg) (script.Action, error) {
	bound, err := module.Number(args, 0)
	if err != nil {
		return nil, err
	}
	return func(c *script.Context) int {
		hops, result := left(c)
		n, ok := bound(c)
		switch {
		case result == 0 && c.MaxForwards == 0:
			return unsound
		case result == unsound || !ok:
			return -3
		}
		return module.Bool(hops < n)
	}, nil
}

// left gives the hops left, less those that the script has counted already.
// result is 1 when the message tells, 0 when it has no such field and the
// script has not set one, below 0 when what it says is unsound.
func left(c *script.Context) (hops, result int) {
	if c.MaxForwards > 0 {
		return c.MaxForwards, 1
	}
	if c.AVPs != nil && c.AVPs.Get(usedUp).Kind != script.Null {
		return 0, 1
	}
	if !c.Message.Has(sip.FieldMaxForwards) {
		return 0, 0
	}
	hops, ok := c.Message.MaxForwards()
	if !ok {
		return 0, unsound
	}
	return hops, 1
}
