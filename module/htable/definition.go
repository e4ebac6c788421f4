// The parameter htable: "name=>size=8;autoexpire=120;initval=0;updateexpire=0".
package htable

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// definition is what a script says of a table.
type definition struct {
	name         string
	lifetime     int64 // seconds until an item expires; 0: never (autoexpire)
	keepsExpiry  bool  // an update does not begin the lifetime anew (updateexpire=0)
	hasInitial   bool
	initial      int64 // value of a key that is not there (initval)
	fromDatabase bool
}

var errDefinition = errors.New(`expected "name=>size=8;autoexpire=120;"`)

func parseDefinition(text string) (d definition, err error) {
	name, attributes, ok := cutName(text)
	if !ok || name == "" {
		return d, errDefinition
	}
	d.name = name
	for attributes = strings.TrimSpace(attributes); attributes != ""; {
		var one string
		one, attributes = cutAttribute(attributes)
		attribute, value, ok := strings.Cut(one, "=")
		if !ok {
			return d, fmt.Errorf("table %s: expected attribute=value, not %q", name, strings.TrimSpace(one))
		}
		if err := d.set(strings.TrimSpace(attribute), unquote(strings.TrimSpace(value))); err != nil {
			return d, err
		}
		attributes = strings.TrimSpace(attributes)
	}
	return d, nil
}

// cutAttribute cuts at the first semicolon outside of quotes.
func cutAttribute(text string) (one, rest string) {
	quote := byte(0)
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '\'' || c == '"'):
			quote = c
		case quote == 0 && c == ';':
			return text[:i], text[i+1:]
		}
	}
	return text, ""
}

func unquote(text string) string {
	if len(text) >= 2 && (text[0] == '\'' || text[0] == '"') && text[len(text)-1] == text[0] {
		return text[1 : len(text)-1]
	}
	return text
}

func (d *definition) set(attribute, value string) error {
	switch attribute {
	case "dbtable":
		d.fromDatabase = value != ""
		return nil
	case "cols":
		return nil
	}
	n, err := strconv.ParseInt(value, 10, 32)
	if err != nil || n < 0 && attribute != "initval" {
		return fmt.Errorf("table %s: %s=%q is no number", d.name, attribute, value)
	}
	switch attribute {
	case "size", "dbmode", "dmqreplicate": // the table grows as it must, and has no copy elsewhere
	case "autoexpire":
		d.lifetime = n
	case "updateexpire":
		d.keepsExpiry = n == 0
	case "initval":
		d.hasInitial, d.initial = true, n
	default:
		return fmt.Errorf("table %s: unknown attribute %q", d.name, attribute)
	}
	return nil
}
