// condition.go: expressions as conditions, with the usual ones cut down to a
// plain comparison.

package script

import (
	"strings"

	"viaduct/script/syntax"
)

// test compiles the condition of an if: true above 0.
func (c *compiler) test(e syntax.Expr) truthOf {
	if isTruth(e) {
		return c.condition(e)
	}
	number := c.number(e)
	return func(c *Context) bool { return number(c) > 0 }
}

// condition compiles an operand of && and ||, and the condition of a while:
// any number but 0 is true, of a function only those above 0.
func (c *compiler) condition(e syntax.Expr) truthOf {
	switch e := e.(type) {
	case *syntax.Call:
		action := c.call(e)
		c.calls = true
		return func(c *Context) bool { return action(c) > 0 }
	case *syntax.ActionExpr:
		action := c.block(e.Body)
		c.calls = true
		return func(c *Context) bool {
			code := action(c)
			c.run.flow &^= flowBreak | flowReturn
			return code > 0
		}
	case *syntax.Unary:
		if truth := c.unaryCondition(e); truth != nil {
			return truth
		}
	case *syntax.Binary:
		if truth := c.binaryCondition(e); truth != nil {
			return truth
		}
	case *syntax.Core:
		if e.Kind == syntax.CoreMyself {
			c.fail(e.Pos, "write uri==myself", "myself must be compared with something")
			return func(*Context) bool { return false }
		}
	}
	number := c.number(e)
	return func(c *Context) bool { return number(c) != 0 }
}

func (c *compiler) unaryCondition(e *syntax.Unary) truthOf {
	switch e.Op {
	case syntax.OpNot:
		x := c.condition(e.X)
		return func(c *Context) bool { return !x(c) && c.run.flow&flowExit == 0 }
	case syntax.OpStrempty:
		x := c.value(e.X)
		return func(c *Context) bool { return x(c).AsString() == "" }
	case syntax.OpDefined:
		switch e.X.(type) {
		case *syntax.PV, *syntax.SerAVP, *syntax.Select:
			x := c.value(e.X)
			return func(c *Context) bool { return x(c).Kind != Null }
		}
		return func(*Context) bool { return true } // only a variable can be undefined
	}
	return nil
}

// binaryCondition compiles && || and the comparisons. A function that ended
// the script makes all that it is part of false, and nothing behind it runs.
func (c *compiler) binaryCondition(e *syntax.Binary) truthOf {
	switch e.Op {
	case syntax.OpAnd:
		x, y := c.condition(e.X), c.condition(e.Y)
		return func(c *Context) bool { return x(c) && y(c) }
	case syntax.OpOr:
		before := c.calls
		c.calls = false
		x := c.condition(e.X)
		mayEnd := c.calls
		y := c.condition(e.Y)
		c.calls = c.calls || before || mayEnd
		if !mayEnd {
			return func(c *Context) bool { return x(c) || y(c) }
		}
		return func(c *Context) bool { return x(c) || c.run.flow == 0 && y(c) }
	}
	if !e.Op.IsComparison() {
		return nil
	}
	if core, ok := e.X.(*syntax.Core); ok {
		return c.coreComparison(core, e)
	}
	switch e.Op {
	case syntax.OpMatch, syntax.OpNotMatch:
		return c.match(e)
	case syntax.OpStrEq, syntax.OpStrNe:
		x, y, want := c.value(e.X), c.value(e.Y), e.Op == syntax.OpStrEq
		return func(c *Context) bool {
			left := x(c)
			return (left.AsString() == y(c).AsString()) == want
		}
	case syntax.OpEq, syntax.OpNe:
		return c.equality(e)
	}
	return compareNumbers(e.Op, c.number(e.X), c.number(e.Y))
}

