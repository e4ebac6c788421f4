// Ports for servers and phones: free ones, and a way to see that somebody listens.

package interop

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
)

// Below the range from which the kernel gives ports to clients, so that none of those takes a port between the moment
// it was found free and the moment a program binds it.
const (
	lowestPort  = 20000
	highestPort = 31999
)

var handedOut = struct {
	sync.Mutex
	ports map[uint16]bool
}{ports: map[uint16]bool{}}

// freePort finds a port that nobody uses, over UDP and TCP, on IPv4 and IPv6 loopback, and hands it out once.
func freePort(t *testing.T) uint16 { return freePorts(t, 1) }

// freePorts finds several in a row and returns the first.
func freePorts(t *testing.T, count uint16) uint16 {
	t.Helper()
	handedOut.Lock()
	defer handedOut.Unlock()
next:
	for range 1000 {
		first := uint16(lowestPort + rand.IntN(highestPort-lowestPort))
		for port := first; port < first+count; port++ {
			if handedOut.ports[port] || !isFree("127.0.0.1", port) || !isFree("::1", port) {
				continue next
			}
		}
		for port := first; port < first+count; port++ {
			handedOut.ports[port] = true
		}
		return first
	}
	t.Fatal("no free port")
	return 0
}

func isFree(host string, port uint16) bool {
	address := net.JoinHostPort(host, fmt.Sprint(port))
	packets, err := net.ListenPacket("udp", address)
	if err != nil {
		return false
	}
	packets.Close()
	stream, err := net.Listen("tcp", address)
	if err != nil {
		return false
	}
	stream.Close()
	return true
}

// isBound says whether a socket waits at an address. It reads the kernel's table, for a trial bind could itself be in
// the way of the program that is about to bind.
func isBound(transport string, address netip.AddrPort) bool {
	path := "/proc/net/" + transport
	if address.Addr().Is6() {
		path += "6"
	}
	table, err := os.ReadFile(path)
	if err != nil {
		return false
	}
	local := kernelAddress(address)
	for line := range strings.Lines(string(table)) {
		fields := strings.Fields(line)
		if len(fields) > 3 && fields[1] == local && (transport == "udp" || fields[3] == "0A") { // 0A: LISTEN
			return true
		}
	}
	return false
}

// kernelAddress writes an address as /proc/net does: 32-bit words in the machine's byte order, in hexadecimal.
func kernelAddress(address netip.AddrPort) string {
	var out strings.Builder
	bytes := address.Addr().AsSlice()
	for ; len(bytes) > 0; bytes = bytes[4:] {
		fmt.Fprintf(&out, "%08X", binary.NativeEndian.Uint32(bytes))
	}
	fmt.Fprintf(&out, ":%04X", address.Port())
	return out.String()
}

func TestIsBoundSeesASocket(t *testing.T) {
	for _, host := range []string{"127.0.0.1:0", "[::1]:0"} {
		packets, err := net.ListenPacket("udp", host)
		if err != nil {
			missing(t, "no loopback address: %v", err)
		}
		address := packets.LocalAddr().(*net.UDPAddr).AddrPort()
		if !isBound("udp", address) {
			t.Errorf("a socket at %v is not seen", address)
		}
		if isBound("tcp", address) {
			t.Errorf("a UDP socket at %v is seen as TCP", address)
		}
		packets.Close()
		if isBound("udp", address) {
			t.Errorf("a closed socket at %v is seen", address)
		}
	}
}
