// parse_file.go: the top level of a script: parameters, modules, routes.

package syntax

import (
	"fmt"
	"strings"
)

func (p *parser) script() {
	for !p.ended() && !p.tooMany() {
		start := p.at
		if p.declaration() {
			continue
		}
		if p.at == start {
			p.next()
		}
		p.skipDeclaration()
	}
}

// declaration reads one piece of the top level.
func (p *parser) declaration() bool {
	t := p.tok()
	switch {
	case t.is(";"):
		p.next()
		return true
	case t.is("}"):
		p.fail(t, "} without {", "")
		p.next()
		return false
	case t.kind != tokenWord:
		p.unfit("expected a parameter, loadmodule, modparam or a route")
		return false
	}
	if kind, ok := routeWord(t.text); ok {
		return p.routeDeclaration(kind)
	}
	switch t.text {
	case "loadmodule", "loadmodulex":
		return p.loadModule()
	case "modparam", "modparamx":
		return p.modParam()
	case "flags", "bool", "avpflags":
		return p.flags()
	case "listen":
		return p.listen()
	case "socket":
		if p.peek(1).is("=") && p.peek(2).is("{") {
			return p.socket()
		}
		return p.listen()
	case "alias", "domain":
		return p.alias()
	case "coreparam":
		if p.peek(1).is("[") {
			return p.coreParam()
		}
	case "mpath", "loadpath", "cfgengine":
		return p.param(t.text, false)
	}
	if p.peek(1).is(".") || p.peek(1).is("[") {
		return p.customParam()
	}
	if isReserved(t.text) || p.peek(1).is("(") {
		p.outsideRoute(t)
		return false
	}
	return p.param(t.text, true)
}

// outsideRoute reports a statement at the top level. Most often a } before it ends its route too early.
func (p *parser) outsideRoute(t token) {
	hint := "statements stand inside a route"
	if n := len(p.file.Routes); n > 0 {
		last := p.file.Routes[n-1]
		hint = fmt.Sprintf("%s ends with the } of line %d: is there one too many before it?", last.Title(), last.End.Line)
	}
	p.fail(t, t.text+" outside of a route", hint)
}

// skipDeclaration leaves a faulty declaration: it stops at the first word of a line that begins another.
func (p *parser) skipDeclaration() {
	for !p.ended() {
		if t := p.tok(); t.first && t.kind == tokenWord && p.beginsDeclaration() {
			return
		}
		p.next()
	}
}

func (p *parser) beginsDeclaration() bool {
	t := p.tok()
	if _, ok := routeWord(t.text); ok {
		n := p.peek(1)
		return n.is("{") || n.is("[") || !n.is("(")
	}
	switch t.text {
	case "loadmodule", "loadmodulex", "modparam", "modparamx", "flags", "avpflags", "mpath", "loadpath":
		return true
	}
	return p.peek(1).is("=") || p.peek(1).is(".") && p.peek(3).is("=")
}

// param reads name = value.
func (p *parser) param(name string, needsEqual bool) bool {
	t := p.next()
	if !p.accept("=") && needsEqual {
		p.unexpected("expected = after " + name)
		return false
	}
	value, ok := p.value(name)
	if !ok {
		return false
	}
	p.file.Params = append(p.file.Params, &Param{Pos: t.pos, Name: name, Value: value})
	return true
}

// value reads the right side of a parameter.
func (p *parser) value(name string) (Value, bool) {
	t := p.tok()
	switch {
	case t.kind == tokenString:
		p.next()
		return Value{Pos: t.pos, Kind: StringValue, Text: t.text}, true
	case t.kind == tokenNumber:
		p.next()
		return Value{Pos: t.pos, Kind: IntValue, Text: t.text, Int: t.value}, true
	case t.is("-") && p.peek(1).kind == tokenNumber:
		p.next()
		number := p.next()
		return Value{Pos: t.pos, Kind: IntValue, Text: "-" + number.text, Int: -number.value}, true
	case (t.kind == tokenWord || t.kind == tokenNumWord || t.kind == tokenIP) && !p.peek(1).is("="):
		if t.kind == tokenWord && isPlaceholder(t.text) && !takesWord(name) {
			p.fail(t, name+": "+t.text+" is not defined", "")
			return Value{}, false
		}
		return Value{Pos: t.pos, Kind: WordValue, Text: p.hostText()}, true
	}
	p.unexpected(name + ": expected a value")
	return Value{}, false
}

