// The functions that viaduct claims to have, by module: each needs a case or a reason to have none.

package interop

import (
	"slices"
	"time"

	"viaduct/module"
	"viaduct/module/acc"
	"viaduct/module/avpops"
	"viaduct/module/cfgutils"
	"viaduct/module/corex"
	"viaduct/module/htable"
	"viaduct/module/ipops"
	"viaduct/module/kex"
	"viaduct/module/maxfwd"
	"viaduct/module/path"
	"viaduct/module/permissions"
	"viaduct/module/pike"
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

// coreWords are the functions of the language (docs/script.md) that no module has as well, and those of module core.
var coreWords = []string{
	"add_local_rport", "append_branch", "clear_branches", "force_rport", "force_send_socket", "force_tcp_alias", "forward", "forward_tcp",
	"forward_udp", "isflagset", "len_gt", "log", "prefix", "remove_branch", "resetflag", "revert_uri", "rewritehost", "rewritehostport",
	"rewritehostporttrans", "rewriteport", "rewriteuri", "rewriteuser", "rewriteuserpass", "send", "send_tcp", "set_advertised_address",
	"set_advertised_port", "set_forward_close", "set_forward_no_connect", "set_reply_close", "set_reply_no_connect", "setflag", "sethost",
	"strip", "strip_tail", "userphone",
}

// claimed gives the functions of the modules that have cases, sorted. Those of the language itself are core.
func claimed() map[string][]string {
	config := registrar.DefaultConfig()
	accounting, _ := acc.New(nil, &module.Verbosity{}, time.Now)
	paths, _ := path.New()
	client, _ := uac.New()
	counting, _ := statistics.New(&statistics.Set{}, nil, nil)
	names := map[string][]string{"core": coreWords}
	for _, m := range []*script.Module{
		accounting, avpops.New(nil), cfgutils.New(nil), corex.New(&corex.Subdomains{}), htable.New(htable.Server{}), ipops.New(),
		kex.New(nil, nil), maxfwd.New(), paths, permissions.New("", nil), pike.New(nil, nil, nil, nil), pv.New(),
		modregistrar.New(modregistrar.Server{Config: &config}), rr.New(rr.Server{}), rtimer.New(nil, nil), sanity.New(),
		sdpops.New(nil, nil), siputils.New(nil), sl.New(), counting, textops.New(nil), textopsx.New(), tm.New(), tmx.New(), client,
		usrloc.New(&config, nil), xlog.New(nil, nil),
	} {
		for _, f := range m.Functions {
			if !slices.Contains(names[m.Name], f.Name) {
				names[m.Name] = append(names[m.Name], f.Name)
			}
		}
		slices.Sort(names[m.Name])
	}
	return names
}
