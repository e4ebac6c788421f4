// Words on single items and on all that match: sht_rm…, sht_has…, sht_set….
package htable

import (
	"viaduct/module"
	"viaduct/script"
)

func (w *words) removeFunctions() []script.Function {
	return []script.Function{
		module.OfTexts("sht_rm", w.remove),
		module.OfText("sht_reset", w.reset),
		module.OfText("sht_rm_name_re", func(c *script.Context, text string) int { return w.removeByExpression(text, true) }),
		module.OfText("sht_rm_value_re", func(c *script.Context, text string) int { return w.removeByExpression(text, false) }),
		matching("sht_rm_name", func(name, operator, text string) int { return w.removeMatching(name, operator, text, true) }),
		matching("sht_rm_value", func(name, operator, text string) int { return w.removeMatching(name, operator, text, false) }),
		matching("sht_has_name", func(name, operator, text string) int { return w.has(name, operator, text, true) }),
		matching("sht_match_name", func(name, operator, text string) int { return w.has(name, operator, text, true) }),
		matching("sht_has_str_value", func(name, operator, text string) int { return w.has(name, operator, text, false) }),
		matching("sht_match_str_value", func(name, operator, text string) int { return w.has(name, operator, text, false) }),
	}
}

// matching makes a function of (table, operator, text).
func matching(name string, run func(table, operator, text string) int) script.Function {
	return script.Function{
		Name: name, MinArgs: 3, MaxArgs: 3,
		Bind: func(args []script.Arg) (script.Action, error) {
			table, operator, text := module.Text(args[0]), module.Text(args[1]), module.Text(args[2])
			return func(c *script.Context) int { return run(table(c), operator(c), text(c)) }, nil
		},
	}
}

func (w *words) now() int64 { return w.Now().Unix() }

func (w *words) remove(_ *script.Context, name, key string) int {
	t := w.byName[name]
	return module.Bool(t != nil && t.Set(key, script.Value{}, 0, lifespan{}) == nil)
}

func (w *words) reset(_ *script.Context, name string) int {
	t := w.byName[name]
	if t != nil {
		t.Reset()
	}
	return module.Bool(t != nil)
}

// removeByExpression reads "table=>expression".
func (w *words) removeByExpression(text string, byName bool) int {
	name, pattern, _ := cutName(text)
	return w.removeMatching(name, "re", pattern, byName)
}

// removeMatching takes out what matches. It is true also when that is nothing.
func (w *words) removeMatching(name, operator, text string, byName bool) int {
	t, fits := w.byName[name], comparisonOf(operator, text)
	if t == nil || fits == nil || operator != "re" && operator != "sw" {
		return -1
	}
	t.Each(w.now(), func(key string, value script.Value) (remove, stop bool) {
		return matches(fits, key, value, byName), false
	})
	return 1
}

// has tells whether an item matches.
func (w *words) has(name, operator, text string, byName bool) int {
	t, fits := w.byName[name], comparisonOf(operator, text)
	if t == nil || fits == nil {
		return -1
	}
	found := false
	t.Each(w.now(), func(key string, value script.Value) (remove, stop bool) {
		found = matches(fits, key, value, byName)
		return false, found
	})
	return module.Bool(found)
}

// matches compares the key or the value; numbers match no text.
func matches(fits comparison, key string, value script.Value, byName bool) bool {
	if byName {
		return fits(key)
	}
	return value.Kind == script.String && fits(value.Text)
}

func (w *words) setFunctions() []script.Function {
	return []script.Function{
		{Name: "sht_setxs", MinArgs: 4, MaxArgs: 4, Bind: w.bindSet(func(v script.Value) (script.Value, bool) {
			return script.StringValue(v.AsString()), true
		})},
		{Name: "sht_setxi", MinArgs: 4, MaxArgs: 4, Bind: w.bindSet(func(v script.Value) (script.Value, bool) {
			n, ok := module.NumberIn(v)
			return script.IntValue(int64(n)), ok
		})},
	}
}

// bindSet binds sht_setx…(table, key, value, seconds): value and expiry at once.
func (w *words) bindSet(read func(script.Value) (script.Value, bool)) func([]script.Arg) (script.Action, error) {
	return func(args []script.Arg) (script.Action, error) {
		name, key := module.Text(args[0]), module.Text(args[1])
		seconds, err := module.Number(args, 3)
		if err != nil {
			return nil, err
		}
		return func(c *script.Context) int {
			t := w.byName[name(c)]
			value, sound := read(args[2].Eval(c))
			n, ok := seconds(c)
			if t == nil || !sound || !ok || n < 0 {
				return -1
			}
			life := lifespan{seconds: int64(n)}
			if t.lifetime == 0 {
				life.seconds = 0
			}
			return module.Bool(t.Set(key(c), value, w.now(), life) == nil)
		}, nil
	}
}
