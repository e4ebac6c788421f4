// pv_address.go: pseudo-variables of From, To and the other fields that hold
// one address.

package script

import (
	"errors"
	"strings"

	"viaduct/sip"
)

func addressVariables() map[string]binder {
	table := map[string]binder{}
	for letter, kind := range map[string]sip.FieldKind{"f": sip.FieldFrom, "t": sip.FieldTo} {
		table[letter+"u"] = readWrite(addressPart(kind, addressWhole), setAddressURI(kind, wholeURI))
		table[letter+"U"] = readWrite(addressPart(kind, addressUser), setAddressURI(kind, setUser))
		table[letter+"d"] = readWrite(addressPart(kind, addressHost), setAddressURI(kind, setHost))
		table[letter+"n"] = readWrite(addressPart(kind, addressName), setDisplayName(kind))
		table[letter+"t"] = readOnly(addressPart(kind, addressTag))
		table[letter+"ul"] = readOnly(lengthOf(addressPart(kind, addressWhole)))
		table[letter+"Ul"] = readOnly(lengthOf(addressPart(kind, addressUser)))
		table[letter+"ti"] = readOnly(addressPart(kind, addressTag))
	}
	for name, kind := range map[string]sip.FieldKind{
		"ai": sip.FieldPAssertedIdentity, "pu": sip.FieldPPreferredIdentity, "rt": sip.FieldReferTo,
		"di": sip.FieldDiversion,
	} {
		table[name] = readOnly(addressPart(kind, addressWhole))
	}
	table["pU"] = readOnly(addressPart(sip.FieldPPreferredIdentity, addressUser))
	table["pd"] = readOnly(addressPart(sip.FieldPPreferredIdentity, addressHost))
	table["pn"] = readOnly(addressPart(sip.FieldPPreferredIdentity, addressName))
	table["dir"] = readOnly(addressPart(sip.FieldDiversion, addressParam("reason")))
	table["dip"] = readOnly(addressPart(sip.FieldDiversion, addressParam("privacy")))
	table["dic"] = readOnly(addressPart(sip.FieldDiversion, addressParam("counter")))
	table["re"] = readOnly(func(c *Context) Value {
		value, ok := c.Message.Lookup("Remote-Party-ID")
		if !ok {
			return Value{}
		}
		return textOrNull(addressURI(value))
	})
	return table
}

// addressPart gives a part of the first value of a field.
func addressPart(kind sip.FieldKind, part func(sip.NameAddr) Value) valueOf {
	if kind == sip.FieldFrom || kind == sip.FieldTo { // one value each
		return func(c *Context) Value { return partOfAddress(c.Message.Get(kind), part) }
	}
	return func(c *Context) Value {
		for v := range c.Message.Values(kind) {
			return partOfAddress(v.Text, part)
		}
		return Value{}
	}
}

func partOfAddress(text string, part func(sip.NameAddr) Value) Value {
	address, err := sip.ParseNameAddr(text)
	if err != nil {
		return Value{}
	}
	return part(address)
}

func addressWhole(a sip.NameAddr) Value { return textOrNull(a.URI) }
func addressName(a sip.NameAddr) Value  { return textOrNull(a.Display) } // quotes included, as Kamailio gives it
func addressUser(a sip.NameAddr) Value  { return partOf(a.URI, uriUser) }
func addressHost(a sip.NameAddr) Value  { return partOf(a.URI, uriHostPart) }

func addressTag(a sip.NameAddr) Value {
	tag, _ := a.Param("tag")
	return textOrNull(tag)
}

func addressParam(name string) func(sip.NameAddr) Value {
	return func(a sip.NameAddr) Value {
		value, _ := a.Param(name)
		return textOrNull(sip.Unquote(value))
	}
}

// lengthOf makes $fUl and its like: how long the value is.
func lengthOf(eval valueOf) valueOf {
	return func(c *Context) Value { return IntValue(int64(len(eval(c).Text))) }
}

func wholeURI(u *sip.URI, text string) {
	if parsed, err := sip.ParseURI(text); err == nil {
		*u = parsed
	}
}

// setAddressURI makes the assignment of $fu, $fU, $fd and their like: an edit
// of the header field. A later one replaces the whole of an earlier one.
func setAddressURI(kind sip.FieldKind, change func(*sip.URI, string)) func(*Context, Value) error {
	return func(c *Context, v Value) error {
		field := c.Message.First(kind)
		if field == nil {
			return errors.New("there is no " + kind.String())
		}
		value := c.Message.Value(field)
		address, err := sip.ParseNameAddr(value)
		if err != nil {
			return err
		}
		uri, err := sip.ParseURI(address.URI)
		if err != nil {
			return err
		}
		change(&uri, v.AsString())
		start := int(field.Value) + strings.Index(value, address.URI)
		text := uri.String()
		if !address.InAngle {
			text = "<" + text + ">"
		}
		c.replaceEdit(start, start+len(address.URI), text)
		return nil
	}
}

// setDisplayName makes the assignment of $fn and $tn.
func setDisplayName(kind sip.FieldKind) func(*Context, Value) error {
	return func(c *Context, v Value) error {
		field := c.Message.First(kind)
		if field == nil {
			return errors.New("there is no " + kind.String())
		}
		address, err := sip.ParseNameAddr(c.Message.Value(field))
		if err != nil {
			return err
		}
		start := int(field.Value)
		name := v.AsString()
		if !address.InAngle {
			c.replaceEdit(start, start, name+" <")
			end := start + len(address.URI)
			c.replaceEdit(end, end, ">")
			return nil
		}
		end := start + len(address.Display)
		if address.Display == "" && name != "" {
			name += " "
		}
		c.replaceEdit(start, end, name)
		return nil
	}
}

// replaceEdit replaces a piece of the message, and what an earlier edit of the
// same piece put there.
func (c *Context) replaceEdit(start, end int, text string) {
	for i := range c.Edits {
		if e := &c.Edits[i]; e.Start == start && e.End == end {
			e.Text = text
			return
		}
	}
	c.Edits.Replace(start, end, text)
}
