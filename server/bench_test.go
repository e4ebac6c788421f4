package server

import (
	"context"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"viaduct/sip"
	"viaduct/transport"
	"viaduct/wire"
)

// pipe is a network without sockets: what is sent stays in a buffer.
type pipe struct {
	local netip.AddrPort
	last  [2][]byte // last text sent to the caller, and to the callee
}

var (
	benchCaller = netip.MustParseAddrPort("127.0.0.1:5061")
	benchCallee = netip.MustParseAddrPort("127.0.0.1:5080")
)

func (p *pipe) Listen(_ wire.Transport, a netip.AddrPort) (netip.AddrPort, error) {
	p.local = a
	return a, nil
}
func (p *pipe) Start() {}
func (p *pipe) Close() {}
func (p *pipe) LocalFor(wire.Transport, netip.AddrPort) (netip.AddrPort, bool) {
	return p.local, true
}
func (p *pipe) Send(f wire.Flow, text []byte, _ transport.Owner) error {
	to := 0
	if f.Remote == benchCallee {
		to = 1
	}
	p.last[to] = append(p.last[to][:0], text...)
	return nil
}

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
// sockets: what is ours of the cost of a call.
func BenchmarkCall(b *testing.B) {
	script := filepath.Join(b.TempDir(), "relay.cfg")
	if err := os.WriteFile(script, []byte(relayScript), 0o644); err != nil {
		b.Fatal(err)
	}
	network := &pipe{}
	s, err := New(Config{Script: script, Out: io.Discard, Network: network})
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ready, done := make(chan bool), make(chan error)
	go func() { done <- s.Run(ctx, func() { close(ready) }) }()
	<-ready
	handler := s.Handler()
	receive := func(from netip.AddrPort, text string) {
		m, err := sip.Parse(text)
		if err != nil {
			b.Fatal(err, text)
		}
		handler.Receive(m, &transport.Inbound{Flow: wire.Flow{Transport: wire.UDP, Local: network.local, Remote: from}})
	}
	answer := func(status int, extra string) {
		m, err := sip.Parse(string(network.last[1]))
		if err != nil {
			b.Fatal(err)
		}
		receive(benchCallee, string(sip.AppendReply(nil, m, &sip.Reply{Status: status, ToTag: "b", Fields: extra})))
	}
	const sdp = "v=0\r\no=alice 53655765 2353687637 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\n"
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		n := strconv.Itoa(i)
		head := "Max-Forwards: 70\r\nFrom: \"Alice\" <sip:alice@example.test>;tag=a" + n + "\r\nTo: <sip:u1@127.0.0.1:5080>TAG\r\nCall-ID: c" + n + "@127.0.0.1\r\n"
		receive(benchCaller, "INVITE sip:u1@127.0.0.1:5080 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5061;branch=z9hG4bK-"+n+"-0\r\n"+strings.Replace(head, "TAG", "", 1)+
			"CSeq: 1 INVITE\r\nContact: <sip:alice@127.0.0.1:5061>\r\nContent-Type: application/sdp\r\nContent-Length: "+strconv.Itoa(len(sdp))+"\r\n\r\n"+sdp)
		answer(180, "")
		answer(200, "Contact: <sip:bob@127.0.0.1:5080>\r\n")
		head = strings.Replace(head, "TAG", ";tag=b", 1) + "Route: <sip:127.0.0.1;lr>\r\n"
		receive(benchCaller, "ACK sip:bob@127.0.0.1:5080 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5061;branch=z9hG4bK-"+n+"-1\r\n"+head+"CSeq: 1 ACK\r\nContent-Length: 0\r\n\r\n")
		receive(benchCaller, "BYE sip:bob@127.0.0.1:5080 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5061;branch=z9hG4bK-"+n+"-2\r\n"+head+"CSeq: 2 BYE\r\nContent-Length: 0\r\n\r\n")
		answer(200, "")
		if !strings.HasPrefix(string(network.last[0]), "SIP/2.0 200") {
			b.Fatalf("the call ends with %q", network.last[0])
		}
	}
	stop()
	<-done
}
