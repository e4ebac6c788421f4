// statement.go: statements and what ends them. Each becomes an Action whose
// result is the value of the statement; Context.run.flow says whether the
// statements behind it still run.
//
// Two families of rules. OpenSER and Kamailio: a function that gives 0 ends
// the script; return leaves the route; break a loop or switch, and outside of
// both the route. SER: break and drop are one word, and they and a function
// that gives 0 leave the route alone, so that its caller goes on.

package script

import "viaduct/script/syntax"

// block compiles a list of statements.
func (c *compiler) block(body []syntax.Stmt) Action {
	list := make([]Action, 0, len(body))
	for _, s := range body {
		if action := c.statement(s); action != nil {
			list = append(list, action)
		}
	}
	switch len(list) {
	case 0:
		return func(*Context) int { return 1 }
	case 1:
		return list[0]
	}
	return func(c *Context) (code int) {
		for _, action := range list {
			if code = action(c); c.run.flow != 0 {
				return code
			}
		}
		return code
	}
}

func (c *compiler) statement(s syntax.Stmt) Action {
	c.calls = false
	switch s := s.(type) {
	case *syntax.If:
		return c.ifStatement(s)
	case *syntax.While:
		return c.whileStatement(s)
	case *syntax.Switch:
		return c.switchStatement(s)
	case *syntax.Block:
		return catchBreak(c.block(s.Body), c.dialect)
	case *syntax.CallStmt:
		return c.call(s.Call)
	case *syntax.Assign:
		return c.assignment(s)
	case *syntax.Return:
		return c.ending(s.Value, flowReturn, 1)
	case *syntax.Exit:
		return c.ending(s.Value, flowExit, 0)
	case *syntax.Drop:
		if c.dialect == syntax.SER {
			return c.ending(s.Value, flowBreak|flowDrop, 0)
		}
		return c.ending(s.Value, flowExit|flowDrop, 0)
	case *syntax.Break:
		if c.dialect == syntax.SER && s.Target == syntax.BreakRoute {
			return c.ending(nil, flowBreak|flowDrop, 0)
		}
		return c.ending(nil, flowBreak, 0)
	}
	c.fail(s.Position(), "", "this statement is not known to the compiler")
	return nil
}

// ending compiles what leaves a list of statements.
func (c *compiler) ending(value syntax.Expr, why flow, code int) Action {
	if value == nil {
		return func(c *Context) int {
			c.run.flow |= why
			return code
		}
	}
	number := c.number(value)
	zeroExits := why == flowReturn
	return func(c *Context) int {
		n := int(number(c))
		if c.run.flow&flowExit != 0 {
			return 0
		}
		c.run.flow |= why
		if n == 0 && zeroExits {
			c.run.flow |= flowExit
		}
		return n
	}
}

// catchBreak lets a break end a block and nothing more, as in Kamailio.
func catchBreak(body Action, d syntax.Dialect) Action {
	if d == syntax.SER {
		return body
	}
	return func(c *Context) int {
		code := body(c)
		c.run.flow &^= flowBreak
		return code
	}
}

func (c *compiler) ifStatement(s *syntax.If) Action {
	condition := c.test(s.Cond)
	calls := c.calls
	then := c.block(s.Then)
	otherwise := Action(func(*Context) int { return 1 })
	if s.Else != nil {
		otherwise = c.block(s.Else)
	}
	if !calls {
		return func(c *Context) int {
			if condition(c) {
				return then(c)
			}
			return otherwise(c)
		}
	}
	return func(c *Context) int {
		met := condition(c)
		if c.run.flow != 0 {
			return 0
		}
		if met {
			return then(c)
		}
		return otherwise(c)
	}
}

