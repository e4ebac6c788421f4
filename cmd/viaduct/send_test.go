package main

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"viaduct/sip"
)

// startPeer is the command "peer" of the test scripts: somebody at $PEER who
// answers requests, over UDP and TCP, with 100 and 200, but "SILENT" requests
// not at all and "BYE" with a closed connection. $NOBODY is an address where
// nobody listens.
func startPeer(ts *testscript.TestScript, neg bool, args []string) {
	p, err := newPeer()
	ts.Check(err)
	ts.Defer(p.close)
	ts.Setenv("PEER", p.address)
	nobody, err := net.ListenPacket("udp", "127.0.0.1:0")
	ts.Check(err)
	ts.Setenv("NOBODY", nobody.LocalAddr().String())
	nobody.Close()
}

// peer is who a message is sent to.
type peer struct {
	address   string
	datagrams net.PacketConn
	streams   net.Listener

	mu   sync.Mutex
	came []string
}

func newPeer() (*peer, error) {
	p := &peer{}
	for range 20 { // until a port is free for both
		var err error
		if p.datagrams, err = net.ListenPacket("udp", "127.0.0.1:0"); err != nil {
			return nil, err
		}
		p.address = p.datagrams.LocalAddr().String()
		if p.streams, err = net.Listen("tcp", p.address); err == nil {
			go p.readDatagrams()
			go p.accept()
			return p, nil
		}
		p.datagrams.Close()
	}
	return nil, fmt.Errorf("no port is free")
}

func (p *peer) close() {
	p.datagrams.Close()
	p.streams.Close()
}

func (p *peer) texts() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.came...)
}

func (p *peer) readDatagrams() {
	var space [sip.MaxMessageSize]byte
	for {
		n, from, err := p.datagrams.ReadFrom(space[:])
		if err != nil {
			return
		}
		p.answer(string(space[:n]), from, func(text []byte) { p.datagrams.WriteTo(text, from) })
	}
}

func (p *peer) accept() {
	for {
		conn, err := p.streams.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			var framer sip.Framer
			for {
				text, event, wrong := framer.Next()
				if wrong != nil {
					return
				}
				if event == sip.FrameMessage {
					p.answer(text, conn.RemoteAddr(), func(text []byte) { conn.Write(text) })
					if strings.HasPrefix(text, "BYE") {
						return
					}
				}
				if event == sip.FrameNeedMore {
					n, err := conn.Read(framer.Space())
					if err != nil {
						return
					}
					framer.Filled(n)
				}
			}
		}()
	}
}

func (p *peer) answer(text string, from net.Addr, send func([]byte)) {
	p.mu.Lock()
	p.came = append(p.came, text)
	p.mu.Unlock()
	m, _ := sip.Parse(text)
	if m == nil || !m.IsRequest() || m.Method == "SILENT" || m.Method == "BYE" {
		return
	}
	source := netip.MustParseAddrPort(from.String())
	for _, status := range []int{100, 200} {
		send(sip.AppendReply(nil, m, &sip.Reply{Status: status, ToTag: "9", Source: source}))
	}
}

// What goes out is the text of the file, byte for byte, in order; with --fix
// it is put right.
func TestSendLeavesTheTextAlone(t *testing.T) {
	p, err := newPeer()
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	text := "OPTIONS sip:x SIP/2.0\nVia:  SIP/2.0/UDP h.test;rport;branch=1\nCall-ID: \xff\x00 1\n\nbody \n\n"
	file := t.TempDir() + "/odd.sip"
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		flags []string
		want  string
	}{
		{nil, text},
		{[]string{"--fix"}, strings.ReplaceAll(strings.Replace(text, "\n\n", "\nContent-Length: 9\n\n", 1), "\n", "\r\n")},
	} {
		args := append([]string{"send", file, file, "--to", "udp:" + p.address, "--pause", "1ms", "--wait", "10ms"}, test.flags...)
		var out, errors buffer
		run(args, streams{&out, &errors})
		for deadline := time.Now().Add(5 * time.Second); len(p.texts()) < 2 && time.Now().Before(deadline); {
			time.Sleep(time.Millisecond)
		}
		if came := p.texts(); len(came) != 2 || came[0] != test.want || came[1] != test.want {
			t.Errorf("%v: came %q, want twice %q; stderr %s", test.flags, came, test.want, errors.String())
		}
		p.mu.Lock()
		p.came = nil
		p.mu.Unlock()
	}
}

// TestSendErrors: each has one sentence, a hint and a status.
func TestSendErrors(t *testing.T) {
	p, err := newPeer()
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := free.Addr().String()
	free.Close()
	folder := t.TempDir()
	file := func(name, method string) string {
		path := folder + "/" + name
		text := method + " sip:bob@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bK1\r\nFrom: <sip:a@127.0.0.1>;tag=1\r\n" +
			"To: <sip:bob@127.0.0.1>;tag=2\r\nCall-ID: 1\r\nCSeq: 1 " + method + "\r\nContent-Length: 0\r\n\r\n"
		if method == "" {
			text = "# nothing yet\n"
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	options, silent, bye, empty := file("options", "OPTIONS"), file("silent", "SILENT"), file("bye", "BYE"), file("empty", "")
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{options}, "send: where to? --to is missing"},
		{[]string{folder + "/nowhere", "--to", p.address}, folder + "/nowhere: no such file"},
		{[]string{empty, "--to", p.address}, empty + " holds no message"},
		{[]string{options, "--to", "udp:no:where:x"}, "--to udp:no:where:x: not an address"},
		{[]string{options, "--to", "udp:a@127.0.0.1"}, "--to udp:a@127.0.0.1: not an address"},
		{[]string{options, "--to", "tls:" + p.address}, "--to tls:" + p.address + ": messages are sent over UDP and TCP only"},
		{[]string{options, "--to", "udp:" + nobody}, "udp:" + nobody + ": nobody listens there"},
		{[]string{options, "--to", "tcp:" + nobody}, "tcp:" + nobody + ": nobody listens there"},
		{[]string{options, "--to", p.address, "--from", "192.0.2.1"}, "--from 192.0.2.1: this machine has no such address"},
		{[]string{options, "--to", p.address, "--from", p.address}, "--from " + p.address + ": another program uses this address"},
		{[]string{options, "--to", p.address, "--from", "nonsense"}, "--from nonsense: not an address of this machine"},
		{[]string{silent, "--to", p.address, "--wait", "50ms"}, "nothing came back from " + p.address + " in 50ms"},
		{[]string{bye, "--to", "tcp:" + p.address}, "tcp:" + p.address + " closed the connection"},
	} {
		var out, told buffer
		status := run(append([]string{"send"}, test.args...), streams{&out, &told})
		problem, hint, _ := strings.Cut(told.String(), "\n")
		if status != 1 || problem != "viaduct: "+test.want || !strings.HasPrefix(hint, "hint: ") {
			t.Errorf("%v: status %d, %s", test.args, status, told.String())
		}
	}
}
