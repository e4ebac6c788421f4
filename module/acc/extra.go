// Extras: "name=$variable;name=$variable" of log_extra.
package acc

import (
	"fmt"
	"strings"

	"viaduct/script"
	"viaduct/script/syntax"
)

// extra is one name and what it stands for.
type extra struct {
	name   string
	format script.Format
}

// nothing is how a format writes a variable without value; in a line it
// counts as no text.
var nothing = script.Value{}.String()

func (x *extra) value(c *script.Context) string {
	text := string(x.format(c, nil))
	if text == nothing {
		return ""
	}
	return text
}

func parseExtras(text string) (all []extra, err error) {
	for _, one := range splitOutside(text, ';') {
		if strings.TrimSpace(one) == "" {
			continue
		}
		name, value, ok := strings.Cut(one, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if !ok || name == "" || value == "" {
			return nil, fmt.Errorf("log_extra: expected name=$variable, not %q", one)
		}
		format, err := script.CompileFormat(value, syntax.Kamailio)
		if err != nil {
			return nil, fmt.Errorf("log_extra: %s: %w", name, err)
		}
		all = append(all, extra{name, format})
	}
	return all, nil
}

// splitOutside cuts at separators that are in no parentheses or braces.
func splitOutside(text string, separator byte) (pieces []string) {
	depth, start := 0, 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '(' || c == '{':
			depth++
		case c == ')' || c == '}':
			depth--
		case c == separator && depth <= 0:
			pieces = append(pieces, text[start:i])
			start = i + 1
		}
	}
	return append(pieces, text[start:])
}
