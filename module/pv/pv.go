// Package pv holds words of a script about pseudo-variables: is there a value,
// of which type, and take it away. The variables themselves are the language's
// own; only $shv stands here too, for its first values are parameters.
package pv

import (
	"errors"
	"strings"

	"viaduct/module"
	"viaduct/script"
	"viaduct/script/syntax"
)

// New gives the module.
func New() *script.Module {
	shared := newShared()
	return &script.Module{
		Name: "pv",
		Functions: []script.Function{
			ofValue("pv_isset", func(v script.Value) bool { return v.Kind != script.Null }),
			ofValue("is_int", func(v script.Value) bool { return v.Kind == script.Int }),
			ofValue("not_empty", func(v script.Value) bool { return v.Kind == script.String && v.Text != "" }),
			{Name: "typeof", MinArgs: 2, MaxArgs: 2, Bind: bindTypeOf},
			{Name: "pv_unset", MinArgs: 1, MaxArgs: 1, Bind: bindUnset},
			{Name: "pv_evalx", MinArgs: 2, MaxArgs: 2, Bind: bindEvaluate},
		},
		Params: []script.Param{
			{Name: "shvset", Set: func(v script.Value) error { return shared.declare(v.AsString()) }},
			{Name: "varset", Set: notYet},
			{Name: "avp_aliases", Set: notYet},
		},
		Variables: []script.Variable{shared.variable()},
	}
}

func notYet(script.Value) error {
	return errors.New("this parameter is not implemented yet; set the variable at the start of request_route")
}

// ofValue makes a word that asks something of a variable's value.
func ofValue(name string, question func(script.Value) bool) script.Function {
	return script.Function{Name: name, MinArgs: 1, MaxArgs: 1, Bind: func(args []script.Arg) (script.Action, error) {
		if err := variableIn(args, 0); err != nil {
			return nil, err
		}
		return func(c *script.Context) int { return module.Bool(question(args[0].Eval(c))) }, nil
	}}
}

// variableIn checks that an argument is no fixed text.
func variableIn(args []script.Arg, i int) error {
	if v, ok := args[i].Constant(); ok && v.Kind != script.Null {
		return &script.ArgError{Index: i, Msg: "this argument must be a variable", Hint: `as "$avp(name)"`}
	}
	return nil
}

// bindTypeOf binds typeof(variable, "int", "str" or "null").
func bindTypeOf(args []script.Arg) (script.Action, error) {
	if err := variableIn(args, 0); err != nil {
		return nil, err
	}
	name, err := module.Fixed(args, 1)
	if err != nil {
		return nil, err
	}
	kinds := map[string]script.ValueKind{"int": script.Int, "str": script.String, "null": script.Null}
	kind, ok := kinds[strings.ToLower(name)]
	if !ok {
		return nil, &script.ArgError{Index: 1, Msg: "unknown type " + name, Hint: "one of int str null"}
	}
	return func(c *script.Context) int { return module.Bool(args[0].Eval(c).Kind == kind) }, nil
}

// bindUnset binds pv_unset(variable).
func bindUnset(args []script.Arg) (script.Action, error) {
	target, err := module.Target(args, 0)
	if err != nil {
		return nil, err
	}
	return func(c *script.Context) int { return module.Bool(target.Assign(c, script.Value{}) == nil) }, nil
}

// bindEvaluate binds pv_evalx(variable, text): the text is worked out, and what
// comes of it once more, for variables whose names variables hold.
func bindEvaluate(args []script.Arg) (script.Action, error) {
	target, err := module.Target(args, 0)
	if err != nil {
		return nil, err
	}
	return func(c *script.Context) int {
		first := string(script.AppendArg(nil, c, args[1]))
		format, err := script.CompileFormat(first, syntax.Kamailio)
		if err != nil {
			return -1
		}
		return module.Bool(target.Assign(c, script.StringValue(string(format(c, nil)))) == nil)
	}, nil
}
