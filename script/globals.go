// globals.go: the core parameters of a script.

package script

import (
	"strconv"
	"strings"

	"viaduct/script/names"
	"viaduct/script/syntax"
)

// Globals are the core parameters that mean something to the server. Every
// other one that Kamailio knows is accepted; Lookup reads it.
type Globals struct {
	Debug           Level  // lines up to this level are logged; unless set 2 (info), where Kamailio has 0, so that a script is not mute
	LogToStderr     bool   // log_stderror
	LogPrefix       string // format string before each line
	Listens         []*syntax.Listen
	Aliases         []*syntax.Alias
	AutoAliases     bool // auto_aliases: names of our addresses count as ours
	Port            int  // of listen lines without one
	DisableTCP      bool
	CheckVia        bool
	MultiHomed      bool   // mhomed
	ServerHeader    string // whole header field, as "Server: x"
	UserAgentHeader string // whole header field, as "User-Agent: x"
	ServerSignature bool   // whether replies of our own bear ServerHeader
	SIPWarning      bool   // whether they bear a Warning
	AdvertisedHost  string // advertised_address
	AdvertisedPort  int
	MaxBranches     int
	OnsendReplies   bool // onsend_route_reply
	TCPLifetime     int  // tcp_connection_lifetime, seconds; 0: not set
	TCPMaxConns     int  // tcp_max_connections; 0: not set

	params map[string]syntax.Value
	custom map[string]Value // "group.name"
}

// Lookup gives the value of any core parameter that the script sets.
func (g *Globals) Lookup(name string) (Value, bool) {
	v, ok := g.params[name]
	return paramValue(v), ok
}

// Custom gives the value of a parameter that the script invents: group.name.
func (g *Globals) Custom(group, name string) (Value, bool) {
	v, ok := g.custom[group+"."+name]
	return v, ok
}

func paramValue(v syntax.Value) Value {
	if v.Kind == syntax.IntValue {
		return IntValue(v.Int)
	}
	return StringValue(v.Text)
}

// globals reads the core parameters; one that Kamailio does not know is a fault.
func (c *compiler) globals() {
	g := &c.program.globals
	*g = Globals{
		Debug: LevelInfo, CheckVia: true, AutoAliases: true, ServerSignature: true, MaxBranches: 12,
		Listens: c.file.Listens, Aliases: c.file.Aliases,
		params: map[string]syntax.Value{}, custom: map[string]Value{},
	}
	for _, p := range c.file.Params {
		c.checkGlobal(p)
		g.params[p.Name] = p.Value
	}
	for _, p := range c.file.CustomParams {
		g.custom[p.Group+"."+p.Name] = paramValue(p.Value)
	}
	c.readGlobals(g)
	for _, f := range c.file.Flags {
		c.flags[f.Name] = c.flagNumber(f, c.flags)
	}
	for _, f := range c.file.AVPFlags {
		c.avpFlags[f.Name] = c.flagNumber(f, c.avpFlags)
	}
}

// readGlobals fills the typed fields; of several spellings the last counts.
func (c *compiler) readGlobals(g *Globals) {
	number := func(into *int, names ...string) {
		for _, name := range names {
			if v, ok := g.params[name]; ok {
				*into = c.globalNumber(name, v)
			}
		}
	}
	truth := func(into *bool, names ...string) {
		n := -1
		if number(&n, names...); n >= 0 {
			*into = n != 0
		}
	}
	text := func(into *string, name string) {
		if v, ok := g.params[name]; ok {
			*into = v.Text
		}
	}
	debug := int(g.Debug)
	number(&debug, "debug", "log_level", "loglevel")
	g.Debug = Level(debug)
	truth(&g.LogToStderr, "log_stderror")
	text(&g.LogPrefix, "log_prefix")
	truth(&g.AutoAliases, "auto_aliases")
	number(&g.Port, "port")
	truth(&g.DisableTCP, "disable_tcp")
	truth(&g.CheckVia, "check_via")
	truth(&g.MultiHomed, "mhomed")
	text(&g.ServerHeader, "server_header")
	text(&g.UserAgentHeader, "user_agent_header")
	truth(&g.ServerSignature, "server_signature")
	truth(&g.SIPWarning, "sip_warning")
	text(&g.AdvertisedHost, "advertised_address")
	number(&g.AdvertisedPort, "advertised_port")
	number(&g.MaxBranches, "max_branches")
	truth(&g.OnsendReplies, "onsend_route_reply")
	number(&g.TCPLifetime, "tcp_connection_lifetime")
	number(&g.TCPMaxConns, "tcp_max_connections")
	number(&c.program.limits.loops, "max_while_loops")
	number(&c.program.limits.depth, "max_recursive_level")
}

func (c *compiler) globalNumber(name string, v syntax.Value) int {
	if v.Kind == syntax.IntValue {
		return int(v.Int)
	}
	n, err := strconv.Atoi(strings.TrimSpace(v.Text))
	if err != nil {
		c.fail(v.Pos, "", "%s needs a number, not %s", name, v)
	}
	return n
}

func (c *compiler) checkGlobal(p *syntax.Param) {
	if group, _, dotted := strings.Cut(p.Name, "."); dotted && group == "kemi" {
		return
	}
	core := names.Find("core")
	if core.Param(p.Name) != nil {
		return
	}
	all := make([]string, len(core.Params))
	for i, known := range core.Params {
		all[i] = known.Name
	}
	hint := "a parameter of your own has a group: group.name = value"
	if near := names.Close(p.Name, all); near != nil {
		hint = "did you mean " + orList(near) + "?"
	}
	c.fail(p.Pos, hint, "unknown core parameter %s", p.Name)
}

// flagNumber gives a declared flag its number: the one asked for, or the
// highest that is free, as Kamailio does.
func (c *compiler) flagNumber(f *syntax.Flag, taken map[string]int) int {
	if f.Number > 31 {
		c.fail(f.Pos, "flags have the numbers 0 to 31", "flag %s:%d is out of range", f.Name, f.Number)
	}
	if f.Number >= 0 {
		return f.Number
	}
	for n := 31; n >= 0; n-- {
		free := true
		for _, number := range taken {
			free = free && number != n
		}
		if free {
			return n
		}
	}
	c.fail(f.Pos, "", "no flag number is left for %s", f.Name)
	return 0
}

// orList joins names for a question: "a, b or c".
func orList(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}
