// Against a real server: Debian's coturn.

package stun

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// coturn starts a server on a free port of loopback.
func coturn(t *testing.T) netip.AddrPort {
	program, err := exec.LookPath("turnserver")
	if err != nil {
		t.Skip("no turnserver: install Debian's package coturn")
	}
	free, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := free.LocalAddr().(*net.UDPAddr).AddrPort()
	free.Close()
	folder := t.TempDir()
	server := exec.Command(program, "-n", "--stun-only", "--no-cli", "--no-tls", "--no-dtls", "--no-tcp", "-L", addr.Addr().String(),
		"-p", fmt.Sprint(addr.Port()), "--log-file", "stdout", "--simple-log", "--pidfile", filepath.Join(folder, "pid"),
		"--userdb", filepath.Join(folder, "db"), "--relay-threads", "1")
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		server.Process.Kill()
		server.Wait()
	})
	return addr
}

func TestCoturn(t *testing.T) {
	server := coturn(t)
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	want := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	for range 2 { // the second shows that the socket can be read again
		mapped, err := Mapped(ctx, conn, server) // the first requests may be lost on a server that still starts
		if err != nil || mapped != want {
			t.Fatalf("%v %v, want %v", mapped, err, want)
		}
	}
}
