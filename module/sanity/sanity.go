// Package sanity holds the word of a script that refuses broken requests:
// sanity_check, with a choice of checks, each of which answers with the status
// that says what is wrong.
//
// Most of what the checks look for the parser refuses already, before a
// script runs; they hold for messages that a script has changed as well.
package sanity

import (
	"strconv"
	"strings"

	"viaduct/module"
	"viaduct/script"
	"viaduct/sip"
)

// New gives the module.
func New() *script.Module {
	w := &words{messageChecks: defaultChecks, uriChecks: defaultURIs, autodrop: true}
	return &script.Module{
		Name: "sanity",
		Functions: []script.Function{
			{Name: "sanity_check", MaxArgs: 2, Bind: w.bindCheck},
			module.Plain("sanity_reply", reply),
		},
		Params: []script.Param{
			{Name: "default_checks", Set: script.SetInt(&w.messageChecks)},
			{Name: "uri_checks", Set: script.SetInt(&w.uriChecks)},
			{Name: "autodrop", Set: script.SetBool(&w.autodrop)},
			{Name: "noreply", Set: script.SetBool(&w.silent)},
			{Name: "proxy_require", Set: w.setExtensions},
		},
	}
}

type words struct {
	messageChecks, uriChecks int
	autodrop                 bool     // a fault ends the script; else it gives -1
	silent                   bool     // the answer waits for sanity_reply
	extensions               []string // of Proxy-Require that are known
}

func (w *words) setExtensions(v script.Value) error {
	w.extensions = nil
	for one := range sip.SplitList(v.AsString()) {
		w.extensions = append(w.extensions, one)
	}
	return nil
}

// bindCheck binds sanity_check([checks [, uris]]).
func (w *words) bindCheck(args []script.Arg) (script.Action, error) {
	var checks, uris module.NumberOf
	checks = func(*script.Context) (int, bool) { return w.messageChecks, true }
	uris = func(*script.Context) (int, bool) { return w.uriChecks, true }
	for i, into := range []*module.NumberOf{&checks, &uris}[:len(args)] {
		number, err := module.Number(args, i)
		if err != nil {
			return nil, err
		}
		*into = number
	}
	return func(c *script.Context) int {
		messages, ok := checks(c)
		which, ok2 := uris(c)
		if !ok || !ok2 {
			return -1
		}
		fault := w.check(c, messages, which)
		if fault == nil {
			return 1
		}
		return w.refuse(c, fault)
	}, nil
}

// fault is an answer to a broken request.
type fault struct {
	status int
	reason string
	fields string
}

// refuse answers, or keeps the answer for sanity_reply.
func (w *words) refuse(c *script.Context, f *fault) int {
	switch {
	case !c.Message.IsRequest():
	case w.silent:
		keep(c, f)
	default:
		module.Of(c).Reply(f.status, f.reason, f.fields)
	}
	if w.autodrop {
		return 0
	}
	return -1
}

// keptName is the AVP in which an answer waits; no script can spell it.
const keptName = "sanity_check\x00"

func keep(c *script.Context, f *fault) {
	if c.AVPs == nil {
		c.AVPs = new(script.AVPs)
	}
	c.AVPs.Remove(keptName)
	c.AVPs.Add(keptName, script.StringValue(strconv.Itoa(f.status)+"\n"+f.reason+"\n"+f.fields))
}

// reply sends the answer that sanity_check has kept.
func reply(c *script.Context) int {
	if c.AVPs == nil {
		return -1
	}
	kept := c.AVPs.Get(keptName)
	if kept.Kind == script.Null {
		return -1
	}
	c.AVPs.Remove(keptName)
	parts := strings.SplitN(kept.Text, "\n", 3)
	status, _ := strconv.Atoi(parts[0])
	return module.Bool(module.Of(c).Reply(status, parts[1], parts[2]) == nil)
}
