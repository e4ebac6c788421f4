// The callee of the broken INVITEs: sees what is relayed, and answers it.

package soak

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"viaduct/sip"
)

// answeringCallee answers every request that reaches it, over UDP or TCP, with 200 or 486 in turn.
type answeringCallee struct {
	t        *testing.T
	socket   *net.UDPConn
	listener net.Listener

	mu      sync.Mutex
	seen    map[string]bool // numbers of mutants
	invites int
	unsound []string
}

func newCallee(t *testing.T) *answeringCallee {
	t.Helper()
	at := freeAddress(t)
	c := &answeringCallee{t: t, seen: map[string]bool{}}
	var err error
	if c.socket, err = net.ListenUDP("udp4", net.UDPAddrFromAddrPort(at)); err != nil {
		t.Fatal(err)
	}
	if c.listener, err = net.Listen("tcp4", at.String()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.socket.Close()
		c.listener.Close()
	})
	return c
}

// register binds the callee at the server, and then begins to answer.
func (c *answeringCallee) register(s *server) {
	c.t.Helper()
	request := fmt.Sprintf("REGISTER sip:%v SIP/2.0\r\nVia: SIP/2.0/UDP %v;branch=z9hG4bKregister\r\nMax-Forwards: 70\r\nFrom: <sip:callee@%v>;tag=r\r\n"+
		"To: <sip:callee@%v>\r\nCall-ID: register@callee.test\r\nCSeq: 1 REGISTER\r\nContact: <sip:callee@%v>\r\nExpires: 3600\r\nContent-Length: 0\r\n\r\n",
		s.at, c.socket.LocalAddr(), s.at, s.at, c.socket.LocalAddr())
	buffer := make([]byte, sip.MaxMessageSize)
	for range 10 {
		_, _ = c.socket.WriteToUDPAddrPort([]byte(request), s.at)
		_ = c.socket.SetReadDeadline(time.Now().Add(time.Second))
		if n, err := c.socket.Read(buffer); err == nil && strings.HasPrefix(string(buffer[:n]), "SIP/2.0 200 ") {
			_ = c.socket.SetReadDeadline(time.Time{})
			go c.readDatagrams()
			go c.accept()
			return
		}
	}
	c.t.Fatal("the callee cannot register")
}

func (c *answeringCallee) readDatagrams() {
	buffer := make([]byte, sip.MaxMessageSize)
	for {
		n, from, err := c.socket.ReadFromUDPAddrPort(buffer)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if answer := c.answer(string(buffer[:n])); err == nil && answer != nil {
			_, _ = c.socket.WriteToUDPAddrPort(answer, from)
		}
	}
}

// accept takes connections: what is too large for a datagram is relayed over TCP (RFC 3261 section 18.1.1).
func (c *answeringCallee) accept() {
	for {
		connection, err := c.listener.Accept()
		if err != nil {
			return
		}
		go c.readStream(connection)
	}
}

func (c *answeringCallee) readStream(connection net.Conn) {
	defer connection.Close()
	var framer sip.Framer
	for {
		text, event, failed := framer.Next()
		switch {
		case failed != nil:
			c.note("", text)
			return
		case event == sip.FrameMessage:
			if answer := c.answer(text); answer != nil {
				_, _ = connection.Write(answer)
			}
		case event == sip.FrameNeedMore:
			n, err := connection.Read(framer.Space())
			framer.Filled(n)
			if err != nil {
				return
			}
		}
	}
}

// answer notes a request and gives what to say to it, nil for nothing.
func (c *answeringCallee) answer(text string) []byte {
	m, err := sip.Parse(text)
	if err != nil {
		c.note("", text)
		return nil
	}
	if !m.IsRequest() || m.Method == "ACK" {
		return nil
	}
	turn := c.note(text, "")
	reply := sip.Reply{Status: 486, ToTag: "c"}
	if turn%2 == 0 {
		reply = sip.Reply{Status: 200, ToTag: "c", Fields: "Contact: <sip:callee@" + c.socket.LocalAddr().String() + ">\r\n"}
	}
	return sip.AppendReply(nil, m, &reply)
}

func (c *answeringCallee) note(text, unsound string) (turn int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if unsound != "" {
		c.unsound = append(c.unsound, unsound)
		return 0
	}
	c.seen[numberIn.FindString(text)] = true
	c.invites++
	number, _ := strconv.Atoi(strings.Trim(numberIn.FindString(text), "mz"))
	return number / 2
}

func (c *answeringCallee) has(number string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seen[number]
}

func (c *answeringCallee) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.invites
}

func (c *answeringCallee) broken() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.unsound)
}
