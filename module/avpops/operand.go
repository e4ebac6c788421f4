// Operands: "$avp(a)/g", "$avp(a)/$avp(b)/gd", "eq/i:5/g".
package avpops

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"viaduct/script"
	"viaduct/script/syntax"
)

// written gives argument i as it stands in the script.
func written(args []script.Arg, i int) (string, error) {
	switch e := args[i].Source().(type) {
	case *syntax.StringLit:
		return e.Value, nil
	case *syntax.PV:
		return e.Text, nil
	}
	return "", &script.ArgError{Index: i, Msg: "this argument must be written out", Hint: `as "$avp(name)"`}
}

// cutVariables cuts the pseudo-variables at the start of a text, with a slash
// between them, from the flags behind them: "$avp(a)/$avp(b)/gd".
func cutVariables(text string) (variables []string, flags string, err error) {
	parts, err := syntax.ParseFormat(text, syntax.Kamailio)
	if err != nil {
		return nil, "", err
	}
	expected := true // a variable, for there was none, or a slash
	for i, part := range parts {
		pv, isVariable := part.Value.(*syntax.PV)
		switch {
		case isVariable && expected:
			variables = append(variables, pv.Text)
			expected = false
		case !isVariable && !expected && i == len(parts)-1 && strings.HasPrefix(part.Text, "/"):
			return variables, part.Text[1:], nil
		case !isVariable && !expected && part.Text == "/":
			expected = true
		default:
			return nil, "", fmt.Errorf("expected variables and flags with a slash between them, not %q", text)
		}
	}
	if variables == nil {
		return nil, "", fmt.Errorf("expected a variable, not %q", text)
	}
	return variables, "", nil
}

// flags are the letters behind the last slash.
type flags struct{ all, remove, fold, number, text, empty bool }

// parseFlags reads letters, of which allowed are known to the word.
func parseFlags(letters, allowed string) (f flags, err error) {
	for _, letter := range strings.ToLower(letters) {
		if !strings.ContainsRune(allowed, letter) {
			return f, fmt.Errorf("unknown flag %q: there are %s", letter, strings.Join(strings.Split(allowed, ""), ", "))
		}
		switch letter {
		case 'g':
			f.all = true
		case 'd':
			f.remove = true
		case 'i':
			f.fold = true
		case 'n':
			f.number = true
		case 's':
			f.text = true
		case 'e':
			f.empty = true
		}
	}
	return f, nil
}

// source is where values come from: AVPs, which may have several, or another
// variable.
type source struct {
	avps *script.AVPRef // nil: another variable
	one  script.Assignable
}

func compileSource(text string) (s source, err error) {
	if s.avps, err = script.CompileAVP(text); err == nil {
		return s, nil
	}
	s.one, err = compileReadable(text)
	return s, err
}

// values gives the values there are, the newest first, or the newest alone.
func (s *source) values(c *script.Context, all bool) []script.Value {
	if s.avps == nil {
		if v := s.one.Eval(c); v.Kind != script.Null {
			return []script.Value{v}
		}
		return nil
	}
	values := s.avps.All(c)
	if !all && len(values) > 1 {
		values = values[:1]
	}
	return values
}

// readable is a variable that is only read.
type readable struct{ format script.Format }

// compileReadable compiles any variable for reading. Its value is a text, or a
// number where it looks like one: a format string knows no kinds.
func compileReadable(text string) (script.Assignable, error) {
	if v, err := script.CompileVariable(text); err == nil {
		return v, nil
	}
	format, err := script.CompileFormat(text, syntax.Kamailio)
	return readable{format}, err
}

func (r readable) Eval(c *script.Context) script.Value {
	text := string(r.format(c, nil))
	if text == nothing {
		return script.Value{}
	}
	return script.StringValue(text)
}

// nothing is how a format writes a variable without value.
var nothing = script.Value{}.String()

var errRead = errors.New("this variable can only be read")

func (readable) Assign(*script.Context, script.Value) error { return errRead }

// operation is "operator/value/flags".
type operation struct {
	operator string
	fixed    script.Value // unless variable is set
	variable *source
	flags    flags
}

// parseOperation reads an operation. A value is "i:5", "i:0x1f", "s:text", a
// text, or a variable. What stands behind the last slash is flags when it could
// be, else part of the value.
func parseOperation(text, operators, allowed string) (o operation, err error) {
	operator, value, ok := strings.Cut(text, "/")
	if o.operator = operator; !ok || !contains(operators, operator) {
		return o, fmt.Errorf("expected operator/value with one of %s, not %q", operators, text)
	}
	if slash := strings.LastIndexByte(value, '/'); slash >= 0 {
		if f, err := parseFlags(value[slash+1:], allowed); err == nil {
			o.flags, value = f, value[:slash]
		}
	}
	if strings.HasPrefix(value, "$") {
		if of, err := compileSource(value); err == nil {
			o.variable = &of
			return o, nil
		}
	}
	o.fixed, err = parseValue(value)
	return o, err
}

func contains(words, word string) bool {
	for one := range strings.FieldsSeq(words) {
		if one == word {
			return true
		}
	}
	return false
}

func parseValue(text string) (script.Value, error) {
	kind, rest, typed := strings.Cut(text, ":")
	switch {
	case typed && strings.EqualFold(kind, "i"):
		n, err := strconv.ParseInt(rest, 0, 64)
		if err != nil {
			return script.Value{}, fmt.Errorf("%q is no number", rest)
		}
		return script.IntValue(n), nil
	case typed && strings.EqualFold(kind, "s"):
		return script.StringValue(rest), nil
	}
	return script.StringValue(text), nil
}

// value gives the right side; Null when a variable holds nothing.
func (o *operation) value(c *script.Context) script.Value {
	if o.variable == nil {
		return o.fixed
	}
	if values := o.variable.values(c, false); len(values) > 0 {
		return values[0]
	}
	return script.Value{}
}
