package server

import (
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"viaduct/script/syntax"
	"viaduct/sip"
	"viaduct/transport"
	"viaduct/wire"
)

// scrutinized is a network in memory that looks at all that is sent.
type scrutinized struct {
	*memory
	mu        sync.Mutex
	unsound   string // what was sent and cannot be read
	err       error  // why
	tolerates bool   // an answer may bear what was wrong with its request
}

func (n *scrutinized) Send(f wire.Flow, text []byte, owner transport.Owner) error {
	if _, err := sip.Parse(string(text)); err != nil && len(text) <= sip.MaxMessageSize {
		n.mu.Lock()
		if !(n.tolerates && strings.HasPrefix(string(text), "SIP/2.0 ")) {
			n.unsound, n.err = string(text), err
		}
		n.mu.Unlock()
	}
	return n.memory.Send(f, text, owner)
}

// An input is one datagram or several with the separator between. One that
// begins with "<" comes from the callee; "<486 INVITE" and header lines behind
// it is its response to the last request of that method that it received.
// $ROUTE stands for the Record-Route that it received last.
const separator = "\n--\n"

// FuzzServer hands datagrams to the built-in script: no panic, what is sent
// can be read, and only requests make transactions.
func FuzzServer(f *testing.F) {
	for _, pattern := range []string{"../conformance/testdata/rfc4475/*", "../conformance/testdata/rfc5118/*"} {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			f.Fatalf("%s: %v", pattern, err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(text))
		}
	}
	f.Fuzz(func(t *testing.T, input string) {
		synctest.Test(t, func(t *testing.T) { playInput(t, input) })
	})
}

// playInput starts a server, so that an input does the same each time, and
// hands it the datagrams.
func playInput(t *testing.T, input string) {
	network := &scrutinized{}
	r := start(t, "", func(c *Config) {
		network.memory = c.Network.(*memory)
		c.Network, c.Out, c.Grace = network, io.Discard, time.Nanosecond
		c.Listen = []*syntax.Listen{{Address: syntax.Address{Proto: "udp", Host: "127.0.0.1", Port: 5060}}}
	})
	defer r.stop()
	knowsNoNames(r.Server)
	route, requests := "", map[string]*sip.Message{}
	for text := range strings.SplitSeq(input, separator) {
		from := caller
		if rest, isCallees := strings.CutPrefix(text, "<"); isCallees {
			from, text = callee, response(requests, rest)
		}
		feed(t, r, network, from, strings.ReplaceAll(text, "$ROUTE", route))
		if m, err := sip.Parse(network.to(callee)); err == nil && m.IsRequest() {
			requests[m.Method] = m
			if m.Has(sip.FieldRecordRoute) {
				route = m.Get(sip.FieldRecordRoute)
			}
		}
	}
	time.Sleep(time.Second) // what is sent again must be sound, too
	network.check(t, input)
}

// response turns "486 INVITE\nX: 1" into a response to one of the requests by
// method; any other text it gives back as it is.
func response(requests map[string]*sip.Message, text string) string {
	first, fields, _ := strings.Cut(text, "\n")
	code, method, _ := strings.Cut(first, " ")
	status, err := strconv.Atoi(code)
	if err != nil || requests[method] == nil {
		return text
	}
	return string(sip.AppendReply(nil, requests[method], &sip.Reply{Status: status, ToTag: "b", Fields: fields}))
}

// feed hands in one datagram and looks at what comes of it.
func feed(t *testing.T, r *running, network *scrutinized, from netip.AddrPort, text string) {
	m, err := sip.Parse(text)
	network.tolerate(err != nil)
	serversBefore, clientsBefore := r.Transactions()
	sentBefore := network.count()
	r.receive(from, text)
	synctest.Wait()
	servers, clients := r.Transactions()
	if (err != nil || !m.IsRequest()) && (servers > serversBefore || clients > clientsBefore) {
		t.Fatalf("%d server and %d client transactions, before %d and %d, by\n%q", servers, clients, serversBefore, clientsBefore, text)
	}
	if m == nil && network.count() > sentBefore {
		t.Fatalf("something was sent for\n%q", text)
	}
	network.check(t, text)
}

// tolerate says whether the answers that come now may be unsound.
func (n *scrutinized) tolerate(yes bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.tolerates = yes
}

// check fails when something was sent that cannot be read.
func (n *scrutinized) check(t *testing.T, text string) {
	t.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.err != nil {
		t.Fatalf("sent: %v\n%q\nfor\n%q", n.err, n.unsound, text)
	}
}

func (n *scrutinized) count() int {
	n.memory.mu.Lock()
	defer n.memory.mu.Unlock()
	return n.memory.sent
}
