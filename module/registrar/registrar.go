// Package registrar is the module of registrations: save() keeps the contacts
// of a REGISTER, lookup() finds them for a request (RFC 3261 sections 10 and
// 16.5). The work is done by the package of the same name below; here are the
// words of the script.
package registrar

import (
	"fmt"
	"time"

	"viaduct/registrar"
	"viaduct/script"
	"viaduct/script/syntax"
)

// Server is what the module asks of the server that it runs in.
type Server struct {
	// Config is shared with module usrloc, which sets some of it.
	Config *registrar.Config
	// Table gives the bindings kept under a name, "location" as a rule. The
	// same name always gives the same table.
	Table func(name string) registrar.Table
	// IsOpen tells whether a stream connection can still be sent on; nil: never.
	IsOpen func(connection uint64) bool
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// words are the functions of the module.
type words struct {
	server Server
	config *registrar.Config
}

// New makes the module.
func New(server Server) *script.Module {
	if server.Now == nil {
		server.Now = time.Now
	}
	w := &words{server: server, config: server.Config}
	return &script.Module{
		Name:      "registrar",
		Functions: w.functions(),
		Params:    w.params(),
		Variables: []script.Variable{{Name: "ulc", Bind: bindContactVariable}},
	}
}

func (w *words) functions() []script.Function {
	routes := script.RoutesOf(syntax.RequestRoute, syntax.FailureRoute)
	return []script.Function{
		{Name: "save", MinArgs: 1, MaxArgs: 3, Routes: routes, Bind: w.bindSave(0)},
		{Name: "reg_send_reply", Routes: routes, Bind: bindSendReply},
		{Name: "lookup", MinArgs: 1, MaxArgs: 2, Routes: routes, Bind: w.bindLookup(toRequestURI)},
		{Name: "lookup_to_dset", MinArgs: 1, MaxArgs: 2, Routes: routes, Bind: w.bindLookup(toBranches)},
		{Name: "lookup_branches", MinArgs: 1, MaxArgs: 1, Routes: routes, Bind: w.bindLookupBranches},
		{Name: "registered", MinArgs: 1, MaxArgs: 2, Bind: w.bindRegistered},
		{Name: "unregister", MinArgs: 2, MaxArgs: 3, Bind: w.bindUnregister},
		{Name: "reg_fetch_contacts", MinArgs: 3, MaxArgs: 3, Bind: w.bindFetchContacts},
		{Name: "reg_free_contacts", MinArgs: 1, MaxArgs: 1, Bind: bindFreeContacts},
		{Name: "add_sock_hdr", MinArgs: 1, MaxArgs: 1, Routes: script.RoutesOf(syntax.RequestRoute), Bind: bindAddSocket},

		// Names of SER.
		{Name: "save_noreply", MinArgs: 1, MaxArgs: 1, Routes: routes, Bind: w.bindSave(noReply)},
		{Name: "save_memory", MinArgs: 1, MaxArgs: 1, Routes: routes, Bind: w.bindSave(memoryOnly)},
		{Name: "save_mem_nr", MinArgs: 1, MaxArgs: 1, Routes: routes, Bind: w.bindSave(memoryOnly | noReply)},
		{Name: "save_contact", MinArgs: 1, MaxArgs: 1, Routes: routes, Bind: w.bindSave(0)},
		{Name: "save_contacts", MinArgs: 1, MaxArgs: 1, Routes: routes, Bind: w.bindSave(0)},
		{Name: "lookup_contact", MinArgs: 1, MaxArgs: 1, Routes: routes, Bind: w.bindLookup(toRequestURI)},
		{Name: "lookup_contacts", MinArgs: 1, MaxArgs: 1, Routes: routes, Bind: w.bindLookup(toRequestURI)},
	}
}

func (w *words) params() []script.Param {
	c := w.config
	return []script.Param{
		{Name: "default_expires", Set: setSeconds(&c.DefaultExpires)},
		{Name: "min_expires", Set: setSeconds(&c.MinExpires)},
		{Name: "max_expires", Set: setSeconds(&c.MaxExpires)},
		{Name: "min_expires_mode", Set: setWithin(&c.MinExpiresMode, registrar.RejectBrief)},
		{Name: "max_contacts", Set: script.SetInt(&c.MaxContacts)},
		{Name: "retry_after", Set: script.SetInt(&c.RetryAfter)},
		{Name: "contact_max_size", Set: script.SetInt(&c.ContactMaxSize)},
		{Name: "case_sensitive", Set: script.SetBool(&c.CaseSensitive)},
		{Name: "default_q", Set: w.setDefaultQ},
		{Name: "use_path", Set: script.SetBool(&c.UsePath)},
		{Name: "path_mode", Set: setWithin(&c.PathMode, registrar.PathStrict)},
		{Name: "append_branches", Set: script.SetBool(&c.AppendBranches)},
		{Name: "method_filtering", Set: script.SetBool(&c.MethodFiltering)},
		{Name: "gruu_enabled", Set: accept}, // no GRUU is given
	}
}

// accept is the Set of a parameter that changes nothing here.
func accept(script.Value) error { return nil }

// setSeconds makes the Set of a time, which is not negative.
func setSeconds(target *uint32) func(script.Value) error {
	return func(v script.Value) error {
		n := v.AsInt()
		if n < 0 || n > 1<<32-1 {
			return fmt.Errorf("expected a number of seconds, not %d", n)
		}
		*target = uint32(n)
		return nil
	}
}

// setWithin makes the Set of a mode from 0 to most.
func setWithin[T ~int](target *T, most T) func(script.Value) error {
	return func(v script.Value) error {
		n := v.AsInt()
		if n < 0 || n > int64(most) {
			return fmt.Errorf("expected a number from 0 to %d, not %d", most, n)
		}
		*target = T(n)
		return nil
	}
}

// setDefaultQ takes thousandths; -1 is no q.
func (w *words) setDefaultQ(v script.Value) error {
	n := v.AsInt()
	if n < -1 || n > 1000 {
		return fmt.Errorf("expected a q from 0 to 1000 or -1, not %d", n)
	}
	w.config.DefaultQ = int16(n)
	return nil
}

// table gives the registrar of the table that the first argument names.
func (w *words) table(args []script.Arg) (*registrar.Registrar, error) {
	name, ok := args[0].Constant()
	if !ok || name.AsString() == "" {
		return nil, &script.ArgError{Msg: "the table must be named in the script", Hint: `as "location"`}
	}
	return registrar.New(*w.config, w.server.Table(name.AsString())), nil
}

// uri gives the argument at an index as text, "" when it is not there.
func uri(c *script.Context, args []script.Arg, index int) string {
	if index >= len(args) {
		return ""
	}
	return args[index].Eval(c).AsString()
}
