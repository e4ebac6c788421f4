// Broken INVITEs at a server that goes on serving.

package soak

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"viaduct/sip"
)

// How many mutants are sent over each transport: with VIADUCT_MUTATIONS=all (make mutations) and without.
const (
	allMutants = 4500
	fewMutants = 300
)

// Limits, which VIADUCT_PING_LIMIT (a duration) and a machine that is busy with other things may stretch: a ping that is
// late is repeated once.
const (
	pingLimit   = 500 * time.Millisecond
	memoryLimit = 600 << 20 // bytes; what was relayed is kept for half a minute, and the race detector takes its share
	answerWait  = 20 * time.Millisecond
)

func TestMutations(t *testing.T) {
	limit := pingLimit
	if text := os.Getenv("VIADUCT_PING_LIMIT"); text != "" {
		var err error
		if limit, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
	}
	all := mutants()
	if len(all) < allMutants {
		t.Fatalf("%d mutants, want %d", len(all), allMutants)
	}
	count := fewMutants
	if os.Getenv("VIADUCT_MUTATIONS") == "all" {
		count = allMutants
	}
	b := newBreaker(t, limit)
	b.mustRelay("the sound INVITE, before all others")
	for i := range count {
		m := all[i*len(all)/count]
		b.overUDP(m)
		b.overTCP(m)
	}
	b.mustRelay("the sound INVITE, after all others")
	b.report(count)
	// What the callee was never asked to acknowledge goes on for its 32 s: the grace ends it.
	b.server.stop()
}

// breaker sends broken requests and sees what becomes of them.
type breaker struct {
	t      *testing.T
	server *server
	pinger *pinger
	callee *answeringCallee
	socket *net.UDPConn // the sender of all that goes over UDP
	limit  time.Duration
	number int

	kinds           map[string]map[string]int // transport → what came of it → how many
	slowest         time.Duration             // ping
	repeated        int                       // pings
	memory, highest int
}

func newBreaker(t *testing.T, limit time.Duration) *breaker {
	t.Helper()
	b := &breaker{t: t, server: startServer(t, ""), limit: limit, kinds: map[string]map[string]int{"UDP": {}, "TCP": {}}}
	b.pinger = newPinger(t, b.server)
	b.callee = newCallee(t)
	var err error
	if b.socket, err = net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(b.server.at)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.socket.Close() })
	b.callee.register(b.server)
	b.memory = b.server.memory()
	return b
}

// fill puts addresses and the next number into the places of a text.
func (b *breaker) fill(text, transport, local string) (filled, number string) {
	b.number++
	number = fmt.Sprintf("m%05dz", b.number)
	return strings.NewReplacer(serverPlace, b.server.at.String(), callerPlace, local,
		transportPlace, "SIP/2.0/"+transport, numberPlace, number).Replace(text), number
}

func (b *breaker) overUDP(m mutant) {
	b.t.Helper()
	text, number := b.fill(m.text, "UDP", b.socket.LocalAddr().String())
	if _, err := io.WriteString(b.socket, text); err != nil {
		b.t.Fatalf("%s: %v", m.name, err)
	}
	b.check(m, "UDP")
	b.count("UDP", m, number, func(limit time.Time) (string, error) {
		_ = b.socket.SetReadDeadline(limit)
		buffer := make([]byte, sip.MaxMessageSize)
		n, err := b.socket.Read(buffer)
		return string(buffer[:n]), err
	})
}

// overTCP gives each mutant a connection of its own: who breaks the framing of a stream has it closed.
func (b *breaker) overTCP(m mutant) {
	b.t.Helper()
	connection, err := net.DialTCP("tcp4", nil, net.TCPAddrFromAddrPort(b.server.at))
	if err != nil {
		b.t.Fatalf("%s: %v", m.name, err)
	}
	defer connection.Close()
	_ = connection.SetLinger(0) // thousands would wait for nothing else
	text, number := b.fill(m.text, "TCP", connection.LocalAddr().String())
	if _, err := io.WriteString(connection, text); err != nil {
		b.t.Logf("%s: closed before all was sent: %v", m.name, err)
	}
	b.check(m, "TCP")
	framer := sip.Framer{LengthOptional: true}
	b.count("TCP", m, number, func(limit time.Time) (string, error) {
		_ = connection.SetReadDeadline(limit)
		for {
			text, event, failed := framer.Next()
			if failed != nil {
				b.t.Errorf("%s: what the server answers over TCP cannot be cut into messages: %v\n%.2000s", m.name, failed, text)
				return "", failed
			}
			if event == sip.FrameMessage {
				return text, nil
			}
			n, err := connection.Read(framer.Space())
			framer.Filled(n)
			if err != nil {
				return "", err
			}
		}
	})
}

