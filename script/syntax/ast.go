// ast.go: what a script file says at its top level: parameters, modules, listen addresses, routes.

package syntax

// Node is any piece of a script that has a place in a file. String returns it as source text.
type Node interface {
	Position() Pos
	String() string
}

// File is one script with all that it includes. Each list is in the order of the source.
type File struct {
	Name    string
	Dialect Dialect
	Reason  string // one line: why this dialect ("header #!KAMAILIO on line 1")

	Params       []*Param       // core parameters: debug=3
	CustomParams []*CustomParam // group.name = value desc "..."
	Listens      []*Listen      // listen= and socket={...}
	Aliases      []*Alias       // alias=
	Flags        []*Flag        // flags A:1, B;
	AVPFlags     []*Flag        // avpflags A, B;
	LoadModules  []*LoadModule
	ModParams    []*ModParam
	Routes       []*Route
}

// Route returns the route of that kind and name ("" is the main one), or nil.
func (f *File) Route(kind RouteKind, name string) *Route {
	for _, r := range f.Routes {
		if r.Kind == kind && r.Name == name {
			return r
		}
	}
	return nil
}

// ValueKind tells which of the three forms a Value has.
type ValueKind int

const (
	StringValue ValueKind = iota // "text" or 'text'
	IntValue                     // 5060, 0x10, yes, no
	WordValue                    // a word without quotes: LOG_LOCAL0, eth0, 10.0.0.1, TLSv1
	PVValue                      // a pseudo-variable as text (modparamx only)
)

// Value is the right side of a parameter.
type Value struct {
	Pos
	Kind ValueKind
	Text string // string without quotes, word, or the number as written
	Int  int64  // of an IntValue
}

// Param is a core parameter. mpath, loadpath, fifo and cfgengine are core parameters too, also when written without "=".
// coreparam("name", value) is the parameter name.
type Param struct {
	Pos
	Name  string // as written: "debug", "mpath", "kemi.onsend_route_callback"
	Value Value
}

// CustomParam is a parameter that the script invents and reads back with $sel(cfg_get.group.name).
type CustomParam struct {
	Pos
	Group, Name string
	Instance    int // group[3].name; -1: none
	Value       Value
	Description string
}

// Address is [proto:]host[:port] as a script writes it.
type Address struct {
	Pos
	Proto string // "udp", "tcp", "tls", "sctp", "ws", "wss"; "": any
	Host  string // name, interface, IP without brackets, or "*"
	Port  int    // 0: not given, or "*"
}

// Listen is one socket to open: one address of listen=, or one socket={...}.
type Listen struct {
	Address
	More      []string // further hosts of listen=sctp:(a, b): one multihomed association
	PortEnd   int      // bind=udp:host:first-last; 0: no range
	Advertise *Address // nil: none
	Name      string   // name "..."
	Group     string   // agname "..."
	VRF       string
	Virtual   bool
	Workers   int
}

// Alias is one name of this server: alias=udp:example.test:5060.
type Alias struct {
	Address
}

// Flag is one declared flag name; Number is -1 when the script leaves the choice to the server.
type Flag struct {
	Pos
	Name   string
	Number int
}

// LoadModule is loadmodule "x.so" or loadmodulex "x".
type LoadModule struct {
	Pos
	Path     string // as written: "tm", "tm.so", "/usr/lib/ser/modules/tm.so"
	Options  string // loadmodule("tm", "g"): the second text
	Expanded bool   // loadmodulex: pseudo-variables in Path are expanded
}

// ModParam is modparam("module|module", "name", value).
type ModParam struct {
	Pos
	Modules   string // POSIX regular expression on the module's name, anchored at both ends
	Name      string
	Value     Value // StringValue or IntValue; PVValue with modparamx
	ModulePos Pos
	NamePos   Pos
	Expanded  bool // modparamx
}

// RouteKind is the event that runs a route.
type RouteKind int

const (
	RequestRoute RouteKind = iota // route, request_route, route[NAME]
	ReplyRoute                    // onreply_route, reply_route
	FailureRoute
	BranchRoute
	OnsendRoute
	EventRoute   // event_route[module:event]
	ErrorRoute   // OpenSER
	LocalRoute   // OpenSER
	StartupRoute // OpenSER
	TimerRoute   // OpenSER: timer_route[name, seconds]
)

// Route is one block of statements with a name. Routes [1] and ["1"] have the same name; [0] is the main route.
type Route struct {
	Pos
	Kind    RouteKind
	Name    string // "" is the main route of its kind
	Seconds int    // of a TimerRoute
	Body    []Stmt
	End     Pos // of the closing brace
}
