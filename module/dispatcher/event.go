// Events: event_route[dispatcher:dst-down] and [dispatcher:dst-up], and $dsv,
// which tells them what has happened.
package dispatcher

import (
	"errors"

	"viaduct/module"
	"viaduct/script"
	"viaduct/script/syntax"
)

// event is why the state of a destination has changed.
type event struct {
	program *script.Program
	context *script.Context // of the message whose script has said so; nil: a ping did
	code    int             // of the reply
	reason  string
	reply   bool // to a ping
}

// noReply is the code that Kamailio gives where there is no reply.
const noReply = 820

// markEvent is the event of ds_mark_dst.
func markEvent(c *script.Context) event {
	e := event{program: c.Program, context: c, code: noReply}
	if status := module.ReplyStatus(c); status != 0 {
		e.code = status
	}
	return e
}

// eventKey keeps the event with the message that its route looks at.
type eventKey struct{}

// run runs an event route: on the message at hand, or, for a ping, on an OPTIONS
// of our own with the destination as Request-URI.
func (e *event) run(w *words, d *destination, name string) {
	route := e.program.Find(syntax.EventRoute, name)
	if route == nil {
		return
	}
	if e.context != nil {
		m := module.Of(e.context)
		if m.Kept(eventKey{}) != nil {
			return // it marks destinations itself: that is enough
		}
		m.Keep(eventKey{}, e)
		route.Run(e.context)
		m.Keep(eventKey{}, nil)
		return
	}
	// The goroutine is that of a socket or of the timers, which must not wait.
	go w.Run(route, func(m *module.Message) {
		m.URI = d.uri
		m.Keep(eventKey{}, e)
	})
}

var errEvent = errors.New("expected $dsv(code), $dsv(reason) or $dsv(flags)")

// bindEvent binds $dsv(code), $dsv(reason) and $dsv(flags).
func bindEvent(inner *syntax.Inner, _ *syntax.Index, _ script.FormatBinder) (script.Assignable, error) {
	if inner == nil || inner.Text != "code" && inner.Text != "reason" && inner.Text != "flags" {
		return nil, errEvent
	}
	return eventPart(inner.Text), nil
}

type eventPart string

func (p eventPart) Eval(c *script.Context) script.Value {
	e, _ := module.Of(c).Kept(eventKey{}).(*event)
	switch {
	case e == nil:
		return script.Value{}
	case p == "code":
		return script.IntValue(int64(e.code))
	case p == "flags" && e.reply:
		return script.IntValue(1)
	case p == "flags":
		return script.IntValue(0)
	case e.reason == "":
		return script.Value{}
	}
	return script.StringValue(e.reason)
}

func (eventPart) Assign(*script.Context, script.Value) error {
	return errors.New("$dsv cannot be set")
}
