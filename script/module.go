// Module: how words are added to the language.

package script

import (
	"time"

	"viaduct/script/syntax"
)

// Module is a set of words that a script may use once it has loaded it: one
// face for all of them. Its functions are bound when a script is compiled,
// so that nothing is looked up or parsed while messages pass.
type Module struct {
	Name      string
	Functions []Function
	Params    []Param
	Variables []Variable
	// Start, when not nil, runs after all parameters are set and before the
	// functions are bound. Its error names what is wrong with the parameters.
	Start func() error
	// Tick, when not nil, is called about once a second while the script
	// serves, never twice at a time, and not under any message. It may block;
	// the ticks of other modules then wait.
	Tick func(p *Program, now time.Time)
}

// Function is one word: name, how many arguments, where it may stand.
type Function struct {
	Name             string
	MinArgs, MaxArgs int
	Routes           Routes // 0: any route
	// Bind is called once for each call in the script. An error becomes an
	// error of the script at the place of the call or of an argument (ArgError).
	Bind func(args []Arg) (Action, error)
}

// Action is a bound call. Its result is the return code: above 0 true, below
// 0 false, 0 ends the script.
type Action func(c *Context) int

// Arg is one argument of a call: a constant, or an expression or a string
// with pseudo-variables that is worked out for each message.
type Arg interface {
	// Constant gives the value when it does not depend on the message.
	Constant() (Value, bool)
	// Eval works the argument out.
	Eval(c *Context) Value
	// Variable gives access to the pseudo-variable when the argument is
	// exactly one, in quotes or not, that can be assigned; else nil.
	Variable() Assignable
	// Source is the argument as written, for messages.
	Source() syntax.Expr
}

// Assignable is a pseudo-variable that can be set.
type Assignable interface {
	Eval(c *Context) Value
	Assign(c *Context, v Value) error
}

// ArgError blames one argument (from 0) for an error of Bind.
type ArgError struct {
	Index int
	Msg   string
	Hint  string
}

func (e *ArgError) Error() string { return e.Msg }

// Param is a parameter that modparam sets.
type Param struct {
	Name string
	Set  func(v Value) error
}

// Variable is a pseudo-variable that a module brings. Bind gets what stands
// in the parentheses (nil: none) and its index (nil: none).
type Variable struct {
	Name string
	Bind func(inner *syntax.Inner, index *syntax.Index, format FormatBinder) (Assignable, error)
}

// FormatBinder compiles the parts of a name that hold pseudo-variables.
type FormatBinder func(parts []syntax.FormatPart) (func(c *Context) string, error)

// Routes is a set of route kinds.
type Routes uint16

// RoutesOf gives the set of the kinds named.
func RoutesOf(kinds ...syntax.RouteKind) (set Routes) {
	for _, kind := range kinds {
		set |= 1 << kind
	}
	return set
}

// Has tells whether a kind is in the set; the empty set holds all.
func (r Routes) Has(kind syntax.RouteKind) bool { return r == 0 || r&(1<<kind) != 0 }

// SetInt and SetString make the Set of a Param for a variable of that type.
func SetInt(target *int) func(Value) error {
	return func(v Value) error { *target = int(v.AsInt()); return nil }
}

func SetBool(target *bool) func(Value) error {
	return func(v Value) error { *target = v.AsInt() != 0; return nil }
}

func SetString(target *string) func(Value) error {
	return func(v Value) error { *target = v.AsString(); return nil }
}
