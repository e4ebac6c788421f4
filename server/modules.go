// Modules: the words that scripts of this server may use. The list is explicit:
// a module that is not here is not there.
package server

import (
	"viaduct/module"
	"viaduct/module/core"
	"viaduct/module/maxfwd"
	"viaduct/module/rr"
	"viaduct/module/siputils"
	"viaduct/module/sl"
	"viaduct/module/tm"
	"viaduct/module/tmx"
	"viaduct/module/xlog"
	"viaduct/script"
)

// modules makes the modules of one script; what must outlive the script comes
// from the server.
func (s *Server) modules() []*script.Module {
	verbosity := &module.Verbosity{}
	return []*script.Module{
		core.New(),
		maxfwd.New(),
		rr.New(rr.Server{Myself: s.isMyself, Key: s.secret[:]}),
		siputils.New(s.isMyself),
		siputils.NewURI(s.isMyself),
		siputils.NewOptions(),
		sl.New(),
		tm.New(),
		tmx.New(),
		xlog.New(s.output, verbosity),
	}
}
