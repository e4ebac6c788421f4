// The server under test: a process of its own, built with the race detector.

package soak

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "viaduct/server" // its changes make `go test` forget the last result, which it keeps as long as imports stay
	"viaduct/sip"
)

// program is built from this checkout, once for all tests, or is what VIADUCT_BINARY names. It stays in build/, so that
// it is linked again only after a change.
var program = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("VIADUCT_BINARY"); path != "" {
		return path, nil
	}
	path, err := filepath.Abs("../build/soak/viaduct")
	if err != nil {
		return "", err
	}
	output, err := exec.Command("go", "build", "-race", "-o", path, "../cmd/viaduct").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build ../cmd/viaduct: %v\n%s", err, output)
	}
	return path, nil
})

// server is a process that listens on UDP and TCP at one loopback address.
type server struct {
	t       *testing.T
	at      netip.AddrPort
	command *exec.Cmd
	printed lastWords
	ended   chan struct{} // closed when it has ended; then failure says how
	failure error
}

// startServer runs a script ("" is the built-in one) and waits until the server answers.
func startServer(t *testing.T, script string, more ...string) *server {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	sources, _ := filepath.Glob("../cmd/viaduct/*.go")
	for _, source := range sources {
		_, _ = os.Stat(source) // so that `go test` also looks at these
	}
	s := &server{t: t, at: freeAddress(t), ended: make(chan struct{})}
	arguments := []string{"serve", "--db", "none", "--listen", "udp:" + s.at.String(), "--listen", "tcp:" + s.at.String()}
	if script != "" {
		arguments = append(arguments, "-f", script)
	}
	s.command = exec.Command(path, append(arguments, more...)...)
	s.command.Env = append(os.Environ(), "GORACE=halt_on_error=1 exitcode=66 atexit_sleep_ms=0", "GOTRACEBACK=all")
	s.command.Stdout, s.command.Stderr = &s.printed, &s.printed
	if err := s.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		s.failure = s.command.Wait()
		close(s.ended)
	}()
	t.Cleanup(s.kill)
	p := newPinger(t, s)
	for range 100 {
		if p.ping(200*time.Millisecond) == nil {
			return s
		}
		s.mustLive("its start")
		time.Sleep(10 * time.Millisecond) // nobody listens yet
	}
	t.Fatalf("the server does not answer; it printed:\n%s", &s.printed)
	return nil
}

// stop asks the server to end and gives how long that takes: nothing when no transaction waits for its final response,
// its grace of 5 s otherwise.
func (s *server) stop() time.Duration {
	s.t.Helper()
	begin := time.Now()
	select {
	case <-s.ended:
		s.t.Errorf("the server has ended by itself: %v; it printed:\n%s", s.failure, &s.printed)
		return 0
	default:
	}
	_ = s.command.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.ended:
		if s.failure != nil {
			s.t.Errorf("the server ends with %v; it printed:\n%s", s.failure, &s.printed)
		}
	case <-time.After(20 * time.Second):
		s.t.Errorf("the server does not end; it printed:\n%s", &s.printed)
	}
	return time.Since(begin)
}

// goroutines ends the server by having it print its goroutines, and gives how many there are, but at most those that the
// last words have room for.
func (s *server) goroutines() int {
	s.t.Helper()
	s.mustLive("all calls")
	_ = s.command.Process.Signal(syscall.SIGQUIT)
	select {
	case <-s.ended:
	case <-time.After(20 * time.Second):
		s.t.Errorf("the server does not print its goroutines; it printed:\n%s", &s.printed)
	}
	return strings.Count(s.printed.String(), "\ngoroutine ")
}

// processorTime gives how long the server has worked, once it has ended.
func (s *server) processorTime() time.Duration {
	state := s.command.ProcessState
	return state.UserTime() + state.SystemTime()
}

// kill leaves nothing behind a test that failed.
func (s *server) kill() {
	_ = s.command.Process.Kill()
	<-s.ended
}

