// Pseudo-variables of transactions that are only read.
package tm

import (
	"errors"

	"viaduct/script"
	"viaduct/script/syntax"
)

var errReadOnly = errors.New("this pseudo-variable cannot be set")

// readOnly is a pseudo-variable made of a function.
type readOnly func(c *script.Context) script.Value

func (r readOnly) Eval(c *script.Context) script.Value        { return r(c) }
func (r readOnly) Assign(*script.Context, script.Value) error { return errReadOnly }

func variable(name string, eval readOnly) script.Variable {
	return script.Variable{Name: name, Bind: func(*syntax.Inner, *syntax.Index, script.FormatBinder) (script.Assignable, error) {
		return eval, nil
	}}
}
