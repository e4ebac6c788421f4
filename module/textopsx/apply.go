// msg_apply_changes: the message as it would leave becomes the message at hand.
package textopsx

import (
	"viaduct/module"
	"viaduct/script"
	"viaduct/script/syntax"
	"viaduct/sip"
)

// beforeTransaction are the routes in which a request has no transaction yet.
func beforeTransaction() script.Routes {
	return script.RoutesOf(syntax.RequestRoute)
}

func applyFunctions() []script.Function {
	return []script.Function{
		module.In(module.Plain("msg_apply_changes", applyChanges), beforeTransaction()),
		module.In(module.OfText("msg_set_buffer", setBuffer), beforeTransaction()),
	}
}

// applyChanges prints the message with its edits and the Request-URI as it
// stands, and parses it again. When that fails the message stays as it was.
func applyChanges(c *script.Context) int {
	if len(c.Edits) == 0 && c.URI == c.Message.RequestURI {
		return 1
	}
	m := c.Message
	edits := append(sip.Edits(nil), c.Edits...)
	if c.URI != m.RequestURI {
		start := len(m.Method) + 1
		edits.Replace(start, start+len(m.RequestURI), c.URI)
	}
	edits.FixContentLength(m, false)
	return setBuffer(c, string(edits.Append(make([]byte, 0, len(m.Text)+256), m)))
}

// setBuffer parses a text and puts it in the place of the request.
func setBuffer(c *script.Context, text string) int {
	if !c.Message.IsRequest() || module.Of(c).Transaction != nil {
		return -1 // others hold the message as it is
	}
	parsed, err := sip.Parse(text)
	if err != nil || !parsed.IsRequest() {
		return -1
	}
	c.Message, c.Edits, c.URI = parsed, nil, parsed.RequestURI
	return 1
}
