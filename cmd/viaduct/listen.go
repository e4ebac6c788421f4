// The listen command.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"viaduct/hep"
	"viaduct/server"
	"viaduct/wire"
)

type listenCommand struct {
	Address  string `arg:"" name:"host:port" help:"Address to listen on, over UDP and TCP: 127.0.0.1:9060."`
	Messages bool   `help:"Print each message as it comes, too."`
}

func (c *listenCommand) Run(s streams) error {
	address, err := hostPort(c.Address)
	if err != nil {
		return &server.Hinted{Problem: fmt.Errorf("%s: not an address", c.Address), Hint: "write 127.0.0.1:9060"}
	}
	receiver, err := hep.Listen(address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return &server.Hinted{Problem: fmt.Errorf("another program listens on %s", c.Address), Hint: "ss -ltunp shows which"}
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return &server.Hinted{Problem: fmt.Errorf("this machine has no address %s", c.Address), Hint: "ip addr lists those it has"}
	case err != nil:
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	drawing := newLadders(s.out)
	var tap wire.Tap = &clockSetter{to: drawing}
	if c.Messages {
		tap = taps{&printing{to: s.out}, tap}
	}
	fmt.Fprintf(s.out, "viaduct listens for copies by HEP on %s; from viaduct: serve --hep %s\n", receiver.Addr(), receiver.Addr())
	var drawn sync.WaitGroup
	drawn.Go(func() { drawing.draw(ctx, nil) })
	err = receiver.Serve(ctx, tap)
	stop()
	drawn.Wait()
	if bad := receiver.Bad(); bad > 0 {
		fmt.Fprintf(s.err, "viaduct: %s left out: no HEP, or no SIP in it\n", count(int(bad), "packet"))
	}
	return err
}

// clockSetter is a tap that puts the times of another machine on our clock:
// by ours one tells when a call has ended.
type clockSetter struct {
	to     wire.Tap
	first  sync.Once
	behind time.Duration // its clock
}

// The clocks of two machines that agree so far are taken as one.
const clocksAgree = 2 * time.Second

func (c *clockSetter) Packet(p *wire.Packet) {
	c.first.Do(func() {
		if behind := time.Since(p.Time); behind.Abs() > clocksAgree {
			c.behind = behind
		}
	})
	p.Time = p.Time.Add(c.behind)
	c.to.Packet(p)
}

// printing is a tap that prints packets as a transcript.
type printing struct {
	mu  sync.Mutex
	to  io.Writer
	out []byte
}

func (t *printing) Packet(p *wire.Packet) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.out = wire.AppendTranscript(t.out[:0], p)
	t.to.Write(t.out) // an error means that nobody reads
}
