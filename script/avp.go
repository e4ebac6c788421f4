// avp.go: values that stay with a transaction: $avp(name), and SER's $name.

package script

import (
	"errors"
	"slices"
	"strings"
	"sync"

	"viaduct/script/syntax"
)

// AVPs are the attribute-value pairs of a transaction, shared by the routes
// of its request and of its replies. A name has a stack of values, the newest
// on top. The zero value is empty.
type AVPs struct {
	mutex sync.Mutex
	pairs []avp // newest last
	trees []*xavp
}

// avpName is the name of an AVP; $avp(i:5) and $avp(s:5) are two.
type avpName struct {
	name    string
	numeric bool
}

type avp struct {
	name  avpName
	value Value
}

// avps gives the AVPs of the context, made on first use.
func (c *Context) avps() *AVPs {
	if c.AVPs == nil {
		c.AVPs = new(AVPs)
	}
	return c.AVPs
}

// Add puts a value on top of those of a name, as $avp(name) = value does.
func (a *AVPs) Add(name string, value Value) { a.add(avpName{name: name}, value) }

// Get gives the newest value of a name, Null when there is none.
func (a *AVPs) Get(name string) Value { return a.at(avpName{name: name}, 0) }

// All gives the values of a name, the newest first.
func (a *AVPs) All(name string) []Value { return a.all(avpName{name: name}) }

// Remove takes all values of a name away and gives how many there were.
func (a *AVPs) Remove(name string) int { return a.remove(avpName{name: name}) }

func (a *AVPs) add(name avpName, value Value) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.pairs = append(a.pairs, avp{name, value})
}

// at gives the value at an index: 0 is the newest, -1 the oldest.
func (a *AVPs) at(name avpName, index int) Value {
	if a == nil {
		return Value{}
	}
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if at := a.find(name, index); at >= 0 {
		return a.pairs[at].value
	}
	return Value{}
}

// find gives the place in pairs of the value at an index, or -1.
func (a *AVPs) find(name avpName, index int) int {
	if index < 0 {
		for i := range a.pairs {
			if a.pairs[i].name == name {
				if index++; index == 0 {
					return i
				}
			}
		}
		return -1
	}
	for i := len(a.pairs) - 1; i >= 0; i-- {
		if a.pairs[i].name == name {
			if index == 0 {
				return i
			}
			index--
		}
	}
	return -1
}

func (a *AVPs) all(name avpName) (values []Value) {
	if a == nil {
		return nil
	}
	a.mutex.Lock()
	defer a.mutex.Unlock()
	for i := len(a.pairs) - 1; i >= 0; i-- {
		if a.pairs[i].name == name {
			values = append(values, a.pairs[i].value)
		}
	}
	return values
}

func (a *AVPs) remove(name avpName) int {
	if a == nil {
		return 0
	}
	a.mutex.Lock()
	defer a.mutex.Unlock()
	before := len(a.pairs)
	a.pairs = slices.DeleteFunc(a.pairs, func(p avp) bool { return p.name == name })
	return before - len(a.pairs)
}

// set replaces the value at an index; $null removes it.
func (a *AVPs) set(name avpName, index int, value Value) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	at := a.find(name, index)
	switch {
	case at < 0 && value.Kind == Null:
	case at < 0:
		a.pairs = append(a.pairs, avp{name, value})
	case value.Kind == Null:
		a.pairs = slices.Delete(a.pairs, at, at+1)
	default:
		a.pairs[at].value = value
	}
}

func avpVariables() map[string]binder {
	return map[string]binder{
		"avp": bindAVP, "cnt": bindCount,
		"xavp": bindXAVP, "xavu": bindXAVP, "xavi": bindXAVP,
	}
}

// bindAVP binds $avp(x), $avp(s:x), $avp(i:5), $avp($var(x)), with [1], [-1]
// and [*]. Setting it adds a value on top, with [*] it replaces all of them;
// $null removes the newest, or the one at the index, or all.
func bindAVP(c *compiler, pv *syntax.PV) (variable, error) {
	text, err := c.innerText(pv)
	if err != nil {
		return variable{}, err
	}
	numeric := pv.Inner.Type == "i"
	name := func(c *Context) avpName { return avpName{text(c), numeric} }
	if fixed, ok := pv.Inner.Static(); ok {
		key := avpName{fixed, numeric}
		name = func(*Context) avpName { return key }
	}
	switch {
	case pv.Index == nil:
		return variable{
			eval: func(c *Context) Value { return c.AVPs.at(name(c), 0) },
			assign: func(c *Context, v Value) error {
				if v.Kind == Null {
					c.avps().set(name(c), 0, v)
				} else {
					c.avps().add(name(c), v)
				}
				return nil
			},
		}, nil
	case pv.Index.All:
		return variable{
			eval: func(c *Context) Value { return joined(c.AVPs.all(name(c))) },
			assign: func(c *Context, v Value) error {
				c.avps().remove(name(c))
				if v.Kind != Null {
					c.avps().add(name(c), v)
				}
				return nil
			},
		}, nil
	}
	index := c.index(pv.Index, 0)
	return variable{
		eval: func(c *Context) Value { return c.AVPs.at(name(c), index(c)) },
		assign: func(c *Context, v Value) error {
			if v.Kind != Null { // Kamailio 5.6.3 adds on top, whatever the index says
				c.avps().add(name(c), v)
				return nil
			}
			c.avps().set(name(c), index(c), v)
			return nil
		},
	}, nil
}

// bindCount binds $cnt($avp(x)): how many values there are.
func bindCount(c *compiler, pv *syntax.PV) (variable, error) {
	var counted *syntax.PV
	if pv.Inner != nil && len(pv.Inner.Steps) == 1 {
		counted, _ = onlyVariable(pv.Inner.Steps[0].Parts)
	}
	if counted == nil || counted.Name != "avp" || counted.Inner == nil {
		return variable{}, errors.New("$cnt counts AVPs: $cnt($avp(name))")
	}
	text, err := c.innerText(counted)
	numeric := counted.Inner.Type == "i"
	return variable{eval: func(c *Context) Value {
		return IntValue(int64(len(c.AVPs.all(avpName{text(c), numeric}))))
	}}, err
}

// joined gives several values as one text: "a, b".
func joined(values []Value) Value {
	if len(values) == 0 {
		return Value{}
	}
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = v.String()
	}
	return StringValue(strings.Join(texts, ", "))
}

// serAVP compiles SER's $name and $f.name: an AVP that has one value, set
// anew by each assignment.
func (c *compiler) serAVP(e *syntax.SerAVP) variable {
	key := avpName{name: e.Name}
	if e.Class != "" {
		key.name = e.Class + "." + e.Name
	}
	index := c.index(e.Index, 0)
	return variable{
		eval: func(c *Context) Value { return c.AVPs.at(key, index(c)) },
		assign: func(c *Context, v Value) error {
			c.avps().remove(key)
			if v.Kind != Null {
				c.avps().add(key, v)
			}
			return nil
		},
	}
}
