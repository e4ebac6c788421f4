// Modules: the words that scripts of this server may use. The list is explicit:
// a module that is not here is not there.
package server

import (
	"path/filepath"

	"viaduct/module"
	"viaduct/module/acc"
	"viaduct/module/avpops"
	"viaduct/module/cfgutils"
	"viaduct/module/core"
	"viaduct/module/corex"
	"viaduct/module/counters"
	"viaduct/module/dialog"
	"viaduct/module/dispatcher"
	"viaduct/module/dlgs"
	"viaduct/module/htable"
	"viaduct/module/ipops"
	"viaduct/module/kex"
	"viaduct/module/maxfwd"
	"viaduct/module/path"
	"viaduct/module/permissions"
	"viaduct/module/pike"
	"viaduct/module/print"
	"viaduct/module/pv"
	modregistrar "viaduct/module/registrar"
	"viaduct/module/rr"
	"viaduct/module/rtimer"
	"viaduct/module/sanity"
	"viaduct/module/sdpops"
	"viaduct/module/siputils"
	"viaduct/module/sl"
	"viaduct/module/statistics"
	"viaduct/module/textops"
	"viaduct/module/textopsx"
	"viaduct/module/tm"
	"viaduct/module/tmx"
	"viaduct/module/uac"
	"viaduct/module/usrloc"
	"viaduct/module/xlog"
	"viaduct/registrar"
	"viaduct/script"
)

// kept is what modules keep beyond the script that uses them.
type kept struct {
	calls    dialog.Table
	counters counters.Set
	dispatch dispatcher.Kept
	dialogs  dlgs.Table
	tables   htable.Tables
	sources  pike.Sources
	counted  statistics.Set
}

// modules makes the modules of one script; what must outlive the script comes
// from the server.
func (s *Server) modules(subdomains *corex.Subdomains) []*script.Module {
	verbosity := &module.Verbosity{}
	bindings := registrar.DefaultConfig()
	accounting, accountant := acc.New(s.output, verbosity, s.config.Now)
	counting, stat := statistics.New(&s.kept.counted, s.statistic, s.output)
	client, clientFollower := uac.New()
	calls, tracker := dialog.New(dialog.Server{
		Table: &s.kept.calls, Proxy: s.proxy, Now: s.config.Now, Run: s.runOwn, Myself: s.isMyself, Log: s.output,
	})
	paths, pathFollower := path.New()
	values := pv.New()
	values.Variables = append(values.Variables, stat)
	return []*script.Module{
		accounting,
		avpops.New(s.output),
		cfgutils.New(s.output),
		core.New(),
		corex.New(subdomains),
		counters.New(&s.kept.counters),
		calls,
		dispatcher.New(dispatcher.Server{Directory: filepath.Dir(s.config.Script), Kept: &s.kept.dispatch, Proxy: s.proxy, Now: s.config.Now, Log: s.output, Run: s.runOwn}),
		dlgs.New(&s.kept.dialogs, s.config.Now),
		htable.New(htable.Server{Tables: &s.kept.tables, Now: s.config.Now, Log: s.output, Run: s.runOwn}),
		ipops.New(),
		kex.New(s.isMyself, verbosity),
		maxfwd.New(),
		paths,
		permissions.New(filepath.Dir(s.config.Script), s.output),
		pike.New(&s.kept.sources, s.config.Now, s.output, verbosity),
		print.New(s.output),
		values,
		modregistrar.New(modregistrar.Server{Config: &bindings, Table: s.table, IsOpen: s.network.IsOpen, Now: s.config.Now}),
		rr.New(rr.Server{Myself: s.isMyself, Key: s.secret[:], Followers: []module.Follower{pathFollower, clientFollower, tracker}}),
		rtimer.New(s.output, s.runOwn),
		sanity.New(),
		sdpops.New(s.output, verbosity),
		siputils.New(s.isMyself),
		siputils.NewURI(s.isMyself),
		siputils.NewOptions(),
		sl.New(),
		counting,
		textops.New(s.config.Now),
		textopsx.New(),
		tm.New(accountant, tracker),
		tmx.New(),
		client,
		usrloc.New(&bindings, s.output),
		xlog.New(s.output, verbosity),
	}
}

// table gives the bindings of a table as the registrar wants them.
func (s *Server) table(name string) registrar.Table { return s.locations.Table(name) }
