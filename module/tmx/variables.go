// Pseudo-variables of transactions; none can be set.
package tmx

import (
	"errors"
	"fmt"

	"viaduct/module"
	"viaduct/proxy"
	"viaduct/script"
	"viaduct/script/syntax"
	"viaduct/sip"
	"viaduct/transport"
	"viaduct/wire"
)

var errReadOnly = errors.New("this pseudo-variable cannot be set")

// readOnly is a pseudo-variable made of a function.
type readOnly func(c *script.Context) script.Value

func (r readOnly) Eval(c *script.Context) script.Value        { return r(c) }
func (r readOnly) Assign(*script.Context, script.Value) error { return errReadOnly }

func plain(name string, eval readOnly) script.Variable {
	return script.Variable{Name: name, Bind: func(*syntax.Inner, *syntax.Index, script.FormatBinder) (script.Assignable, error) {
		return eval, nil
	}}
}

// named makes a variable of which the parentheses say what is meant.
func named(name string, parts map[string]readOnly) script.Variable {
	return script.Variable{Name: name, Bind: func(inner *syntax.Inner, _ *syntax.Index, _ script.FormatBinder) (script.Assignable, error) {
		what := ""
		if inner != nil {
			what, _ = inner.Static()
		}
		if eval := parts[what]; eval != nil {
			return eval, nil
		}
		return nil, fmt.Errorf("$%s(%s) is not known", name, what)
	}}
}

// nested makes a variable that reads another one, $T_req($ru), on a message
// that is not the one at hand.
func nested(name string, of func(*script.Context) *script.Context) script.Variable {
	return script.Variable{Name: name, Bind: func(inner *syntax.Inner, _ *syntax.Index, bind script.FormatBinder) (script.Assignable, error) {
		if inner == nil || len(inner.Steps) != 1 {
			return nil, fmt.Errorf("$%s reads a variable: $%s($ru)", name, name)
		}
		parts := inner.Steps[0].Parts
		if len(parts) != 1 || parts[0].Value == nil {
			return nil, fmt.Errorf("$%s reads one variable: $%s($ru)", name, name)
		}
		text, err := bind(parts)
		if err != nil {
			return nil, err
		}
		return readOnly(func(c *script.Context) script.Value {
			other := of(c)
			if other == nil {
				return script.Value{}
			}
			if value := text(other); value != "<null>" {
				return script.StringValue(value)
			}
			return script.Value{}
		}), nil
	}}
}

// requestOf gives in a reply route the request that the reply answers.
func requestOf(c *script.Context) *script.Context {
	if origin := module.Of(c).Origin; origin != nil {
		return &origin.Context
	}
	return nil
}

// replyOf gives in a route about a failed branch the reply that it gave.
func replyOf(c *script.Context) *script.Context {
	m := module.Of(c)
	if m.Branch == nil || !c.Message.IsRequest() {
		return nil
	}
	_, response, flow := m.Branch.Final()
	return contextOf(c, response, flow)
}

// inviteOf gives for a CANCEL its INVITE.
func inviteOf(c *script.Context) *script.Context {
	m := module.Of(c)
	if !c.Message.IsRequest() || c.Message.Method != "CANCEL" {
		return nil
	}
	t := proxy.Of(m.Proxy.Transactions.Invite(c.Message))
	if t == nil {
		return nil
	}
	invite, flow := t.Received()
	return contextOf(c, invite, flow)
}

// contextOf makes a context in which a message can be read; nil of none.
func contextOf(c *script.Context, message *sip.Message, flow wire.Flow) *script.Context {
	if message == nil {
		return nil
	}
	m := module.NewReply(message, &transport.Inbound{Flow: flow}, module.Of(c).Proxy)
	m.URI, m.Program, m.AVPs, m.Wait = message.RequestURI, c.Program, c.AVPs, nil
	return &m.Context
}

func replyReason(c *script.Context) script.Value {
	if reason := module.ReplyReason(c); reason != "" {
		return script.StringValue(reason)
	}
	return script.Value{}
}

// replyLast gives in a reply route the status of the reply at hand.
func replyLast(c *script.Context) script.Value {
	if c.Message.IsRequest() || module.Of(c).Transaction == nil {
		return script.Value{}
	}
	return script.IntValue(int64(c.Message.Status))
}

// replyBinding names the registration that the branch went to.
func replyBinding(c *script.Context) script.Value {
	if b := module.Of(c).Branch; b != nil {
		return script.StringValue(b.Target.ID)
	}
	return script.Value{}
}

func branchIndex(c *script.Context) script.Value { return script.IntValue(int64(c.BranchIndex)) }

// branchParts are the names of $T_branch(…): of the branch that has failed or
// replied.
func branchParts() map[string]readOnly {
	of := func(read func(*proxy.Target) script.Value) readOnly {
		return func(c *script.Context) script.Value {
			if b := module.Of(c).Branch; b != nil {
				return read(&b.Target)
			}
			return script.Value{}
		}
	}
	return map[string]readOnly{
		"flags": of(func(t *proxy.Target) script.Value { return script.IntValue(int64(t.Flags)) }),
		"uri":   of(func(t *proxy.Target) script.Value { return script.StringValue(t.URI) }),
	}
}

// parts are the names of $T(…).
func parts() map[string]readOnly {
	return map[string]readOnly{
		"id_index": index, "id_index_n": index, "id_label": labelOf, "id_label_n": labelOf,
		"reply_code":   func(c *script.Context) script.Value { return script.IntValue(int64(module.ReplyStatus(c))) },
		"reply_reason": replyReason, "reply_last": replyLast, "reply_type": replyType,
		"ruid": replyBinding, "branch_index": branchIndex,
	}
}

// replyType is 1 for a reply that nobody sent.
func replyType(c *script.Context) script.Value {
	if b := module.Of(c).Branch; b != nil && c.Message.IsRequest() {
		if status, response, _ := b.Final(); status != 0 && response == nil {
			return script.IntValue(1)
		}
	}
	return script.IntValue(0)
}

// index and label name a transaction for t_continue, for as long as it lives.
// The label alone is enough.
func index(c *script.Context) script.Value {
	if v := labelOf(c); v.Kind == script.Int {
		return script.IntValue(v.Int & 0xffff)
	}
	return script.Value{}
}

func labelOf(c *script.Context) script.Value {
	m := module.Of(c)
	if m.Origin != nil {
		m = m.Origin
	}
	if m.Transaction == nil {
		return script.Value{}
	}
	return script.IntValue(int64(label(m)))
}
