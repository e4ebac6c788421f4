// t_relay and its kin: a request goes to its targets with state.
package tm

import (
	"errors"

	"viaduct/module"
	"viaduct/proxy"
	"viaduct/script"
)

// anyTransport leaves the transport of the next hop to its URI.
const anyTransport = ""

var (
	errCancelNoInvite = errors.New("no INVITE for this CANCEL")
	errTooMany        = errors.New("more branches than max_branches")
)

// bindRelay binds t_relay(), t_relay("flags"), t_relay(host, port),
// t_relay_to("proto:host:port") and t_relay_to("proto:host:port", "flags").
func (t *TM) bindRelay(transport string) func([]script.Arg) (script.Action, error) {
	return func(args []script.Arg) (script.Action, error) {
		hop, flags, err := bindNextHop(args, transport)
		if err != nil {
			return nil, err
		}
		return func(c *script.Context) int {
			m := module.Of(c)
			if hop != nil {
				c.Destination = hop(c)
			}
			if flags&noTrying != 0 {
				m.Trying = module.No
			}
			if flags&noFailover != 0 {
				m.NoFailover = true
			}
			return t.relay(m)
		}, nil
	}
}

// relay sends a request on: an ACK and a CANCEL by their own rules, anything
// else within a transaction. 1: sent; 0: a retransmission, the script ends;
// -1: nothing could be sent, m.Failure says why.
func (t *TM) relay(m *module.Message) int {
	switch m.Message.Method {
	case "ACK":
		return t.relayACK(m)
	case "CANCEL":
		return t.cancel(m)
	}
	if code := t.begin(m); code != 1 {
		return code
	}
	transaction := m.Transaction
	m.Watching = t.observers.Watching(m)
	request := m.Request()
	request.Timers, request.Rules = t.timers(m), t.rulesOf(m)
	transaction.SetRequest(request)
	hooks := t.hooks(m)
	if hooks != nil {
		transaction.SetHooks(hooks)
	}
	if most := m.Program.Globals().MaxBranches; most > 0 && transaction.Branches()+1+len(m.Branches) > most {
		m.Failure = errTooMany // a failure route that always relays would never end
		return -1
	}
	var sent int
	if len(m.Branches) == 0 {
		sent, m.Failure = transaction.Relay(m.Target())
	} else {
		sent, m.Failure = transaction.Relay(targets(m)...)
	}
	if hooks != nil && sent > 0 {
		hooks.relayed = true
	}
	return module.Bool(sent > 0)
}

// targets is the target set of a forked request: the Request-URI first.
func targets(m *module.Message) []proxy.Target {
	all := make([]proxy.Target, 0, 1+len(m.Branches))
	all = append(all, m.Target())
	for i := range m.Branches {
		all = append(all, module.BranchTarget(&m.Branches[i]))
	}
	m.Branches = nil
	return all
}

// relayACK sends the ACK of a 2xx on without state, as it is a transaction of
// its own that nobody answers. The ACK of a non-2xx ended here.
func (t *TM) relayACK(m *module.Message) int {
	if m.Acked != nil {
		return 1
	}
	code := m.Forward()
	if code > 0 {
		t.observers.Acknowledged(nil, m)
	}
	return code
}

// Values of unmatched_cancel.
const (
	forwardCancel = 1
	dropCancel    = 2
)

// cancel passes a CANCEL to the branches of its INVITE. Without one it may
// belong to an INVITE that was forwarded without state (section 16.10).
func (t *TM) cancel(m *module.Message) int {
	var replies proxy.Hooks
	if m.Program.Dialect() != kamailio && m.OnReply != nil {
		replies = t.hooks(m) // SER and OpenSER show the script the replies to a CANCEL
	}
	if m.Proxy.Cancel(m.Request(), replies) {
		return 1
	}
	if m.Failure = errCancelNoInvite; t.unmatchedCancel == dropCancel {
		return 1
	}
	return m.Forward()
}

// begin makes the transaction of a request unless it has one.
func (t *TM) begin(m *module.Message) int {
	if m.Transaction != nil {
		return 1
	}
	if m.Message.Method == "ACK" {
		return -1
	}
	if m.Transaction = m.Proxy.Begin(m.Request(), nil); m.Transaction == nil {
		return 0
	}
	return 1
}

func (t *TM) newTransaction(c *script.Context) int { return t.begin(module.Of(c)) }

// relayCancel is t_relay_cancel: 0 for a CANCEL that was relayed, 1 when the
// script should go on, -1 on failure.
func (t *TM) relayCancel(c *script.Context) int {
	m := module.Of(c)
	if m.Message.Method != "CANCEL" || m.Proxy.Transactions.Invite(m.Message) == nil {
		return 1
	}
	if t.cancel(m) > 0 {
		return 0
	}
	return -1
}

// bindReplicate binds t_replicate(), t_replicate(uri), t_replicate(host, port)
// and t_replicate_to("proto", "host:port").
func (t *TM) bindReplicate(transport string) func([]script.Arg) (script.Action, error) {
	return func(args []script.Arg) (script.Action, error) {
		hop, err := bindCopyTo(args, transport)
		if err != nil {
			return nil, err
		}
		return func(c *script.Context) int {
			m := module.Of(c)
			target := m.Target()
			if hop != nil {
				target.Destination = hop(c)
			}
			request := m.Request()
			request.Timers = t.timers(m)
			if m.Failure = m.Proxy.Replicate(request, target); m.Failure != nil {
				return -1
			}
			return 1
		}, nil
	}
}
