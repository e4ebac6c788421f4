package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"viaduct/sip"
)

// buffer is a stream that may be read while it is written.
type buffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// serving is a serve command that runs in this process.
type serving struct {
	t        *testing.T
	out, err buffer
	script   string
	status   chan int
	phone    net.PacketConn
	server   net.Addr
}

const answering = `#!KAMAILIO
loadmodule "sl.so"
loadmodule "tm.so"
request_route {
	if (method=="OPTIONS") { sl_send_reply("200", "%s"); exit; }
	t_relay();
}
`

func startServing(t *testing.T) *serving {
	s := &serving{t: t, script: filepath.Join(t.TempDir(), "s.cfg"), status: make(chan int, 1)}
	s.write(fmt.Sprintf(answering, "First"))
	var err error
	if s.phone, err = net.ListenPacket("udp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.phone.Close() })
	free, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.server = free.LocalAddr()
	free.Close()
	db := filepath.Join(t.TempDir(), "viaduct.db")
	go func() {
		s.status <- run([]string{"serve", "-f", s.script, "--listen", "udp:" + s.server.String(), "--db", db}, streams{&s.out, &s.err})
	}()
	s.eventually("it says where it listens", func() bool { return strings.Count(s.out.String(), "\n") >= 3 })
	if !strings.Contains(s.out.String(), "listens on udp:"+s.server.String()) {
		t.Errorf("it says %q", s.out.String())
	}
	return s
}

func (s *serving) write(script string) {
	if err := os.WriteFile(s.script, []byte(script), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

func (s *serving) eventually(what string, is func() bool) {
	s.t.Helper()
	for range 500 {
		if is() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.t.Fatalf("not so: %s\nstdout: %s\nstderr: %s", what, s.out.String(), s.err.String())
}

// send sends a request with a branch of its own.
func (s *serving) send(method, uri, branch string) {
	s.t.Helper()
	text := fmt.Sprintf("%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %v;branch=z9hG4bK%s\r\nMax-Forwards: 70\r\n"+
		"From: <sip:a@test>;tag=1\r\nTo: <sip:b@test>\r\nCall-ID: %s@test\r\nCSeq: 1 %s\r\nContent-Length: 0\r\n\r\n",
		method, uri, s.phone.LocalAddr(), branch, branch, method)
	if _, err := s.phone.WriteTo([]byte(text), s.server); err != nil {
		s.t.Fatal(err)
	}
}

// next gives the next message that the phone receives.
func (s *serving) next() *sip.Message {
	s.t.Helper()
	var space [65535]byte
	s.phone.SetReadDeadline(time.Now().Add(5 * time.Second))
	n, _, err := s.phone.ReadFrom(space[:])
	if err != nil {
		s.t.Fatalf("%v; stderr: %s", err, s.err.String())
	}
	m, err := sip.Parse(string(space[:n]))
	if err != nil {
		s.t.Fatal(err)
	}
	return m
}

func (s *serving) options(branch string) string {
	s.t.Helper()
	s.send("OPTIONS", "sip:"+s.server.String(), branch)
	return s.next().Reason
}

func signalSelf(t *testing.T, signal syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(os.Getpid(), signal); err != nil {
		t.Fatal(err)
	}
}

func TestHangupReadsTheScriptAgain(t *testing.T) {
	s := startServing(t)
	if got := s.options("1"); got != "First" {
		t.Errorf("answer %q", got)
	}
	s.write("request_route { nonsense(; }")
	signalSelf(t, syscall.SIGHUP)
	s.eventually("the fault is told", func() bool { return strings.Contains(s.err.String(), "the old script goes on") })
	if got := s.options("2"); got != "First" {
		t.Errorf("answer %q from the old script", got)
	}
	s.write(fmt.Sprintf(answering, "Second"))
	signalSelf(t, syscall.SIGHUP)
	s.eventually("the new script answers", func() bool { return s.options(fmt.Sprint("3", time.Now().UnixNano())) == "Second" })
	signalSelf(t, syscall.SIGTERM)
	if status := <-s.status; status != 0 {
		t.Errorf("status %d", status)
	}
}

func TestTerminateLetsTransactionsEnd(t *testing.T) {
	s := startServing(t)
	s.send("INVITE", "sip:b@"+s.phone.LocalAddr().String(), "1") // to itself, through the server
	var invite *sip.Message
	for invite == nil {
		if m := s.next(); m.IsRequest() {
			invite = m
		}
	}
	signalSelf(t, syscall.SIGTERM)
	select {
	case status := <-s.status:
		t.Fatalf("ended with %d while an INVITE was open", status)
	case <-time.After(300 * time.Millisecond):
	}
	reply := sip.AppendReply(nil, invite, &sip.Reply{Status: 486, ToTag: "x"})
	if _, err := s.phone.WriteTo(reply, s.server); err != nil {
		t.Fatal(err)
	}
	for m := s.next(); m.Status != 486; m = s.next() {
	}
	if status := <-s.status; status != 0 {
		t.Errorf("status %d", status)
	}
}
