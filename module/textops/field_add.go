// New fields: in the message, or in the reply that the server will give.
package textops

import (
	"net/http"
	"strings"
	"time"

	"viaduct/module"
	"viaduct/script"
	"viaduct/sip"
)

func addFunctions(now func() time.Time) []script.Function {
	return []script.Function{
		{Name: "append_hf", MinArgs: 1, MaxArgs: 2, Bind: bindAdd(appendField)},
		{Name: "insert_hf", MinArgs: 1, MaxArgs: 2, Bind: bindAdd(insertField)},
		module.OfTexts("append_urihf", appendURI),
		module.OfText("append_to_reply", func(c *script.Context, line string) int {
			module.Of(c).ReplyFields += ended(line)
			return 1
		}),
		module.Plain("append_time", func(c *script.Context) int {
			module.Of(c).ReplyFields += dateField(now())
			return 1
		}),
		module.Plain("append_time_to_request", func(c *script.Context) int {
			c.Edits.AppendField(c.Message, dateField(now()))
			return 1
		}),
	}
}

// dateField writes the time as RFC 3261 section 20.17 wants it.
func dateField(t time.Time) string {
	return "Date: " + t.UTC().Format(http.TimeFormat) + "\r\n"
}

// bindAdd binds append_hf and insert_hf: the text of the field, and next to
// which other field it shall stand.
func bindAdd(add func(c *script.Context, line string, anchor fieldName)) func([]script.Arg) (script.Action, error) {
	return func(args []script.Arg) (script.Action, error) {
		anchor := fieldName{}
		if len(args) == 2 {
			name, err := module.Fixed(args, 1)
			if err != nil {
				return nil, err
			}
			anchor = nameField(name)
		}
		line := module.Text(args[0])
		if v, ok := args[0].Constant(); ok {
			fixed := ended(v.AsString())
			if !strings.Contains(fixed, ":") {
				return nil, &script.ArgError{Index: 0, Msg: "a field has a name, a colon and a value", Hint: `as "P-Hint: voicemail\r\n"`}
			}
			line = func(*script.Context) string { return fixed }
		}
		return func(c *script.Context) int {
			text := line(c)
			if text == "" {
				return -1
			}
			add(c, ended(text), anchor)
			return 1
		}, nil
	}
}

// ended gives a line the end that RFC 3261 wants, whatever the script wrote.
func ended(line string) string {
	if strings.HasSuffix(line, "\r\n") {
		return line
	}
	return strings.TrimRight(line, "\r\n") + "\r\n"
}

// appendField puts a line behind the last field of that name, or behind all.
func appendField(c *script.Context, line string, anchor fieldName) {
	at := c.Message.HeadEnd
	for i := range c.Message.Fields {
		if f := &c.Message.Fields[i]; anchor.is(c.Message, f) {
			at = int(f.End)
		}
	}
	c.Edits.Insert(at, line)
}

// insertField puts a line before the first field of that name, or before all.
func insertField(c *script.Context, line string, anchor fieldName) {
	at := int(c.Message.Fields[0].Start)
	for i := range c.Message.Fields {
		if f := &c.Message.Fields[i]; anchor.is(c.Message, f) {
			at = int(f.Start)
			break
		}
	}
	c.Edits.Insert(at, line)
}

// appendURI appends a field with the Request-URI as it came between two texts.
func appendURI(c *script.Context, before, behind string) int {
	c.Edits.AppendField(c.Message, ended(before+c.Message.RequestURI+behind))
	return 1
}

// fieldName is the name of a field, looked up once. The zero value names none.
type fieldName struct {
	kind sip.FieldKind
	name string
}

func nameField(name string) fieldName {
	name = strings.TrimSuffix(strings.TrimSpace(name), ":")
	return fieldName{sip.KindOf(name), name}
}

// is tells whether a field bears the name, long or compact.
func (n fieldName) is(m *sip.Message, f *sip.Field) bool {
	if n.kind != sip.FieldOther {
		return f.Kind == n.kind
	}
	return f.Kind == sip.FieldOther && n.name != "" && strings.EqualFold(m.Name(f), n.name)
}

// fieldNameOf reads argument i as the name of a field, which may be in a
// variable.
func fieldNameOf(args []script.Arg, i int) (func(*script.Context) fieldName, error) {
	if v, ok := args[i].Constant(); ok {
		name := nameField(v.AsString())
		if !sip.IsToken(name.name) {
			return nil, &script.ArgError{Index: i, Msg: "this is no name of a field"}
		}
		return func(*script.Context) fieldName { return name }, nil
	}
	text := module.Text(args[i])
	return func(c *script.Context) fieldName { return nameField(text(c)) }, nil
}
