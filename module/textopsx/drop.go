// What is not wanted: the body, or all fields but some.
package textopsx

import (
	"regexp"
	"slices"

	"viaduct/module"
	"viaduct/script"
	"viaduct/sip"
)

func dropFunctions() []script.Function {
	return []script.Function{
		module.Plain("remove_body", removeBody),
		{Name: "keep_hf", MaxArgs: 1, Bind: bindKeep},
	}
}

// removeBody takes the body out, and all that the script changed in it.
func removeBody(c *script.Context) int {
	start := c.Message.BodyStart()
	c.Edits = slices.DeleteFunc(slices.Clone(c.Edits), func(e sip.Edit) bool { return e.Start >= start })
	if c.Message.Body != "" {
		c.Edits.Remove(start, start+len(c.Message.Body))
	}
	return 1
}

// bindKeep binds keep_hf([names]): all fields go but those whose name fits,
// and those without which a message is none.
func bindKeep(args []script.Arg) (script.Action, error) {
	names := func(*script.Context) *regexp.Regexp { return nil }
	if len(args) == 1 {
		text := module.Text(args[0])
		if v, ok := args[0].Constant(); ok {
			expression, err := script.CompileRegexp(v.AsString(), script.FoldCase)
			if err != nil {
				return nil, &script.ArgError{Index: 0, Msg: err.Error()}
			}
			names = func(*script.Context) *regexp.Regexp { return expression }
		} else {
			names = func(c *script.Context) *regexp.Regexp {
				expression, _ := script.CompileRegexp(text(c), script.FoldCase)
				return expression
			}
		}
	}
	return func(c *script.Context) int {
		expression := names(c)
		if expression == nil && len(args) == 1 {
			return -1
		}
		for i := range c.Message.Fields {
			f := &c.Message.Fields[i]
			if isNeeded(f.Kind) || expression != nil && expression.MatchString(c.Message.Name(f)) {
				continue
			}
			c.Edits.RemoveField(f)
		}
		return 1
	}, nil
}

// isNeeded tells the fields that keep_hf never takes.
func isNeeded(kind sip.FieldKind) bool {
	switch kind {
	case sip.FieldVia, sip.FieldFrom, sip.FieldTo, sip.FieldCallID, sip.FieldCSeq, sip.FieldContentLength,
		sip.FieldContentType, sip.FieldMaxForwards, sip.FieldContact, sip.FieldRoute, sip.FieldRecordRoute:
		return true
	}
	return false
}
