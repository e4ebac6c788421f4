// The phone command at work: a phone on a desk, steps, and what to do about errors.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"viaduct/ladder"
	"viaduct/phone"
	"viaduct/server"
	"viaduct/sip"
	"viaduct/transaction"
)

// farewell bounds hanging up and unregistering at the end.
const farewell = 3 * time.Second

// sit puts a phone on a desk and works it until the end.
func (c *phoneCommand) sit(s streams, config phone.Config, steps []phone.Step) (err error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	teller := &teller{to: s.out, asJSON: c.JSON, advice: c.Do == "" && c.AnswerAfter == ""}
	drawing := newLadders(teller)
	stack, flow, err := c.listen(drawing)
	if err != nil {
		return err
	}
	defer stack.Close()
	if err := c.ask(ctx, stack, &config); err != nil {
		return err
	}
	desk := phone.NewDesk()
	desk.DTMF = phone.DTMF(c.DTMF)
	config.Transport = flow.Transport
	config.Events = func(e phone.Event) {
		teller.tell(e)
		desk.Hear(e)
	}
	p, err := phone.New(stack, config)
	if err != nil {
		return &server.Hinted{Problem: err, Hint: "viaduct phone --help lists the flags"}
	}
	desk.Sit(p)
	if !c.JSON {
		fmt.Fprintf(teller, "phone %s listens on %s:%v\n", c.User, strings.ToLower(flow.Transport.String()), flow.Local)
	}
	names := ladder.Names{flow.Local: c.User}
	if server, ok := c.serverAddress(); ok {
		names[server] = "server"
	}
	defer func() {
		leaving, cancel := context.WithTimeout(context.Background(), farewell)
		defer cancel()
		desk.Leave(leaving)
		if c.Ladder && !c.JSON {
			drawing.drawCalls(worthDrawing(drawing.collector.Flush(), err), names)
		}
	}()
	if c.Server != "" && c.Register {
		if err := p.Register(ctx); err != nil {
			return c.explain(err)
		}
	}
	if c.Do != "" {
		return c.script(ctx, desk, steps)
	}
	d := &dialPad{desk: desk, phone: p, command: c, teller: teller, drawing: drawing, names: names}
	return d.run(ctx, os.Stdin)
}

// serverAddress is the server's, unless it has a name.
func (c *phoneCommand) serverAddress() (netip.AddrPort, bool) {
	u, err := sip.ParseURI("sip:" + strings.TrimPrefix(c.Server, "sip:"))
	if err != nil {
		return netip.AddrPort{}, false
	}
	host, err := netip.ParseAddr(strings.Trim(u.Host, "[]"))
	return netip.AddrPortFrom(host, uint16(cmp.Or(u.Port, 5060))), err == nil
}

// script carries out steps until one fails.
func (c *phoneCommand) script(ctx context.Context, desk *phone.Desk, steps []phone.Step) error {
	for _, step := range steps {
		err := desk.Do(ctx, step)
		switch {
		case errors.Is(err, phone.ErrQuit):
			return nil
		case errors.Is(err, context.Canceled):
			return fmt.Errorf("interrupted at %q", step.Source)
		case err != nil:
			return c.explain(naming(step, err))
		}
	}
	return nil
}

// naming says which step it was, unless the error does.
func naming(step phone.Step, err error) error {
	var unexpected *phone.UnexpectedError
	if errors.As(err, &unexpected) {
		return err
	}
	return fmt.Errorf("%q: %w", step.Source, err)
}

// explain adds what to do about an error, where that can be known.
func (c *phoneCommand) explain(err error) error {
	var refused *phone.RefusedError
	var unexpected *phone.UnexpectedError
	var target *phone.TargetError
	hint := ""
	switch {
	case errors.Is(err, phone.ErrPassword):
		hint = "check --password-file and --auth-user; an account may be locked when this goes on"
	case errors.Is(err, phone.ErrNoPassword):
		hint = "--password-file FILE, or --password TEXT"
	case errors.Is(err, phone.ErrNoServer):
		hint = "--server HOST[:PORT]"
	case errors.Is(err, transaction.ErrTimeout) && !errors.As(err, &unexpected): // of REGISTER
		err = fmt.Errorf("the server %s does not answer", c.Server)
		hint = "viaduct serve starts a server here; --patience waits longer than " + c.Patience.String()
	case errors.As(err, &refused):
		hint = statusHint(refused.Status)
	case errors.As(err, &unexpected):
		if hint = "expect EVENT within 30s waits longer"; unexpected.Ended != nil {
			hint = statusHint(unexpected.Ended.Status)
		}
	case errors.As(err, &target):
		hint = "dial sip:309@127.0.0.1:5070, or give a --server"
	}
	if hint == "" {
		return err
	}
	return &server.Hinted{Problem: err, Hint: hint}
}

// statusHint says what a status means for who called.
func statusHint(status int) string {
	switch status {
	case 403:
		return "the server does not serve this address or user"
	case 404:
		return "no such user is registered there"
	case 408:
		return "nobody answered; is the other phone running?"
	case 480:
		return "the user is known, but not reachable now"
	case 486, 600:
		return "the other one is busy"
	case 488, 606:
		return "the two phones share no codec: --codecs lists ours"
	case 603:
		return "the other one does not want to talk"
	}
	return "the ladder shows who said so"
}

// worthDrawing leaves out registrations, unless there is nothing else to tell
// why something went wrong.
func worthDrawing(calls []ladder.Call, err error) (worth []ladder.Call) {
	for _, call := range calls {
		for i := range call.Packets {
			if m := call.Packets[i].Message; m != nil && m.CSeq.Method == "INVITE" {
				worth = append(worth, call)
				break
			}
		}
	}
	if len(worth) == 0 && err != nil {
		return calls
	}
	return worth
}
