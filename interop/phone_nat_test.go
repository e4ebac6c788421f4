// Our phone behind a NAT that the test plays, with Debian's coturn to tell how it looks from outside.

package interop

import (
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"viaduct/sip"
	"viaduct/wire"
)

func TestPhoneAndCoturn(t *testing.T) {
	needPrograms(t, "turnserver")
	through := start(t, viaduct{}, debianScript)
	asked := startCoturn(t)
	n := openNAT(t)
	server, stun := n.face(t, through.ipv4), n.face(t, asked)

	theirs := startDesk(t, "outside", through.ipv4, wire.UDP, nil)
	command := exec.Command(viaductBinary(t), "phone", "--user", "inside", "--server", server.String(), "--domain", through.ipv4.String(),
		"--stun", stun.String(), "--keep-alive", "100ms", "--say", "tone", "--do", "dial outside; expect answered; wait 1s; hangup; expect ended")
	ours := launch(t, t.TempDir(), "inside", command)
	theirs.do("expect incoming; answer; expect answered; expect ended")
	if err, inTime := ours.wait(longest); err != nil || !inTime {
		t.Fatalf("%v\n%s\n%s", err, ours.tail(), theirs.story())
	}
	// The sound finds the address that the description names. The other way proves nothing: loopback leads past the NAT.
	var received int
	for _, figures := range regexp.MustCompile(`received (\d+)`).FindAllStringSubmatch(ours.tail(), -1) {
		received, _ = strconv.Atoi(figures[1])
	}
	if received < 20 {
		t.Errorf("%d packets of sound came in a second, want about 50\n%s", received, ours.tail())
	}
	invite := theirs.firstRequest("INVITE")
	contact, _ := sip.ParseNameAddr(invite.Get(sip.FieldContact))
	uri, _ := sip.ParseURI(contact.URI)
	if at, err := netip.ParseAddrPort(uri.HostPort()); err != nil || !n.isOutside(at) {
		t.Errorf("Contact is %v, want an outer address of the NAT: %v", contact.URI, n.outside())
	}
	media := fmt.Sprintf("c=IN IP4 %v\r\n", natOutside)
	if !strings.Contains(invite.Body, media) || !n.describes(invite.Body) {
		t.Errorf("the description names no outer address of the NAT: %v\n%s", n.outside(), invite.Body)
	}
	if count := n.keepAlives.Load(); count < 5 { // in a second of call
		t.Errorf("%d keep-alives passed, want 5 and more", count)
	}
}

// startCoturn starts a STUN server on loopback.
func startCoturn(t *testing.T) netip.AddrPort {
	t.Helper()
	at := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), freePort(t))
	folder := t.TempDir()
	p := launch(t, folder, "coturn", exec.Command("turnserver", "-n", "--stun-only", "--no-cli", "--no-tls", "--no-dtls", "--no-tcp",
		"-L", at.Addr().String(), "-p", fmt.Sprint(at.Port()), "--log-file", "stdout", "--simple-log",
		"--pidfile", filepath.Join(folder, "pid"), "--userdb", filepath.Join(folder, "db"), "--relay-threads", "1"))
	if !eventually(8*time.Second, func() bool { return p.hasEnded() || isBound("udp", at) }) || p.hasEnded() {
		t.Fatalf("coturn does not start: %s", p.tail())
	}
	return at
}

// natOutside is the address that the others see.
var natOutside = netip.MustParseAddr("127.0.0.7")

// nat gives each inner socket a port of its own on natOutside, and lets in whatever comes there (RFC 4787's
// endpoint-independent mapping and filtering).
type nat struct {
	keepAlives atomic.Int32

	mu       sync.Mutex
	mappings map[netip.AddrPort]*net.UDPConn // by inner address
	faces    map[netip.AddrPort]*net.UDPConn // inside, by whom they stand for
	wg       sync.WaitGroup
}

func openNAT(t *testing.T) *nat {
	n := &nat{mappings: map[netip.AddrPort]*net.UDPConn{}, faces: map[netip.AddrPort]*net.UDPConn{}}
	t.Cleanup(func() {
		n.mu.Lock()
		for _, sockets := range []map[netip.AddrPort]*net.UDPConn{n.mappings, n.faces} {
			for _, socket := range sockets {
				socket.Close()
			}
		}
		n.mu.Unlock()
		n.wg.Wait()
	})
	return n
}

func listenUDP(host netip.Addr) (*net.UDPConn, error) {
	return net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(host, 0)))
}

func addressOf(socket *net.UDPConn) netip.AddrPort {
	return socket.LocalAddr().(*net.UDPAddr).AddrPort()
}

// face gives the inner address that stands for somebody outside.
func (n *nat) face(t *testing.T, target netip.AddrPort) netip.AddrPort {
	t.Helper()
	socket := n.faceOf(target)
	if socket == nil {
		t.Fatal("no socket for the NAT")
	}
	return addressOf(socket)
}

// faceOf gives the inner socket of somebody outside; nil: there are no more.
func (n *nat) faceOf(target netip.AddrPort) *net.UDPConn {
	n.mu.Lock()
	defer n.mu.Unlock()
	if socket := n.faces[target]; socket != nil {
		return socket
	}
	socket, err := listenUDP(netip.MustParseAddr("127.0.0.1"))
	if err != nil {
		return nil
	}
	n.faces[target] = socket
	n.wg.Go(func() {
		n.each(socket, func(datagram []byte, from netip.AddrPort) {
			if string(datagram) == "\r\n\r\n" { // RFC 5626 section 3.5.1
				n.keepAlives.Add(1)
			}
			if outer := n.mapping(from); outer != nil {
				outer.WriteToUDPAddrPort(datagram, target)
			}
		})
	})
	return socket
}

// mapping gives the outer socket of an inner address.
func (n *nat) mapping(inner netip.AddrPort) *net.UDPConn {
	n.mu.Lock()
	defer n.mu.Unlock()
	if socket := n.mappings[inner]; socket != nil {
		return socket
	}
	socket, err := listenUDP(natOutside)
	if err != nil {
		return nil
	}
	n.mappings[inner] = socket
	n.wg.Go(func() {
		n.each(socket, func(datagram []byte, from netip.AddrPort) {
			if face := n.faceOf(from); face != nil {
				face.WriteToUDPAddrPort(datagram, inner)
			}
		})
	})
	return socket
}

// each reads a socket until it is closed.
func (n *nat) each(socket *net.UDPConn, take func([]byte, netip.AddrPort)) {
	buffer := make([]byte, 4096)
	for {
		length, from, err := socket.ReadFromUDPAddrPort(buffer)
		if err != nil {
			return
		}
		take(buffer[:length], netip.AddrPortFrom(from.Addr().Unmap(), from.Port()))
	}
}

// outside lists the outer addresses.
func (n *nat) outside() (all []netip.AddrPort) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, socket := range n.mappings {
		all = append(all, addressOf(socket))
	}
	return all
}

func (n *nat) isOutside(address netip.AddrPort) bool {
	for _, outer := range n.outside() {
		if outer == address {
			return true
		}
	}
	return false
}

// describes tells whether a description's sound is at an outer port.
func (n *nat) describes(body string) bool {
	for _, outer := range n.outside() {
		if strings.Contains(body, fmt.Sprintf("m=audio %d ", outer.Port())) {
			return true
		}
	}
	return false
}

// firstRequest is the first that came with a method.
func (d *desk) firstRequest(method string) *sip.Message {
	d.t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range d.packets {
		if m := p.Message; !p.Outgoing && m != nil && m.Method == method {
			return m
		}
	}
	d.t.Fatalf("no %s came", method)
	return nil
}
