// The phone command at work: steps or a prompt, events, ladders and figures.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/signal"
	"strings"
	"sync"
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
	drawing := newLadders(s.out)
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
	teller := &teller{to: s.out, asJSON: c.JSON}
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
		fmt.Fprintf(s.out, "phone %s listens on %s:%v\n", c.User, strings.ToLower(flow.Transport.String()), flow.Local)
	}
	names := ladder.Names{flow.Local: c.User}
	if server, err := netip.ParseAddrPort(c.Server); err == nil {
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

// teller prints events.
type teller struct {
	mu     sync.Mutex
	to     io.Writer
	asJSON bool
}

// toldEvent is an event as --json prints it.
type toldEvent struct {
	Time     time.Time  `json:"time"`
	Event    phone.Kind `json:"event"`
	Call     int        `json:"call,omitempty"`
	CallID   string     `json:"call_id,omitempty"`
	Peer     string     `json:"peer,omitempty"`
	Incoming bool       `json:"incoming,omitempty"`
	Status   int        `json:"status,omitempty"`
	Text     string     `json:"text,omitempty"`
	Millis   int64      `json:"duration_ms,omitempty"`
	ByPeer   bool       `json:"by_peer,omitempty"`
	Error    string     `json:"error,omitempty"`
	RTP      *toldRTP   `json:"rtp,omitempty"`
}

type toldRTP struct {
	Codec    string  `json:"codec"`
	Local    string  `json:"local"`
	Remote   string  `json:"remote"`
	Sent     uint64  `json:"sent"`
	Received uint64  `json:"received"`
	Lost     uint64  `json:"lost"`
	Jitter   float64 `json:"jitter_ms"`
}

func (t *teller) tell(e phone.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.asJSON {
		t.tellJSON(e)
		return
	}
	text := e.Text
	if text == "" && e.Status != 0 {
		text = fmt.Sprint(e.Status, " ", sip.ReasonPhrase(e.Status))
	}
	if e.Duration != 0 {
		text += fmt.Sprintf(" (%v)", e.Duration)
	}
	number := ""
	if e.Call != nil && e.Call.Number() > 1 {
		number = fmt.Sprintf("call %d: ", e.Call.Number())
	}
	fmt.Fprintf(t.to, "%s%-12s %s\n", number, e.Kind, strings.TrimSpace(text))
	if r, ok := talked(e); ok {
		fmt.Fprintf(t.to, "             %s, sent %d packets, received %d, lost %d, jitter %v\n",
			r.Codec, r.Sent, r.Received, r.Lost, r.Jitter.Round(10*time.Microsecond))
	}
}

// talked gives the figures of the sound of a call that has ended.
func talked(e phone.Event) (phone.Report, bool) {
	if e.Kind != phone.Ended {
		return phone.Report{}, false
	}
	r := e.Call.Report()
	return r, r.Codec != "" && r.Sent+r.Received > 0
}

func (t *teller) tellJSON(e phone.Event) {
	told := toldEvent{Time: time.Now(), Event: e.Kind, Status: e.Status, Text: e.Text, Millis: e.Duration.Milliseconds(), ByPeer: e.ByPeer}
	if e.Call != nil {
		told.Call, told.CallID, told.Peer, told.Incoming = e.Call.Number(), e.Call.CallID(), e.Call.Peer(), e.Call.IsIncoming()
	}
	if e.Err != nil {
		told.Error = e.Err.Error()
	}
	if r, ok := talked(e); ok {
		told.RTP = &toldRTP{r.Codec, r.Local.String(), r.Remote.String(), r.Sent, r.Received, r.Lost, float64(r.Jitter) / float64(time.Millisecond)}
	}
	line, err := json.Marshal(told)
	if err == nil {
		fmt.Fprintf(t.to, "%s\n", line)
	}
}

// dialPad reads commands from a person.
type dialPad struct {
	desk    *phone.Desk
	phone   *phone.Phone
	command *phoneCommand
	teller  *teller
	drawing *ladders
	names   ladder.Names
}

// run reads lines until quit or their end.
func (d *dialPad) run(ctx context.Context, from io.Reader) error {
	lines := make(chan string)
	go func() {
		defer close(lines)
		for scanner := bufio.NewScanner(from); scanner.Scan(); {
			select {
			case lines <- scanner.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	if !d.command.JSON {
		fmt.Fprintln(d.teller.to, "help lists the commands")
	}
	look := time.NewTicker(200 * time.Millisecond)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-look.C:
			d.draw(now)
		case line, open := <-lines:
			if !open {
				return nil
			}
			if err := d.obey(ctx, line); errors.Is(err, phone.ErrQuit) {
				return nil
			}
		}
	}
}

// draw draws the calls that have ended.
func (d *dialPad) draw(now time.Time) {
	if !d.command.Ladder || d.command.JSON {
		return
	}
	d.drawing.drawCalls(worthDrawing(d.drawing.collector.Ended(now), nil), d.names)
}

// obey carries out one line; what is wrong with it is told at once.
func (d *dialPad) obey(ctx context.Context, line string) error {
	steps, err := phone.ParseScript(line)
	if err != nil {
		var wrong *phone.ScriptError
		if errors.As(err, &wrong) {
			err = &server.Hinted{Problem: fmt.Errorf("%s: %s", wrong.Step, wrong.Problem), Hint: wrong.Hint}
		}
		report(d.teller.to, err)
		return nil
	}
	for _, step := range steps {
		switch step.Word {
		case "help":
			io.WriteString(d.teller.to, phone.Help())
		case "calls":
			d.list()
		}
		err := d.desk.Do(ctx, step)
		if errors.Is(err, phone.ErrQuit) {
			return err
		}
		if err != nil {
			report(d.teller.to, d.command.explain(err))
			return nil
		}
	}
	return nil
}

func (d *dialPad) list() {
	calls := d.phone.Calls()
	if len(calls) == 0 {
		fmt.Fprintln(d.teller.to, "no calls")
	}
	for _, c := range calls {
		chosen := " "
		if c == d.desk.Call() {
			chosen = "*"
		}
		fmt.Fprintf(d.teller.to, "%s %d %-12s %s\n", chosen, c.Number(), c.State(), c.Peer())
	}
}
