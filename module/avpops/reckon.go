// avp_op: reckoning with numbers.
package avpops

import (
	"fmt"

	"viaduct/module"
	"viaduct/script"
)

// bindReckon binds avp_op("$avp(a)/$avp(result)", "operator/value/flags"): each
// number of the first gives one of the second, or of itself; with d the first
// ones go. The flag g changes nothing: it is always so.
func bindReckon(args []script.Arg) (script.Action, error) {
	text, err := written(args, 0)
	if err != nil {
		return nil, err
	}
	from, to, letters, err := twoAVPs(text)
	if err != nil {
		return nil, err
	}
	if letters != "" {
		return nil, &script.ArgError{Msg: fmt.Sprintf("no flags can stand here: %q", text)}
	}
	if to == nil {
		to = from
	}
	if text, err = written(args, 1); err != nil {
		return nil, err
	}
	o, err := parseOperation(text, "add sub mul div mod and or xor not", "gd")
	if err == nil && o.variable == nil && o.fixed.Kind != script.Int {
		err = fmt.Errorf("expected a number as i:5, not %q", o.fixed.AsString())
	}
	if err != nil {
		return nil, &script.ArgError{Index: 1, Msg: err.Error()}
	}
	return func(c *script.Context) int {
		right := o.value(c)
		if right.Kind != script.Int {
			return -1
		}
		var results []script.Value
		for _, left := range from.All(c) {
			if left.Kind == script.Int {
				results = append(results, script.IntValue(reckon(o.operator, left.Int, right.Int)))
			}
		}
		if results == nil {
			return -1
		}
		if o.flags.remove {
			removeNumbers(c, from)
		}
		for _, one := range results {
			to.Add(c, one)
		}
		return module.Bool(true)
	}, nil
}

// twoAVPs reads "$avp(a)", "$avp(a)/$avp(b)" and "$avp(a)/$avp(b)/flags".
func twoAVPs(text string) (first, second *script.AVPRef, letters string, err error) {
	variables, letters, err := cutVariables(text)
	if err != nil {
		return nil, nil, "", err
	}
	if len(variables) > 2 {
		return nil, nil, "", fmt.Errorf("expected two AVPs at most, not %q", text)
	}
	if first, err = script.CompileAVP(variables[0]); err != nil {
		return nil, nil, "", err
	}
	if len(variables) == 2 {
		second, err = script.CompileAVP(variables[1])
	}
	return first, second, letters, err
}

// reckon works out one operation. What is divided by 0 is 0.
func reckon(operator string, left, right int64) int64 {
	switch operator {
	case "add":
		return left + right
	case "sub":
		return left - right
	case "mul":
		return left * right
	case "div":
		if right == 0 {
			return 0
		}
		return left / right
	case "mod":
		if right == 0 {
			return 0
		}
		return left % right
	case "and":
		return left & right
	case "or":
		return left | right
	case "xor":
		return left ^ right
	}
	return ^right // not
}

// removeNumbers takes the numbers away and leaves the texts.
func removeNumbers(c *script.Context, of *script.AVPRef) {
	values := of.All(c)
	of.RemoveAll(c)
	for i := len(values) - 1; i >= 0; i-- {
		if values[i].Kind != script.Int {
			of.Add(c, values[i])
		}
	}
}
