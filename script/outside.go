// outside.go: variables compiled outside of a script, as for a parameter of a
// module.

package script

import (
	"fmt"

	"viaduct/script/syntax"
)

// CompileVariable compiles a text that is one pseudo-variable which can be
// set, as "$avp(peer)" or "$xavp(dst=>uri)". Only those of the language itself
// are known.
func CompileVariable(text string) (Assignable, error) {
	parts, err := syntax.ParseFormat(text, syntax.Kamailio)
	if err != nil {
		return nil, err
	}
	pv, ok := onlyVariable(parts)
	if !ok {
		return nil, fmt.Errorf("expected a variable as $avp(name), not %q", text)
	}
	c := newCompiler(&syntax.File{Dialect: syntax.Kamailio}, Options{})
	c.slots = nil // $var by name, for the program that runs it is not known yet
	v := c.variable(pv)
	if len(c.errors) > 0 {
		return nil, c.errors
	}
	if v.assign == nil {
		return nil, fmt.Errorf("%s cannot be set", text)
	}
	return &v, nil
}
