// Saved: what a failure route begins with, whatever the legs before it did.
package tm

import (
	"slices"

	"viaduct/module"
	"viaduct/proxy"
	"viaduct/script"
	"viaduct/sip"
	"viaduct/wire"
)

// saved is the request as it was when it was first relayed.
type saved struct {
	target     proxy.Target
	sendSocket wire.Flow
	edits      sip.Edits
}

func (s *saved) take(m *module.Message) {
	s.target, s.sendSocket = m.Target(), m.SendSocket
	if s.edits = m.SavedEdits; s.edits == nil {
		s.edits = slices.Clone(m.Edits)
	}
}

func (s *saved) giveBack(m *module.Message) {
	m.SetTarget(s.target)
	m.SendSocket = s.sendSocket
	m.Edits = slices.Clone(s.edits)
}

// saveEdits is t_save_lumps: failure routes shall know the changes made so far
// and none of those to come before t_relay.
func saveEdits(c *script.Context) int {
	m := module.Of(c)
	if m.Transaction == nil || !c.Message.IsRequest() {
		return -1
	}
	m.SavedEdits = slices.Clone(m.Edits)
	if m.SavedEdits == nil {
		m.SavedEdits = sip.Edits{}
	}
	return 1
}
