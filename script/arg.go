// arg.go: the arguments of a call: constants, variables, strings with
// variables inside, expressions.

package script

import (
	"strings"

	"viaduct/script/syntax"
)

// argument is the one implementation of Arg.
type argument struct {
	source   syntax.Expr
	constant Value
	isConst  bool
	eval     valueOf
	format   Format           // of a string with variables
	target   variable         // when the argument is exactly one variable
	faults   syntax.ErrorList // why the string is no format; they count unless Source was asked
	raw      bool             // Source was asked: the function reads the text itself
}

func (a *argument) Constant() (Value, bool) { return a.constant, a.isConst }
func (a *argument) Eval(c *Context) Value   { return a.eval(c) }

func (a *argument) Source() syntax.Expr {
	a.raw = true
	return a.source
}

func (a *argument) Variable() Assignable {
	if a.target.assign == nil {
		return nil
	}
	return &a.target
}

// AppendArg writes the text of an argument behind dst; "<null>" where there is
// no value. A string with variables is written piece by piece, so that long
// pieces such as $mb are copied once.
func AppendArg(dst []byte, c *Context, a Arg) []byte {
	if own, ok := a.(*argument); ok && own.format != nil {
		return own.format(c, dst)
	}
	return appendValue(dst, a.Eval(c))
}

// argument compiles one argument of a call of a function.
func (c *compiler) argument(e syntax.Expr, function string) Arg {
	literal, ok := e.(*syntax.StringLit)
	if !ok {
		return c.valueArgument(e)
	}
	a := &argument{source: e}
	a.setConstant(StringValue(literal.Value))
	if !c.expands(function, literal.Value) {
		return a
	}
	parts, err := syntax.ParseFormat(literal.Value, c.dialect)
	if err != nil {
		if !isAnchors(literal.Value) {
			before := len(c.errors)
			c.failWith(e.Position(), err)
			a.faults = c.errors[before:]
			c.errors = c.errors[:before:before]
		}
		return a
	}
	c.formatArgument(a, parts)
	return a
}

// formatArgument makes a string with variables of a. Faults in it are kept
// until it is clear that the function expands the string at all.
func (c *compiler) formatArgument(a *argument, parts []syntax.FormatPart) {
	if text, ok := literalText(parts); ok {
		a.setConstant(StringValue(text))
		return
	}
	outer := c.errors
	c.errors = nil
	c.at = a.source.Position()
	if pv, ok := onlyVariable(parts); ok {
		a.target = c.variable(pv)
		a.eval = a.target.eval
		a.format = func(ctx *Context, dst []byte) []byte { return a.target.appendTo(dst, ctx) }
	} else {
		a.format = c.format(parts)
		a.eval = func(ctx *Context) Value { return StringValue(string(a.format(ctx, nil))) }
	}
	c.at = syntax.Pos{}
	if a.faults = c.errors; len(a.faults) > 0 {
		a.target = variable{}
	} else {
		a.isConst, a.constant = false, Value{}
	}
	c.errors = outer
}

func (a *argument) setConstant(v Value) {
	a.constant, a.isConst = v, true
	a.eval = func(*Context) Value { return v }
}

func (c *compiler) valueArgument(e syntax.Expr) Arg {
	a := &argument{source: e}
	if v, ok := c.constant(e); ok {
		a.setConstant(v)
		return a
	}
	if pv, ok := e.(*syntax.PV); ok {
		a.target = c.variable(pv)
		a.eval = a.target.eval
		return a
	}
	a.eval = c.value(e)
	return a
}

// reportArgument reports the faults of a string that a function did expand.
func (c *compiler) reportArgument(arg Arg) {
	if a := arg.(*argument); !a.raw {
		c.errors = append(c.errors, a.faults...)
	}
}

// expands tells whether the strings of a function hold variables. In SER only
// the loggers know them.
func (c *compiler) expands(function, text string) bool {
	if c.dialect == syntax.SER {
		return function == "xlog" || function == "xdbg" || function == "append_hf" || function == "xplog"
	}
	return strings.IndexByte(text, '$') >= 0
}

// isAnchors tells whether each lone dollar of a text could be the $ of a
// regular expression, as in "(^a$|b$)", so that the text stands for itself.
func isAnchors(text string) bool {
	for i := 0; i < len(text); i++ {
		if text[i] == '$' && i+1 < len(text) && strings.IndexByte("|)/", text[i+1]) < 0 {
			return false
		}
	}
	return true
}

func literalText(parts []syntax.FormatPart) (string, bool) {
	text := ""
	for _, p := range parts {
		if p.Value != nil {
			return "", false
		}
		text += p.Text
	}
	return text, true
}

// onlyVariable tells whether a string is one variable and nothing else.
func onlyVariable(parts []syntax.FormatPart) (*syntax.PV, bool) {
	if len(parts) != 1 || parts[0].Value == nil {
		return nil, false
	}
	pv, ok := parts[0].Value.(*syntax.PV)
	return pv, ok
}
