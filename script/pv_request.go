// pv_request.go: pseudo-variables of the first line and the whole message.

package script

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"viaduct/script/syntax"
	"viaduct/sip"
)

func requestVariables() map[string]binder {
	return map[string]binder{
		"ru":  readWrite(requestURI, setRequestURI),
		"rU":  readWrite(requestPart(uriUser), setUserPart),
		"rd":  readWrite(requestPart(uriHostPart), setHostPart),
		"rp":  readWrite(requestPart(uriPortPart), setPortPart),
		"rP":  readOnly(requestPart(uriTransport)),
		"rz":  readOnly(requestPart(uriScheme)),
		"rul": readOnly(lengthOf(requestURI)),
		"rUl": readOnly(lengthOf(requestPart(uriUser))),
		"rm":  text(func(c *Context) string { return c.Message.Method }),
		"rv":  text(func(*Context) string { return "SIP/2.0" }),
		"rs":  readOnly(replyStatus),
		"rr": readOnly(func(c *Context) Value {
			if c.Message.IsRequest() {
				return Value{}
			}
			return StringValue(c.Message.Reason)
		}),
		"ou": text(originalURI),
		"oU": readOnly(originalPart(uriUser)),
		"od": readOnly(originalPart(uriHostPart)),
		"op": readOnly(originalPart(uriPortPart)),
		"oP": readOnly(originalPart(uriTransport)),
		"oz": readOnly(originalPart(uriScheme)),
		"mb": text(func(c *Context) string { return c.Message.Text }),
		"ml": number(func(c *Context) int { return len(c.Message.Text) }),
		"rb": text(func(c *Context) string { return c.Message.Body }),
		"bs": number(func(c *Context) int { return len(c.Message.Body) }),
		"mt": number(func(c *Context) int {
			if c.Message.IsRequest() {
				return 1
			}
			return 2
		}),
		"mi":        number(messageNumber),
		"ruri":      readWrite(requestURI, setRequestURI),
		"mbu":       readOnly(updatedMessage),
		"msg":       bindMessagePart,
		"route_uri": readOnly(routeURI),
	}
}

// requestURI gives $ru; a reply has none.
func requestURI(c *Context) Value {
	if c.URI == "" {
		return Value{}
	}
	return StringValue(c.URI)
}

func originalURI(c *Context) string { return c.Message.RequestURI }

func replyStatus(c *Context) Value {
	if c.Message.IsRequest() {
		return Value{}
	}
	return IntValue(int64(c.Message.Status))
}

// messageNumber gives $mi: messages that asked for it, counted.
func messageNumber(c *Context) int {
	if c.run.number == 0 {
		c.run.number = c.Program.shared.messages.Add(1)
	}
	return int(c.run.number)
}

// updatedMessage gives the message with the changes made so far.
func updatedMessage(c *Context) Value {
	if len(c.Edits) == 0 {
		return StringValue(c.Message.Text)
	}
	return StringValue(string(c.Edits.Append(nil, c.Message)))
}

// bindMessagePart binds $msg(buf), $msg(body), $msg(hdrs), $msg(fline), each
// also with _len, and $msg(len).
func bindMessagePart(_ *compiler, pv *syntax.PV) (variable, error) {
	what, err := constantInner(pv)
	if err != nil {
		return variable{}, err
	}
	parts := map[string]func(*sip.Message) string{
		"buf":   func(m *sip.Message) string { return m.Text },
		"body":  func(m *sip.Message) string { return m.Body },
		"fline": (*sip.Message).StartLine,
		"hdrs":  func(m *sip.Message) string { return m.Text[m.Fields[0].Start:m.HeadEnd] },
		"lpart": func(m *sip.Message) string { return m.Text[m.Fields[0].Start:] },
	}
	if what == "len" {
		what = "buf_len"
	}
	name, length := strings.CutSuffix(what, "_len")
	part, ok := parts[name]
	if !ok {
		return variable{}, fmt.Errorf("$msg(%s): want len, buf, body, hdrs, fline or lpart", what)
	}
	if length {
		return variable{eval: func(c *Context) Value { return IntValue(int64(len(part(c.Message)))) }}, nil
	}
	return variable{eval: func(c *Context) Value { return textOrNull(part(c.Message)) }}, nil
}

