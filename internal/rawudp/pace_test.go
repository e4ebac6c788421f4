//go:build linux && (amd64 || arm64 || riscv64 || loong64) && !portable

package rawudp

import (
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"
)

func TestDenseAfterShortWaits(t *testing.T) {
	var p pace
	wait := func(d time.Duration) {
		p.note(true)
		p.since = p.since.Add(-d)
		p.note(false)
	}
	for range dense - 1 {
		wait(0)
	}
	if p.isDense(nil) {
		t.Error("dense too early")
	}
	p.note(false) // a datagram that was there already says nothing
	wait(0)
	if !p.isDense(nil) {
		t.Error("not dense after short waits")
	}
	wait(2 * short)
	if p.isDense(nil) {
		t.Error("still dense after a long wait")
	}
}

func TestOthersHaveTheirTurn(t *testing.T) {
	p := pace{shortWaits: dense}
	alone := true
	given := 0
	for range 10 * turns {
		if !p.isDense(func() bool { return alone }) {
			given++
		}
	}
	if given != 10 {
		t.Errorf("others had %d turns in %d waits", given, 10*turns)
	}
	alone = false
	for range turns {
		p.isDense(func() bool { return alone })
	}
	if p.isDense(nil) {
		t.Error("the kernel's wait goes on though another socket is read")
	}
}

// A wait in the kernel ends by itself, and by Close at the latest when it does.
func TestHeldReceive(t *testing.T) {
	c := listen(t, "127.0.0.1:0")
	peer := listen(t, "127.0.0.1:0")
	for range 3 { // held and not: what comes is received
		c.receiver.pace.shortWaits = dense
		if err := peer.Send([]byte("x"), c.Local(), netip.Addr{}); err != nil {
			t.Fatal(err)
		}
		if got, source, _, err := c.Receive(); err != nil || string(got) != "x" || source != peer.Local() {
			t.Fatalf("got %q from %v, %v", got, source, err)
		}
	}
	c.receiver.pace.shortWaits = dense
	done := make(chan error)
	go func() {
		_, _, _, err := c.Receive()
		done <- err
	}()
	time.Sleep(time.Millisecond)
	c.Close()
	if err := <-done; !errors.Is(err, net.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}
