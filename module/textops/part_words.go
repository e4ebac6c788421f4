// The words for bodies of several parts.
package textops

import (
	"encoding/hex"
	"strings"

	"viaduct/module"
	"viaduct/script"
	"viaduct/sip"
)

func partFunctions() []script.Function {
	return []script.Function{
		module.OfText("filter_body", filterBody),
		{Name: "get_body_part", MinArgs: 2, MaxArgs: 2, Bind: bindGetPart(content)},
		{Name: "get_body_part_raw", MinArgs: 2, MaxArgs: 2, Bind: bindGetPart(withHeader)},
		module.OfText("remove_body_part", removePart),
		{Name: "append_body_part", MinArgs: 2, MaxArgs: 3, Bind: bindAppendPart(asWritten)},
		{Name: "append_body_part_hex", MinArgs: 2, MaxArgs: 3, Bind: bindAppendPart(fromHex)},
		{Name: "set_body_multipart", MinArgs: 0, MaxArgs: 3, Bind: bindSetMultipart},
	}
}

// filterBody leaves of the body the content of the first part of a type.
// Content-Type stays as it is, for the script to change.
func filterBody(c *script.Context, kind string) int {
	p, ok := parseMultipart(c.Message)
	if !ok {
		return -1
	}
	one, ok := p.find(kind)
	if !ok {
		return -1
	}
	start, end := body(c.Message)
	c.Edits.Remove(start, start+one.content)
	c.Edits.Remove(start+one.end, end)
	return 1
}

func content(text string, one *part) string    { return text[one.content:one.end] }
func withHeader(text string, one *part) string { return text[one.start:one.end] }

// bindGetPart binds get_body_part(type, variable). A body without parts counts
// as one.
func bindGetPart(piece func(text string, one *part) string) func([]script.Arg) (script.Action, error) {
	return func(args []script.Arg) (script.Action, error) {
		kind := module.Text(args[0])
		target, err := module.Target(args, 1)
		if err != nil {
			return nil, err
		}
		return func(c *script.Context) int {
			text := c.Message.Body
			p, ok := parseMultipart(c.Message)
			switch one, found := p.find(kind(c)); {
			case found:
				text = piece(text, one)
			case ok, text == "", !strings.EqualFold(bodyType(c.Message), kind(c)):
				return -1
			}
			return module.Bool(target.Assign(c, script.StringValue(text)) == nil)
		}, nil
	}
}

// removePart takes the first part of a type out.
func removePart(c *script.Context, kind string) int {
	p, ok := parseMultipart(c.Message)
	if !ok {
		return -1
	}
	one, ok := p.find(kind)
	if !ok {
		return -1
	}
	start, _ := body(c.Message)
	c.Edits.Remove(start+one.start, start+one.next)
	return 1
}

func asWritten(text string) (string, bool) { return text, true }

// fromHex reads pairs of hexadecimal digits with white space between them.
func fromHex(text string) (string, bool) {
	decoded, err := hex.DecodeString(strings.Join(strings.Fields(text), ""))
	return string(decoded), err == nil
}

// bindAppendPart binds append_body_part(text, type [, disposition]). The body
// must have parts already.
func bindAppendPart(read func(text string) (string, bool)) func([]script.Arg) (script.Action, error) {
	return func(args []script.Arg) (script.Action, error) {
		text, kind := module.Text(args[0]), module.Text(args[1])
		disposition := func(*script.Context) string { return "" }
		if len(args) == 3 {
			disposition = module.Text(args[2])
		}
		return func(c *script.Context) int {
			inner, ok := read(text(c))
			contentType := kind(c)
			if !ok || inner == "" || contentType == "" {
				return -1
			}
			p, ok := parseMultipart(c.Message)
			if !ok {
				return -1
			}
			head := "Content-Type: " + contentType + "\r\n"
			if d := disposition(c); d != "" {
				head += "Content-Disposition: " + d + "\r\n"
			}
			start, end := body(c.Message)
			one := "--" + p.boundary + "\r\n" + head + "\r\n" + inner + "\r\n"
			if start+p.closing == end { // whoever wrote it forgot to close it
				if !strings.HasSuffix(c.Message.Body, "\n") {
					one = "\r\n" + one
				}
				one += "--" + p.boundary + "--\r\n"
			}
			c.Edits.Insert(start+p.closing, one)
			return 1
		}, nil
	}
}

// usualBoundary stands between parts when the script names none.
const usualBoundary = "unique-boundary-1"

// bindSetMultipart binds set_body_multipart([text, type] [, boundary]): the
// body, or a new one, becomes the first part of a multipart body.
func bindSetMultipart(args []script.Arg) (script.Action, error) {
	boundary := func(*script.Context) string { return usualBoundary }
	if len(args)%2 == 1 {
		boundary = module.Text(args[len(args)-1])
	}
	inner := func(c *script.Context) (text, kind string) {
		kind = c.Message.Get(sip.FieldContentType)
		if kind == "" {
			kind = assumedType
		}
		return c.Message.Body, kind
	}
	if len(args) >= 2 {
		text, kind := module.Text(args[0]), module.Text(args[1])
		inner = func(c *script.Context) (string, string) { return text(c), kind(c) }
	}
	return func(c *script.Context) int {
		text, kind := inner(c)
		between := boundary(c)
		if text == "" || kind == "" || between == "" || strings.ContainsAny(between, "\"\r\n") {
			return -1
		}
		replaceBody(c, "--"+between+"\r\nContent-Type: "+kind+"\r\n\r\n"+text+"\r\n--"+between+"--\r\n")
		setContentType(c, "multipart/mixed;boundary=\""+between+"\"")
		if _, there := c.Message.Lookup("Mime-Version"); !there {
			c.Edits.AppendField(c.Message, "Mime-Version: 1.0\r\n")
		}
		return 1
	}, nil
}
