// stmt.go: the statements of a route.

package syntax

// Stmt is one of *If *While *Switch *Block *CallStmt *Assign *Return *Exit *Drop *Break.
// A stray semicolon leaves no node.
type Stmt interface {
	Node
	stmt()
}

// If is if (Cond) Then else Else. "else if" is an Else of one *If. A single statement is a body of one.
type If struct {
	Pos
	Cond Expr
	Then []Stmt
	Else []Stmt // nil: no else
}

// While is while (Cond) Body.
type While struct {
	Pos
	Cond Expr
	Body []Stmt
}

// Switch is switch (Cond) { Cases }. Cases fall through. Labels are all integers, or all strings and regular expressions.
type Switch struct {
	Pos
	Cond  Expr
	Cases []*Case
}

// CaseKind is the form of a case label.
type CaseKind int

const (
	IntCase CaseKind = iota
	StringCase
	RegexCase   // case /"^sip:"
	DefaultCase // default: at most one, anywhere among the others
)

// Case is one label with the statements up to the next label.
type Case struct {
	Pos
	Kind CaseKind
	Int  int64  // IntCase
	Text string // StringCase, RegexCase
	Body []Stmt
}

// Block is { ... } standing alone.
type Block struct {
	Pos
	Body []Stmt
}

// CallStmt is a function call whose value becomes the return code. route(X) is a call too.
type CallStmt struct {
	Pos
	Call *Call
}

// AssignOp is the spelling of an assignment.
type AssignOp int

const (
	AssignSet    AssignOp = iota // =
	AssignAppend                 // += (OpenSER 1.x)
	AssignReset                  // := (OpenSER 1.x: replaces all values of an AVP)
)

// Assign is Target = Value. Target is a *PV or a *SerAVP.
type Assign struct {
	Pos
	Op     AssignOp
	Target Expr
	Value  Expr
}

// Return is return, return() or return expr.
type Return struct {
	Pos
	Value Expr // nil: not given, which means 1
}

// Exit is exit, exit() or exit expr.
type Exit struct {
	Pos
	Value Expr // nil: not given
}

// Drop is drop, drop() or drop expr.
type Drop struct {
	Pos
	Value Expr // nil: not given
}

// BreakTarget is the innermost construct around a break. What a break outside of switch and while does is the
// dialect's business: in SER it ends the route, in Kamailio the action list.
type BreakTarget int

const (
	BreakRoute BreakTarget = iota
	BreakSwitch
	BreakWhile
)

// Break is break, or break() in SER.
type Break struct {
	Pos
	Target BreakTarget
}

func (*If) stmt()       {}
func (*While) stmt()    {}
func (*Switch) stmt()   {}
func (*Block) stmt()    {}
func (*CallStmt) stmt() {}
func (*Assign) stmt()   {}
func (*Return) stmt()   {}
func (*Exit) stmt()     {}
func (*Drop) stmt()     {}
func (*Break) stmt()    {}
