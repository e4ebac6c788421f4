// Which replies count: failure_reply_mode and t_drop_replies.
package tm

import (
	"viaduct/module"
	"viaduct/proxy"
	"viaduct/script"
)

// Values of failure_reply_mode, which says what becomes of the replies so far
// when a failure route has started a new leg. As without a new leg there is
// nothing else to choose from, 1 and 3 come to the same.
const (
	keepAll = iota
	dropAlways
	dropLastLeg
	dropAll
)

// dropReplies forgets replies of the branches below end, those before the new
// leg.
func (h *hooks) dropReplies(t *proxy.Context, end int) {
	switch h.drop {
	case dropAlways, dropAll:
		t.Forget(0, end)
	case dropLastLeg:
		t.Forget(h.leg, end)
	}
}

// bindDropReplies binds t_drop_replies(["a" | "l" | "n"]): all, those of the
// last leg, none. It counts for the failure route that runs.
func bindDropReplies(args []script.Arg) (script.Action, error) {
	mode := func(*script.Context) string { return "a" }
	if len(args) > 0 {
		mode = module.Text(args[0])
	}
	return func(c *script.Context) int {
		h, ok := module.Of(c).Hooks.(*hooks)
		if !ok {
			return -1
		}
		switch text := mode(c); {
		case text == "" || text[0] == 'a':
			h.drop = dropAll
		case text[0] == 'l':
			h.drop = dropLastLeg
		case text[0] == 'n':
			h.drop = keepAll
		default:
			return -1
		}
		return 1
	}, nil
}
