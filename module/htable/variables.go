// Variables of tables: $sht(t=>key), $shtex, $shtinc, $shtdec.
package htable

import (
	"errors"

	"viaduct/script"
	"viaduct/script/syntax"
)

func (w *words) variables() []script.Variable {
	return []script.Variable{
		{Name: "sht", Bind: w.bind(func(e entry) script.Assignable { return value{e} })},
		{Name: "shtex", Bind: w.bind(func(e entry) script.Assignable { return expires{e} })},
		{Name: "shtinc", Bind: w.bind(func(e entry) script.Assignable { return sum{e, 1} })},
		{Name: "shtdec", Bind: w.bind(func(e entry) script.Assignable { return sum{e, -1} })},
		{Name: "shtcn", Bind: w.bind(func(e entry) script.Assignable { return &count{entry: e, byName: true} })},
		{Name: "shtcv", Bind: w.bind(func(e entry) script.Assignable { return &count{entry: e} })},
		{Name: "shtrecord", Bind: w.bindRecord},
	}
}

// entry is a place in a table: its key is worked out for each message.
type entry struct {
	*table // nil: there is none of that name
	words  *words
	key    func(*script.Context) string
}

var (
	errName     = errors.New("expected a table and a key, as $sht(table=>key)")
	errReadOnly = errors.New("this variable can only be read")
)

// bind reads "table=>key"; the key may hold "=>" itself.
func (w *words) bind(as func(entry) script.Assignable) func(*syntax.Inner, *syntax.Index, script.FormatBinder) (script.Assignable, error) {
	return func(inner *syntax.Inner, _ *syntax.Index, format script.FormatBinder) (script.Assignable, error) {
		if inner == nil || len(inner.Steps) < 2 {
			return nil, errName
		}
		name, ok := inner.Steps[0].Static()
		if !ok || name == "" {
			return nil, errName
		}
		parts := append([]syntax.FormatPart(nil), inner.Steps[1].Parts...)
		for _, step := range inner.Steps[2:] {
			parts = append(append(parts, syntax.FormatPart{Text: "=>"}), step.Parts...)
		}
		key, err := format(parts)
		if err != nil {
			return nil, err
		}
		return as(entry{w.find(name), w, key}), nil
	}
}

// now is the time in seconds, which tables without expiry do not need.
func (e *entry) now() int64 {
	if e.lifetime == 0 {
		return 0
	}
	return e.words.Now().Unix()
}

// value is $sht(table=>key).
type value struct{ entry }

func (v value) Eval(c *script.Context) script.Value {
	if v.table == nil {
		return script.Value{}
	}
	found := v.Get(v.key(c), v.now())
	if found.Kind == script.Null && v.hasInitial {
		return script.IntValue(v.initial)
	}
	return found
}

var errNoTable = errors.New("there is no such table")

func (v value) Assign(c *script.Context, to script.Value) error {
	if v.table == nil {
		return errNoTable
	}
	return v.Set(v.key(c), to, v.now(), v.life())
}

// expires is $shtex(table=>key): seconds that are left.
type expires struct{ entry }

func (e expires) Eval(c *script.Context) script.Value {
	if e.table == nil {
		return script.Value{}
	}
	now := e.now()
	if at := e.Expires(e.key(c), now); at != 0 {
		return script.IntValue(at - now)
	}
	return script.IntValue(0)
}

// Assign sets the seconds that are left. Items of a table without autoexpire
// never expire.
func (e expires) Assign(c *script.Context, seconds script.Value) error {
	switch {
	case e.table == nil:
		return errNoTable
	case e.lifetime != 0:
		now := e.now()
		e.SetExpires(e.key(c), now+seconds.AsInt(), now)
	}
	return nil
}

// sum is $shtinc or $shtdec: reading it counts.
type sum struct {
	entry
	step int64
}

func (s sum) Eval(c *script.Context) script.Value {
	if s.table == nil {
		return script.Value{}
	}
	var initial *int64
	if s.hasInitial {
		initial = &s.definition.initial
	}
	result, _ := s.Add(s.key(c), s.step, initial, s.now(), s.life()) // full: no value
	return result
}

func (s sum) Assign(*script.Context, script.Value) error { return errReadOnly }
