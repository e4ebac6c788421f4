//go:build unix

package server

import (
	"bufio"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"
	"testing"
)

// idlePeers is how many connections say nothing but that they are there; each
// hundred come from an address of their own.
const idlePeers = 10_000

// TestIdleConnections: ten thousand idle connections cost little memory, calls
// pass meanwhile, and they are still served. The other ends are held by a
// process of their own, which has file descriptors of its own.
func TestIdleConnections(t *testing.T) {
	count := idlePeers
	if raceDetector {
		count = 1000
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Cur < uint64(count+200) {
		t.Skipf("%d connections need %d open files, RLIMIT_NOFILE is %d (%v)", count, count+200, limit.Cur, err)
	}
	s := startOnSockets(t, "", io.Discard)
	s.awaitCalls(1)
	before := memoryInUse()
	peers := exec.Command(os.Args[0], "-test.run=^TestIdlePeers$", "-test.count=1")
	peers.Env = append(os.Environ(), "VIADUCT_IDLE_PEERS="+strconv.Itoa(count), "VIADUCT_IDLE_SERVER="+s.at.String())
	commands, err := peers.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := peers.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := peers.Start(); err != nil {
		t.Fatal(err)
	}
	defer peers.Wait()
	defer commands.Close() // ends the process
	lines := bufio.NewScanner(output)
	says := func(want string) {
		t.Helper()
		if lines.Scan(); lines.Text() != want {
			t.Fatalf("the peers say %q, want %q", lines.Text(), want)
		}
	}
	says("connected")
	if open := s.layer.Counters().Connections.Open; open != count {
		t.Errorf("%d connections are open, want %d", open, count)
	}
	s.awaitCalls(2)
	each := (int64(memoryInUse()) - int64(before)) / int64(count)
	t.Logf("%d bytes for each idle connection", each)
	if !raceDetector && each > 12_000 {
		t.Errorf("an idle connection takes %d bytes", each)
	}
	fmt.Fprintln(commands, "ping")
	says("served")
}

// memoryInUse counts what goroutines and their data take: heap and stacks.
func memoryInUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}

// TestIdlePeers is the process of the other ends. Who sends nothing at all is
// closed, so each sends a ping.
func TestIdlePeers(t *testing.T) {
	count, err := strconv.Atoi(os.Getenv("VIADUCT_IDLE_PEERS"))
	if err != nil {
		return // this is no such process
	}
	server := netip.MustParseAddrPort(os.Getenv("VIADUCT_IDLE_SERVER"))
	peers := make([]int, count)
	for i := range peers {
		if peers[i], err = connectFrom(netip.AddrFrom4([4]byte{127, 251, byte(i / 100), 1}), server); err == nil {
			_, err = syscall.Write(peers[i], []byte("\r\n\r\n"))
		}
		if err != nil {
			fmt.Printf("connection %d: %v\n", i, err)
			os.Exit(1)
		}
	}
	pong := func(peers []int) {
		answer := make([]byte, 16)
		for i, peer := range peers {
			if n, err := syscall.Read(peer, answer); err != nil || string(answer[:n]) != "\r\n" {
				fmt.Printf("answer to ping %d: %q, %v\n", i, answer[:max(n, 0)], err)
				os.Exit(1)
			}
		}
	}
	pong(peers)
	fmt.Println("connected")
	commands := bufio.NewScanner(os.Stdin)
	for commands.Scan() {
		for _, peer := range peers {
			syscall.Write(peer, []byte("\r\n\r\n"))
		}
		pong(peers)
		fmt.Println("served")
	}
	os.Exit(0)
}

// connectFrom opens a plain blocking socket.
func connectFrom(from netip.Addr, to netip.AddrPort) (int, error) {
	peer, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		return 0, err
	}
	timeout := syscall.NsecToTimeval(patience.Nanoseconds())
	if err := syscall.SetsockoptTimeval(peer, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &timeout); err != nil {
		return 0, err
	}
	if err := syscall.Bind(peer, &syscall.SockaddrInet4{Addr: from.As4()}); err != nil {
		return 0, err
	}
	return peer, syscall.Connect(peer, &syscall.SockaddrInet4{Addr: to.Addr().As4(), Port: int(to.Port())})
}
