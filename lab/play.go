// Play: an experiment from its first socket to its last message.
package lab

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"slices"
	"time"

	"viaduct/cdr"
	"viaduct/explain"
	"viaduct/ladder"
	"viaduct/phone"
	"viaduct/wire"
)

// Options of Play.
type Options struct {
	Script string // file that all proxies run instead of their own; "": their own

	move func(netip.Addr) netip.Addr // other addresses, so that tests can play side by side
}

// Result is what came of an experiment.
type Result struct {
	Scenario  *Scenario
	Notes     []string // where it was played otherwise than it is written
	Printouts []Printout
	Packets   []wire.Packet
	Names     ladder.Names
	Story     *explain.Story // with the ladder
	Records   []cdr.Record   // when the scenario asks for them
	Missing   []string       // arrows that were expected and not seen
	Strange   []string       // arrows that were seen and not expected
}

// Printout is what one proxy printed, with the escapes of its colours.
type Printout struct{ Title, Text string }

// StepError says which step failed.
type StepError struct {
	File string
	Line int
	Step string
	Err  error
}

func (e *StepError) Error() string {
	return fmt.Sprintf("%s:%d: %q: %v", e.File, e.Line, e.Step, e.Err)
}

func (e *StepError) Unwrap() error { return e.Err }

// Play plays an experiment. When a step fails the error is a *StepError, and
// the result tells what happened until then. Errors of a script are those of
// server.New; then there is no result.
func Play(ctx context.Context, s *Scenario, o Options) (*Result, error) {
	g := &ground{names: ladder.Names{}, sockets: map[string]*socket{}, hidden: map[netip.AddrPort]bool{}, losses: slices.Clone(s.Losses)}
	p := &play{Scenario: s, ground: g, options: o, desks: map[string]*phone.Desk{}, hands: map[string]*hand{}}
	defer p.close()
	if err := p.prepare(ctx); err != nil {
		return nil, err
	}
	failed := p.walk(ctx)
	p.settle(ctx, failed == nil)
	packets, _ := g.seen(p.begun)
	packets = slices.Clone(packets)
	r := &Result{Scenario: s, Notes: g.notes, Packets: packets, Names: maps.Clone(g.names)}
	r.Story = explain.Call(packets, r.Names)
	if s.Records {
		r.Records, _ = cdr.Calls(cdr.Packets(p.byProxies(r.Story.Ladder)))
	}
	if s.Expect != nil {
		r.Missing, r.Strange = compare(s.Expect, arrows(r.Story.Ladder))
	}
	for _, running := range p.servers {
		r.Printouts = append(r.Printouts, running.end())
	}
	if p.nameServer != nil {
		r.Printouts = append(r.Printouts, p.nameServer.printout())
	}
	return r, failed
}

// byProxies gives the messages that a proxy saw, each once.
func (s *Scenario) byProxies(l *ladder.Ladder) (packets []wire.Packet) {
	isProxy := func(lane int) bool {
		return slices.ContainsFunc(s.Proxies, func(p Proxy) bool { return p.Name == l.Lanes[lane].Name })
	}
	for i := range l.Arrows {
		if a := &l.Arrows[i]; isProxy(a.From) || isProxy(a.To) {
			packets = append(packets, a.Packet)
		}
	}
	return packets
}

// play is one going on.
type play struct {
	*Scenario
	*ground
	options    Options
	servers    []*running
	stacks     []*phone.Stack
	desks      map[string]*phone.Desk
	hands      map[string]*hand
	mirror     *mirror
	nameServer *nameServer
	begun      int // packets before the experiment proper
	closers    []io.Closer
}

func (p *play) close() {
	for _, s := range p.stacks {
		s.Close()
	}
	for _, r := range p.servers {
		r.end()
	}
	p.ground.close()
	for _, c := range p.closers {
		c.Close()
	}
}

// prepare opens all sockets, then puts somebody behind each.
func (p *play) prepare(ctx context.Context) error {
	for _, e := range p.elements() {
		if p.STUN == e || p.nat(e.Name) != nil {
			continue // not SIP
		}
		if _, err := p.open(e.Name, p.moved(e.Address), 5060); err != nil {
			return err
		}
	}
	nameServers, err := p.answerNames()
	if err != nil {
		return err
	}
	if err := p.hide(); err != nil {
		return err
	}
	for i := range p.Proxies {
		if err := p.serve(ctx, &p.Proxies[i], nameServers); err != nil {
			return err
		}
	}
	for i := range p.Phones {
		if err := p.plug(ctx, &p.Phones[i]); err != nil {
			return err
		}
	}
	for i := range p.Senders {
		p.hands[p.Senders[i].Name] = newHand(p.sockets[p.Senders[i].Name], p.sockets[p.Senders[i].To])
	}
	return nil
}

func (p *play) moved(at netip.AddrPort) netip.AddrPort {
	if p.options.move == nil {
		return at
	}
	return netip.AddrPortFrom(p.options.move(at.Addr()), at.Port())
}

// walk goes through the steps.
func (p *play) walk(ctx context.Context) error {
	for i := range p.Steps {
		s := &p.Steps[i]
		if err := p.do(ctx, s); err != nil {
			return &StepError{p.file, s.line, s.Text, err}
		}
	}
	return nil
}

func (p *play) do(ctx context.Context, s *Step) error {
	switch {
	case s.word == "begin":
		for _, r := range p.servers {
			r.begin()
		}
		p.begun = p.count()
		return nil
	case s.word == "wait":
		return sleep(ctx, s.time)
	case p.hands[s.Who] != nil:
		return p.byHand(ctx, p.hands[s.Who], s)
	}
	step := s.phone
	step.Text = p.fill(step.Text)
	return p.desks[s.Who].Do(ctx, step)
}

// How long nothing must pass until an experiment is over, and how long to wait
// for that, or for an arrow that is expected.
const (
	quietKnown   = 60 * time.Millisecond
	quietUnknown = 300 * time.Millisecond
	mostSettling = 4 * time.Second
)

// settle waits for the last messages.
func (p *play) settle(ctx context.Context, well bool) {
	deadline := time.Now().Add(mostSettling)
	for time.Now().Before(deadline) {
		packets, quiet := p.seen(p.begun)
		switch {
		case p.Expect == nil || !well:
			if quiet > quietUnknown {
				return
			}
		case quiet > quietKnown:
			missing, strange := compare(p.Expect, arrows(ladder.New(packets, p.names)))
			if len(missing) == 0 || len(strange) > 0 && quiet > quietUnknown {
				return
			}
		}
		if sleep(ctx, 10*time.Millisecond) != nil {
			return
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
