// Modules: the words that scripts of this server may use. The list is explicit:
// a module that is not here is not there.
package server

import (
	"viaduct/module"
	"viaduct/module/core"
	"viaduct/module/kex"
	"viaduct/module/maxfwd"
	modregistrar "viaduct/module/registrar"
	"viaduct/module/rr"
	"viaduct/module/sanity"
	"viaduct/module/siputils"
	"viaduct/module/sl"
	"viaduct/module/textops"
	"viaduct/module/tm"
	"viaduct/module/tmx"
	"viaduct/module/usrloc"
	"viaduct/module/xlog"
	"viaduct/registrar"
	"viaduct/script"
)

// modules makes the modules of one script; what must outlive the script comes
// from the server.
func (s *Server) modules() []*script.Module {
	verbosity := &module.Verbosity{}
	bindings := registrar.DefaultConfig()
	return []*script.Module{
		core.New(),
		kex.New(s.isMyself, verbosity),
		maxfwd.New(),
		modregistrar.New(modregistrar.Server{Config: &bindings, Table: s.table, IsOpen: s.network.IsOpen, Now: s.config.Now}),
		rr.New(rr.Server{Myself: s.isMyself, Key: s.secret[:]}),
		sanity.New(),
		siputils.New(s.isMyself),
		siputils.NewURI(s.isMyself),
		siputils.NewOptions(),
		sl.New(),
		textops.New(s.config.Now),
		tm.New(),
		tmx.New(),
		usrloc.New(&bindings, s.output),
		xlog.New(s.output, verbosity),
	}
}

// table gives the bindings of a table as the registrar wants them.
func (s *Server) table(name string) registrar.Table { return s.locations.Table(name) }