// takesWord lists the core parameters whose value is a name in capitals by nature.
func takesWord(param string) bool {
	switch param {
	case "log_facility", "syslog_facility", "tos", "user", "uid", "group", "gid", "mcast", "tls_method", "udp_mtu_try_proto",
		"advertised_address":
		return true
	}
	return false
}

// coreParam reads coreparam[name] = value.
func (p *parser) coreParam() bool {
	t := p.next()
	p.next()
	name := p.next()
	if name.kind != tokenWord && name.kind != tokenString || !p.expect("]", "after the parameter's name") || !p.expect("=", "") {
		return false
	}
	value, ok := p.value(name.text)
	p.file.Params = append(p.file.Params, &Param{Pos: t.pos, Name: name.text, Value: value})
	return ok
}

// customParam reads group.name = value desc "..." and group[3].name = value. kemi.name is a core parameter.
func (p *parser) customParam() bool {
	group := p.next()
	c := &CustomParam{Pos: group.pos, Group: group.text, Instance: -1}
	if p.accept("[") {
		if p.tok().kind != tokenNumber {
			p.unexpected("expected the number of the instance of " + c.Group)
			return false
		}
		c.Instance = int(p.next().value)
		if !p.expect("]", "after the number") {
			return false
		}
	}
	if !p.expect(".", "after "+c.Group) {
		return false
	}
	name := p.tok()
	if name.kind != tokenWord {
		p.unexpected("expected the name of a parameter of group " + c.Group)
		return false
	}
	p.next()
	c.Name = name.text
	if !p.expect("=", "after "+c.Group+"."+c.Name) {
		return false
	}
	value, ok := p.value(c.Group + "." + c.Name)
	if !ok {
		return false
	}
	if value.Kind == WordValue {
		p.failAt(value.Pos, fmt.Sprintf("%s.%s: expected a number or a string, found %q", c.Group, c.Name, value.Text), "put text in double quotes")
		return false
	}
	c.Value = value
	if t := p.tok(); t.isWord("desc") || t.isWord("descr") || t.isWord("description") {
		p.next()
		if p.tok().kind != tokenString {
			p.unexpected("expected a string after " + t.text)
			return false
		}
		c.Description = p.next().text
	}
	if c.Group == "kemi" {
		p.file.Params = append(p.file.Params, &Param{Pos: c.Pos, Name: "kemi." + c.Name, Value: c.Value})
		return true
	}
	p.file.CustomParams = append(p.file.CustomParams, c)
	return true
}

// loadModule reads loadmodule "path" and loadmodule("path", "options").
func (p *parser) loadModule() bool {
	word := p.next()
	paren := p.accept("(")
	path := p.tok()
	if path.kind != tokenString {
		p.fail(path, fmt.Sprintf("expected the module's name after %s, found %s", word.text, path.describe()), "put it in double quotes")
		return false
	}
	p.next()
	m := &LoadModule{Pos: word.pos, Path: path.text, Expanded: word.text == "loadmodulex"}
	if paren && p.accept(",") {
		if p.tok().kind != tokenString {
			p.unexpected("expected the module's options in quotes")
			return false
		}
		m.Options = p.next().text
	}
	if paren && !p.expect(")", "after the module's name") {
		return false
	}
	p.file.LoadModules = append(p.file.LoadModules, m)
	return true
}

// modParam reads modparam("module|module", "name", value).
func (p *parser) modParam() bool {
	word := p.next()
	m := &ModParam{Pos: word.pos, Expanded: word.text == "modparamx"}
	if !p.expect("(", "after "+word.text) {
		return false
	}
	m.ModulePos = p.tok().pos
	if m.Modules = p.tok().text; p.tok().kind != tokenString {
		p.unexpected("expected the module's name in quotes")
		return false
	}
	p.next()
	if !p.expect(",", "after the module's name") {
		return false
	}
	m.NamePos = p.tok().pos
	if m.Name = p.tok().text; p.tok().kind != tokenString {
		p.unexpected("expected the parameter's name in quotes")
		return false
	}
	p.next()
	if !p.expect(",", "after the parameter's name") || !p.modParamValue(m) {
		return false
	}
	if !p.expect(")", "after the value of modparam") {
		return false
	}
	p.file.ModParams = append(p.file.ModParams, m)
	return true
}

