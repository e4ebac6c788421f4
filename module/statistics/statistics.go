// Package statistics holds the words of a script that count what the script
// likes, and $stat, which reads these and the server's own numbers.
package statistics

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"viaduct/module"
	"viaduct/script"
)

// Set holds the statistics that scripts declare. It outlives the script, so
// that counting goes on when that is read again. The zero value is empty.
type Set struct {
	mutex  sync.RWMutex
	byName map[string]*statistic
}

// statistic is one number.
type statistic struct {
	value   atomic.Int64
	noReset atomic.Bool
}

// declare gives the statistic of a name, made when it is new.
func (s *Set) declare(name string, noReset bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.byName == nil {
		s.byName = map[string]*statistic{}
	}
	one := s.byName[name]
	if one == nil {
		one = new(statistic)
		s.byName[name] = one
	}
	one.noReset.Store(noReset)
}

func (s *Set) find(name string) *statistic {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	return s.byName[name]
}

// Find gives what reads one of the server's own numbers; nil when it has none
// of that name.
type Find func(name string) func() int64

// New gives the module, and the variable $stat, which belongs to module pv.
func New(set *Set, find Find, log script.Logger) (*script.Module, script.Variable) {
	w := &words{set: set, find: find, log: log}
	return &script.Module{
		Name: "statistics",
		Functions: []script.Function{
			{Name: "update_stat", MinArgs: 2, MaxArgs: 2, Bind: w.bindUpdate},
			{Name: "reset_stat", MinArgs: 1, MaxArgs: 1, Bind: w.bindReset},
		},
		Params: []script.Param{{Name: "variable", Set: w.declare}},
	}, script.Variable{Name: "stat", Bind: w.bindVariable}
}

type words struct {
	set  *Set
	find Find
	log  script.Logger
}

// declare reads "name" or "name/no_reset".
func (w *words) declare(v script.Value) error {
	name, flags, _ := strings.Cut(v.AsString(), "/")
	noReset := false
	for flags != "" {
		var flag string
		if flag, flags, _ = strings.Cut(flags, "/"); flag != "no_reset" {
			return fmt.Errorf("unknown flag %q: there is no_reset alone", flag)
		}
		noReset = true
	}
	if name == "" {
		return errors.New(`expected "name" or "name/no_reset"`)
	}
	if w.find(name) != nil {
		return fmt.Errorf("%s is a number of the server's own", name)
	}
	w.set.declare(name, noReset)
	return nil
}

// statistic gives the one that argument 0 names.
func (w *words) statistic(args []script.Arg) (func(*script.Context) *statistic, error) {
	if v, ok := args[0].Constant(); ok {
		name := v.AsString()
		one := w.set.find(name)
		switch {
		case one != nil:
			return func(*script.Context) *statistic { return one }, nil
		case w.find(name) != nil:
			return nil, &script.ArgError{Msg: name + " is a number of the server's own, and can only be read"}
		}
		return nil, &script.ArgError{Msg: "there is no statistic " + name, Hint: fmt.Sprintf("add modparam(\"statistics\", \"variable\", %q)", name)}
	}
	name := module.Text(args[0])
	return func(c *script.Context) *statistic { return w.set.find(name(c)) }, nil
}

// bindUpdate binds update_stat(name, number): the number is added.
func (w *words) bindUpdate(args []script.Arg) (script.Action, error) {
	one, err := w.statistic(args)
	if err != nil {
		return nil, err
	}
	number, err := module.Number(args, 1)
	if err != nil {
		return nil, err
	}
	return func(c *script.Context) int {
		s := one(c)
		n, ok := number(c)
		if s == nil || !ok {
			return -1
		}
		s.value.Add(int64(n))
		return 1
	}, nil
}

// bindReset binds reset_stat(name). What must not be reset stays as it is.
func (w *words) bindReset(args []script.Arg) (script.Action, error) {
	one, err := w.statistic(args)
	if err != nil {
		return nil, err
	}
	return func(c *script.Context) int {
		s := one(c)
		if s == nil {
			return -1
		}
		if !s.noReset.Load() {
			s.value.Store(0)
		}
		return 1
	}, nil
}
