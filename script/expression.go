// expression.go: expressions as values and as numbers, with Kamailio's types:
// the left operand of + and == decides whether numbers or texts are meant,
// nothing ($null) takes the type of the other side, text that is no number
// counts 0.

package script

import (
	"strings"

	"viaduct/script/syntax"
)

type (
	valueOf  func(*Context) Value
	numberOf func(*Context) int64
	truthOf  func(*Context) bool
)

// value compiles an expression whose kind shows when it runs.
func (c *compiler) value(e syntax.Expr) valueOf {
	if v, ok := c.constant(e); ok {
		return func(*Context) Value { return v }
	}
	switch e := e.(type) {
	case *syntax.PV:
		return c.readVariable(e)
	case *syntax.SerAVP:
		return c.serAVP(e).eval
	case *syntax.Select:
		return c.selectValue(e)
	case *syntax.Core:
		return c.coreValue(e)
	case *syntax.Binary:
		if e.Op == syntax.OpAdd {
			return c.addition(e)
		}
	case *syntax.Unary:
		switch e.Op {
		case syntax.OpStr:
			value := c.value(e.X)
			return func(c *Context) Value { return StringValue(value(c).AsString()) }
		}
	case *syntax.Choose:
		test, then, otherwise := c.test(e.If), c.value(e.Then), c.value(e.Else)
		return func(c *Context) Value {
			if test(c) {
				return then(c)
			}
			return otherwise(c)
		}
	}
	number := c.number(e)
	return func(c *Context) Value { return IntValue(number(c)) }
}

// number compiles an expression for its value as a number.
func (c *compiler) number(e syntax.Expr) numberOf {
	if v, ok := c.constant(e); ok {
		n := v.AsInt()
		return func(*Context) int64 { return n }
	}
	switch e := e.(type) {
	case *syntax.PV:
		if e.IsRetcode() && len(e.Transformations) == 0 {
			return func(c *Context) int64 { return int64(c.ReturnCode) }
		}
	case *syntax.Core:
		if number := c.coreNumber(e); number != nil {
			return number
		}
	case *syntax.Unary:
		if number := c.unaryNumber(e); number != nil {
			return number
		}
	case *syntax.Binary:
		if number := c.binaryNumber(e); number != nil {
			return number
		}
	}
	if isTruth(e) {
		truth := c.condition(e)
		return func(c *Context) int64 {
			if truth(c) {
				return 1
			}
			return 0
		}
	}
	switch e.(type) {
	case *syntax.PV, *syntax.SerAVP, *syntax.Select, *syntax.Core, *syntax.Binary, *syntax.Unary, *syntax.Choose:
		value := c.value(e)
		return func(c *Context) int64 { return value(c).AsInt() }
	}
	c.fail(e.Position(), "", "%s cannot stand here: a value is needed", e)
	return func(*Context) int64 { return 0 }
}

func (c *compiler) unaryNumber(e *syntax.Unary) numberOf {
	switch e.Op {
	case syntax.OpNeg:
		x := c.number(e.X)
		return func(c *Context) int64 { return -x(c) }
	case syntax.OpBitNot:
		x := c.number(e.X)
		return func(c *Context) int64 { return ^x(c) }
	case syntax.OpInt:
		return c.number(e.X)
	case syntax.OpStrlen:
		x := c.value(e.X)
		return func(c *Context) int64 { return int64(len(x(c).AsString())) }
	}
	return nil
}

func (c *compiler) binaryNumber(e *syntax.Binary) numberOf {
	var apply func(x, y int64) int64
	switch e.Op {
	case syntax.OpSub:
		apply = func(x, y int64) int64 { return x - y }
	case syntax.OpMul:
		apply = func(x, y int64) int64 { return x * y }
	case syntax.OpBitOr:
		apply = func(x, y int64) int64 { return x | y }
	case syntax.OpBitAnd:
		apply = func(x, y int64) int64 { return x & y }
	case syntax.OpBitXor:
		apply = func(x, y int64) int64 { return x ^ y }
	case syntax.OpShl:
		apply = func(x, y int64) int64 { return x << (uint64(y) & 63) }
	case syntax.OpShr:
		apply = func(x, y int64) int64 { return x >> (uint64(y) & 63) }
	case syntax.OpDiv, syntax.OpMod:
		return c.division(e)
	default:
		return nil
	}
	x, y := c.number(e.X), c.number(e.Y)
	return func(c *Context) int64 {
		left := x(c)
		return apply(left, y(c))
	}
}

// division by 0 gives 0 and a line in the log; an assignment of it is not done.
func (c *compiler) division(e *syntax.Binary) numberOf {
	x, y, at, remainder := c.number(e.X), c.number(e.Y), e.OpPos, e.Op == syntax.OpMod
	return func(c *Context) int64 {
		left, right := x(c), y(c)
		switch {
		case right == 0:
			c.Program.log(LevelError, at.String()+": division by 0\n")
			c.run.fault = true
			return 0
		case right == -1: // the one quotient that overflows
			if remainder {
				return 0
			}
			return -left
		case remainder:
			return left % right
		}
		return left / right
	}
}

// maxText bounds the text that a script can make, in bytes: a loop that joins a
// variable with itself would else fill the memory.
const maxText = 1 << 20

// addition joins a chain a + b + c + … in one go, so that text is made once.
func (c *compiler) addition(e *syntax.Binary) valueOf {
	var terms []valueOf
	var collect func(syntax.Expr)
	collect = func(x syntax.Expr) {
		if b, ok := x.(*syntax.Binary); ok && b.Op == syntax.OpAdd {
			collect(b.X)
			terms = append(terms, c.value(b.Y))
			return
		}
		terms = append(terms, c.value(x))
	}
	collect(e)
	at := e.OpPos
	return func(c *Context) Value {
		first := terms[0](c)
		if first.Kind == Int {
			sum := first.Int
			for _, term := range terms[1:] {
				sum += term(c).AsInt()
			}
			return IntValue(sum)
		}
		var room [8]string
		texts := append(room[:0], first.AsString())
		length := len(texts[0])
		for _, term := range terms[1:] {
			text := term(c).AsString()
			texts = append(texts, text)
			length += len(text)
		}
		if length > maxText {
			c.Program.log(LevelError, at.String()+": text of more than 1 MB\n")
			c.run.fault = true
			return Value{}
		}
		return StringValue(strings.Join(texts, ""))
	}
}

// constant gives the value of an expression that is the same for every
// message.
func (c *compiler) constant(e syntax.Expr) (Value, bool) {
	switch e := e.(type) {
	case *syntax.StringLit:
		return StringValue(e.Value), true
	case *syntax.IntLit:
		return IntValue(e.Value), true
	case *syntax.IPLit:
		return StringValue(e.Addr.String()), true
	case *syntax.NetLit:
		return StringValue(e.Prefix.String()), true
	case *syntax.ProtoLit:
		return StringValue(e.Name), true
	case *syntax.SocketLit:
		return StringValue(e.Address.String()), true
	case *syntax.FamilyLit:
		if e.V6 {
			return IntValue(familyIPv6), true
		}
		return IntValue(familyIPv4), true
	case *syntax.Word:
		return StringValue(e.Name), true
	case *syntax.PV:
		if e.IsNull() && len(e.Transformations) == 0 {
			return Value{}, true
		}
	case *syntax.Unary:
		if v, ok := c.constant(e.X); ok {
			switch e.Op {
			case syntax.OpNeg:
				return IntValue(-v.AsInt()), true
			case syntax.OpInt:
				return IntValue(v.AsInt()), true
			case syntax.OpStr:
				return StringValue(v.AsString()), true
			}
		}
	case *syntax.Binary:
		x, ok := c.constant(e.X)
		y, ok2 := c.constant(e.Y)
		if !ok || !ok2 {
			return Value{}, false
		}
		switch e.Op {
		case syntax.OpAdd:
			if x.Kind == Int {
				return IntValue(x.Int + y.AsInt()), true
			}
			return StringValue(x.AsString() + y.AsString()), true
		case syntax.OpBitOr:
			return IntValue(x.AsInt() | y.AsInt()), true
		}
	}
	return Value{}, false
}

// isTruth tells the expressions that can only be true or false.
func isTruth(e syntax.Expr) bool {
	switch e := e.(type) {
	case *syntax.Call, *syntax.ActionExpr:
		return true
	case *syntax.Core:
		return e.Kind == syntax.CoreMyself
	case *syntax.Unary:
		return e.Op == syntax.OpNot || e.Op == syntax.OpDefined || e.Op == syntax.OpStrempty
	case *syntax.Binary:
		return e.Op == syntax.OpAnd || e.Op == syntax.OpOr || e.Op.IsComparison()
	}
	return false
}
