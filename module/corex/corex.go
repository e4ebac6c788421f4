// Package corex holds words of a script that reach into the core: sending
// beside the proxy, sockets, further flags, files; and domains with all that
// is below them as names of the server.
//
//	send.go        send_udp, send_data
//	socket.go      which socket sends and which has received
//	flags.go       64 more flags of a transaction
//	file.go        file_read, file_write
//	subdomains.go  alias_subdomains
package corex

import (
	"slices"

	"viaduct/module"
	"viaduct/proxy"
	"viaduct/script"
	"viaduct/script/syntax"
)

// New gives the module. subdomains takes what alias_subdomains says; whoever
// answers `myself` asks it too.
func New(subdomains *Subdomains) *script.Module {
	return &script.Module{
		Name: "corex",
		Functions: slices.Concat(sendFunctions(), socketFunctions(), flagFunctions(), fileFunctions(), []script.Function{
			module.Plain("is_faked_msg", func(*script.Context) int { return -1 }),
			module.In(module.Plain("forward_reply", forwardReply), script.RoutesOf(syntax.ReplyRoute)),
		}),
		Params: []script.Param{{Name: "alias_subdomains", Set: func(v script.Value) error { return subdomains.Add(v.AsString()) }}},
	}
}

// forwardReply sends the reply at hand on by its Via.
func forwardReply(c *script.Context) int {
	m := module.Of(c)
	r := proxy.Response{Message: c.Message, Edits: c.Edits}
	return module.Bool(!c.Message.IsRequest() && m.Proxy.ForwardResponse(&r, c.Flow))
}