// whileStatement bounds the turns of a loop. Kamailio leaves the loop at the
// bound and goes on; we end the script, for a loop that runs away has not
// done what the script wants of it.
func (c *compiler) whileStatement(s *syntax.While) Action {
	condition := c.condition(s.Cond) // any number but 0, below 0 too
	body := c.block(s.Body)
	at := s.Pos
	limits := &c.program.limits
	return func(c *Context) int {
		code := 1
		for turns := 0; condition(c) && c.run.flow == 0; turns++ {
			if limits.loops > 0 && turns >= limits.loops {
				return c.stop(&at, "while runs more than %d times (max_while_loops)", limits.loops)
			}
			if c.run.steps++; c.run.steps > limits.steps {
				return c.stop(&at, "the script takes more than %d steps for one message", limits.steps)
			}
			code = body(c)
			if c.run.flow != 0 {
				c.run.flow &^= flowBreak
				return code
			}
		}
		return code
	}
}

func (c *compiler) switchStatement(s *syntax.Switch) Action {
	bodies := make([]Action, len(s.Cases))
	choose := c.chooser(s)
	calls := c.calls
	for i, one := range s.Cases {
		bodies[i] = c.block(one.Body)
	}
	return func(c *Context) int {
		at := choose(c)
		if calls && c.run.flow != 0 {
			return 0
		}
		code := 1
		for ; at < len(bodies); at++ { // cases fall through
			code = bodies[at](c)
			if c.run.flow != 0 {
				c.run.flow &^= flowBreak
				return code
			}
		}
		return code
	}
}

// chooser finds the first case that fits: its index, that of default, or the
// number of cases when there is none.
func (c *compiler) chooser(s *syntax.Switch) func(*Context) int {
	fallback := len(s.Cases)
	numbers := true
	for i, one := range s.Cases {
		switch one.Kind {
		case syntax.DefaultCase:
			fallback = i
		case syntax.StringCase, syntax.RegexCase:
			numbers = false
		}
	}
	if numbers {
		value := c.number(s.Cond)
		return func(c *Context) int {
			n := value(c)
			for i, one := range s.Cases {
				if one.Kind == syntax.IntCase && one.Int == n {
					return i
				}
			}
			return fallback
		}
	}
	value := c.value(s.Cond)
	patterns := make([]func(string) bool, len(s.Cases))
	for i, one := range s.Cases {
		switch one.Kind {
		case syntax.StringCase:
			patterns[i] = func(text string) bool { return text == one.Text }
		case syntax.RegexCase:
			patterns[i] = c.casePattern(one)
		}
	}
	return func(c *Context) int {
		text := value(c).AsString()
		for i, fits := range patterns {
			if fits != nil && fits(text) {
				return i
			}
		}
		return fallback
	}
}

// assigned compiles the right side: a function alone gives its return code,
// while within an expression it is 0 or 1.
func (c *compiler) assigned(e syntax.Expr) valueOf {
	call, ok := e.(*syntax.Call)
	if !ok {
		return c.value(e)
	}
	action := c.call(call)
	c.calls = true
	return func(c *Context) Value { return IntValue(int64(action(c))) }
}

// casePattern compiles case /"expression": unlike =~ it minds the case.
func (c *compiler) casePattern(one *syntax.Case) func(string) bool {
	expression, err := CompileRegexp(one.Text, 0)
	if err != nil {
		c.fail(one.Pos, patternHint, "%v", err)
		return func(string) bool { return false }
	}
	return expression.MatchString
}

func (c *compiler) assignment(s *syntax.Assign) Action {
	target := c.target(s.Target, s.Op)
	value := c.assigned(s.Value)
	calls := c.calls
	if target == nil {
		return nil
	}
	at := s.Pos
	setsCode := c.dialect == syntax.OpenSER
	return func(c *Context) int {
		c.run.fault = false
		v := value(c)
		if calls && c.run.flow != 0 {
			return 0
		}
		code := 1
		if c.run.fault {
			code = -1
		} else if err := target(c, v); err != nil {
			c.Program.log(LevelError, at.String()+": "+err.Error()+"\n")
			code = -1
		}
		if setsCode {
			c.ReturnCode = code
		}
		return code
	}
}
