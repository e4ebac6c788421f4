// print.go: files, routes and statements back as source text.

package syntax

import (
	"net/netip"
	"strconv"
	"strings"
)

// Format returns the file as one script without preprocessor directives: parameters, modules, then routes.
// What Parse makes of it is equal to f but for the positions.
func Format(f *File) string {
	var p printer
	if f.Dialect != Auto {
		p.line("#!" + strings.ToUpper(f.Dialect.String()))
	}
	printAll(&p, f.Flags)
	printAll(&p, f.AVPFlags, "avp")
	printAll(&p, f.Params)
	printAll(&p, f.CustomParams)
	printAll(&p, f.Aliases)
	printAll(&p, f.Listens)
	printAll(&p, f.LoadModules)
	printAll(&p, f.ModParams)
	for _, r := range f.Routes {
		p.line("")
		p.line(r.String())
	}
	return p.b.String()
}

// printAll writes one line a node, with a prefix when there is one.
func printAll[N Node](p *printer, nodes []N, prefix ...string) {
	for _, n := range nodes {
		p.line(strings.Join(prefix, "") + n.String())
	}
}

// String returns the file as Format does.
func (f *File) String() string { return Format(f) }

// String returns the value as a script spells it.
func (v Value) String() string {
	switch v.Kind {
	case StringValue:
		return Quote(v.Text)
	case IntValue:
		if v.Text == "" {
			return strconv.FormatInt(v.Int, 10)
		}
	}
	return v.Text
}

// String returns name = value, or coreparam[...] for a name that begins another declaration.
func (n *Param) String() string {
	name := n.Name
	if !isName(strings.TrimPrefix(name, "kemi.")) || isReserved(name) || beginsOther(name) {
		name = "coreparam[" + Quote(name) + "]"
	}
	return name + " = " + n.Value.String()
}

func beginsOther(word string) bool {
	switch word {
	case "flags", "bool", "avpflags", "listen", "socket", "alias", "domain", "coreparam":
		return true
	}
	return false
}

func (n *CustomParam) String() string {
	group := n.Group
	if n.Instance >= 0 {
		group += "[" + strconv.Itoa(n.Instance) + "]"
	}
	text := group + "." + n.Name + " = " + n.Value.String()
	if n.Description != "" {
		text += " desc " + Quote(n.Description)
	}
	return text
}

// String returns [proto:]host[:port], an IPv6 host in brackets.
func (a Address) String() string {
	text := bracket(a.Host)
	if a.Proto != "" {
		text = a.Proto + ":" + text
	}
	if a.Port != 0 {
		text += ":" + strconv.Itoa(a.Port)
	}
	return text
}

// bracket returns a host as an address literal, IPv6 in brackets; what would not read back as a host in quotes.
func bracket(host string) string {
	if host == "*" {
		return host
	}
	if ip, err := netip.ParseAddr(host); err == nil && ip.Is6() && ip.Zone() == "" {
		return "[" + host + "]"
	}
	if _, isProto := protoWord(host); isProto || isPlaceholder(host) {
		return Quote(host)
	}
	for _, piece := range strings.Split(strings.ReplaceAll(host, "-", "."), ".") {
		if piece == "" || len(piece) > 18 || wordEnd(piece, 0) < len(piece) || isReserved(piece) {
			return Quote(host)
		}
	}
	return host
}

func (n *Alias) String() string { return "alias = " + n.Address.String() }

// String returns listen= or, where that cannot say all, socket = { ... }.
func (n *Listen) String() string {
	if n.PortEnd != 0 || n.Workers != 0 || n.VRF != "" {
		return n.socketString()
	}
	address := n.Address.String()
	if len(n.More) > 0 {
		hosts := make([]string, 0, 1+len(n.More))
		for _, h := range append([]string{n.Host}, n.More...) {
			hosts = append(hosts, bracket(h))
		}
		address = "(" + strings.Join(hosts, ", ") + ")"
		if n.Proto != "" {
			address = n.Proto + ":" + address
		}
		if n.Port != 0 {
			address += ":" + strconv.Itoa(n.Port)
		}
	}
	text := "listen = " + address
	if n.Advertise != nil {
		text += " advertise " + n.Advertise.String()
	}
	if n.Name != "" {
		text += " name " + Quote(n.Name)
	}
	if n.Group != "" {
		text += " agname " + Quote(n.Group)
	}
	if n.Virtual {
		text += " virtual"
	}
	return text
}

func (n *Listen) socketString() string {
	text := "socket = { bind = " + n.Address.String()
	if n.PortEnd != 0 {
		text += "-" + strconv.Itoa(n.PortEnd)
	}
	text += ";"
	if n.Advertise != nil {
		text += " advertise = " + n.Advertise.String() + ";"
	}
	for _, attr := range []struct{ name, value string }{{"name", n.Name}, {"agname", n.Group}, {"vrf", n.VRF}} {
		if attr.value != "" {
			text += " " + attr.name + " = " + Quote(attr.value) + ";"
		}
	}
	if n.Workers != 0 {
		text += " workers = " + strconv.Itoa(n.Workers) + ";"
	}
	if n.Virtual {
		text += " virtual = yes;"
	}
	return text + " }"
}

func (n *Flag) String() string {
	text := "flags " + Quote(n.Name)
	if n.Number >= 0 {
		text += ":" + strconv.Itoa(n.Number)
	}
	return text + ";"
}

func (n *LoadModule) String() string {
	word := "loadmodule"
	if n.Expanded {
		word = "loadmodulex"
	}
	if n.Options != "" {
		return word + "(" + Quote(n.Path) + ", " + Quote(n.Options) + ")"
	}
	return word + " " + Quote(n.Path)
}

