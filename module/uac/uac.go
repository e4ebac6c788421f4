// Package uac is the script module of a user agent client: From and To written
// anew and put back, answers to challenges, requests of the script's own.
package uac

import (
	"errors"
	"fmt"
	"strings"

	"viaduct/module"
	"viaduct/script"
	"viaduct/script/syntax"
)

// UAC is the module's state: its parameters.
type UAC struct {
	restore             restoring
	fromParam, toParam  string // of Record-Route
	password            string // over those parameters
	fromAVP, toAVP      script.Assignable
	realm, user, secret script.Assignable
	credentials         []credential
	socket              string
	loaded              bool
}

// restoring says what comes back of a changed From or To.
type restoring uint8

const (
	restoreAuto   restoring = iota // replies, and requests within the dialog
	restoreManual                  // replies; requests by uac_restore_from and _to
	restoreNone
)

// New makes the module; the follower goes to module rr.
func New() (*script.Module, module.Follower) {
	u := &UAC{fromParam: "vsf", toParam: "vst"}
	request := script.RoutesOf(syntax.RequestRoute)
	changing := script.RoutesOf(syntax.RequestRoute, syntax.BranchRoute, syntax.FailureRoute)
	return &script.Module{
		Name:  "uac",
		Start: u.start,
		Functions: []script.Function{
			{Name: "uac_replace_from", MinArgs: 1, MaxArgs: 2, Routes: changing, Bind: u.bindReplace(from)},
			{Name: "uac_replace_to", MinArgs: 1, MaxArgs: 2, Routes: changing, Bind: u.bindReplace(to)},
			module.In(module.Plain("uac_restore_from", func(c *script.Context) int { return u.restoreByRoute(c, from) }), request),
			module.In(module.Plain("uac_restore_to", func(c *script.Context) int { return u.restoreByRoute(c, to) }), request),
			{Name: "uac_auth", MaxArgs: 1, Routes: script.RoutesOf(syntax.FailureRoute), Bind: u.bindAuth},
			{Name: "uac_auth_mode", MinArgs: 1, MaxArgs: 1, Routes: script.RoutesOf(syntax.FailureRoute), Bind: u.bindAuth},
			module.Plain("uac_req_send", u.send),
		},
		Params: []script.Param{
			{Name: "restore_mode", Set: u.setMode},
			{Name: "restore_passwd", Set: script.SetString(&u.password)},
			{Name: "rr_from_store_param", Set: script.SetString(&u.fromParam)},
			{Name: "rr_store_param", Set: script.SetString(&u.fromParam)}, // OpenSER
			{Name: "rr_to_store_param", Set: script.SetString(&u.toParam)},
			{Name: "restore_from_avp", Set: setVariable(&u.fromAVP)},
			{Name: "restore_to_avp", Set: setVariable(&u.toAVP)},
			{Name: "auth_realm_avp", Set: setVariable(&u.realm)},
			{Name: "auth_username_avp", Set: setVariable(&u.user)},
			{Name: "auth_password_avp", Set: setVariable(&u.secret)},
			{Name: "credential", Set: u.addCredential},
			{Name: "default_socket", Set: script.SetString(&u.socket)},
			{Name: "reg_db_url", Set: refuseRegistrations},
		},
		Variables: []script.Variable{{Name: "uac_req", Bind: bindRequestPart}},
	}, u
}

func (u *UAC) start() error {
	u.loaded = true
	if (u.user == nil) != (u.secret == nil) {
		return errors.New("auth_username_avp and auth_password_avp go together")
	}
	if u.socket != "" {
		if _, err := script.ParseSocket(u.socket); err != nil {
			return fmt.Errorf("default_socket: %w", err)
		}
	}
	return nil
}

func (u *UAC) setMode(v script.Value) error {
	switch mode := v.AsString(); mode {
	case "auto":
		u.restore = restoreAuto
	case "manual":
		u.restore = restoreManual
	case "none":
		u.restore = restoreNone
	default:
		return fmt.Errorf("restore_mode is auto, manual or none, not %q", mode)
	}
	return nil
}

// refuseRegistrations says early that nothing registers anywhere.
func refuseRegistrations(script.Value) error {
	return errors.New("registrations with other servers (uac_reg_…) are not there")
}

// setVariable takes a parameter that names a variable; "" names none.
func setVariable(target *script.Assignable) func(script.Value) error {
	return func(v script.Value) (err error) {
		if v.AsString() == "" {
			*target = nil
			return nil
		}
		*target, err = script.CompileVariable(v.AsString())
		return err
	}
}

// credential is one of the parameter of that name.
type credential struct{ user, realm, password string }

// addCredential reads "username:realm:password"; the password may hold colons.
func (u *UAC) addCredential(v script.Value) error {
	parts := strings.SplitN(v.AsString(), ":", 3)
	if len(parts) != 3 || parts[0] == "" {
		return errors.New("credential is username:realm:password")
	}
	u.credentials = append(u.credentials, credential{parts[0], parts[1], parts[2]})
	return nil
}
