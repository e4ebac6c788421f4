// Package siputils holds the words of a script that look closer at a message,
// its addresses and its numbers, and those that answer an OPTIONS.
//
//	message.go   what kind of message it is
//	number.go    is this text a number?
//	param.go     parameters of the Request-URI
//	compare.go   are these two the same?
//	edit_uri.go  parts of a URI in a variable
//	tel.go       tel URIs as sip URIs
//	contact.go   Contact that hides another (encode_contact)
//	alias.go     Contact that carries another in a parameter
//	options.go   the answer to OPTIONS
//	rpid.go      Remote-Party-ID
//	charging.go  P-Charging-Vector
package siputils

import (
	"viaduct/script"
	"viaduct/script/syntax"
	"viaduct/wire"
)

// Myself tells whether an address is one of ours; NoTransport and port 0 stand
// for any.
type Myself func(host string, port int, transport wire.Transport) bool

// New gives the module.
func New(myself Myself) *script.Module {
	o, r, contacts := newOptions(), newIdentity(), &contacts{separator: '*'}
	m := &script.Module{Name: "siputils"}
	m.Functions = append(m.Functions, messageFunctions(myself)...)
	m.Functions = append(m.Functions, numberFunctions()...)
	m.Functions = append(m.Functions, paramFunctions()...)
	m.Functions = append(m.Functions, compareFunctions()...)
	m.Functions = append(m.Functions, editFunctions()...)
	m.Functions = append(m.Functions, telFunctions()...)
	m.Functions = append(m.Functions, contacts.functions()...)
	m.Functions = append(m.Functions, aliasFunctions()...)
	m.Functions = append(m.Functions, o.function())
	m.Functions = append(m.Functions, r.functions()...)
	m.Functions = append(m.Functions, chargingFunctions()...)
	m.Params = append(o.params("options_", "support"), r.params()...)
	m.Params = append(m.Params, script.Param{Name: "contact_flds_separator", Set: contacts.setSeparator})
	m.Start = r.start
	return m
}

// NewURI gives OpenSER's module uri, whose words moved here later.
func NewURI(myself Myself) *script.Module {
	return named("uri", New(myself), "has_totag", "uri_param", "add_uri_param", "tel2sip", "is_uri_user_e164")
}

// NewOptions gives OpenSER's module options.
func NewOptions() *script.Module {
	o := newOptions()
	return &script.Module{Name: "options", Functions: []script.Function{o.function()}, Params: o.params("", "support")}
}

// named gives some functions of a module under another module's name.
func named(name string, of *script.Module, functions ...string) *script.Module {
	m := &script.Module{Name: name}
	for _, f := range of.Functions {
		for _, wanted := range functions {
			if f.Name == wanted {
				m.Functions = append(m.Functions, f)
			}
		}
	}
	return m
}

// requests are the routes in which the message is a request.
func requests() script.Routes {
	return script.RoutesOf(syntax.RequestRoute, syntax.FailureRoute, syntax.BranchRoute, syntax.EventRoute, syntax.LocalRoute, syntax.OnsendRoute, syntax.ErrorRoute)
}