// routeURI gives the URI of the topmost Route.
func routeURI(c *Context) Value {
	for v := range c.Message.Values(sip.FieldRoute) {
		if uri := addressURI(v.Text); uri != "" {
			return StringValue(uri)
		}
		break
	}
	return Value{}
}

// uriPart gives one part of a parsed URI. It gets a copy, which stays on the
// stack; a pointer through a function value would not.
type uriPart func(sip.URI) Value

func partOf(text string, part uriPart) Value {
	if text == "" {
		return Value{}
	}
	uri, err := sip.ParseURI(text)
	if err != nil {
		return Value{}
	}
	return part(uri)
}

func requestPart(part uriPart) valueOf {
	return func(c *Context) Value { return partOf(c.URI, part) }
}

func originalPart(part uriPart) valueOf {
	return func(c *Context) Value { return partOf(c.Message.RequestURI, part) }
}

func textOrNull(s string) Value {
	if s == "" {
		return Value{}
	}
	return StringValue(s)
}

func uriUser(u sip.URI) Value     { return textOrNull(u.User) }
func uriHostPart(u sip.URI) Value { return textOrNull(u.Host) }
func uriScheme(u sip.URI) Value   { return textOrNull(u.Scheme) }

// uriPortPart gives the port as text, so that $rp + 1 is text too; the default
// one of the transport when none is written, as in Kamailio.
func uriPortPart(u sip.URI) Value {
	if u.Port != 0 {
		return StringValue(strconv.Itoa(u.Port))
	}
	if u.Host == "" {
		return Value{}
	}
	name, _ := sip.Param(u.Params, "transport")
	if name == "" && sameFold(u.Scheme, "sips") {
		name = "TLS"
	}
	return StringValue(strconv.Itoa(sip.DefaultPort(name)))
}

// uriTransport gives the transport parameter; without one UDP, of sips TLS.
func uriTransport(u sip.URI) Value {
	if name, ok := sip.Param(u.Params, "transport"); ok && name != "" {
		return StringValue(name)
	}
	if u.Host == "" {
		return Value{}
	}
	if sameFold(u.Scheme, "sips") {
		return StringValue("TLS")
	}
	return StringValue("UDP")
}

var errNoURI = errors.New("the Request-URI cannot be read, so no part of it can be set")

func setRequestURI(c *Context, v Value) error {
	if v.Kind == Null {
		c.URI = c.Message.RequestURI
		return nil
	}
	if v.AsString() == "" {
		return errors.New("$ru cannot be empty")
	}
	c.URI = v.AsString()
	return nil
}

// changeURI sets a part of the Request-URI.
func (c *Context) changeURI(change func(*sip.URI)) error {
	uri, err := sip.ParseURI(c.URI)
	if err != nil {
		return errNoURI
	}
	change(&uri)
	c.URI = uri.String()
	return nil
}

func setUserPart(c *Context, v Value) error {
	return c.changeURI(func(u *sip.URI) { setUser(u, v.AsString()) })
}

// setUser sets the user; "" takes it away, password and all.
func setUser(u *sip.URI, user string) {
	u.User, u.HasUser = user, user != ""
	if user == "" {
		u.Password = ""
	}
}

func setHostPart(c *Context, v Value) error {
	if v.AsString() == "" {
		return errors.New("$rd cannot be empty")
	}
	return c.changeURI(func(u *sip.URI) { setHost(u, v.AsString()) })
}

// setHost sets the host; a tel URI becomes a sip URI with its number as user.
func setHost(u *sip.URI, host string) {
	if !u.IsSIP() {
		if u.User != "" {
			u.Params += ";user=phone" // RFC 3261 section 19.1.6
		}
		u.Scheme, u.HasUser, u.Opaque = "sip", u.User != "", ""
	}
	u.Host = host
}

func setPortPart(c *Context, v Value) error {
	port, err := portNumber(v)
	if err != nil {
		return err
	}
	return c.changeURI(func(u *sip.URI) { u.Port = port })
}

// portNumber reads a port; nothing or "" is none.
func portNumber(v Value) (int, error) {
	if v.Kind == Null || v.Kind == String && v.Text == "" {
		return 0, nil
	}
	port, err := strconv.Atoi(v.AsString())
	if err != nil || port < 0 || port > 65535 {
		return 0, errors.New(v.String() + " is no port")
	}
	return port, nil
}
