// The body as a whole.
package textops

import (
	"slices"
	"strings"

	"viaduct/module"
	"viaduct/script"
	"viaduct/sip"
)

func bodyFunctions() []script.Function {
	return []script.Function{
		module.Plain("has_body", func(c *script.Context) int { return module.Bool(c.Message.Body != "") }),
		{Name: "has_body", MinArgs: 1, MaxArgs: 1, Bind: bindHasBody},
		module.OfTexts("set_body", setBody),
	}
}

// assumedType is that of a body without Content-Type.
const assumedType = "application/sdp"

// bindHasBody binds has_body("application/sdp"): there is a body, and it is of
// that type; parameters of the type do not matter.
func bindHasBody(args []script.Arg) (script.Action, error) {
	if v, ok := args[0].Constant(); ok {
		if main, sub, ok := strings.Cut(v.AsString(), "/"); !ok || !sip.IsToken(main) || !sip.IsToken(sub) {
			return nil, &script.ArgError{Index: 0, Msg: v.AsString() + " is not the type of a body", Hint: `as "application/sdp"`}
		}
	}
	wanted := module.Text(args[0])
	return func(c *script.Context) int {
		return module.Bool(c.Message.Body != "" && strings.EqualFold(bodyType(c.Message), wanted(c)))
	}, nil
}

// bodyType gives type and subtype of Content-Type without parameters.
func bodyType(m *sip.Message) string {
	value := m.Get(sip.FieldContentType)
	if value == "" {
		return assumedType
	}
	return typeOnly(value)
}

func typeOnly(contentType string) string {
	kind, _, _ := strings.Cut(contentType, ";")
	if strings.IndexAny(kind, " \t\r\n") < 0 {
		return kind
	}
	return strings.Join(strings.Fields(kind), "")
}

// setBody binds set_body(text, type): a new body in the place of the old one.
func setBody(c *script.Context, text, contentType string) int {
	if text == "" || contentType == "" {
		return -1
	}
	replaceBody(c, text)
	setContentType(c, contentType)
	return 1
}

// replaceBody puts a text in the place of the body and of all that was
// changed in it before.
func replaceBody(c *script.Context, text string) {
	start, end := body(c.Message)
	c.Edits = slices.DeleteFunc(slices.Clone(c.Edits), func(e sip.Edit) bool { return e.Start >= start })
	c.Edits.Replace(start, end, text)
}

// setContentType gives the message that Content-Type and no other.
func setContentType(c *script.Context, contentType string) {
	line := sip.FieldContentType.String() + ": " + contentType + "\r\n"
	c.Edits = slices.DeleteFunc(slices.Clone(c.Edits), func(e sip.Edit) bool {
		return e.Start == e.End && strings.HasPrefix(e.Text, "Content-Type: ")
	})
	for i := range c.Message.Fields {
		if f := &c.Message.Fields[i]; f.Kind == sip.FieldContentType {
			c.Edits.RemoveField(f)
		}
	}
	c.Edits.AppendField(c.Message, line)
}
