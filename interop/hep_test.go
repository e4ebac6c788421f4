// HEP beside others: Kamailio's copies read by us, ours taken by sngrep.

package interop

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"viaduct/capture"
	"viaduct/hep"
	"viaduct/wire"
)

// heard is a tap that keeps what it gets.
type heard struct {
	mu      sync.Mutex
	packets []wire.Packet
}

func (h *heard) Packet(p *wire.Packet) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.packets = append(h.packets, *p)
}

// to gives the first packet that went to an address.
func (h *heard) to(address netip.AddrPort) (wire.Packet, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, p := range h.packets {
		if p.Flow.Local == address {
			return p, true
		}
	}
	return wire.Packet{}, false
}

// Kamailio's siptrace sends copies in each version of HEP; the requests by which
// a test asks whether it is up are among them.
func TestHEPFromKamailio(t *testing.T) {
	needPrograms(t, "kamailio")
	for version := 1; version <= 3; version++ {
		t.Run(fmt.Sprintf("version %d", version), func(t *testing.T) {
			t.Parallel()
			receiver, err := hep.Listen("127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			var tap heard
			ctx, stop := context.WithCancel(context.Background())
			served := make(chan error)
			go func() { served <- receiver.Serve(ctx, &tap) }()
			t.Cleanup(func() {
				stop()
				if err := <-served; err != nil {
					t.Error(err)
				}
			})
			script := filepath.Join(t.TempDir(), "trace.cfg")
			text := fmt.Sprintf("loadmodule \"sl.so\"\nloadmodule \"siptrace.so\"\n"+
				"modparam(\"siptrace\", \"duplicate_uri\", \"sip:%s\")\nmodparam(\"siptrace\", \"hep_mode_on\", 1)\n"+
				"modparam(\"siptrace\", \"hep_version\", %d)\nmodparam(\"siptrace\", \"trace_to_database\", 0)\n"+
				"modparam(\"siptrace\", \"trace_on\", 1)\nrequest_route { sip_trace(); sl_send_reply(\"200\", \"OK\"); }\n", receiver.Addr(), version)
			if err := os.WriteFile(script, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			kamailio := start(t, kamailio{}, script)
			for _, address := range []netip.AddrPort{kamailio.ipv4, kamailio.ipv6} {
				var p wire.Packet
				found := eventually(5*time.Second, func() (ok bool) {
					p, ok = tap.to(address)
					return ok
				})
				if !found {
					t.Fatalf("no copy of what went to %v came; %d packets came, %d bad", address, receiver.Received(), receiver.Bad())
				}
				if !strings.HasPrefix(p.Text, "OPTIONS sip:"+address.String()+" SIP/2.0\r\n") || p.Flow.Transport != wire.UDP ||
					p.Flow.Remote.Addr() != address.Addr() || time.Since(p.Time).Abs() > time.Minute {
					t.Errorf("%+v", p)
				}
			}
			if receiver.Bad() > 0 {
				t.Errorf("%d packets could not be read", receiver.Bad())
			}
		})
	}
}

// sngrep takes our copies and saves the messages in them as they were.
func TestSngrepTakesOurHEP(t *testing.T) {
	needPrograms(t, "sngrep")
	_, packets := sample(t, "sip-method.pcap.gz")
	folder := t.TempDir()
	address := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), freePort(t))
	saved := filepath.Join(folder, "saved.pcap")
	sngrep := launch(t, folder, "sngrep", exec.Command("sngrep", "-N", "-L", "udp:"+address.String(), "-O", saved))
	if !eventually(10*time.Second, func() bool { return isBound("udp", address) }) {
		t.Fatalf("sngrep does not listen; it printed:\n%s", sngrep.tail())
	}
	sender, err := hep.NewSender("udp", address.String(), hep.SenderOptions{Agent: 2001})
	if err != nil {
		t.Fatal(err)
	}
	for i := range packets {
		sender.Packet(&packets[i])
		time.Sleep(2 * time.Millisecond) // sngrep reads one at a time
	}
	sender.Close()
	time.Sleep(500 * time.Millisecond)
	if err := sngrep.command.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if _, inTime := sngrep.wait(5 * time.Second); !inTime {
		t.Fatal("sngrep does not end")
	}
	file, err := os.Open(saved)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	got, err := capture.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	wantSameCallIDs(t, callIDs(got), callIDs(packets))
	for i := range min(len(got), len(packets)) {
		g, w := got[i], packets[i]
		if g.Text != w.Text || g.Flow != w.Flow || !g.Time.Equal(w.Time) {
			t.Errorf("packet %d is %v %+v %.40q\nwant %v %+v", i, g.Time, g.Flow, g.Text, w.Time, w.Flow)
		}
	}
}
