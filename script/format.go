// format.go: strings with variables inside, appended piece by piece.

package script

import (
	"strconv"

	"viaduct/script/syntax"
)

// Format appends a string, its variables worked out for a message. A variable
// without value gives "<null>", as in Kamailio.
type Format func(c *Context, dst []byte) []byte

// CompileFormat compiles a string with variables outside of a script, as for
// a parameter of a module: $ru and $$ in OpenSER and Kamailio, %ru and %% in
// SER. Variables of modules are known when they are handed over. Its error is
// a *syntax.Error without a place, or a syntax.ErrorList.
func CompileFormat(text string, d syntax.Dialect, variables ...Variable) (Format, error) {
	parts, err := syntax.ParseFormat(text, d)
	if err != nil {
		return nil, err
	}
	c := newCompiler(&syntax.File{Dialect: d}, Options{})
	c.slots = nil // $var by name, for the program that runs it is not known yet
	for _, v := range variables {
		c.variables[v.Name] = v
	}
	format := c.format(parts)
	if len(c.errors) > 0 {
		return nil, c.errors
	}
	return format, nil
}

// format compiles the pieces of a string.
func (c *compiler) format(parts []syntax.FormatPart) Format {
	pieces := make([]Format, 0, len(parts))
	for _, p := range parts {
		pieces = append(pieces, c.piece(p))
	}
	if len(pieces) == 1 {
		return pieces[0]
	}
	return func(c *Context, dst []byte) []byte {
		for _, piece := range pieces {
			dst = piece(c, dst)
		}
		return dst
	}
}

func (c *compiler) piece(p syntax.FormatPart) Format {
	switch value := p.Value.(type) {
	case nil:
		text := p.Text
		return func(_ *Context, dst []byte) []byte { return append(dst, text...) }
	case *syntax.PV:
		v := c.variable(value)
		return func(c *Context, dst []byte) []byte { return v.appendTo(dst, c) }
	default:
		eval := c.value(value)
		return func(c *Context, dst []byte) []byte { return appendValue(dst, eval(c)) }
	}
}

func appendValue(dst []byte, v Value) []byte {
	switch v.Kind {
	case Int:
		return strconv.AppendInt(dst, v.Int, 10)
	case String:
		return append(dst, v.Text...)
	}
	return append(dst, "<null>"...)
}

// bindFormat is the FormatBinder that module variables get: text, where
// nothing is "".
func (c *compiler) bindFormat(parts []syntax.FormatPart) (func(*Context) string, error) {
	if text, ok := literalText(parts); ok {
		return func(*Context) string { return text }, nil
	}
	if pv, ok := onlyVariable(parts); ok {
		v := c.variable(pv)
		return func(c *Context) string { return v.eval(c).AsString() }, nil
	}
	format := c.format(parts)
	return func(c *Context) string { return string(format(c, nil)) }, nil
}