// mustLive ends the test when the server has ended.
func (s *server) mustLive(when any) {
	select {
	case <-s.ended:
		s.t.Helper()
		s.t.Fatalf("the server has ended: %v, after: %v\nit printed:\n%s", s.failure, when, &s.printed)
	default:
	}
}

// memory gives the bytes of the server that are resident.
func (s *server) memory() int {
	s.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", s.command.Process.Pid))
	if err != nil {
		s.t.Skipf("memory is read from /proc: %v", err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(text))[1])
	if err != nil {
		s.t.Fatal(err)
	}
	return pages * os.Getpagesize()
}

// lastWords keeps the end of what a process prints.
type lastWords struct {
	mu   sync.Mutex
	text []byte
}

const mostWords = 64 << 10

func (l *lastWords) Write(text []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.text = append(l.text, text...); len(l.text) > 2*mostWords {
		l.text = append(l.text[:0], l.text[len(l.text)-mostWords:]...)
	}
	return len(text), nil
}

func (l *lastWords) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text[max(0, len(l.text)-mostWords):])
}

// freeAddress finds a port that nobody uses, below those that the kernel gives to clients.
func freeAddress(t *testing.T) netip.AddrPort {
	t.Helper()
	for range 1000 {
		at := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(20000+rand.IntN(12000)))
		packets, err := net.ListenPacket("udp4", at.String())
		if err != nil {
			continue
		}
		stream, err := net.Listen("tcp4", at.String())
		packets.Close()
		if err == nil {
			stream.Close()
			return at
		}
	}
	t.Fatal("no free port")
	return netip.AddrPort{}
}

// pinger asks a server with OPTIONS whether it is there (RFC 3261 section 11).
type pinger struct {
	server *server
	socket *net.UDPConn
	number int
}

func newPinger(t *testing.T, s *server) *pinger {
	t.Helper()
	socket, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(s.at))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { socket.Close() })
	return &pinger{server: s, socket: socket}
}

// ping sends one request and waits for its 200.
func (p *pinger) ping(limit time.Duration) error {
	_, err := p.ask(limit)
	return err
}

// ask sends one request and gives its 200.
func (p *pinger) ask(limit time.Duration) (*sip.Message, error) {
	p.number++
	local, callID := p.socket.LocalAddr(), fmt.Sprintf("ping-%d@ping.test", p.number)
	_, err := fmt.Fprintf(p.socket, "OPTIONS sip:%v SIP/2.0\r\nVia: SIP/2.0/UDP %v;branch=z9hG4bKping%d\r\nMax-Forwards: 70\r\n"+
		"From: <sip:ping@ping.test>;tag=p\r\nTo: <sip:%v>\r\nCall-ID: %s\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
		p.server.at, local, p.number, p.server.at, callID)
	if err != nil {
		return nil, err
	}
	_ = p.socket.SetReadDeadline(time.Now().Add(limit))
	buffer := make([]byte, 4096)
	for {
		n, err := p.socket.Read(buffer)
		if err != nil {
			return nil, err
		}
		if m, err := sip.Parse(string(buffer[:n])); err == nil && m.Status == 200 && m.CallID() == callID {
			return m, nil
		}
	}
}

// transactions gives how many server transactions there are, and how many of them have no final response, by soak.cfg.
func (p *pinger) transactions() (all, unanswered int, err error) {
	m, err := p.ask(time.Second)
	if err != nil {
		return 0, 0, err
	}
	number := func(name string) (n int) {
		for i := range m.Fields {
			if f := &m.Fields[i]; m.IsNamed(f, name) {
				n, err = strconv.Atoi(m.Text[f.Value:f.ValueEnd])
				return n
			}
		}
		err = fmt.Errorf("no %s in\n%s", name, m.Text)
		return 0
	}
	all, unanswered = number("X-Transactions"), number("X-Unanswered")
	return all, unanswered, err
}