func (p *parser) modParamValue(m *ModParam) bool {
	t := p.tok()
	if t.kind == tokenPV && m.Expanded {
		p.next()
		m.Value = Value{Pos: t.pos, Kind: PVValue, Text: t.text}
		return true
	}
	if t.kind == tokenWord {
		hint := p.hintFor(t)
		if hint == "" {
			hint = "put text in double quotes"
		}
		p.fail(t, fmt.Sprintf("modparam %s of %s: %s is not defined", m.Name, m.Modules, t.text), hint)
		return false
	}
	value, ok := p.value("modparam " + m.Name)
	if ok && value.Kind == WordValue {
		p.failAt(value.Pos, fmt.Sprintf("modparam %s: expected a number or a string, found %q", m.Name, value.Text), "put text in double quotes")
		return false
	}
	m.Value = value
	return ok
}

// flags reads flags NAME:number, NAME and avpflags NAME, NAME.
func (p *parser) flags() bool {
	word := p.next()
	for {
		t := p.tok()
		if t.kind != tokenWord && t.kind != tokenString {
			p.unexpected("expected the name of a flag")
			return false
		}
		p.next()
		flag := &Flag{Pos: t.pos, Name: t.text, Number: -1}
		if word.text == "avpflags" {
			p.file.AVPFlags = append(p.file.AVPFlags, flag)
		} else {
			if p.accept(":") {
				if p.tok().kind != tokenNumber {
					p.unexpected("expected the number of flag " + t.text)
					return false
				}
				flag.Number = int(p.next().value)
			}
			p.file.Flags = append(p.file.Flags, flag)
		}
		if !p.accept(",") {
			return true
		}
	}
}

// routeDeclaration reads a route with its name and body.
func (p *parser) routeDeclaration(kind RouteKind) bool {
	word := p.next()
	r := &Route{Pos: word.pos, Kind: kind}
	if p.tok().is("[") {
		if !p.routeName(r, word) {
			return false
		}
	} else if kind == EventRoute || kind == TimerRoute {
		p.unexpected("expected [ and the name of the " + word.text)
		return false
	}
	if !p.tok().is("{") {
		hint := ""
		if p.tok().is("(") {
			hint = "a call of a route stands inside another route"
		}
		p.fail(p.tok(), fmt.Sprintf("expected { after %s, found %s", r.Title(), p.tok().describe()), hint)
		return false
	}
	if old := p.file.Route(kind, r.Name); old != nil {
		p.fail(word, fmt.Sprintf("%s is defined twice", r.Title()), "the first is at "+old.Pos.String())
	}
	p.file.Routes = append(p.file.Routes, r)
	p.route, p.breakTarget, p.nesting, p.unclosed = r, BreakRoute, 0, false
	body, ok := p.block()
	r.Body, r.End = body, p.tokens[max(0, p.at-1)].pos
	p.route = nil
	return ok
}

// routeName reads [name], and the seconds of a timer_route.
func (p *parser) routeName(r *Route, word token) bool {
	if word.text == "request_route" || word.text == "reply_route" && p.dialect == Kamailio {
		p.fail(p.tok(), word.text+" has no name", "write "+r.Kind.String()+"[...]")
		return false
	}
	p.next()
	t := p.tok()
	switch t.kind {
	case tokenWord, tokenString, tokenNumWord:
		r.Name = t.text
	case tokenNumber:
		r.Name = t.text
		if isDigit(t.text[0]) {
			r.Name = fmt.Sprint(t.value)
		}
	default:
		p.unexpected("expected the name of the " + word.text)
		return false
	}
	if r.Kind == EventRoute && !strings.Contains(r.Name, ":") {
		p.fail(t, fmt.Sprintf("event_route[%s]: the name has the form module:event", r.Name), "")
		return false
	}
	p.next()
	if r.Kind == TimerRoute && p.accept(",") {
		if p.tok().kind != tokenNumber {
			p.unexpected("expected the seconds of the timer_route")
			return false
		}
		r.Seconds = int(p.next().value)
	}
	if r.Name == "0" && r.Kind != TimerRoute {
		r.Name = ""
	}
	return p.expect("]", "after the name of the "+word.text)
}
