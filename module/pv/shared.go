// Shared variables: $shv(name), one value for all messages, with the first
// values that shvset gives.
package pv

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"viaduct/script"
	"viaduct/script/syntax"
)

type shared struct {
	mutex  sync.RWMutex
	values map[string]script.Value
}

func newShared() *shared { return &shared{values: map[string]script.Value{}} }

// declare reads "name=i:5" or "name=s:text".
func (s *shared) declare(text string) error {
	name, typed, ok := strings.Cut(text, "=")
	kind, value, ok2 := strings.Cut(typed, ":")
	if name = strings.TrimSpace(name); !ok || !ok2 || name == "" {
		return fmt.Errorf("expected name=i:number or name=s:text, not %q", text)
	}
	switch kind {
	case "i":
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return fmt.Errorf("expected a number behind i:, not %q", value)
		}
		s.set(name, script.IntValue(n))
	case "s":
		s.set(name, script.StringValue(value))
	default:
		return fmt.Errorf("expected the type i or s, not %q", kind)
	}
	return nil
}

func (s *shared) set(name string, v script.Value) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.values[name] = v
}

// get gives a value; 0 when the name was never set.
func (s *shared) get(name string) script.Value {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	if v, ok := s.values[name]; ok {
		return v
	}
	return script.IntValue(0)
}

func (s *shared) variable() script.Variable {
	return script.Variable{Name: "shv", Bind: func(inner *syntax.Inner, _ *syntax.Index, _ script.FormatBinder) (script.Assignable, error) {
		if inner == nil {
			return nil, errors.New("a name is needed: $shv(name)")
		}
		name, ok := inner.Static()
		if !ok || name == "" {
			return nil, errors.New("the name must be fixed: $shv(name)")
		}
		return &sharedVariable{s, name}, nil
	}}
}

// sharedVariable is one $shv(name).
type sharedVariable struct {
	of   *shared
	name string
}

func (v *sharedVariable) Eval(*script.Context) script.Value { return v.of.get(v.name) }

// Assign sets it for all messages; $null makes it empty.
func (v *sharedVariable) Assign(_ *script.Context, value script.Value) error {
	if value.Kind == script.Null {
		value = script.StringValue("")
	}
	v.of.set(v.name, script.Value{Kind: value.Kind, Int: value.Int, Text: strings.Clone(value.Text)})
	return nil
}
