// Package counters holds the words of a script that count: cnt_inc and its
// kin, on counters that parameters declare.
package counters

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"viaduct/module"
	"viaduct/script"
	"viaduct/sip"
)

// Counter is one number that only grows, unless it is set back.
type Counter struct {
	Group, Name, Description string
	value                    atomic.Int64
}

// Value gives what was counted so far.
func (c *Counter) Value() int64 { return c.value.Load() }

// Set holds the counters of a server. It outlives the script, so that counting
// goes on when that is read again. The zero value is empty.
type Set struct {
	mutex sync.Mutex
	all   []*Counter
}

// All gives the counters in the order in which they were declared.
func (s *Set) All() []*Counter {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return slices.Clone(s.all)
}

// Declare gives the counter of a name, made when it is new.
func (s *Set) Declare(group, name, description string) *Counter {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, c := range s.all {
		if c.Group == group && c.Name == name {
			return c
		}
	}
	c := &Counter{Group: group, Name: name, Description: description}
	s.all = append(s.all, c)
	return c
}

// New gives the module; it declares its counters in set.
func New(set *Set) *script.Module {
	w := &words{set: set, group: "script"}
	return &script.Module{
		Name: "counters",
		Functions: []script.Function{
			{Name: "cnt_inc", MinArgs: 1, MaxArgs: 1, Bind: w.bindIncrement},
			{Name: "cnt_add", MinArgs: 2, MaxArgs: 2, Bind: w.bindAdd},
			{Name: "cnt_reset", MinArgs: 1, MaxArgs: 1, Bind: w.bindReset},
		},
		Params: []script.Param{
			{Name: "script_counter", Set: w.declare},
			{Name: "script_cnt_grp_name", Set: script.SetString(&w.group)},
		},
		Start: w.start,
	}
}

type words struct {
	set      *Set
	group    string // of counters that name none
	declared []declaration
	known    map[string]*Counter // by "group.name"
}

type declaration struct{ group, name, description string }

// declare reads "[group.]name[( |:)description]".
func (w *words) declare(v script.Value) error {
	text := v.AsString()
	d := declaration{description: "custom script counter"}
	if at := strings.IndexAny(text, " :"); at >= 0 {
		if described := strings.TrimSpace(text[at+1:]); described != "" {
			d.description = described
		}
		text = text[:at]
	}
	d.name = text
	group, name, grouped := strings.Cut(text, ".")
	if grouped {
		d.group, d.name = group, name
	}
	if !sip.IsToken(d.name) || grouped && !sip.IsToken(d.group) {
		return fmt.Errorf("expected [group.]name and a description, not %q", v.AsString())
	}
	w.declared = append(w.declared, d)
	return nil
}

// start declares the counters once the name of their group is sure.
func (w *words) start() error {
	w.known = map[string]*Counter{}
	for _, d := range w.declared {
		if d.group == "" {
			d.group = w.group
		}
		w.known[d.group+"."+d.name] = w.set.Declare(d.group, d.name, d.description)
	}
	return nil
}

// counter gives the counter that the first argument names.
func (w *words) counter(args []script.Arg) (*Counter, error) {
	text, err := module.Fixed(args, 0)
	if err != nil {
		return nil, err
	}
	name := text
	if !strings.Contains(text, ".") {
		name = w.group + "." + text
	}
	if c := w.known[name]; c != nil {
		return c, nil
	}
	return nil, &script.ArgError{Index: 0, Msg: "there is no counter " + name,
		Hint: fmt.Sprintf("declare it: modparam(\"counters\", \"script_counter\", %q)", text)}
}

func (w *words) bindIncrement(args []script.Arg) (script.Action, error) {
	counter, err := w.counter(args)
	if err != nil {
		return nil, err
	}
	return func(*script.Context) int {
		counter.value.Add(1)
		return 1
	}, nil
}

func (w *words) bindAdd(args []script.Arg) (script.Action, error) {
	counter, err := w.counter(args)
	if err != nil {
		return nil, err
	}
	number, err := module.Number(args, 1)
	if err != nil {
		return nil, err
	}
	return func(c *script.Context) int {
		n, ok := number(c)
		if ok {
			counter.value.Add(int64(n))
		}
		return module.Bool(ok)
	}, nil
}

func (w *words) bindReset(args []script.Arg) (script.Action, error) {
	counter, err := w.counter(args)
	if err != nil {
		return nil, err
	}
	return func(*script.Context) int {
		counter.value.Store(0)
		return 1
	}, nil
}
