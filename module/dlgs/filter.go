// Filter: which calls dlgs_count counts.
package dlgs

import (
	"strings"

	"viaduct/module"
	"viaduct/script"
)

// bindFilter reads field, operator and value. The filter is nil for a pattern
// that cannot be compiled.
func bindFilter(args []script.Arg) (func(*script.Context) func(*dialog) bool, error) {
	name, err := module.Fixed(args, 0)
	if err != nil {
		return nil, err
	}
	if name == "any" {
		return func(*script.Context) func(*dialog) bool { return func(*dialog) bool { return true } }, nil
	}
	field, ok := fields[name]
	if !ok {
		return nil, &script.ArgError{Index: 0, Msg: "unknown field " + name, Hint: "one of any src dst data"}
	}
	operator, err := module.Fixed(args, 1)
	if err != nil {
		return nil, err
	}
	value := module.Text(args[2])
	if operator == "re" {
		return func(c *script.Context) func(*dialog) bool {
			expression, err := script.CompileRegexp(value(c), script.FoldCase)
			if err != nil {
				return nil
			}
			return func(d *dialog) bool { return expression.MatchString(field(d)) }
		}, nil
	}
	fits, ok := operators[operator]
	if !ok {
		return nil, &script.ArgError{Index: 1, Msg: "unknown operator " + operator, Hint: "one of eq ne sw re"}
	}
	return func(c *script.Context) func(*dialog) bool {
		wanted := value(c)
		return func(d *dialog) bool { return fits(field(d), wanted) }
	}, nil
}

var fields = map[string]func(*dialog) string{
	"src":  func(d *dialog) string { return d.source },
	"dst":  func(d *dialog) string { return d.destination },
	"data": func(d *dialog) string { return d.data },
}

var operators = map[string]func(text, wanted string) bool{
	"eq": func(text, wanted string) bool { return text == wanted },
	"ne": func(text, wanted string) bool { return text != wanted },
	"sw": strings.HasPrefix,
}
