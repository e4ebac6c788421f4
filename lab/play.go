// Play: an experiment from its first socket to its last message.
package lab

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"os"
	"slices"
	"sync"
	"time"

	"viaduct/cdr"
	"viaduct/explain"
	"viaduct/ladder"
	"viaduct/phone"
	"viaduct/script/syntax"
	"viaduct/sdp"
	"viaduct/server"
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

// answerNames begins the name server, if there is a zone.
func (p *play) answerNames() ([]netip.AddrPort, error) {
	if p.Zone == "" {
		return nil, nil
	}
	n, err := serveNames(p.fill(p.Zone))
	if err != nil {
		return nil, &Error{File: p.file, Problem: "zone: " + err.Error()}
	}
	p.nameServer = n
	p.closers = append(p.closers, n)
	return []netip.AddrPort{n.at}, nil
}

// hide begins the STUN server and puts a NAT before each phone that has one.
func (p *play) hide() (err error) {
	if p.STUN != nil {
		at := p.moved(p.STUN.Address)
		if at.Port() == 0 {
			at = netip.AddrPortFrom(at.Addr(), 3478)
		}
		if p.mirror, err = openMirror(at); err != nil {
			return err
		}
		p.closers = append(p.closers, p.mirror)
	}
	for i := range p.Phones {
		ph := &p.Phones[i]
		nat := p.nat(ph.Through)
		if nat == nil {
			continue
		}
		s := p.sockets[ph.Name]
		targets := []netip.AddrPort{p.sockets[nat.Proxy].at}
		if p.mirror != nil {
			targets = append(targets, addressOf(p.mirror.conn))
		}
		r, err := openRelay(p.ground, ph.Name, p.moved(nat.Address), p.moved(nat.Inside), targets...)
		if err != nil {
			return err
		}
		p.closers = append(p.closers, r)
		s.faces = map[netip.AddrPort]netip.AddrPort{}
		for target, face := range r.faces {
			s.faces[target] = addressOf(face)
		}
		p.hidden[s.at] = true
		r.serve(s.at)
	}
	return nil
}

// proxyOf is the proxy of a phone, or "".
func (p *play) proxyOf(ph *Phone) string {
	if nat := p.nat(ph.Through); nat != nil {
		return nat.Proxy
	}
	return ph.Through
}

func (p *play) moved(at netip.AddrPort) netip.AddrPort {
	if p.options.move == nil {
		return at
	}
	return netip.AddrPortFrom(p.options.move(at.Addr()), at.Port())
}

// running is a proxy at work.
type running struct {
	name   string
	server *server.Server
	cancel context.CancelFunc
	done   chan error

	mu      sync.Mutex
	printed bytes.Buffer
	ended   sync.Once
}

func (r *running) Write(text []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.printed.Write(text)
}

// begin forgets what was printed so far.
func (r *running) begin() {
	r.server.Flush()
	r.mu.Lock()
	r.printed.Reset()
	r.mu.Unlock()
}

func (r *running) end() Printout {
	r.ended.Do(func() {
		r.cancel()
		<-r.done
	})
	return Printout{"what " + r.name + " printed", r.printed.String()}
}

// grace is how long a proxy waits for open transactions at the end.
const grace = 50 * time.Millisecond

func (p *play) serve(ctx context.Context, proxy *Proxy, nameServers []netip.AddrPort) error {
	at := p.sockets[proxy.Name].at
	r := &running{name: proxy.Name, done: make(chan error, 1)}
	config := server.Config{
		Script: proxy.Script, Load: p.load, Color: true, Out: r, Network: p.sockets[proxy.Name], Grace: grace, NameServers: nameServers,
		Listen: []*syntax.Listen{{Address: syntax.Address{Proto: "udp", Host: at.Addr().String(), Port: int(at.Port())}}},
	}
	switch {
	case p.options.Script != "":
		config.Script, config.Load = p.options.Script, nil
	case proxy.Script == "default":
		config.Script, config.Load = "", nil
	}
	var err error
	if r.server, err = server.New(config); err != nil {
		return err
	}
	p.sockets[proxy.Name].handler = r.server.Handler()
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	r.cancel = cancel
	ready := make(chan bool)
	go func() { r.done <- r.server.Run(running, func() { close(ready) }) }()
	select {
	case <-ready:
	case err := <-r.done:
		cancel()
		return err
	}
	p.servers = append(p.servers, r)
	return nil
}

// load gives a script; one that is not of the scenario is a file.
func (p *play) load(name string) (string, error) {
	text, err := p.text(name)
	if err != nil {
		var direct []byte
		if direct, err = os.ReadFile(name); err == nil {
			text = string(direct)
		}
	}
	return p.fill(text), err
}

// plug puts a phone on its socket.
func (p *play) plug(ctx context.Context, ph *Phone) error {
	s := p.sockets[ph.Name]
	stack := phone.NewStack(s, phone.Options{})
	p.stacks = append(p.stacks, stack)
	s.handle(stack.Handler())
	desk := phone.NewDesk()
	config := phone.Config{
		User: ph.User, Domain: p.fill(ph.Domain), Ptime: ph.Ptime, AutoAnswer: ph.Answer, Lines: ph.Lines, Events: desk.Hear, Style: &phone.DefaultStyle,
	}
	if proxy := p.proxyOf(ph); proxy != "" {
		config.Server = p.place(proxy)
	}
	if ph.Grandstream {
		config.Style = &phone.GrandstreamStyle
	}
	for _, name := range ph.Codecs {
		codec, _ := sdp.Known(name)
		config.Codecs = append(config.Codecs, codec)
	}
	if ph.STUN {
		asking, cancel := context.WithTimeout(ctx, usualPatience)
		defer cancel()
		var err error
		if config.Mapped, err = stack.Mapped(asking, addressOf(p.mirror.conn)); err != nil {
			return fmt.Errorf("%s: %w", ph.Name, err)
		}
		p.notes = append(p.notes, fmt.Sprintf("%s asked by STUN how it looks from outside: not %v but %v", ph.Name, s.at, config.Mapped))
	}
	one, err := phone.New(stack, config)
	if err != nil {
		return &Error{File: p.file, Line: ph.line, Problem: err.Error()}
	}
	desk.Sit(one)
	p.desks[ph.Name] = desk
	return nil
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
