// Ladders: draws each call when it has ended (serve --ladder).
package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"viaduct/ladder"
	"viaduct/proxy"
	"viaduct/sip"
	"viaduct/wire"
)

// linger is how long a call that has ended may still be retransmitted into.
const linger = time.Second

// ladders collects what passes the server and draws it call by call.
type ladders struct {
	collector *ladder.Collector
	to        io.Writer
}

func newLadders(to io.Writer) *ladders {
	return &ladders{collector: ladder.NewCollector(linger, ladder.Limits{}), to: to}
}

// Packet takes a packet of the tap; what we send comes as text only.
func (l *ladders) Packet(p *wire.Packet) {
	if p.Message == nil {
		m, err := sip.Parse(p.Text)
		if err != nil {
			return
		}
		p.Message = m
	}
	l.collector.Packet(p)
}

// draw draws calls as they end, and at the end of ctx those that have not.
func (l *ladders) draw(ctx context.Context, listeners []proxy.Listener) {
	names := ladder.Names{}
	for _, listener := range listeners {
		names[listener.Local] = "viaduct"
	}
	look := time.NewTicker(200 * time.Millisecond)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			l.drawCalls(l.collector.Flush(), names)
			return
		case now := <-look.C:
			l.drawCalls(l.collector.Ended(now), names)
		}
	}
}

func (l *ladders) drawCalls(calls []ladder.Call, names ladder.Names) {
	for i := range calls {
		call := &calls[i]
		text := fmt.Appendf(nil, "\nCall-ID %s\n\n", call.ID)
		text = ladder.New(call.Packets, names).AppendText(text, ladder.TextOptions{Times: true})
		if call.Cut > 0 {
			text = fmt.Appendf(text, "… and %d more packets\n", call.Cut)
		}
		l.to.Write(append(text, '\n')) // an error means that nobody reads
	}
}
