// pv_store.go: variables that hold what the script puts there: $var, $shv.

package script

import (
	"sync"
	"sync/atomic"

	"viaduct/script/syntax"
)

func storeVariables() map[string]binder {
	return map[string]binder{
		"var": bindVar(IntValue(0)),
		"vn":  bindVar(Value{}),
		"vz":  bindVar(IntValue(0)),
		"shv": bindShared,
	}
}

// bindVar binds $var(name), a slot of the context: 0 for each new message.
// $null sets it back to 0. $vn(name) differs in that it begins and can be as
// $null.
func bindVar(initial Value) binder {
	return func(c *compiler, pv *syntax.PV) (variable, error) {
		name, err := constantInner(pv)
		if err != nil {
			return variable{}, err
		}
		key := name
		if pv.Name == "vn" {
			key = "vn:" + name
		}
		if c.slots == nil {
			return namedVar(key, initial), nil
		}
		slot, ok := c.slots[key]
		if !ok {
			slot = len(c.slots)
			c.slots[key] = slot
		}
		return variable{
			eval:   func(c *Context) Value { return c.slot(slot, initial) },
			assign: func(c *Context, v Value) error { c.setSlot(slot, v, initial); return nil },
		}, nil
	}
}

// namedVar is a $var of a string that was compiled before the script.
func namedVar(key string, initial Value) variable {
	return variable{
		eval: func(c *Context) Value {
			if slot, ok := c.Program.slotNames[key]; ok {
				return c.slot(slot, initial)
			}
			return initial
		},
		assign: func(c *Context, v Value) error {
			if slot, ok := c.Program.slotNames[key]; ok {
				c.setSlot(slot, v, initial)
			}
			return nil
		},
	}
}

func (c *Context) slot(slot int, initial Value) Value {
	if slot >= len(c.run.vars) || !c.run.vars[slot].set {
		return initial
	}
	return c.run.vars[slot].value
}

func (c *Context) setSlot(slot int, v, initial Value) {
	if slot >= len(c.run.vars) { // the first, or the script was read again since
		c.run.vars = append(c.run.vars, make([]varSlot, len(c.Program.slotNames)-len(c.run.vars))...)
	}
	if v.Kind == Null {
		v = initial
	}
	c.run.vars[slot] = varSlot{v, true}
}

// varSlot is the place of one $var.
type varSlot struct {
	value Value
	set   bool
}

// sharedVariables are the $shv of all messages.
type sharedVariables struct {
	messages atomic.Int64 // counts for $mi

	mutex  sync.Mutex
	values map[string]Value
}

func newSharedVariables() *sharedVariables { return &sharedVariables{values: map[string]Value{}} }

// bindShared binds $shv(name): one value for all messages, at first 0.
func bindShared(_ *compiler, pv *syntax.PV) (variable, error) {
	name, err := constantInner(pv)
	if err != nil {
		return variable{}, err
	}
	return variable{
		eval: func(c *Context) Value {
			shared := c.Program.shared
			shared.mutex.Lock()
			defer shared.mutex.Unlock()
			if v, ok := shared.values[name]; ok {
				return v
			}
			return IntValue(0)
		},
		assign: func(c *Context, v Value) error {
			shared := c.Program.shared
			shared.mutex.Lock()
			defer shared.mutex.Unlock()
			if v.Kind == Null {
				v = StringValue("") // as Kamailio 5.6.3
			}
			shared.values[name] = v
			return nil
		},
	}, nil
}