// check pings the server.
func (b *breaker) check(m mutant, transport string) {
	b.t.Helper()
	begin := time.Now()
	err := b.pinger.ping(b.limit)
	if err != nil {
		b.server.mustLive(m.name + " over " + transport)
		b.repeated++
		begin = time.Now()
		err = b.pinger.ping(b.limit)
	}
	b.slowest = max(b.slowest, time.Since(begin))
	if err != nil {
		b.server.mustLive(m.name + " over " + transport)
		b.t.Fatalf("no answer in %v, twice, after %s over %s:\n%.3000q", b.limit, m.name, transport, m.text)
	}
	if b.number%100 == 0 {
		if b.highest = max(b.highest, b.server.memory()); b.highest > memoryLimit {
			b.t.Fatalf("%d MB after %d messages", b.highest>>20, b.number)
		}
	}
}

var (
	statusLine = regexp.MustCompile(`^SIP/2\.0 ([1-6][0-9][0-9]) [^\x00-\x1f]*\r\n`)
	numberIn   = regexp.MustCompile(`m[0-9]{5}z`)
)

// count reads the answers to a mutant until a final one, and notes what came of it. Answers to earlier ones, which are
// repeated until somebody acknowledges them, are passed over.
func (b *breaker) count(transport string, m mutant, number string, read func(limit time.Time) (string, error)) {
	b.t.Helper()
	kind := "no answer"
	for limit := time.Now().Add(answerWait); ; {
		text, err := read(limit)
		if errors.Is(err, io.EOF) && kind == "no answer" {
			kind = "no answer, closed"
		}
		if err != nil {
			break
		}
		found := statusLine.FindStringSubmatch(text)
		if found == nil || !strings.Contains(text, "\r\n\r\n") {
			b.t.Errorf("%s over %s: no response:\n%.2000q", m.name, transport, text)
			break
		}
		if of := numberIn.FindString(text); of != number && of != "" {
			continue
		}
		if kind = found[1]; kind[0] != '1' {
			break
		}
	}
	if kind == "500" {
		b.t.Errorf("%s over %s: the server fails: 500\n%.2000q", m.name, transport, m.text)
	}
	if b.callee.has(number) {
		kind = "relayed, " + kind
	}
	b.kinds[transport][kind]++
}

// mustRelay sends the INVITE that is not broken: the callee must see it.
func (b *breaker) mustRelay(name string) {
	b.t.Helper()
	before := b.callee.count()
	b.overUDP(mutant{name, sound()})
	b.overTCP(mutant{name, sound()})
	for range 100 {
		if b.callee.count() >= before+2 {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	b.t.Fatalf("%s is not relayed: %v", name, b.kinds)
}

func (b *breaker) report(count int) {
	b.t.Helper()
	broken := b.callee.broken()
	for _, text := range broken[:min(3, len(broken))] {
		b.t.Errorf("relayed, but no SIP: %.3000q", text)
	}
	b.t.Logf("%d mutants over each transport; slowest ping %v, %d repeated; memory %d MB before, %d MB at most", count, b.slowest.Round(time.Millisecond),
		b.repeated, b.memory>>20, b.highest>>20)
	for _, transport := range []string{"UDP", "TCP"} {
		var parts []string
		for _, kind := range slices.Sorted(maps.Keys(b.kinds[transport])) {
			parts = append(parts, fmt.Sprintf("%s: %d", kind, b.kinds[transport][kind]))
		}
		b.t.Logf("%s: %s", transport, strings.Join(parts, " · "))
	}
}

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
