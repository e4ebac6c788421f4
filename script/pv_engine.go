// pv_engine.go: pseudo-variables of the engine itself: $rc $def $sel $C $null.

package script

import (
	"fmt"
	"strings"

	"viaduct/script/syntax"
)

func engineVariables() map[string]binder {
	code := number(func(c *Context) int { return c.ReturnCode })
	return map[string]binder{
		"rc": code, "retcode": code, "?": code,
		"null":    readOnly(func(*Context) Value { return Value{} }),
		"true":    number(func(*Context) int { return 1 }),
		"C":       bindColor,
		"def":     bindDefine,
		"defn":    bindDefine,
		"sel":     bindSelect,
		"_s":      bindText,
		"version": bindVersion,
	}
}

// bindColor binds $C(xy): an escape that colours a terminal, foreground and
// background by letter; a capital gives the bright one.
func bindColor(c *compiler, pv *syntax.PV) (variable, error) {
	letters, err := constantInner(pv)
	if err != nil {
		return variable{}, err
	}
	escape, ok := Color(letters)
	if !ok {
		return variable{}, fmt.Errorf("$C(%s): want two letters of x s r g y b p c w, for the colour and what is behind it", letters)
	}
	if !c.options.Color {
		escape = ""
	}
	return variable{eval: func(*Context) Value { return StringValue(escape) }}, nil
}

// Color gives the escape of a pair of letters: foreground and background, of
// x default, s black, r red, g green, y yellow, b blue, p purple, c cyan,
// w white. A capital foreground is bright.
func Color(letters string) (escape string, ok bool) {
	if len(letters) != 2 {
		return "", false
	}
	const order = "srgybpcw x" // the last is 9, the default
	foreground, background := letters[0], letters[1]
	front := strings.IndexByte(order, lowerByte(foreground))
	back := strings.IndexByte(order, lowerByte(background))
	if front < 0 || back < 0 || foreground == ' ' || background == ' ' {
		return "", false
	}
	weight := 0
	if foreground != lowerByte(foreground) {
		weight = 1
	}
	return fmt.Sprintf("\x1b[%d;%d;%dm", weight, 30+front, 40+back), true
}

// bindDefine binds $def(NAME), the text of a #!define, and $defn(NAME), the
// same as a number.
func bindDefine(c *compiler, pv *syntax.PV) (variable, error) {
	name, err := constantInner(pv)
	if err != nil {
		return variable{}, err
	}
	var value Value
	if c.options.Defines != nil {
		if text, ok := c.options.Defines(name); ok {
			value = StringValue(text)
			if pv.Name == "defn" {
				value = IntValue(value.AsInt())
			}
		}
	}
	return variable{eval: func(*Context) Value { return value }}, nil
}

// bindSelect binds $sel(name.name[1]).
func bindSelect(c *compiler, pv *syntax.PV) (variable, error) {
	text, err := constantInner(pv)
	if err != nil {
		return variable{}, err
	}
	steps, err := parseSelectSteps(text)
	if err != nil {
		return variable{}, fmt.Errorf("$sel(%s): %w", text, err)
	}
	eval, err := c.selectPath(steps)
	if err != nil {
		return variable{}, fmt.Errorf("$sel(%s): %w", text, err)
	}
	return variable{eval: eval}, nil
}

// bindText binds $_s(text $ru …), a string with variables as a variable.
func bindText(c *compiler, pv *syntax.PV) (variable, error) {
	value, err := c.innerText(pv)
	if err != nil {
		return variable{}, err
	}
	return variable{eval: func(c *Context) Value { return StringValue(value(c)) }}, nil
}

// bindVersion binds $version(num|full|hash): scripts ask it what they may use,
// so it answers as the Kamailio whose language we speak.
func bindVersion(_ *compiler, pv *syntax.PV) (variable, error) {
	what, err := constantInner(pv)
	if err != nil {
		return variable{}, err
	}
	texts := map[string]string{"num": "5.6.3", "full": "viaduct (as Kamailio 5.6.3)", "hash": "unknown"}
	text, ok := texts[what]
	if !ok {
		return variable{}, fmt.Errorf("$version(%s): want num, full or hash", what)
	}
	return variable{eval: func(*Context) Value { return StringValue(text) }}, nil
}
