// select.go: SER's selects, @from.tag and $sel(from.tag): values by the path
// of their names.

package script

import (
	"fmt"
	"strconv"
	"strings"

	"viaduct/script/syntax"
	"viaduct/sip"
)

// selectValue compiles @a.b[1].c.
func (c *compiler) selectValue(e *syntax.Select) valueOf {
	eval, err := c.selectPath(e.Steps)
	if err != nil {
		c.fail(e.Pos, "", "%s: %v", e, err)
		return func(*Context) Value { return Value{} }
	}
	return eval
}

// parseSelectSteps reads the text in $sel(…).
func parseSelectSteps(text string) ([]syntax.SelectStep, error) {
	var steps []syntax.SelectStep
	for name := range strings.SplitSeq(text, ".") {
		step := syntax.SelectStep{Name: name}
		if open := strings.IndexByte(name, '['); open > 0 && strings.HasSuffix(name, "]") {
			step.Name = name[:open]
			inside := name[open+1 : len(name)-1]
			if n, err := strconv.Atoi(inside); err == nil {
				step.HasIndex, step.Index = true, n
			} else {
				step.HasKey, step.Key = true, strings.Trim(inside, `"'`)
			}
		}
		if step.Name == "" {
			return nil, fmt.Errorf("a name is missing")
		}
		steps = append(steps, step)
	}
	return steps, nil
}

// selectPath compiles the paths that configs use.
func (c *compiler) selectPath(steps []syntax.SelectStep) (valueOf, error) {
	head, rest := steps[0], steps[1:]
	switch head.Name {
	case "cfg_get":
		return c.selectConfig(rest)
	case "ruri", "next_hop":
		source := requestURI
		if head.Name == "next_hop" {
			source = func(c *Context) Value {
				if c.Destination != "" {
					return StringValue(c.Destination)
				}
				return requestURI(c)
			}
		}
		return selectURI(source, rest)
	case "from", "f":
		return selectAddress(sip.FieldFrom, rest)
	case "to", "t":
		return selectAddress(sip.FieldTo, rest)
	case "contact", "m":
		return selectAddress(sip.FieldContact, rest)
	case "refer_to":
		return selectAddress(sip.FieldReferTo, rest)
	case "method":
		return func(c *Context) Value { return StringValue(c.Message.Method) }, nil
	case "cseq":
		return selectCSeq(rest)
	case "call_id", "callid":
		return func(c *Context) Value { return textOrNull(c.Message.CallID()) }, nil
	case "via":
		return selectVia(head, rest)
	case "hf_value", "hf_value_exists":
		return selectField(head, rest)
	case "src", "dst", "received":
		return selectFlow(head, rest)
	case "msg":
		return selectMessage(rest)
	}
	return nil, &hinted{fmt.Sprintf("the select @%s is not implemented", head.Name), "a pseudo-variable may do the same"}
}

// selectConfig reads a parameter that the script invented, or a core one.
func (c *compiler) selectConfig(rest []syntax.SelectStep) (valueOf, error) {
	if len(rest) != 2 {
		return nil, fmt.Errorf("want cfg_get.group.name")
	}
	group, name := rest[0].Name, rest[1].Name
	value, ok := c.program.globals.Custom(group, name)
	if !ok && group == "core" {
		value, ok = c.program.globals.Lookup(name)
	}
	if !ok {
		return nil, &hinted{
			fmt.Sprintf("there is no parameter %s.%s", group, name),
			fmt.Sprintf("set it at the top: %s.%s = value", group, name),
		}
	}
	return func(*Context) Value { return value }, nil
}

// selectURI gives a URI or a part of it: user, host, port, hostport, params.
func selectURI(source valueOf, rest []syntax.SelectStep) (valueOf, error) {
	if len(rest) == 0 {
		return source, nil
	}
	var part uriPart
	switch rest[0].Name {
	case "user":
		part = uriUser
	case "pwd", "password":
		part = func(u sip.URI) Value { return textOrNull(u.Password) }
	case "host":
		part = uriHostPart
	case "port":
		part = uriPortPart
	case "hostport":
		part = func(u sip.URI) Value { return textOrNull(u.Host + ":" + uriPortPart(u).String()) }
	case "type":
		part = uriScheme
	case "params":
		if len(rest) < 2 {
			part = func(u sip.URI) Value { return textOrNull(strings.TrimPrefix(u.Params, ";")) }
			break
		}
		name := rest[1].Name
		part = func(u sip.URI) Value {
			value, _ := sip.Param(u.Params, name)
			return textOrNull(value)
		}
	default:
		return nil, fmt.Errorf("a URI has no part %s", rest[0].Name)
	}
	return func(c *Context) Value { return partOf(source(c).Text, part) }, nil
}

