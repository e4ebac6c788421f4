// core_uri.go: core functions that change the Request-URI.

package script

import (
	"strconv"
	"strings"

	"viaduct/sip"
)

func uriFunctions() map[string]coreFunction {
	whole := withText(func(c *Context, text string) bool { return setRequestURI(c, StringValue(text)) == nil })
	host := changesURI(setHost)
	hostPort := changesURI(setHostPort)
	user := changesURI(setUser)
	userPass := changesURI(func(u *sip.URI, text string) {
		name, password, _ := strings.Cut(text, ":")
		setUser(u, name)
		u.Password = password
	})
	port := withText(func(c *Context, text string) bool { return setPortPart(c, StringValue(text)) == nil })
	hostPortTransport := changesURI(func(u *sip.URI, text string) {
		hostPort, transport, ok := strings.Cut(text, ";")
		setHostPort(u, hostPort)
		if ok {
			u.Params = ";" + transport
		}
	})
	return map[string]coreFunction{
		"rewriteuri": whole, "seturi": whole,
		"rewritehost": host, "sethost": host, "seth": host,
		"rewritehostport": hostPort, "sethostport": hostPort, "sethp": hostPort,
		"rewritehostporttrans": hostPortTransport, "sethostporttrans": hostPortTransport, "sethpt": hostPortTransport,
		"rewriteuser": user, "setuser": user, "setu": user,
		"rewriteuserpass": userPass, "setuserpass": userPass, "setup": userPass,
		"rewriteport": port, "setport": port, "setp": port,
		"revert_uri": simple(func(c *Context) { c.URI = c.Message.RequestURI }),
		"prefix":     changesURI(func(u *sip.URI, text string) { setUser(u, text+u.User) }),
		"strip": withNumber(func(c *Context, n int) bool {
			return c.changeURI(func(u *sip.URI) { setUser(u, u.User[min(max(n, 0), len(u.User)):]) }) == nil
		}),
		"strip_tail": withNumber(func(c *Context, n int) bool {
			return c.changeURI(func(u *sip.URI) { setUser(u, u.User[:len(u.User)-min(max(n, 0), len(u.User))]) }) == nil
		}),
		"userphone": simple(func(c *Context) {
			_ = c.changeURI(func(u *sip.URI) { // a URI that cannot be read stays as it is
				if _, there := sip.Param(u.Params, "user"); !there {
					u.Params += ";user=phone"
				}
			})
		}),
	}
}

func changesURI(change func(*sip.URI, string)) coreFunction {
	return withText(func(c *Context, text string) bool {
		return c.changeURI(func(u *sip.URI) { change(u, text) }) == nil
	})
}

// setHostPort sets both; without a port the URI has none any more.
func setHostPort(u *sip.URI, text string) {
	host, port := text, 0
	if colon := strings.LastIndexByte(text, ':'); colon > strings.LastIndexByte(text, ']') {
		if n, err := strconv.Atoi(text[colon+1:]); err == nil {
			host, port = text[:colon], n
		}
	}
	setHost(u, host)
	u.Port = port
}
