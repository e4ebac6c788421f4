// Package rr is the module of record routing: record_route() asks to stay in
// the way of a dialog, loose_route() follows the Route fields that come of it
// (RFC 3261 sections 16.4, 16.6 steps 4 and 6, 16.12).
package rr

import (
	"errors"
	"strings"

	"viaduct/module"
	"viaduct/script"
	"viaduct/script/syntax"
	"viaduct/wire"
)

// Server is what the module asks of the server that it runs in.
type Server struct {
	// Myself tells whether an address is one of ours. NoTransport stands for
	// any transport.
	Myself func(host string, port int, transport wire.Transport) bool
	// Key is the secret behind the parameter sign. It should live as long as
	// the process, so that dialogs go on when the script is read again.
	Key []byte
	// Followers hear of each request that has followed a Route of ours.
	Followers []module.Follower
}

// router is the module with its parameters.
type router struct {
	server Server
	signer *signer // nil: Record-Route is not signed

	fullLR      bool
	appendTag   bool
	doubleRR    int // 0 never two values, 1 where they differ, 2 always
	addUsername bool
	userAVP     string // name of the AVP whose value is the user, "" for none
	forceSocket bool
	ignoreSIPS  bool
	sign        bool
}

// New makes the module.
func New(server Server) *script.Module {
	r := &router{server: server, appendTag: true, doubleRR: 1}
	request := script.RoutesOf(syntax.RequestRoute)
	adding := script.RoutesOf(syntax.RequestRoute, syntax.BranchRoute, syntax.FailureRoute)
	return &script.Module{
		Name:  "rr",
		Start: r.start,
		Functions: []script.Function{
			{Name: "record_route", MaxArgs: 1, Routes: adding, Bind: r.bindRecordRoute},
			{Name: "addRecordRoute", Routes: adding, Bind: r.bindRecordRoute}, // SER 0.8
			{Name: "record_route_preset", MinArgs: 1, MaxArgs: 2, Routes: adding, Bind: r.bindPreset},
			{Name: "record_route_advertised_address", MinArgs: 1, MaxArgs: 1, Routes: adding, Bind: r.bindAdvertised},
			{Name: "remove_record_route", Routes: adding, Bind: bare(removeRecordRoute)},
			{Name: "add_rr_param", MinArgs: 1, MaxArgs: 1, Routes: adding, Bind: bindAddParam},

			{Name: "loose_route", Routes: request, Bind: bare(r.looseRoute)},
			{Name: "rewriteFromRoute", Routes: request, Bind: bare(r.looseRoute)}, // SER 0.8
			{Name: "loose_route_mode", MinArgs: 1, MaxArgs: 1, Routes: request, Bind: r.bindMode},
			{Name: "loose_route_preloaded", Routes: request, Bind: bare(r.looseRoutePreloaded)},

			{Name: "check_route_param", MinArgs: 1, MaxArgs: 1, Routes: request, Bind: r.bindCheckParam},
			{Name: "is_direction", MinArgs: 1, MaxArgs: 1, Bind: r.bindDirection},
			{Name: "rr_next_hop_route", Bind: bare(r.nextHopRoute)},
		},
		Params: []script.Param{
			{Name: "enable_full_lr", Set: script.SetBool(&r.fullLR)},
			{Name: "append_fromtag", Set: script.SetBool(&r.appendTag)},
			{Name: "enable_double_rr", Set: script.SetInt(&r.doubleRR)},
			{Name: "add_username", Set: script.SetBool(&r.addUsername)},
			{Name: "custom_user_avp", Set: r.setUserAVP},
			{Name: "force_send_socket", Set: script.SetBool(&r.forceSocket)},
			{Name: "ignore_sips", Set: script.SetBool(&r.ignoreSIPS)},
			{Name: "sign", Set: script.SetBool(&r.sign)},
		},
		Variables: []script.Variable{
			{Name: "rdir", Bind: r.bindDirectionVariable},
		},
	}
}

func (r *router) start() error {
	r.signer = nil
	if !r.sign {
		return nil
	}
	if len(r.server.Key) == 0 {
		return errors.New("sign needs a key, and this server has none")
	}
	r.signer = newSigner(r.server.Key)
	return nil
}

// setUserAVP reads "$avp(name)" or "$avp(s:name)".
func (r *router) setUserAVP(v script.Value) error {
	name, begins := strings.CutPrefix(v.AsString(), "$avp(")
	name, ends := strings.CutSuffix(name, ")")
	if !begins || !ends || name == "" || strings.HasPrefix(name, "i:") {
		return errors.New("custom_user_avp is an AVP with a name, as $avp(rr_user)")
	}
	r.userAVP = strings.TrimPrefix(name, "s:")
	return nil
}

// bare binds a function without arguments.
func bare(action script.Action) func([]script.Arg) (script.Action, error) {
	return func([]script.Arg) (script.Action, error) { return action, nil }
}
