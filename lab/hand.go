// Hand: sends messages as they are written, and waits for what comes back.
package lab

import (
	"context"
	"fmt"
	"strings"
	"time"

	"viaduct/draft"
	"viaduct/sip"
	"viaduct/transport"
	"viaduct/wire"
)

// hand is a sender at work.
type hand struct {
	socket, to *socket
	arrived    chan *sip.Message
	tag        string // of To in what was expected last
}

func newHand(from, to *socket) *hand {
	h := &hand{socket: from, to: to, arrived: make(chan *sip.Message, 100)}
	from.handle(h)
	return h
}

// Receive keeps a message for expect.
func (h *hand) Receive(m *sip.Message, _ *transport.Inbound) {
	select {
	case h.arrived <- m:
	default: // nobody expects so many
	}
}

func (h *hand) Malformed(*sip.Message, string, *sip.ParseError, *transport.Inbound) {}

// byHand carries out a step of a sender.
func (p *play) byHand(ctx context.Context, h *hand, s *Step) error {
	if s.word == "expect" {
		return h.expect(ctx, s)
	}
	text, err := p.text(s.what)
	if err != nil {
		return err
	}
	text = draft.Fix(strings.ReplaceAll(p.fill(text), "{tag}", h.tag))
	return h.socket.Send(wire.Flow{Transport: wire.UDP, Local: h.socket.at, Remote: h.to.at}, []byte(text), nil)
}

// expect passes over what comes until the wanted message.
func (h *hand) expect(ctx context.Context, s *Step) error {
	limit := time.NewTimer(s.time)
	defer limit.Stop()
	for {
		select {
		case m := <-h.arrived:
			if matches(m, s.what) {
				h.tag = m.ToTag()
				return nil
			}
		case <-limit.C:
			return fmt.Errorf("expected %s, but it did not come within %v", s.what, s.time)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
