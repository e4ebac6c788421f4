// Iterators: walks over the fields of a message and over the lines of its
// body, by name. Where one stands is kept with the AVPs, under a name that no
// script can spell.
package textopsx

import (
	"errors"
	"strings"

	"viaduct/module"
	"viaduct/script"
	"viaduct/script/syntax"
)

// items are what an iterator walks over: fields or lines.
type items struct {
	prefix string // of the names of its words
	count  func(c *script.Context) int
	place  func(c *script.Context, i int) (start, end int) // in the message, line ends included
}

var errIterator = errors.New("expected the name of an iterator")

func iteratorFunctions() (all []script.Function) {
	for _, of := range []*items{fields(), lines()} {
		all = append(all, of.functions()...)
	}
	return all
}

func fields() *items {
	return &items{
		prefix: "hf",
		count:  func(c *script.Context) int { return len(c.Message.Fields) },
		place: func(c *script.Context, i int) (start, end int) {
			f := &c.Message.Fields[i]
			return int(f.Start), int(f.End)
		},
	}
}

func lines() *items {
	return &items{
		prefix: "bl",
		count: func(c *script.Context) int {
			count := strings.Count(c.Message.Body, "\n")
			if c.Message.Body != "" && !strings.HasSuffix(c.Message.Body, "\n") {
				count++
			}
			return count
		},
		place: func(c *script.Context, i int) (start, end int) {
			at := 0
			for line := range strings.Lines(c.Message.Body) {
				if i == 0 {
					start = c.Message.BodyStart() + at
					return start, start + len(line)
				}
				i--
				at += len(line)
			}
			return 0, 0
		},
	}
}

func (of *items) functions() []script.Function {
	word := func(name string, do func(c *script.Context, iterator string) int) script.Function {
		return module.OfText(of.prefix+"_iterator_"+name, do)
	}
	add := func(name string, put func(c *script.Context, start, end int, text string)) script.Function {
		return module.OfTexts(of.prefix+"_iterator_"+name, func(c *script.Context, iterator, text string) int {
			start, end, ok := of.at(c, iterator)
			if ok {
				put(c, start, end, text)
			}
			return module.Bool(ok)
		})
	}
	return []script.Function{
		word("start", func(c *script.Context, iterator string) int { of.move(c, iterator, -1); return 1 }),
		word("end", func(c *script.Context, iterator string) int {
			return module.Bool(c.AVPs != nil && c.AVPs.Remove(of.key(iterator)) > 0)
		}),
		word("next", func(c *script.Context, iterator string) int { return of.step(c, iterator, 1) }),
		word("prev", func(c *script.Context, iterator string) int { return of.step(c, iterator, -1) }),
		word("rm", func(c *script.Context, iterator string) int {
			start, end, ok := of.at(c, iterator)
			if ok {
				c.Edits.Remove(start, end)
			}
			return module.Bool(ok)
		}),
		add("append", func(c *script.Context, _, end int, text string) { c.Edits.Insert(end, text) }),
		add("insert", func(c *script.Context, start, _ int, text string) { c.Edits.Insert(start, text) }),
	}
}

func (of *items) key(iterator string) string { return of.prefix + "_iterator\x00" + iterator }

// move sets where an iterator stands: -1 is before the first.
func (of *items) move(c *script.Context, iterator string, to int) {
	if c.AVPs == nil {
		c.AVPs = new(script.AVPs)
	}
	c.AVPs.Remove(of.key(iterator))
	c.AVPs.Add(of.key(iterator), script.IntValue(int64(to)))
}

// position gives where an iterator stands; false when it was not started.
func (of *items) position(c *script.Context, iterator string) (int, bool) {
	if c.AVPs == nil {
		return 0, false
	}
	v := c.AVPs.Get(of.key(iterator))
	return int(v.Int), v.Kind == script.Int
}

// step goes to the next item or the one before; it is false and stays when
// there is none.
func (of *items) step(c *script.Context, iterator string, by int) int {
	at, ok := of.position(c, iterator)
	if !ok {
		return -1
	}
	if at += by; at < 0 || at >= of.count(c) {
		return -1
	}
	of.move(c, iterator, at)
	return 1
}

// at gives the place of the item at which an iterator stands.
func (of *items) at(c *script.Context, iterator string) (start, end int, ok bool) {
	at, ok := of.position(c, iterator)
	if !ok || at < 0 || at >= of.count(c) {
		return 0, 0, false
	}
	start, end = of.place(c, at)
	return start, end, true
}

// iteratorVariables are $hfitname(name), $hfitbody(name) and $blitval(name).
func iteratorVariables() []script.Variable {
	ofField := func(name string, part func(c *script.Context, i int) string) script.Variable {
		of := fields()
		return of.variable(name, part)
	}
	of := lines()
	return []script.Variable{
		ofField("hfitname", func(c *script.Context, i int) string { return c.Message.Name(&c.Message.Fields[i]) }),
		ofField("hfitbody", func(c *script.Context, i int) string { return c.Message.Value(&c.Message.Fields[i]) }),
		of.variable("blitval", func(c *script.Context, i int) string {
			start, end := of.place(c, i)
			return c.Message.Text[start:end]
		}),
	}
}

func (of *items) variable(name string, part func(c *script.Context, i int) string) script.Variable {
	return script.Variable{Name: name, Bind: func(inner *syntax.Inner, _ *syntax.Index, _ script.FormatBinder) (script.Assignable, error) {
		if inner == nil {
			return nil, errIterator
		}
		iterator, ok := inner.Static()
		if !ok || iterator == "" {
			return nil, errIterator
		}
		return reader(func(c *script.Context) script.Value {
			at, ok := of.position(c, iterator)
			if !ok || at < 0 || at >= of.count(c) {
				return script.Value{}
			}
			return script.StringValue(part(c, at))
		}), nil
	}}
}

// reader is a variable that can only be read.
type reader func(*script.Context) script.Value

func (r reader) Eval(c *script.Context) script.Value { return r(c) }

func (r reader) Assign(*script.Context, script.Value) error {
	return errors.New("this variable can only be read")
}