// equality compares as the type of the left side says; when that is nothing,
// as the right side says, so that it equals "" and 0. A $null written on the
// right asks whether there is a value, a "" whether the text is empty.
func (c *compiler) equality(e *syntax.Binary) truthOf {
	want := e.Op == syntax.OpEq
	if isTruth(e.X) || c.isInt(e.X) {
		return compareNumbers(e.Op, c.number(e.X), c.number(e.Y))
	}
	x := c.value(e.X)
	if right, ok := c.constant(e.Y); ok { // $var == "text", $rU == $null, $rc == -1
		text, number := right.AsString(), right.AsInt()
		switch {
		case right.Kind == Null: // whether it has a value at all: 0 and "" are values
			return func(c *Context) bool { return (x(c).Kind == Null) == want }
		case right.Kind == String && text == "":
			return func(c *Context) bool { return (x(c).AsString() == "") == want }
		}
		return func(c *Context) bool {
			left := x(c)
			switch {
			case left.Kind == Int, left.Kind == Null && right.Kind == Int:
				return (left.Int == number) == want
			case left.Kind == String:
				return (left.Text == text) == want
			}
			return !want // nothing, and a text that is not empty
		}
	}
	y := c.value(e.Y)
	return func(c *Context) bool {
		left := x(c)
		return left.equals(y(c)) == want
	}
}

// equals is the == of the language.
func (v Value) equals(w Value) bool {
	if v.Kind == Int || v.Kind == Null && w.Kind == Int {
		return v.Int == w.AsInt()
	}
	return v.AsString() == w.AsString()
}

// isInt tells the expressions that always give a number.
func (c *compiler) isInt(e syntax.Expr) bool {
	switch e := e.(type) {
	case *syntax.IntLit:
		return true
	case *syntax.PV:
		return e.IsRetcode() && len(e.Transformations) == 0
	case *syntax.Unary:
		return e.Op != syntax.OpStr
	case *syntax.Binary:
		return e.Op != syntax.OpAdd
	}
	return false
}

func compareNumbers(op syntax.BinaryOp, x, y numberOf) truthOf {
	switch op {
	case syntax.OpEq, syntax.OpIntEq:
		return func(c *Context) bool { left := x(c); return left == y(c) }
	case syntax.OpNe, syntax.OpIntNe:
		return func(c *Context) bool { left := x(c); return left != y(c) }
	case syntax.OpGt:
		return func(c *Context) bool { left := x(c); return left > y(c) }
	case syntax.OpLt:
		return func(c *Context) bool { left := x(c); return left < y(c) }
	case syntax.OpGe:
		return func(c *Context) bool { left := x(c); return left >= y(c) }
	default:
		return func(c *Context) bool { left := x(c); return left <= y(c) }
	}
}

// match compiles =~ and !~. A pattern that the script writes out is compiled
// once; one that a variable brings, for each message.
func (c *compiler) match(e *syntax.Binary) truthOf {
	x, want := c.value(e.X), e.Op == syntax.OpMatch
	fits := c.matcher(e.Y)
	return func(c *Context) bool { return fits(c, x(c).AsString()) == want }
}

// matcher gives the test whether a text matches the pattern.
func (c *compiler) matcher(pattern syntax.Expr) func(*Context, string) bool {
	if v, ok := c.constant(pattern); ok {
		fits := c.pattern(pattern.Position(), v.AsString())
		return func(_ *Context, text string) bool { return fits(text) }
	}
	y, at := c.value(pattern), pattern.Position()
	return func(c *Context, text string) bool {
		expression, err := CompileRegexp(y(c).AsString(), FoldCase)
		if err != nil {
			c.Program.log(LevelError, at.String()+": "+err.Error()+"\n")
			return false
		}
		return expression.MatchString(text)
	}
}

const patternHint = "patterns are POSIX extended regular expressions"

// pattern compiles a literal regular expression; a fault is one of the script.
func (c *compiler) pattern(at syntax.Pos, text string) func(string) bool {
	fits, err := CompilePattern(text)
	if err != nil {
		c.fail(at, patternHint, "%v", err)
		return func(string) bool { return false }
	}
	return fits
}

// sameFold is how Kamailio compares the core values with text.
func sameFold(a, b string) bool { return a == b || len(a) == len(b) && strings.EqualFold(a, b) }
