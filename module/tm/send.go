// t_uac_send: a request of our own out of its parts.
package tm

import (
	"strconv"
	"strings"

	"viaduct/module"
	"viaduct/proxy"
	"viaduct/script"
)

// bindSend binds t_uac_send(method, ruri, nexthop, socket, headers, body).
// From and To stand among the headers, and may stand Call-ID and CSeq.
func bindSend(args []script.Arg) (script.Action, error) {
	texts := make([]module.TextOf, len(args))
	for i, arg := range args {
		texts[i] = module.Text(arg)
	}
	return func(c *script.Context) int {
		m := module.Of(c)
		r := proxy.OwnRequest{Method: texts[0](c), URI: texts[1](c), Destination: texts[2](c), Body: texts[5](c), Inbound: m.Inbound}
		if socket := texts[3](c); socket != "" {
			flow, err := script.ParseSocket(socket)
			if err != nil {
				return -1
			}
			r.SendFrom = flow
		}
		if !readFields(&r, texts[4](c)) {
			return -1
		}
		return module.Bool(m.Proxy.Originate(&r, nil) == nil)
	}, nil
}

// readFields takes From, To, Call-ID and CSeq out of header lines; From and To
// must be there.
func readFields(r *proxy.OwnRequest, lines string) bool {
	for line := range strings.SplitSeq(strings.ReplaceAll(lines, "\r\n", "\n"), "\n") {
		name, value, ok := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "":
		case "from", "f":
			r.From = value
		case "to", "t":
			r.To = value
		case "call-id", "i":
			r.CallID = value
		case "cseq":
			number, _, _ := strings.Cut(value, " ")
			n, err := strconv.ParseUint(number, 10, 31)
			if err != nil {
				return false
			}
			r.CSeq = uint32(n)
		default:
			if !ok {
				return false
			}
			r.Fields += line + "\r\n"
		}
	}
	return r.From != "" && r.To != ""
}
