// Argument: how the functions of modules read what a script hands them.
package module

import (
	"fmt"
	"strconv"

	"viaduct/script"
)

// TextOf reads an argument for a message.
type TextOf func(*script.Context) string

// NumberOf reads an argument that should be a number; false when the variable
// behind it holds none.
type NumberOf func(*script.Context) (int, bool)

// Text gives an argument as text; nothing ($null) is "".
func Text(a script.Arg) TextOf {
	if v, ok := a.Constant(); ok {
		text := v.AsString()
		return func(*script.Context) string { return text }
	}
	return func(c *script.Context) string { return a.Eval(c).AsString() }
}

// Fixed gives argument i, which must be text without variables.
func Fixed(args []script.Arg, i int) (string, error) {
	v, ok := args[i].Constant()
	if !ok {
		return "", &script.ArgError{Index: i, Msg: "this argument must be fixed text, without variables"}
	}
	return v.AsString(), nil
}

// Number gives argument i as a number. Fixed text must be one.
func Number(args []script.Arg, i int) (NumberOf, error) {
	a := args[i]
	if v, ok := a.Constant(); ok {
		n, ok := NumberIn(v)
		if !ok {
			return nil, &script.ArgError{Index: i, Msg: fmt.Sprintf("%q is not a number", v.AsString())}
		}
		return func(*script.Context) (int, bool) { return n, true }, nil
	}
	return func(c *script.Context) (int, bool) { return NumberIn(a.Eval(c)) }, nil
}

// NumberIn gives the number that a value is or spells.
func NumberIn(v script.Value) (int, bool) {
	switch v.Kind {
	case script.Int:
		return int(v.Int), true
	case script.String:
		n, err := strconv.Atoi(v.Text)
		return n, err == nil
	}
	return 0, false
}

// Target gives argument i, which must be a variable that can be set.
func Target(args []script.Arg, i int) (script.Assignable, error) {
	if v := args[i].Variable(); v != nil {
		return v, nil
	}
	return nil, &script.ArgError{Index: i, Msg: "this argument must be a variable that can be set", Hint: `as "$var(name)"`}
}
