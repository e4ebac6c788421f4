// The reply that matters in the route at hand.
package module

import (
	"viaduct/script"
	"viaduct/sip"
)

// ReplyStatus gives its status: in a reply route the reply's, in a route about
// a failed branch the branch's, else that of the last one sent; 0 for none.
func ReplyStatus(c *script.Context) int {
	m := Of(c)
	switch {
	case !c.Message.IsRequest():
		return c.Message.Status
	case c.Status != 0 && m.Branch != nil:
		return c.Status
	case m.Transaction != nil:
		return m.Transaction.Status()
	}
	return 0
}

// ReplyReason gives its reason phrase, "" for none.
func ReplyReason(c *script.Context) string {
	m := Of(c)
	switch {
	case !c.Message.IsRequest():
		return c.Message.Reason
	case c.Status != 0 && m.Branch != nil:
		if _, response, _ := m.Branch.Final(); response != nil {
			return response.Reason
		}
		return sip.ReasonPhrase(c.Status)
	}
	return ""
}
