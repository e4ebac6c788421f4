// pv_header.go: pseudo-variables of header fields: $hdr(name), $ci, $cs, $ct,
// $ua and the like.

package script

import (
	"strings"

	"viaduct/script/syntax"
	"viaduct/sip"
)

func headerVariables() map[string]binder {
	field := func(kind sip.FieldKind) binder {
		return text(func(c *Context) string { return c.Message.Get(kind) })
	}
	return map[string]binder{
		"hdr":  bindHeader,
		"hdrc": bindHeaderCount,
		"ci":   field(sip.FieldCallID),
		"cs": readOnly(func(c *Context) Value { // text, as in Kamailio: $cs + 1 joins
			number, _, _ := strings.Cut(c.Message.Get(sip.FieldCSeq), " ")
			return textOrNull(number)
		}),
		"csb": field(sip.FieldCSeq),
		"ct":  bindContact,
		"ctu": readOnly(func(c *Context) Value {
			for v := range c.Message.Values(sip.FieldContact) {
				return textOrNull(addressURI(v.Text))
			}
			return Value{}
		}),
		"cT": field(sip.FieldContentType),
		"cl": readOnly(func(c *Context) Value {
			length, ok := c.Message.ContentLength()
			if !ok {
				return Value{}
			}
			return IntValue(int64(length))
		}),
		"ua": field(sip.FieldUserAgent),
		// in SER and OpenSER some loggers spell it so
		"is": text(func(c *Context) string { return c.Message.Method }),
		"np": number(func(c *Context) int { return len(c.Branches) + 1 }),
	}
}

// bindHeader binds $hdr(Name), $(hdr(Name)[1]), $(hdr(Name)[-1]) and
// $(hdr(Name)[*]). It reads the message as it came.
func bindHeader(c *compiler, pv *syntax.PV) (variable, error) {
	name, err := c.innerText(pv)
	if err != nil {
		return variable{}, err
	}
	if fixed, ok := pv.Inner.Static(); ok && pv.Index == nil {
		return variable{eval: headerByName(fixed)}, nil
	}
	if pv.Index != nil && pv.Index.All {
		return variable{eval: func(c *Context) Value { return allHeaders(c.Message, name(c)) }}, nil
	}
	index := c.index(pv.Index, 0)
	return variable{eval: func(c *Context) Value { return headerAt(c.Message, name(c), index(c)) }}, nil
}

// headerByName looks the kind of the field up once.
func headerByName(name string) valueOf {
	if kind := sip.KindOf(name); kind != sip.FieldOther {
		return func(c *Context) Value {
			if f := c.Message.First(kind); f != nil {
				return StringValue(c.Message.Value(f))
			}
			return Value{}
		}
	}
	return func(c *Context) Value {
		if value, ok := c.Message.Lookup(name); ok {
			return StringValue(value)
		}
		return Value{}
	}
}

// headerAt gives the field at an index; below 0 counts from the last.
func headerAt(m *sip.Message, name string, index int) Value {
	if index < 0 {
		if index += countHeaders(m, name); index < 0 {
			return Value{}
		}
	}
	for i := range m.Fields {
		if f := &m.Fields[i]; m.IsNamed(f, name) {
			if index == 0 {
				return StringValue(m.Value(f))
			}
			index--
		}
	}
	return Value{}
}

func countHeaders(m *sip.Message, name string) (count int) {
	for i := range m.Fields {
		if m.IsNamed(&m.Fields[i], name) {
			count++
		}
	}
	return count
}

// allHeaders joins all fields of a name with commas.
func allHeaders(m *sip.Message, name string) Value {
	var values []string
	for i := range m.Fields {
		if f := &m.Fields[i]; m.IsNamed(f, name) {
			values = append(values, m.Value(f))
		}
	}
	if values == nil {
		return Value{}
	}
	return StringValue(strings.Join(values, ","))
}

func bindHeaderCount(c *compiler, pv *syntax.PV) (variable, error) {
	name, err := c.innerText(pv)
	if err != nil {
		return variable{}, err
	}
	return variable{eval: func(c *Context) Value {
		return IntValue(int64(countHeaders(c.Message, name(c))))
	}}, nil
}

// bindContact binds $ct, $(ct[1]) and $(ct[*]).
func bindContact(c *compiler, pv *syntax.PV) (variable, error) {
	if pv.Index != nil && pv.Index.All {
		return variable{eval: func(c *Context) Value { return allHeaders(c.Message, "Contact") }}, nil
	}
	if pv.Index == nil {
		return variable{eval: headerByName("Contact")}, nil
	}
	index := c.index(pv.Index, 0)
	return variable{eval: func(c *Context) Value { return headerAt(c.Message, "Contact", index(c)) }}, nil
}
