// The module: its words and parameters.
package dialog

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"viaduct/module"
	"viaduct/proxy"
	"viaduct/script"
	"viaduct/script/syntax"
	"viaduct/wire"
)

// Server is what the module asks of the server that it runs in.
type Server struct {
	Table *Table
	Proxy *proxy.Proxy // sends BYE
	Now   func() time.Time
	// Run runs a route on a request of the server's own; set puts into the
	// message what the route shall find.
	Run func(route *script.Route, set func(*module.Message))
	// Myself tells whether an address is one of ours.
	Myself func(host string, port int, transport wire.Transport) bool
	// Log takes what the operator should know.
	Log script.Logger
}

// Module is the script's side of the table, an observer of transactions and a
// follower of routes.
type Module struct {
	server Server

	cookie       string // name of the parameter of Record-Route
	match        int
	flag         int // that makes a dialog without dlg_manage; -1: none
	numbers      numbering
	lifetime     int // seconds
	early, noACK int // seconds
	ended        int // seconds that an ended dialog is kept
	timeoutAVP   script.Assignable
	sendBye      bool
	noReset      bool
	pingTimer    int    // 0: no keep-alives
	pingInterval int    // seconds
	pingLimit    int    // how many may fail
	fields       string // of our own requests
	calleeFields string
	withValue    []string // names of profiles
	withoutValue []string
	spirals      bool
	loaded       bool
}

// Values of dlg_match_mode.
const (
	cookieOnly = iota
	cookieFirst
	tagsOnly
)

// New makes the module.
func New(server Server) (*script.Module, *Module) {
	d := &Module{
		server: server, cookie: "did", flag: -1, numbers: numbering{size: 4096, step: 1},
		lifetime: 12 * 3600, early: 300, noACK: 60, ended: 32, pingLimit: 1, spirals: true,
	}
	return &script.Module{
		Name: "dialog", Start: d.start, Functions: d.functions(), Params: d.params(), Variables: d.variables(),
		Tick: d.tick,
	}, d
}

func (d *Module) functions() []script.Function {
	return []script.Function{
		module.In(module.Plain("dlg_manage", d.manage), script.RoutesOf(syntax.RequestRoute)),
		module.Plain("is_known_dlg", d.isKnown),
		{Name: "dlg_get", MinArgs: 3, MaxArgs: 3, Bind: d.bindGet},
		{Name: "dlg_bye", MinArgs: 1, MaxArgs: 1, Bind: d.bindBye},
		{Name: "dlg_set_timeout", MinArgs: 1, MaxArgs: 3, Bind: d.bindSetTimeout},
		{Name: "dlg_set_timeout_by_profile", MinArgs: 2, MaxArgs: 3, Bind: d.bindSetTimeoutByProfile},
		{Name: "dlg_set_property", MinArgs: 1, MaxArgs: 1, Bind: d.bindProperty(true)},
		{Name: "dlg_reset_property", MinArgs: 1, MaxArgs: 1, Bind: d.bindProperty(false)},
		{Name: "dlg_setflag", MinArgs: 1, MaxArgs: 1, Bind: d.bindFlag(func(flags *uint32, mask uint32) bool { *flags |= mask; return true })},
		{Name: "dlg_resetflag", MinArgs: 1, MaxArgs: 1, Bind: d.bindFlag(func(flags *uint32, mask uint32) bool { *flags &^= mask; return true })},
		{Name: "dlg_isflagset", MinArgs: 1, MaxArgs: 1, Bind: d.bindFlag(func(flags *uint32, mask uint32) bool { return *flags&mask != 0 })},
		module.Plain("dlg_set_ruri", d.setTarget),
		{Name: "set_dlg_profile", MinArgs: 1, MaxArgs: 2, Bind: d.bindEnter},
		{Name: "unset_dlg_profile", MinArgs: 1, MaxArgs: 2, Bind: d.bindLeave},
		{Name: "is_in_profile", MinArgs: 1, MaxArgs: 2, Bind: d.bindIsIn},
		{Name: "get_profile_size", MinArgs: 2, MaxArgs: 3, Bind: d.bindProfileSize},
		{Name: "dlg_remote_profile", MinArgs: 5, MaxArgs: 5, Bind: d.bindRemote},
	}
}

