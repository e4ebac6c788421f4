// Iterators: walks over the items of a table, by name. Where one stands is
// kept with the AVPs, under a name that no script can spell.
package htable

import (
	"errors"
	"strconv"
	"strings"

	"viaduct/module"
	"viaduct/script"
	"viaduct/script/syntax"
)

func (w *words) iteratorFunctions() []script.Function {
	return []script.Function{
		module.OfTexts("sht_iterator_start", w.startIterator),
		module.OfText("sht_iterator_next", w.nextItem),
		module.OfText("sht_iterator_end", func(c *script.Context, iterator string) int {
			return module.Bool(c.AVPs != nil && c.AVPs.Remove(iteratorKey(iterator)) > 0)
		}),
		module.OfText("sht_iterator_rm", func(c *script.Context, iterator string) int {
			return w.atItem(c, iterator, func(t *table, key string) bool { return t.Set(key, script.Value{}, 0, lifespan{}) == nil })
		}),
		w.ofItem("sht_iterator_sets", func(t *table, key string, v script.Value) bool {
			return t.Set(key, script.StringValue(v.AsString()), w.now(), t.life()) == nil
		}),
		w.ofItem("sht_iterator_seti", func(t *table, key string, v script.Value) bool {
			n, ok := module.NumberIn(v)
			return ok && t.Set(key, script.IntValue(int64(n)), w.now(), t.life()) == nil
		}),
		w.ofItem("sht_iterator_setex", func(t *table, key string, v script.Value) bool {
			n, ok := module.NumberIn(v)
			return ok && (t.lifetime == 0 || t.SetExpires(key, w.now()+int64(n), w.now()))
		}),
	}
}

// ofItem makes a function of (iterator, value) on the item at hand.
func (w *words) ofItem(name string, do func(t *table, key string, v script.Value) bool) script.Function {
	return script.Function{
		Name: name, MinArgs: 2, MaxArgs: 2,
		Bind: func(args []script.Arg) (script.Action, error) {
			iterator := module.Text(args[0])
			return func(c *script.Context) int {
				return w.atItem(c, iterator(c), func(t *table, key string) bool { return do(t, key, args[1].Eval(c)) })
			}, nil
		},
	}
}

// iterator is where a walk stands.
type iterator struct {
	table string
	place int64
	key   string // of the item at hand
	begun bool   // there is one
}

func iteratorKey(name string) string { return "sht_iterator\x00" + name }

// iteratorOf reads the place of a walk, written as "table NUL place NUL key".
func iteratorOf(c *script.Context, name string) (it iterator, ok bool) {
	if c.AVPs == nil {
		return it, false
	}
	table, rest, ok := strings.Cut(c.AVPs.Get(iteratorKey(name)).AsString(), "\x00")
	if !ok {
		return it, false
	}
	place, key, begun := strings.Cut(rest, "\x00")
	it.table, it.key, it.begun = table, key, begun
	it.place, _ = strconv.ParseInt(place, 10, 64)
	return it, true
}

func (it *iterator) keep(c *script.Context, name string) {
	if c.AVPs == nil {
		c.AVPs = new(script.AVPs)
	}
	text := it.table + "\x00" + strconv.FormatInt(it.place, 10)
	if it.begun {
		text += "\x00" + it.key
	}
	c.AVPs.Remove(iteratorKey(name))
	c.AVPs.Add(iteratorKey(name), script.StringValue(text))
}

func (w *words) startIterator(c *script.Context, name, table string) int {
	if name == "" || w.byName[table] == nil {
		return -1
	}
	it := iterator{table: table, place: LastPlace}
	it.keep(c, name)
	return 1
}

func (w *words) nextItem(c *script.Context, name string) int {
	it, ok := iteratorOf(c, name)
	t := w.byName[it.table]
	if !ok || t == nil {
		return -1
	}
	if it.place >= 0 {
		it.place, it.key = t.Step(it.place, w.now())
	}
	it.begun = it.place >= 0
	it.keep(c, name)
	return module.Bool(it.begun)
}

// atItem does something to the item at hand.
func (w *words) atItem(c *script.Context, name string, do func(t *table, key string) bool) int {
	it, ok := iteratorOf(c, name)
	t := w.byName[it.table]
	return module.Bool(ok && it.begun && t != nil && do(t, it.key))
}

// iteratorVariables are $shtitkey(iterator) and $shtitval(iterator).
func (w *words) iteratorVariables() []script.Variable {
	return []script.Variable{
		{Name: "shtitkey", Bind: bindItem(func(it iterator) script.Value { return script.StringValue(it.key) })},
		{Name: "shtitval", Bind: bindItem(func(it iterator) script.Value {
			if t := w.byName[it.table]; t != nil {
				return t.Get(it.key, w.now())
			}
			return script.Value{}
		})},
	}
}

var errIterator = errors.New("expected the name of an iterator")

func bindItem(read func(iterator) script.Value) func(*syntax.Inner, *syntax.Index, script.FormatBinder) (script.Assignable, error) {
	return func(inner *syntax.Inner, _ *syntax.Index, format script.FormatBinder) (script.Assignable, error) {
		if inner == nil || len(inner.Steps) != 1 {
			return nil, errIterator
		}
		name, err := format(inner.Steps[0].Parts)
		return ofIterator{name, read}, err
	}
}

type ofIterator struct {
	name func(*script.Context) string
	read func(iterator) script.Value
}

func (o ofIterator) Eval(c *script.Context) script.Value {
	it, ok := iteratorOf(c, o.name(c))
	if !ok || !it.begun {
		return script.Value{}
	}
	return o.read(it)
}

func (ofIterator) Assign(*script.Context, script.Value) error { return errReadOnly }
