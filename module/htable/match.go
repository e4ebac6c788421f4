// Match: ways to compare a key or a value with a text.
package htable

import (
	"strings"

	"viaduct/script"
)

// comparison tells whether a text fits.
type comparison func(text string) bool

// comparisonOf gives the comparison that an operator names; nil when there is
// none, or the regular expression cannot be compiled.
func comparisonOf(operator, operand string) comparison {
	switch operator {
	case "eq":
		return func(text string) bool { return text == operand }
	case "ne":
		return func(text string) bool { return text != operand }
	case "sw":
		return func(text string) bool { return strings.HasPrefix(text, operand) }
	case "re":
		return expression(operand)
	}
	return nil
}

// expression compares by a regular expression, case ignored.
func expression(text string) comparison {
	match, err := script.CompilePattern(text)
	if err != nil {
		return nil
	}
	return match
}
