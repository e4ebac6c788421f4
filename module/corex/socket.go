// Which socket sends a request, and which counts as the one that received it.
package corex

import (
	"viaduct/module"
	"viaduct/script"
	"viaduct/wire"
)

func socketFunctions() []script.Function {
	return []script.Function{
		{Name: "set_send_socket", MinArgs: 1, MaxArgs: 1, Bind: bindSocket(func(c *script.Context, socket wire.Flow) {
			c.SendSocket = socket
		})},
		{Name: "set_recv_socket", MinArgs: 1, MaxArgs: 1, Bind: bindSocket(func(c *script.Context, socket wire.Flow) {
			c.Flow.Local = socket.Local
		})},
	}
}

// bindSocket binds a word of a socket, "udp:127.0.0.1:5060", which must be
// one that we listen on.
func bindSocket(use func(c *script.Context, socket wire.Flow)) func([]script.Arg) (script.Action, error) {
	return func(args []script.Arg) (script.Action, error) {
		if v, ok := args[0].Constant(); ok {
			if _, err := script.ParseSocket(v.AsString()); err != nil {
				return nil, &script.ArgError{Index: 0, Msg: err.Error(), Hint: `as "udp:127.0.0.1:5060"`}
			}
		}
		address := module.Text(args[0])
		return func(c *script.Context) int {
			socket, err := script.ParseSocket(address(c))
			if err != nil {
				return -1
			}
			for _, l := range module.Of(c).Proxy.Listeners {
				if l.Transport == socket.Transport && l.Local == socket.Local {
					use(c, socket)
					return 1
				}
			}
			return -1
		}, nil
	}
}
