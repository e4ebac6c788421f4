package server

import (
	"context"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"viaduct/sip"
	"viaduct/transport"
	"viaduct/wire"
)

// memory is a network without sockets: it keeps the last text sent to each
// address.
type memory struct {
	local netip.AddrPort

	mu   sync.Mutex
	last map[netip.AddrPort][]byte
	sent int
}

func (n *memory) Listen(_ wire.Transport, a netip.AddrPort) (netip.AddrPort, error) {
	n.local = a
	n.last = map[netip.AddrPort][]byte{}
	return a, nil
}
func (n *memory) IsOpen(uint64) bool { return false }
func (n *memory) Start()             {}
func (n *memory) Close()             {}
func (n *memory) LocalFor(wire.Transport, netip.AddrPort) (netip.AddrPort, bool) {
	return n.local, true
}
func (n *memory) Send(f wire.Flow, text []byte, _ transport.Owner) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.last[f.Remote] = append(n.last[f.Remote][:0], text...)
	n.sent++
	return nil
}

// to gives the last text that was sent to an address, "" for none.
func (n *memory) to(address netip.AddrPort) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return string(n.last[address])
}

// running is a server on a network in memory.
type running struct {
	*Server
	network *memory
	printed *strings.Builder // only to be read after stop
	stop    func()
}

// start runs a script; "" is the built-in one.
func start(t testing.TB, script string, change func(*Config)) *running {
	t.Helper()
	r := &running{network: &memory{}, printed: &strings.Builder{}}
	config := Config{Out: r.printed, Network: r.network}
	if script != "" {
		config.Script = filepath.Join(t.TempDir(), "test.cfg")
		if err := os.WriteFile(config.Script, []byte(script), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if change != nil {
		change(&config)
	}
	var err error
	if r.Server, err = New(config); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan bool), make(chan error, 1)
	go func() { done <- r.Run(ctx, func() { close(ready) }) }()
	select {
	case <-ready:
	case err := <-done:
		t.Fatal(err)
	}
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(r.stop)
	return r
}

// receive hands a text to the server as if it had come from an address.
func (r *running) receive(from netip.AddrPort, text string) {
	in := &transport.Inbound{Flow: wire.Flow{Transport: wire.UDP, Local: r.network.local, Remote: from}}
	m, err := sip.Parse(text)
	if err != nil {
		r.Handler().Malformed(m, text, err.(*sip.ParseError), in)
		return
	}
	r.Handler().Receive(m, in)
}

var (
	caller = netip.MustParseAddrPort("127.0.0.1:5061")
	callee = netip.MustParseAddrPort("127.0.0.1:5080")
)

// answer sends the callee's response to what it received last.
func (r *running) answer(status int, fields string) {
	m, err := sip.Parse(r.network.to(callee))
	if err != nil {
		panic(err)
	}
	r.receive(callee, string(sip.AppendReply(nil, m, &sip.Reply{Status: status, ToTag: "b", Fields: fields})))
}

const sdp = "v=0\r\no=alice 53655765 2353687637 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\n"

// call plays the messages of a call that is answered and ended by the caller.
// It gives the start line of the last message to the caller.
func (r *running) call(number int) string {
	n := strconv.Itoa(number)
	head := "Max-Forwards: 70\r\nFrom: \"Alice\" <sip:alice@example.test>;tag=a" + n + "\r\nTo: <sip:u1@127.0.0.1:5080>TAG\r\nCall-ID: c" + n + "@127.0.0.1\r\n"
	via := "Via: SIP/2.0/UDP 127.0.0.1:5061;branch=z9hG4bK-" + n
	r.receive(caller, "INVITE sip:u1@127.0.0.1:5080 SIP/2.0\r\n"+via+"-0\r\n"+strings.Replace(head, "TAG", "", 1)+
		"CSeq: 1 INVITE\r\nContact: <sip:alice@127.0.0.1:5061>\r\nContent-Type: application/sdp\r\nContent-Length: "+strconv.Itoa(len(sdp))+"\r\n\r\n"+sdp)
	r.answer(180, "")
	r.answer(200, "Contact: <sip:bob@127.0.0.1:5080>\r\n")
	head = strings.Replace(head, "TAG", ";tag=b", 1) + "Route: <sip:127.0.0.1;lr>\r\n"
	r.receive(caller, "ACK sip:bob@127.0.0.1:5080 SIP/2.0\r\n"+via+"-1\r\n"+head+"CSeq: 1 ACK\r\nContent-Length: 0\r\n\r\n")
	r.receive(caller, "BYE sip:bob@127.0.0.1:5080 SIP/2.0\r\n"+via+"-2\r\n"+head+"CSeq: 2 BYE\r\nContent-Length: 0\r\n\r\n")
	r.answer(200, "")
	line, _, _ := strings.Cut(r.network.to(caller), "\r\n")
	return line
}

// relayScript is the yardstick's stateful script (bench).
const relayScript = `#!KAMAILIO
debug=-5
listen=udp:127.0.0.1:5060
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "maxfwd.so"
loadmodule "siputils.so"
modparam("rr","enable_full_lr",0)
modparam("rr","append_fromtag",0)
request_route {
  if (!mf_process_maxfwd_header("10")) { sl_send_reply("483","Too Many Hops"); exit; }
  if (has_totag()) {
    if (loose_route()) { t_relay(); exit; }
    if (method=="ACK") { if (t_check_trans()) t_relay(); exit; }
    sl_send_reply("404","Not here"); exit;
  }
  if (method=="CANCEL") { if (t_check_trans()) t_relay(); exit; }
  record_route();
  t_relay();
}
`

// BenchmarkCall relays the six messages of a call (and the 100) without
// sockets: what is ours of the cost of a call. The benchmark's own phones are
// part of the figure.
func BenchmarkCall(b *testing.B) {
	r := start(b, relayScript, func(c *Config) { c.Out = io.Discard })
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if line := r.call(i); line != "SIP/2.0 200 OK" {
			b.Fatalf("the call ends with %q", line)
		}
	}
}

// What one call of the yardstick's script costs in allocations, those of its
// phones included: no more than it did when each one was looked at.
func TestAllocationBudget(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector allocates too")
	}
	r := start(t, relayScript, func(c *Config) { c.Out = io.Discard })
	number := 0
	if n := testing.AllocsPerRun(500, func() { number++; r.call(number) }); n > 64 {
		t.Errorf("%v allocations a call, at most 64", n)
	}
}
