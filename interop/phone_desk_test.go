// Our phone in the suite: package phone on real sockets, with somebody at it who follows a script.

package interop

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"viaduct/ladder"
	"viaduct/media"
	ua "viaduct/phone"
	"viaduct/sip"
	"viaduct/wire"
)

// desk is our phone with what it did so far.
type desk struct {
	*ua.Desk
	t       *testing.T
	address netip.AddrPort

	mu      sync.Mutex
	packets []wire.Packet
	told    []string
	reports []ua.Report // of calls that have ended
}

// Packet keeps what passes, for a failure.
func (d *desk) Packet(p *wire.Packet) {
	kept := *p
	if kept.Message == nil {
		kept.Message, _ = sip.Parse(kept.Text)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.packets = append(d.packets, kept)
}

// startDesk opens a phone that says a tone; it leaves with the test.
func startDesk(t *testing.T, user string, server netip.AddrPort, transport wire.Transport, change func(*ua.Config)) *desk {
	t.Helper()
	d := &desk{Desk: ua.NewDesk(), t: t}
	host := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), 0)
	if server.Addr().Is6() {
		host = netip.AddrPortFrom(netip.IPv6Loopback(), 0)
	}
	stack, address, err := ua.Listen(transport, host, ua.Options{Tap: d})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stack.Close)
	d.address = address
	audio := ua.NewAudio()
	audio.Mouth = func() (media.Source, error) { return media.Tone(440), nil }
	c := ua.Config{User: user, Media: audio, Transport: transport, Events: d.hear, Patience: 8 * time.Second}
	if server.IsValid() {
		c.Server = server.String()
		if transport == wire.TCP {
			c.Server += ";transport=tcp"
		}
	}
	if change != nil {
		change(&c)
	}
	p, err := ua.New(stack, c)
	if err != nil {
		t.Fatal(err)
	}
	d.Sit(p)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		d.Leave(ctx)
	})
	if server.IsValid() {
		d.do("register")
	}
	return d
}

func (d *desk) hear(e ua.Event) {
	d.mu.Lock()
	d.told = append(d.told, strings.TrimSpace(fmt.Sprint(e.Kind, " ", e.Text)))
	if e.Kind == ua.Ended {
		d.reports = append(d.reports, e.Call.Report())
	}
	d.mu.Unlock()
	d.Hear(e)
}

// do carries out a script; a step that fails ends the test with all that the phone saw.
func (d *desk) do(script string) {
	d.t.Helper()
	steps, err := ua.ParseScript(script)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, step := range steps {
		if err := d.Do(d.t.Context(), step); err != nil {
			d.t.Fatalf("%s: %v\n%s", step.Source, err, d.story())
		}
	}
}

// story is what was told, the ladder and the messages.
func (d *desk) story() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := fmt.Appendf(nil, "told: %s\n", strings.Join(d.told, ", "))
	out = ladder.New(d.packets, ladder.Names{d.address: "our phone"}).AppendText(out, ladder.TextOptions{Times: true})
	for i := range d.packets {
		out = wire.AppendTranscript(out, &d.packets[i])
	}
	return string(out)
}

// heard wants sound to have come and gone in the last call.
func (d *desk) heard() {
	d.t.Helper()
	d.mu.Lock()
	var last ua.Report
	if len(d.reports) > 0 {
		last = d.reports[len(d.reports)-1]
	}
	d.mu.Unlock()
	if last.Sent < 5 || last.Received < 5 {
		d.t.Errorf("too little sound: %+v\n%s", last, d.story())
	}
}
