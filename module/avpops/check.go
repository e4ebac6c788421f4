// avp_check: comparing values.
package avpops

import (
	"cmp"
	"fmt"
	"strings"

	"viaduct/internal/fnmatch"
	"viaduct/script"
)

// bindCheck binds avp_check("$avp(a)", "operator/value/flags"): with g any of
// the values may fit; i ignores the case of eq, ne and the like. Expressions
// (re) always ignore it. Numbers and texts never fit each other.
func bindCheck(args []script.Arg) (script.Action, error) {
	text, err := written(args, 0)
	if err != nil {
		return nil, err
	}
	variables, letters, err := cutVariables(text)
	if err != nil {
		return nil, err
	}
	if len(variables) != 1 || letters != "" {
		return nil, fmt.Errorf("expected one variable, not %q", text)
	}
	of, err := compileSource(variables[0])
	if err != nil {
		return nil, err
	}
	if text, err = written(args, 1); err != nil {
		return nil, err
	}
	o, err := parseOperation(text, "eq ne lt le gt ge re fm and or xor", "gi")
	if err != nil {
		return nil, &script.ArgError{Index: 1, Msg: err.Error()}
	}
	fits, err := o.comparison()
	if err != nil {
		return nil, &script.ArgError{Index: 1, Msg: err.Error()}
	}
	return func(c *script.Context) int {
		right := o.value(c)
		if right.Kind == script.Null {
			return -1
		}
		for _, left := range of.values(c, o.flags.all) {
			if left.Kind == right.Kind && fits(left, right) {
				return 1
			}
		}
		return -1
	}, nil
}

// comparison gives the test of an operator on two values of one kind.
func (o *operation) comparison() (func(left, right script.Value) bool, error) {
	switch o.operator {
	case "re":
		return o.expression()
	case "fm":
		return func(left, right script.Value) bool {
			return left.Kind == script.String && fnmatch.Match(left.Text, right.Text)
		}, nil
	case "and":
		return bits(func(a, b int64) int64 { return a & b }), nil
	case "or":
		return bits(func(a, b int64) int64 { return a | b }), nil
	case "xor":
		return bits(func(a, b int64) int64 { return a ^ b }), nil
	}
	return func(left, right script.Value) bool {
		if left.Kind == script.Int {
			return o.holds(cmp.Compare(left.Int, right.Int))
		}
		if o.flags.fold {
			return o.holds(strings.Compare(strings.ToLower(left.Text), strings.ToLower(right.Text)))
		}
		return o.holds(strings.Compare(left.Text, right.Text))
	}, nil
}

// holds tells whether an order, below 0 for less, fits the operator.
func (o *operation) holds(order int) bool {
	switch o.operator {
	case "eq":
		return order == 0
	case "ne":
		return order != 0
	case "lt":
		return order < 0
	case "le":
		return order <= 0
	case "gt":
		return order > 0
	}
	return order >= 0 // ge
}

// bits makes the test of a bitwise operation: something is left.
func bits(of func(a, b int64) int64) func(left, right script.Value) bool {
	return func(left, right script.Value) bool { return left.Kind == script.Int && of(left.Int, right.Int) != 0 }
}

// expression makes the test of a regular expression, compiled with the script
// when it is fixed.
func (o *operation) expression() (func(left, right script.Value) bool, error) {
	if o.variable != nil {
		return func(left, right script.Value) bool {
			match, err := script.CompilePattern(right.Text)
			return err == nil && left.Kind == script.String && match(left.Text)
		}, nil
	}
	match, err := script.CompilePattern(o.fixed.AsString())
	return func(left, _ script.Value) bool { return left.Kind == script.String && match(left.Text) }, err
}
