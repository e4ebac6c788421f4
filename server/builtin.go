// Builtin: the script of a server that is given none.
package server

import _ "embed"

// BuiltinScript is a registrar and record-routing proxy that prints every
// message.
//
//go:embed builtin/viaduct.cfg
var BuiltinScript string

// builtinName is what positions in it show.
const builtinName = "viaduct.cfg"