func selectAddress(kind sip.FieldKind, rest []syntax.SelectStep) (valueOf, error) {
	if len(rest) == 0 {
		return func(c *Context) Value { return textOrNull(c.Message.Get(kind)) }, nil
	}
	switch rest[0].Name {
	case "uri":
		return selectURI(addressPart(kind, addressWhole), rest[1:])
	case "tag":
		return addressPart(kind, addressTag), nil
	case "name":
		return addressPart(kind, addressName), nil
	case "params":
		if len(rest) > 1 {
			return addressPart(kind, addressParam(rest[1].Name)), nil
		}
		return addressPart(kind, func(a sip.NameAddr) Value { return textOrNull(strings.TrimPrefix(a.Params, ";")) }), nil
	}
	return addressPart(kind, addressParam(rest[0].Name)), nil
}

func selectCSeq(rest []syntax.SelectStep) (valueOf, error) {
	switch {
	case len(rest) == 0:
		return func(c *Context) Value { return textOrNull(c.Message.Get(sip.FieldCSeq)) }, nil
	case rest[0].Name == "num":
		return func(c *Context) Value { return IntValue(int64(c.Message.CSeq.Number)) }, nil
	case rest[0].Name == "method":
		return func(c *Context) Value { return StringValue(c.Message.CSeq.Method) }, nil
	}
	return nil, fmt.Errorf("CSeq has num and method, not %s", rest[0].Name)
}

// selectVia gives @via[1].branch; Vias count from 1, below 0 from the last.
func selectVia(head syntax.SelectStep, rest []syntax.SelectStep) (valueOf, error) {
	index := 1
	if head.HasIndex {
		index = head.Index
	}
	part := func(v *sip.Via, text string) Value { return StringValue(text) }
	if len(rest) > 0 {
		name := rest[0].Name
		switch name {
		case "host":
			part = func(v *sip.Via, _ string) Value { return textOrNull(v.Host) }
		case "port":
			part = func(v *sip.Via, _ string) Value {
				if v.Port == 0 {
					return Value{}
				}
				return IntValue(int64(v.Port))
			}
		case "transport":
			part = func(v *sip.Via, _ string) Value { return textOrNull(v.Transport) }
		case "params":
			if len(rest) > 1 {
				name = rest[1].Name
			}
			fallthrough
		default:
			part = func(v *sip.Via, _ string) Value {
				value, _ := sip.Param(v.Params, name)
				return textOrNull(value)
			}
		}
	}
	return func(c *Context) Value {
		var all []string
		for v := range c.Message.Values(sip.FieldVia) {
			all = append(all, v.Text)
		}
		at := index - 1
		if index < 0 {
			at = len(all) + index
		}
		if at < 0 || at >= len(all) {
			return Value{}
		}
		via, ok := sip.ParseVia(all[at])
		if !ok {
			return Value{}
		}
		return part(&via, all[at])
	}, nil
}

// selectField gives @hf_value.name[1], @hf_value["name"]; indexes count from
// 1, below 0 from the last; underscores stand for hyphens.
func selectField(head syntax.SelectStep, rest []syntax.SelectStep) (valueOf, error) {
	step, name := head, head.Key
	if !head.HasKey {
		if len(rest) == 0 {
			return nil, fmt.Errorf("want hf_value.name")
		}
		step, name = rest[0], strings.ReplaceAll(rest[0].Name, "_", "-")
	}
	index := 0
	if step.HasIndex {
		if index = step.Index; index > 0 {
			index--
		}
	}
	if head.Name == "hf_value_exists" {
		return func(c *Context) Value {
			if _, ok := c.Message.Lookup(name); ok {
				return StringValue("1")
			}
			return StringValue("0")
		}, nil
	}
	return func(c *Context) Value { return headerAt(c.Message, name, index) }, nil
}

func selectFlow(head syntax.SelectStep, rest []syntax.SelectStep) (valueOf, error) {
	if len(rest) != 1 {
		return nil, fmt.Errorf("want %s.ip or %s.port", head.Name, head.Name)
	}
	destination := head.Name == "dst"
	switch rest[0].Name {
	case "ip":
		return func(c *Context) Value {
			address := c.Flow.Remote
			if destination {
				address = c.Flow.Local
			}
			return StringValue(address.Addr().Unmap().String())
		}, nil
	case "port":
		return func(c *Context) Value {
			address := c.Flow.Remote
			if destination {
				address = c.Flow.Local
			}
			return IntValue(int64(address.Port()))
		}, nil
	case "proto":
		return func(c *Context) Value { return StringValue(lowerTransport(c.Flow.Transport)) }, nil
	}
	return nil, fmt.Errorf("%s has ip, port and proto, not %s", head.Name, rest[0].Name)
}

func selectMessage(rest []syntax.SelectStep) (valueOf, error) {
	switch {
	case len(rest) == 0:
		return func(c *Context) Value { return StringValue(c.Message.Text) }, nil
	case rest[0].Name == "len":
		return func(c *Context) Value { return IntValue(int64(len(c.Message.Text))) }, nil
	case rest[0].Name == "body":
		return func(c *Context) Value { return textOrNull(c.Message.Body) }, nil
	case rest[0].Name == "header":
		return func(c *Context) Value { return StringValue(c.Message.Text[:c.Message.HeadEnd]) }, nil
	}
	return nil, fmt.Errorf("msg has len, body and header, not %s", rest[0].Name)
}
