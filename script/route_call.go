// route_call.go: route(NAME), the call of one route by another.

package script

import (
	"strconv"

	"viaduct/script/names"
	"viaduct/script/syntax"
)

// routeCall compiles route(X). A name that the script writes out is bound to
// its route; one that an expression gives is looked up for each message.
func (c *compiler) routeCall(e *syntax.Call) Action {
	if v, ok := c.constant(e.Args[0]); ok {
		name := v.AsString()
		if n, err := strconv.Atoi(name); err == nil { // route(01) is route(1), route(0) the main one
			if name = strconv.Itoa(n); n == 0 {
				name = ""
			}
		}
		target := c.program.Find(syntax.RequestRoute, name)
		if target == nil {
			return c.missingRoute(e, name)
		}
		return c.enter(e, func(*Context) *Route { return target })
	}
	value, at := c.value(e.Args[0]), e.Pos
	return c.enter(e, func(c *Context) *Route {
		name := value(c).AsString()
		target := c.Program.Find(syntax.RequestRoute, name)
		if target == nil {
			c.Program.log(LevelError, at.String()+": there is no route["+name+"]\n")
		}
		return target
	})
}

// missingRoute: Kamailio does not start when a route that is called does not
// exist. SER and OpenSER know their routes by number and take one that was
// never written for an empty one; so do we, with a warning.
func (c *compiler) missingRoute(e *syntax.Call, name string) Action {
	var all []string
	for _, r := range c.file.Routes {
		if r.Kind == syntax.RequestRoute {
			all = append(all, r.Name)
		}
	}
	hint := ""
	if near := names.Close(name, all); near != nil {
		hint = "did you mean " + orList(near) + "?"
	}
	c.program.notes.missingRoute(name, e.Pos)
	if c.dialect == syntax.Kamailio && !c.options.Lenient {
		c.fail(e.Args[0].Position(), hint, "there is no route[%s]", name)
		return failing
	}
	c.warn(e.Pos, "there is no route[%s], the call does nothing", name)
	return func(c *Context) int {
		c.ReturnCode = 1
		return 1
	}
}

// enter runs a route as part of another.
func (c *compiler) enter(e *syntax.Call, find func(*Context) *Route) Action {
	at := e.Pos
	return func(c *Context) int {
		target := find(c)
		if target == nil {
			c.ReturnCode = -1
			return -1
		}
		return c.enter(target, &at)
	}
}

// Call runs route[name] as if the script called it where it stands; false when
// there is no such route.
func (c *Context) Call(name string) (code int, found bool) {
	target := c.Program.Find(syntax.RequestRoute, name)
	if target == nil {
		return -1, false
	}
	at := c.At
	return c.enter(target, &at), true
}

// enter runs a route within another. Return and break end at its border; in
// SER its result is 1 unless it is below 0.
func (c *Context) enter(target *Route, at *syntax.Pos) int {
	limits := &c.Program.limits
	if c.run.depth >= limits.depth {
		return c.stop(at, "routes call each other more than %d deep (max_recursive_level)", limits.depth)
	}
	if c.run.steps++; c.run.steps > limits.steps {
		return c.stop(at, "the script takes more than %d steps for one message", limits.steps)
	}
	c.run.depth++
	code := target.body(c)
	c.run.depth--
	if c.run.flow&flowExit == 0 {
		c.run.flow = 0
		switch dialect := c.Program.Dialect(); {
		case dialect == syntax.SER && code >= 0:
			code = 1
		case dialect == syntax.OpenSER && code == 0:
			c.run.flow = flowExit
		}
	}
	c.ReturnCode = code
	return code
}