func (n *ModParam) String() string {
	word := "modparam"
	if n.Expanded {
		word = "modparamx"
	}
	return word + "(" + Quote(n.Modules) + ", " + Quote(n.Name) + ", " + n.Value.String() + ")"
}

var routeKindNames = [...]string{
	RequestRoute: "route", ReplyRoute: "onreply_route", FailureRoute: "failure_route", BranchRoute: "branch_route",
	OnsendRoute: "onsend_route", EventRoute: "event_route", ErrorRoute: "error_route", LocalRoute: "local_route",
	StartupRoute: "startup_route", TimerRoute: "timer_route",
}

// String returns the word that opens a route of this kind.
func (k RouteKind) String() string { return routeKindNames[k] }

// Title returns "route[RELAY]", or "route" for the main one.
func (n *Route) Title() string {
	text := n.Kind.String()
	switch {
	case n.Kind == TimerRoute:
		return text + "[" + Quote(n.Name) + ", " + strconv.Itoa(n.Seconds) + "]"
	case n.Name == "":
		return text
	case n.Kind != EventRoute && !isNumberOrWord(n.Name):
		return text + "[" + Quote(n.Name) + "]"
	}
	return text + "[" + n.Name + "]"
}

func (n *Route) String() string {
	var p printer
	p.b.WriteString(n.Title() + " ")
	p.block(n.Body)
	return p.b.String()
}

// isNumberOrWord tells whether a name reads back as it is without quotes.
func isNumberOrWord(text string) bool {
	if n, err := strconv.Atoi(text); err == nil {
		return strconv.Itoa(n) == text && n >= 0
	}
	_, isBool := boolWord(text)
	return isName(text) && !isBool && !isReserved(text)
}

// printer writes statements, one a line, indented by tabs.
type printer struct {
	b      strings.Builder
	indent int
}

func (p *printer) line(text string) {
	p.b.WriteString(strings.Repeat("\t", p.indent))
	p.b.WriteString(text)
	p.b.WriteByte('\n')
}

// block writes "{", the statements and "}" without a line end.
func (p *printer) block(body []Stmt) {
	p.b.WriteString("{\n")
	p.indent++
	p.stmts(body)
	p.indent--
	p.b.WriteString(strings.Repeat("\t", p.indent) + "}")
}

func (p *printer) stmts(body []Stmt) {
	for _, s := range body {
		p.b.WriteString(strings.Repeat("\t", p.indent))
		p.stmt(s)
		p.b.WriteByte('\n')
	}
}

func (p *printer) stmt(s Stmt) {
	switch s := s.(type) {
	case *If:
		p.b.WriteString("if (" + s.Cond.String() + ") ")
		p.block(s.Then)
		if s.Else == nil {
			return
		}
		p.b.WriteString(" else ")
		if elseIf, ok := soleIf(s.Else); ok {
			p.stmt(elseIf)
			return
		}
		p.block(s.Else)
	case *While:
		p.b.WriteString("while (" + s.Cond.String() + ") ")
		p.block(s.Body)
	case *Switch:
		p.switchStmt(s)
	case *Block:
		p.block(s.Body)
	case *CallStmt:
		p.b.WriteString(s.Call.String() + ";")
	case *Assign:
		p.b.WriteString(s.assignment() + ";")
	case *Return:
		p.ending("return", s.Value)
	case *Exit:
		p.ending("exit", s.Value)
	case *Drop:
		p.ending("drop", s.Value)
	case *Break:
		p.b.WriteString("break;")
	}
}

func soleIf(body []Stmt) (*If, bool) {
	if len(body) != 1 {
		return nil, false
	}
	s, ok := body[0].(*If)
	return s, ok
}

func (p *printer) ending(word string, value Expr) {
	p.b.WriteString(word)
	if value != nil {
		p.b.WriteString(" " + value.String())
	}
	p.b.WriteByte(';')
}

func (p *printer) switchStmt(s *Switch) {
	p.b.WriteString("switch (" + s.Cond.String() + ") {\n")
	for _, c := range s.Cases {
		p.indent++
		p.line(c.label() + ":")
		p.indent++
		p.stmts(c.Body)
		p.indent -= 2
	}
	p.b.WriteString(strings.Repeat("\t", p.indent) + "}")
}

func (c *Case) label() string {
	switch c.Kind {
	case IntCase:
		return "case " + strconv.FormatInt(c.Int, 10)
	case StringCase:
		return "case " + Quote(c.Text)
	case RegexCase:
		return "case /" + Quote(c.Text)
	}
	return "default"
}

// String returns the label.
func (c *Case) String() string { return c.label() + ":" }

var assignTexts = [...]string{AssignSet: " = ", AssignAppend: " += ", AssignReset: " := "}

func (s *Assign) assignment() string {
	return s.Target.String() + assignTexts[s.Op] + s.Value.String()
}

func (s *If) String() string       { return stmtString(s) }
func (s *While) String() string    { return stmtString(s) }
func (s *Switch) String() string   { return stmtString(s) }
func (s *Block) String() string    { return stmtString(s) }
func (s *CallStmt) String() string { return stmtString(s) }
func (s *Assign) String() string   { return stmtString(s) }
func (s *Return) String() string   { return stmtString(s) }
func (s *Exit) String() string     { return stmtString(s) }
func (s *Drop) String() string     { return stmtString(s) }
func (s *Break) String() string    { return stmtString(s) }

func stmtString(s Stmt) string {
	var p printer
	p.stmt(s)
	return p.b.String()
}
