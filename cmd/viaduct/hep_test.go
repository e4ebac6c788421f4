package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"viaduct/wire"
)

func TestHEPFlags(t *testing.T) {
	for _, test := range []struct {
		args, want string
	}{
		{"serve --db none --hep nowhere:port:1", "viaduct: --hep nowhere:port:1: not an address\nhint: write 127.0.0.1:9060"},
		{"listen nowhere:x", "viaduct: nowhere:x: not an address\nhint: write 127.0.0.1:9060"},
		{"listen 192.0.2.1:9060", "viaduct: this machine has no address 192.0.2.1:9060\nhint: ip addr"},
	} {
		var out bytes.Buffer
		if status := run(strings.Fields(test.args), streams{&out, &out}); status != 1 || !strings.HasPrefix(out.String(), test.want) {
			t.Errorf("%s: status %d\n%s", test.args, status, out.String())
		}
	}
	for flag, want := range map[string]bool{"127.0.0.1:9060": true, "udp:[::1]:9060": true, "tcp:127.0.0.1:9060": true, "": false} {
		sender, err := (&hepFlags{HEP: flag}).openHEP()
		if err != nil || (sender != nil) != want {
			t.Errorf("%q: %v, error %v", flag, sender, err)
		}
		if sender != nil {
			sender.Close()
		}
	}
}

// The clock of another machine is put on ours, one that agrees is left alone.
func TestClockSetter(t *testing.T) {
	for _, behind := range []time.Duration{0, time.Hour, -time.Hour} {
		var got []time.Time
		c := &clockSetter{to: tapFunc(func(p *wire.Packet) { got = append(got, p.Time) })}
		start := time.Now().Add(-behind)
		c.Packet(&wire.Packet{Time: start})
		c.Packet(&wire.Packet{Time: start.Add(time.Second)})
		if off := time.Since(got[0]); off.Abs() > time.Minute || got[1].Sub(got[0]) != time.Second || behind == 0 && !got[0].Equal(start) {
			t.Errorf("behind %v: %v", behind, got)
		}
	}
}

type tapFunc func(*wire.Packet)

func (f tapFunc) Packet(p *wire.Packet) { f(p) }
