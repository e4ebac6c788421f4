// expr.go: the expressions of a statement.

package syntax

import "net/netip"

// Expr is one of *StringLit *IntLit *IPLit *NetLit *ProtoLit *FamilyLit *SocketLit *Word *PV *SerAVP *Select *Core
// *Call *Unary *Binary *Choose *ActionExpr. Parentheses leave no node.
type Expr interface {
	Node
	expr()
}

// StringLit is a string: escapes resolved, adjacent strings joined, substitutions of the preprocessor done. Whether
// pseudo-variables in it are expanded depends on who uses it: see ParseFormat.
type StringLit struct {
	Pos
	Value string
}

// IntLit is a number, or yes/true/on/enable (1), no/false/off/disable (0).
type IntLit struct {
	Pos
	Value int64
	Text  string // as written: "0x10", "yes"
}

// IPLit is an address without quotes, IPv6 with or without brackets.
type IPLit struct {
	Pos
	Addr netip.Addr
}

// NetLit is 10.0.0.0/8 or 10.0.0.0/255.0.0.0.
type NetLit struct {
	Pos
	Prefix netip.Prefix // not masked: as written
}

// ProtoLit is UDP, TCP, TLS, SCTP, WS or WSS in lower case, or "*" for any.
type ProtoLit struct {
	Pos
	Name string
}

// FamilyLit is inet (ipv4) or inet6 (ipv6).
type FamilyLit struct {
	Pos
	V6 bool
}

// SocketLit is udp:10.0.0.1:5060 without quotes, as force_send_socket and udp_mtu_try_proto take it.
type SocketLit struct {
	Pos
	Address Address
}

// Word is a name without quotes: INVITE in method==INVITE, a flag, a route, a host name in src_ip==host.test.
type Word struct {
	Pos
	Name string
}

// SerAVP is SER's $name, $f.name, $t.name[2], %name: an attribute of the caller (f, fr, fu, fd), the callee (t, tr, tu,
// td), the server (g) or of none ("").
type SerAVP struct {
	Pos
	Class string
	Name  string
	Index *Index // nil: none
}

// Select is SER's @to.tag, @via[1].branch, @hf_value["x"].
type Select struct {
	Pos
	Steps []SelectStep
}

// SelectStep is one dotted name of a Select with what its brackets hold.
type SelectStep struct {
	Name     string
	HasIndex bool
	Index    int    // [1]
	Key      string // ["text"]; then HasIndex is false and HasKey is true
	HasKey   bool
}

// CoreKind names a value that the core has of the message at hand.
type CoreKind int

const (
	CoreMethod   CoreKind = iota // method
	CoreURI                      // uri: Request-URI of a request
	CoreStatus                   // status: status code of a reply, Request-URI of a request as "uri"
	CoreFromURI                  // from_uri
	CoreToURI                    // to_uri
	CoreSrcIP                    // src_ip
	CoreDstIP                    // dst_ip
	CoreSrcPort                  // src_port
	CoreDstPort                  // dst_port
	CoreProto                    // proto
	CoreAF                       // af
	CoreMsgLen                   // msg:len
	CoreMaxLen                   // max_len (SER, OpenSER): the size of the receive buffer
	CoreMyself                   // myself
	CoreRetcode                  // retcode (OpenSER): value of the last call
	CoreSndIP                    // snd_ip, in onsend_route only, as the next five
	CoreSndPort                  // snd_port
	CoreSndProto                 // snd_proto, to_proto
	CoreSndAF                    // snd_af, to_af
	CoreToIP                     // to_ip
	CoreToPort                   // to_port
	CoreURIHost                  // uri:host, argument of forward
	CoreURIPort                  // uri:port, argument of forward
)

// Core is a core value. In a comparison it is on the left; myself==uri is turned round by the parser.
// A comparison with a Core on its left binds tighter than any prefix: !method=="X" is !(method=="X").
type Core struct {
	Pos
	Kind CoreKind
}

// Call is name(args), or one of the few core functions that may stand without parentheses, as force_rport.
// route(NAME) has a *Word, route(1) an *IntLit, route("x"+$rU) any expression as its one argument.
// forward(uri:host, uri:port) has two *Core; forward(host.test, 5060) a *Word, forward(10.0.0.1) an *IPLit.
type Call struct {
	Pos
	Name string
	Args []Expr
}

// UnaryOp is a prefix operator or a cast.
type UnaryOp int

const (
	OpNot      UnaryOp = iota // ! not
	OpNeg                     // -
	OpBitNot                  // ~
	OpInt                     // (int)
	OpStr                     // (str)
	OpStrlen                  // strlen(x)
	OpStrempty                // strempty(x)
	OpDefined                 // defined x
)

// Unary is Op X.
type Unary struct {
	Pos
	Op UnaryOp
	X  Expr
}

// BinaryOp is an infix operator.
type BinaryOp int

const (
	OpOr       BinaryOp = iota // || or; | in SER
	OpAnd                      // && and; & in SER
	OpBitOr                    // |
	OpBitAnd                   // &
	OpBitXor                   // ^
	OpShl                      // <<
	OpShr                      // >>
	OpEq                       // ==
	OpNe                       // !=
	OpMatch                    // =~ POSIX extended regular expression, case ignored
	OpNotMatch                 // !~ (OpenSER)
	OpStrEq                    // eq
	OpStrNe                    // ne
	OpIntEq                    // ieq
	OpIntNe                    // ine
	OpGt                       // >
	OpLt                       // <
	OpGe                       // >=
	OpLe                       // <=
	OpAdd                      // + : sum, or concatenation when X is a string
	OpSub                      // -
	OpMul                      // *
	OpDiv                      // /
	OpMod                      // mod
)

// Binary is X Op Y. Pos is the place of X, OpPos of the operator.
type Binary struct {
	Pos
	Op    BinaryOp
	OpPos Pos
	X, Y  Expr
}

// Choose is selval(If, Then, Else).
type Choose struct {
	Pos
	If, Then, Else Expr
}

// ActionExpr is statements used as a value, ($var(x) = 1) or {...}; its value is their return code.
type ActionExpr struct {
	Pos
	Body []Stmt
}

func (*StringLit) expr()  {}
func (*IntLit) expr()     {}
func (*IPLit) expr()      {}
func (*NetLit) expr()     {}
func (*ProtoLit) expr()   {}
func (*FamilyLit) expr()  {}
func (*SocketLit) expr()  {}
func (*Word) expr()       {}
func (*PV) expr()         {}
func (*SerAVP) expr()     {}
func (*Select) expr()     {}
func (*Core) expr()       {}
func (*Call) expr()       {}
func (*Unary) expr()      {}
func (*Binary) expr()     {}
func (*Choose) expr()     {}
func (*ActionExpr) expr() {}
