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
	"strings"
	"testing"
	"time"

	"viaduct/sip"
)

// How many mutants are sent over each transport: with VIADUCT_MUTATIONS=all (make mutations) and without.
const (
	allMutants = 4500
	fewMutants = 200
)

// Limits, which VIADUCT_PING_LIMIT (a duration) and a machine that is busy with other things may stretch: a ping that is
// late is repeated once.
const (
	pingLimit   = 500 * time.Millisecond
	memoryLimit = 600 << 20 // bytes; what was relayed is kept for half a minute, and the race detector takes its share
	answerWait  = 20 * time.Millisecond
)

func TestMutations(t *testing.T) {
	t.Parallel()
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
	b.report(count, len(all))
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

func (b *breaker) report(count, of int) {
	b.t.Helper()
	broken := b.callee.broken()
	for _, text := range broken[:min(3, len(broken))] {
		b.t.Errorf("relayed, but no SIP: %.3000q", text)
	}
	b.t.Logf("%d of %d mutants over each transport; slowest ping %v, %d repeated; memory %d MB before, %d MB at most", count, of, b.slowest.Round(time.Millisecond),
		b.repeated, b.memory>>20, b.highest>>20)
	for _, transport := range []string{"UDP", "TCP"} {
		var parts []string
		for _, kind := range slices.Sorted(maps.Keys(b.kinds[transport])) {
			parts = append(parts, fmt.Sprintf("%s: %d", kind, b.kinds[transport][kind]))
		}
		b.t.Logf("%s: %s", transport, strings.Join(parts, " · "))
	}
}
