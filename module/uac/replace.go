// uac_replace_from and uac_replace_to: another display name or URI, which those
// behind us see and those before us do not.
package uac

import (
	"strings"

	"viaduct/module"
	"viaduct/proxy"
	"viaduct/script"
	"viaduct/sip"
)

// side is the header field that is changed.
type side uint8

const (
	from side = iota
	to
)

func (s side) kind() sip.FieldKind {
	if s == to {
		return sip.FieldTo
	}
	return sip.FieldFrom
}

// bindReplace binds uac_replace_…(uri) and (display, uri). An empty URI stays
// as it is; an empty display name, of two arguments, is taken away.
func (u *UAC) bindReplace(s side) func([]script.Arg) (script.Action, error) {
	return func(args []script.Arg) (script.Action, error) {
		uri := module.Text(args[len(args)-1])
		var display module.TextOf
		if len(args) == 2 {
			display = module.Text(args[0])
		}
		return func(c *script.Context) int {
			return u.replace(c, s, display, uri(c))
		}, nil
	}
}

func (u *UAC) replace(c *script.Context, s side, display module.TextOf, uri string) int {
	field := c.Message.First(s.kind())
	if field == nil {
		return -1
	}
	value := c.Message.Value(field)
	address, err := sip.ParseNameAddr(value)
	if err != nil {
		return -1
	}
	old := address.URI
	if display != nil {
		address.Display = display(c)
	}
	if uri != "" {
		address.URI = uri
	}
	changed := write(&address)
	if !isSound(changed, &address) {
		return -1
	}
	c.Edits.Replace(int(field.Value), int(field.ValueEnd), changed)
	if uri == "" || u.restore == restoreNone {
		return 1
	}
	m := module.Of(c)
	u.noteInRoute(m, s, old, uri)
	if avp := u.avp(s); avp != nil {
		avp.Assign(c, script.StringValue(old))
	}
	restoreReplies(m, s, value)
	return 1
}

// isSound tells whether a value is read as what was meant.
func isSound(value string, meant *sip.NameAddr) bool {
	address, err := sip.ParseNameAddr(value)
	if err != nil || strings.ContainsAny(value, "\r\n") || address.URI != meant.URI || address.Params != meant.Params {
		return false
	}
	_, err = sip.ParseURI(address.URI)
	return err == nil
}

// write prints an address; its URI goes in angle brackets, where parameters of
// the field and of the URI cannot be mixed up.
func write(a *sip.NameAddr) string {
	text := "<" + a.URI + ">" + a.Params
	if a.Display != "" {
		text = a.Display + " " + text
	}
	return text
}

// noteInRoute adds to our Record-Route, if there will be one, what leads from
// one URI to the other.
func (u *UAC) noteInRoute(m *module.Message, s side, old, uri string) {
	// A transaction may hold the old one by now: it is never changed.
	rr := proxy.RecordRoute{Unasked: true}
	if m.RecordRoute != nil {
		rr = *m.RecordRoute
	}
	rr.Params += ";" + u.param(s) + "=" + encode(old, uri, u.password)
	m.RecordRoute = &rr
}

func (u *UAC) param(s side) string {
	if s == to {
		return u.toParam
	}
	return u.fromParam
}

func (u *UAC) avp(s side) script.Assignable {
	if s == to {
		return u.toAVP
	}
	return u.fromAVP
}

// restoreReplies gives each reply the display name and URI that the sender of
// the request knows; the tag is the reply's.
func restoreReplies(m *module.Message, s side, original string) {
	known, err := sip.ParseNameAddr(original)
	if err != nil {
		return
	}
	m.Restore = append(m.Restore, func(reply *sip.Message, edits *sip.Edits) {
		field := reply.First(s.kind())
		if field == nil {
			return
		}
		if address, err := sip.ParseNameAddr(reply.Value(field)); err == nil {
			restored := known
			restored.Params = address.Params
			edits.Replace(int(field.Value), int(field.ValueEnd), write(&restored))
		}
	})
}
