// Going on: ds_next_dst and ds_next_domain take the next of those that were
// selected, ds_set_dst and ds_set_domain the one at hand.
package dispatcher

import (
	"net"
	"strconv"

	"viaduct/module"
	"viaduct/script"
	"viaduct/script/syntax"
	"viaduct/wire"
)

func (w *words) nextFunctions() []script.Function {
	routes := script.RoutesOf(syntax.RequestRoute, syntax.FailureRoute)
	one := func(name string, where into, next bool) script.Function {
		return module.In(module.Plain(name, func(c *script.Context) int { return w.goOn(c, where, next) }), routes)
	}
	return []script.Function{
		one("ds_next_dst", toDestination, true),
		one("ds_next_domain", toRequestURI, true),
		one("ds_set_dst", toDestination, false),
		one("ds_set_domain", toRequestURI, false),
	}
}

// goOn uses the record on top, after taking away the one before when the next
// is wanted: 1, or -1 when there is none.
func (w *words) goOn(c *script.Context, where into, next bool) int {
	if !w.keepsRecords() || c.AVPs == nil {
		return -1
	}
	if next {
		group, uri := w.onTop(c)
		withID := c.AVPs.XAVPField(w.recordName, "dstid").Kind != script.Null
		if !c.AVPs.PopXAVP(w.recordName) {
			return -1
		}
		w.older.drop(c, w.find(group, uri.AsString()), withID)
	}
	group, uri := w.onTop(c)
	if uri.Kind == script.Null {
		return -1
	}
	d := w.find(group, uri.AsString())
	if d == nil { // the script has put one there, or the list has changed
		l := line{set: group}
		if l.setURI(uri.AsString()) != nil {
			return -1
		}
		d = newDestination(l, &w.settings)
	}
	if !w.use(c, where, d) {
		return -1
	}
	if next && w.countsCalls && c.AVPs.XAVPField(w.recordName, "dstid").Kind != script.Null {
		w.Kept.calls.move(c.Message.CallID(), d)
	}
	return 1
}

// onTop gives set and URI of the record at hand.
func (w *words) onTop(c *script.Context) (group int, uri script.Value) {
	return int(c.AVPs.XAVPField(w.recordName, "grp").AsInt()), c.AVPs.XAVPField(w.recordName, "uri")
}

// find gives a destination by its URI, nil when it is not there.
func (w *words) find(id int, uri string) *destination {
	if s := w.sets.Load().byID[id]; s != nil {
		for _, d := range s.destinations {
			if d.uri == uri {
				return d
			}
		}
	}
	return nil
}

// socketOf gives the listener from which requests to a destination go; zero:
// the best one. Names come before addresses, its own before the default.
func (w *words) socketOf(p *script.Program, d *destination) wire.Flow {
	if d.socketName != "" || d.socket.Local.IsValid() {
		return named(p, d.socketName, d.socket)
	}
	return named(p, w.socketName, w.socket)
}

// named gives the listener that the script has given a name, or another one
// when there is none of that name.
func named(p *script.Program, name string, other wire.Flow) wire.Flow {
	if name == "" {
		return other
	}
	for _, l := range p.Globals().Listens {
		if l.Name != name {
			continue
		}
		text := net.JoinHostPort(l.Host, strconv.Itoa(l.Port))
		if l.Proto != "" {
			text = l.Proto + ":" + text
		}
		if flow, err := script.ParseSocket(text); err == nil {
			return flow
		}
	}
	return other
}