func (d *Module) params() []script.Param {
	return []script.Param{
		{Name: "rr_param", Set: script.SetString(&d.cookie)},
		{Name: "dlg_match_mode", Set: script.SetInt(&d.match)},
		{Name: "dlg_flag", Set: script.SetInt(&d.flag)},
		{Name: "hash_size", Set: script.SetInt(&d.numbers.size)},
		{Name: "h_id_start", Set: script.SetInt(&d.numbers.start)},
		{Name: "h_id_step", Set: script.SetInt(&d.numbers.step)},
		{Name: "default_timeout", Set: script.SetInt(&d.lifetime)},
		{Name: "early_timeout", Set: script.SetInt(&d.early)},
		{Name: "noack_timeout", Set: script.SetInt(&d.noACK)},
		{Name: "end_timeout", Set: script.SetInt(&d.ended)},
		{Name: "timeout_avp", Set: func(v script.Value) (err error) {
			d.timeoutAVP, err = script.CompileVariable(v.AsString())
			return err
		}},
		{Name: "timeout_noreset", Set: script.SetBool(&d.noReset)},
		{Name: "send_bye", Set: script.SetBool(&d.sendBye)},
		{Name: "ka_timer", Set: script.SetInt(&d.pingTimer)},
		{Name: "ka_interval", Set: script.SetInt(&d.pingInterval)},
		{Name: "ka_failed_limit", Set: script.SetInt(&d.pingLimit)},
		{Name: "dlg_extra_hdrs", Set: script.SetString(&d.fields)},
		{Name: "lreq_callee_headers", Set: script.SetString(&d.calleeFields)},
		{Name: "profiles_with_value", Set: names(&d.withValue)},
		{Name: "profiles_no_value", Set: names(&d.withoutValue)},
		{Name: "detect_spirals", Set: script.SetBool(&d.spirals)},
		{Name: "db_mode", Set: d.setDatabase},
	}
}

// names reads "caller ; callee".
func names(target *[]string) func(script.Value) error {
	return func(v script.Value) error {
		for name := range strings.SplitSeq(v.AsString(), ";") {
			if name = strings.TrimSpace(name); name != "" {
				*target = append(*target, name)
			}
		}
		return nil
	}
}

// setDatabase says once that dialogs are kept in memory alone.
func (d *Module) setDatabase(v script.Value) error {
	if v.AsInt() != 0 {
		d.server.Log.Log(script.LevelWarning, "dialog: db_mode is taken for 0: dialogs are kept in memory, and are lost when the server ends\n")
	}
	return nil
}

// smallestInterval between two keep-alives is Kamailio's, in seconds.
const smallestInterval = 30

func (d *Module) start() error {
	d.loaded = true
	switch {
	case d.match < cookieOnly || d.match > tagsOnly:
		return fmt.Errorf("dlg_match_mode is 0, 1 or 2, not %d", d.match)
	case d.lifetime < 1 || d.early < 1 || d.noACK < 1 || d.ended < 1:
		return errors.New("times of dialogs are seconds from 1 on")
	case d.flag > 31:
		return fmt.Errorf("dlg_flag is a flag from 0 to 31, not %d", d.flag)
	case d.numbers.size < 1 || d.numbers.start < 0 || d.numbers.step < 1:
		return errors.New("hash_size and h_id_step are numbers from 1 on, h_id_start from 0 on")
	case d.cookie == "" || strings.ContainsAny(d.cookie, " \t;=,<>\"@?&"):
		return fmt.Errorf("rr_param is the name of a parameter of a URI, not %q", d.cookie)
	case d.pingInterval != 0 && d.pingInterval < smallestInterval:
		return fmt.Errorf("ka_interval is 0 or from %d on, not %d", smallestInterval, d.pingInterval)
	}
	if d.pingTimer <= 0 {
		d.pingInterval = 0
	}
	d.pingLimit = max(d.pingLimit, 1)
	for _, lines := range []*string{&d.fields, &d.calleeFields} {
		if *lines != "" && !strings.HasSuffix(*lines, "\r\n") {
			*lines += "\r\n"
		}
	}
	return nil
}

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }
