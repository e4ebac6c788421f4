// print_expr.go: expressions back as source text.

package syntax

import (
	"strconv"
	"strings"
)

// operator is the spelling and the binding strength of a binary operator. Strength and grouping (always to the left)
// are Kamailio's; note that its ^ binds tighter than & and that == and < have levels of their own.
type operator struct {
	text     string
	strength int
}

var operators = [...]operator{
	OpOr: {"||", 1}, OpAnd: {"&&", 2},
	OpBitOr: {"|", 3}, OpBitAnd: {"&", 4}, OpBitXor: {"^", 5}, OpShl: {"<<", 6}, OpShr: {">>", 7},
	OpEq: {"==", strengthEqual}, OpNe: {"!=", strengthEqual}, OpMatch: {"=~", strengthEqual},
	OpNotMatch: {"!~", strengthEqual}, OpStrEq: {"eq", strengthEqual}, OpStrNe: {"ne", strengthEqual},
	OpIntEq: {"ieq", strengthEqual}, OpIntNe: {"ine", strengthEqual},
	OpGt: {">", strengthLess}, OpLt: {"<", strengthLess}, OpGe: {">=", strengthLess}, OpLe: {"<=", strengthLess},
	OpAdd: {"+", 10}, OpSub: {"-", 10}, OpMul: {"*", 11}, OpDiv: {"/", 11}, OpMod: {"mod", 11},
}

const (
	strengthEqual   = 8
	strengthLess    = 9
	strengthUnary   = 12
	strengthPrimary = 13
)

// String returns the operator as a script spells it.
func (op BinaryOp) String() string { return operators[op].text }

// IsComparison tells whether the operator yields true or false from two values: == != =~ !~ eq ne ieq ine > < >= <=.
func (op BinaryOp) IsComparison() bool {
	return operators[op].strength == strengthEqual || operators[op].strength == strengthLess
}

var unaryTexts = [...]string{
	OpNot: "!", OpNeg: "-", OpBitNot: "~", OpInt: "(int)", OpStr: "(str)",
	OpStrlen: "strlen", OpStrempty: "strempty", OpDefined: "defined ",
}

// String returns the operator as a script spells it.
func (op UnaryOp) String() string { return strings.TrimSpace(unaryTexts[op]) }

var coreNames = [...]string{
	CoreMethod: "method", CoreURI: "uri", CoreStatus: "status", CoreFromURI: "from_uri", CoreToURI: "to_uri",
	CoreSrcIP: "src_ip", CoreDstIP: "dst_ip", CoreSrcPort: "src_port", CoreDstPort: "dst_port", CoreProto: "proto",
	CoreAF: "af", CoreMsgLen: "msg:len", CoreMaxLen: "max_len", CoreMyself: "myself", CoreRetcode: "retcode",
	CoreSndIP: "snd_ip", CoreSndPort: "snd_port", CoreSndProto: "snd_proto", CoreSndAF: "snd_af",
	CoreToIP: "to_ip", CoreToPort: "to_port", CoreURIHost: "uri:host", CoreURIPort: "uri:port",
}

// String returns the name as a script spells it.
func (k CoreKind) String() string { return coreNames[k] }

// String returns the literal in double quotes, with the escapes of the language.
func (e *StringLit) String() string { return Quote(e.Value) }

// Quote returns text as a string literal of the language.
func Quote(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\r':
			b.WriteString(`\r`)
		case c == '\t':
			b.WriteString(`\t`)
		case c < ' ' || c == 0x7f:
			const hex = "0123456789abcdef"
			b.WriteString(`\x`)
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func (e *IntLit) String() string {
	if e.Text != "" {
		return e.Text
	}
	return strconv.FormatInt(e.Value, 10)
}

func (e *IPLit) String() string     { return e.Addr.String() }
func (e *NetLit) String() string    { return e.Prefix.String() }
func (e *ProtoLit) String() string  { return e.Name }
func (e *SocketLit) String() string { return e.Address.String() }
func (e *Word) String() string      { return e.Name }
func (e *PV) String() string        { return e.Text }
func (e *Core) String() string      { return e.Kind.String() }

func (e *FamilyLit) String() string {
	if e.V6 {
		return "inet6"
	}
	return "inet"
}

func (e *SerAVP) String() string {
	text := "$"
	if e.Class == "" && e.Index == nil {
		text = "%" // outside of SER's dialect $name would be a pseudo-variable
	}
	if e.Class != "" {
		text += e.Class + "."
	}
	text += e.Name
	if e.Index != nil {
		text += e.Index.String()
	}
	return text
}

// String returns the index with its brackets.
func (x *Index) String() string {
	switch {
	case x.PV != nil:
		return "[" + x.PV.Text + "]"
	case x.All:
		return "[*]"
	}
	return "[" + strconv.Itoa(x.N) + "]"
}

func (e *Select) String() string {
	var b strings.Builder
	b.WriteByte('@')
	for i, s := range e.Steps {
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteString(s.Name)
		if s.HasIndex {
			b.WriteString("[" + strconv.Itoa(s.Index) + "]")
		}
		if s.HasKey {
			b.WriteString(`["` + s.Key + `"]`) // as written: keys know no escapes
		}
	}
	return b.String()
}

func (e *Call) String() string {
	args := make([]string, len(e.Args))
	for i, a := range e.Args {
		args[i] = a.String()
	}
	return e.Name + "(" + strings.Join(args, ", ") + ")"
}

func (e *Unary) String() string {
	if e.Op == OpStrlen || e.Op == OpStrempty {
		return unaryTexts[e.Op] + "(" + e.X.String() + ")"
	}
	operand := within(e.X, strengthUnary)
	if e.Op == OpNeg && strings.HasPrefix(operand, "-") || e.Op == OpNot && strings.HasPrefix(operand, "!") {
		operand = "(" + operand + ")" // "!!" might begin a directive
	}
	return unaryTexts[e.Op] + operand
}

func (e *Binary) String() string {
	strength := operators[e.Op].strength
	if not, ok := e.X.(*Unary); ok && not.Op == OpNot {
		strength = strengthPrimary // in SER and OpenSER a bare ! would negate the comparison
	}
	return within(e.X, strength) + " " + e.Op.String() + " " + within(e.Y, operators[e.Op].strength+1)
}

func (e *Choose) String() string {
	return "selval(" + e.If.String() + ", " + e.Then.String() + ", " + e.Else.String() + ")"
}

func (e *ActionExpr) String() string {
	if len(e.Body) == 1 {
		if a, ok := e.Body[0].(*Assign); ok {
			return "(" + a.assignment() + ")"
		}
	}
	p := printer{}
	p.block(e.Body)
	return p.b.String()
}

// within returns e, in parentheses when it binds weaker than strength asks.
func within(e Expr, strength int) string {
	if bindingStrength(e) < strength {
		return "(" + e.String() + ")"
	}
	return e.String()
}

func bindingStrength(e Expr) int {
	switch e := e.(type) {
	case *Binary:
		if _, core := e.X.(*Core); core && e.Op.IsComparison() {
			return strengthPrimary
		}
		return operators[e.Op].strength
	case *Unary:
		if e.Op != OpStrlen && e.Op != OpStrempty {
			return strengthUnary
		}
	}
	return strengthPrimary
}
