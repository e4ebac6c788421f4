package siptest

import (
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"viaduct/sip"
	"viaduct/transport"
	"viaduct/wire"
)

var (
	aliceAddress = netip.MustParseAddrPort("127.0.0.10:5060")
	bobAddress   = netip.MustParseAddrPort("127.0.0.11:5062")
	relayAddress = netip.MustParseAddrPort("127.0.0.15:5060")
)

// relay is the smallest of proxies: it sends requests to one place and lets
// responses follow their Via.
type relay struct {
	send func(f wire.Flow, text []byte)
	to   netip.AddrPort
}

func (r *relay) Receive(m *sip.Message, in *transport.Inbound) {
	var edits sip.Edits
	to := r.to
	if m.IsRequest() {
		branch := m.Via.Branch
		edits.InsertField(m, "Via: SIP/2.0/UDP "+relayAddress.String()+";branch="+branch+".1\r\n")
		edits.InsertField(m, "Record-Route: <sip:"+relayAddress.String()+";lr>\r\n")
		m.NoteSource(&edits, in.Remote, false)
		edits.RemoveTop(m, sip.FieldRoute, 1)
		if uri, err := sip.ParseURI(m.RequestURI); err == nil {
			if address, err := sip.ParseHost(uri.Host); err == nil {
				to = netip.AddrPortFrom(address, uint16(uri.Port))
			}
		}
	} else {
		edits.RemoveTop(m, sip.FieldVia, 1)
		next := ""
		for via := range m.Values(sip.FieldVia) {
			next = via.Text
		}
		via, _ := sip.ParseVia(next)
		address, _ := sip.ParseHost(via.Host)
		_, port := via.SentBy()
		to = netip.AddrPortFrom(address, uint16(port))
	}
	r.send(wire.Flow{Transport: in.Transport, Remote: to}, edits.Append(nil, m))
}

func (r *relay) Malformed(*sip.Message, string, *sip.ParseError, *transport.Inbound) {}

// relayOn puts a relay on the network.
func relayOn(n *Network, t wire.Transport) *Endpoint {
	r := &relay{to: bobAddress}
	e := n.Attach(r, t, relayAddress)
	r.send = func(f wire.Flow, text []byte) { e.Send(f, text, nil) }
	n.Name(relayAddress, "relay")
	return e
}

func converse(t *testing.T, alice, bob *Phone) {
	call := alice.Invite("sip:bob@example.test")
	invite := bob.Expect("INVITE")
	answer := bob.Take(invite)
	bob.Reply(invite, 100)
	bob.Reply(invite, 180)
	alice.Expect("180")
	bob.Reply(invite, 200)
	call.Ack(alice.Expect("200 INVITE"))
	bob.Expect("ACK")
	answer.Request("BYE")
	bye := alice.Expect("BYE")
	if bye.ToTag() != "alice" || bye.FromTag() != "bob" {
		t.Errorf("the BYE is\n%s", bye.Text)
	}
	alice.Reply(bye, 200)
	bob.Expect("200 BYE")
	alice.ExpectNothing(100 * time.Millisecond)
}

// The ladder of the conversation, the same in each run.
const conversation = `   alice               relay                bob
127.0.0.10          127.0.0.15        127.0.0.11:5062
     │                   │                   │
     ├── INVITE (SDP) ──▶│                   │
     │                   ├── INVITE (SDP) ──▶│
     │                   │◀── 100 Trying ────┤
     │                   │◀── 180 Ringing ───┤
     │◀── 100 Trying ────┤                   │
     │◀── 180 Ringing ───┤                   │
     │                   │◀─ 200 OK (SDP) ───┤
     │◀─ 200 OK (SDP) ───┤                   │
     ├─────── ACK ──────▶│                   │
     │                   ├─────── ACK ──────▶│
     │                   │◀────── BYE ───────┤
     │◀────── BYE ───────┤                   │
     ├── 200 OK (BYE) ──▶│                   │
     │                   ├── 200 OK (BYE) ──▶│
     │                   │                   │
`

func TestNetwork(t *testing.T) {
	for _, transport := range []wire.Transport{wire.UDP, wire.TCP} {
		for range 20 {
			synctest.Test(t, func(t *testing.T) {
				network := NewNetwork(t)
				network.Delay = func(*wire.Packet) time.Duration { return 20 * time.Millisecond }
				relayOn(network, transport)
				alice := network.PhoneOver(transport, "alice", aliceAddress, relayAddress)
				bob := network.PhoneOver(transport, "bob", bobAddress, relayAddress)
				start := time.Now()
				converse(t, alice, bob)
				if took := time.Since(start).Round(time.Millisecond); took != 12*20*time.Millisecond+100*time.Millisecond {
					t.Errorf("it took %v", took)
				}
				if got := network.Ladder(); got != conversation {
					t.Errorf("the ladder is\n%s", got)
				}
			})
		}
	}
}

// What is lost is seen as sent and not as arrived.
func TestNetworkLoses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := NewNetwork(t)
		sent := 0
		network.Lose = func(*wire.Packet) bool { sent++; return sent == 1 }
		alice := network.Phone("alice", aliceAddress, bobAddress)
		bob := network.Phone("bob", bobAddress, aliceAddress)
		bob.Patience = time.Minute
		text := alice.fill("OPTIONS sip:b SIP/2.0\nVia: SIP/2.0/UDP {local}\nFrom: <sip:a>\nTo: <sip:b>\nCall-ID: 1\nCSeq: 1 OPTIONS\n\n", "")
		alice.Send(text)
		time.AfterFunc(30*time.Second, func() { alice.Send(text) })
		start := time.Now()
		bob.Reply(bob.Expect("OPTIONS"), 200)
		if time.Since(start).Round(time.Millisecond) != 30*time.Second {
			t.Errorf("it came after %v", time.Since(start))
		}
		alice.Expect("200 OPTIONS")
		if drawn := network.Ladder(); strings.Count(drawn, "lost") != 1 || strings.Count(drawn, "retransmission") != 1 {
			t.Errorf("the ladder is\n%s", drawn)
		}
	})
}

// A stream to nowhere fails, a datagram vanishes.
func TestNetworkRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := NewNetwork(t)
		e := network.Attach(&relay{}, wire.TCP, relayAddress)
		e.Listen(wire.UDP, relayAddress)
		failed := make(owner, 2)
		for _, transport := range []wire.Transport{wire.UDP, wire.TCP} {
			if err := e.Send(wire.Flow{Transport: transport, Remote: bobAddress}, []byte("x"), failed); err != nil {
				t.Fatal(err)
			}
		}
		if err := <-failed; !errors.Is(err, ErrRefused) {
			t.Error(err)
		}
		synctest.Wait()
		if len(failed) != 0 {
			t.Error("the datagram failed as well")
		}
		if err := e.Send(wire.Flow{Transport: wire.TLS, Remote: bobAddress}, nil, nil); !errors.Is(err, transport.ErrNoListener) {
			t.Error(err)
		}
		if _, ok := e.LocalFor(wire.UDP, netip.MustParseAddrPort("[::1]:5060")); ok {
			t.Error("an IPv4 address to reach an IPv6 one")
		}
	})
}

type owner chan error

func (o owner) TransportFailed(err error) { o <- err }

// The same words over real sockets.
func TestPhonesOverUDP(t *testing.T) {
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0")))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	here := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	alice := ListenPhone(t, "alice", netip.MustParseAddrPort("127.0.0.1:0"), here)
	bob := ListenPhone(t, "bob", netip.MustParseAddrPort("127.0.0.1:0"), alice.Local)
	alice.Server = bob.Local
	converse(t, alice, bob)
}

func TestMatches(t *testing.T) {
	for _, test := range []struct {
		line, what string
		want       bool
	}{
		{"INVITE sip:a SIP/2.0", "INVITE", true},
		{"ACK sip:a SIP/2.0", "INVITE", false},
		{"INVITE sip:a SIP/2.0", "200 INVITE", false},
		{"SIP/2.0 200 OK", "200", true},
		{"SIP/2.0 200 OK", "200 INVITE", true},
		{"SIP/2.0 200 OK", "200 BYE", false},
		{"SIP/2.0 202 OK", "2xx", true},
		{"SIP/2.0 302 OK", "2xx", false},
		{"SIP/2.0 200 OK", "INVITE", false},
	} {
		method := "INVITE"
		if strings.HasPrefix(test.line, "ACK") {
			method = "ACK"
		}
		m, err := sip.Parse(test.line + "\r\nVia: SIP/2.0/UDP h\r\nFrom: a:b\r\nTo: a:b\r\nCall-ID: 1\r\nCSeq: 1 " + method + "\r\n\r\n")
		if err != nil {
			t.Fatal(err)
		}
		if Matches(m, test.what) != test.want {
			t.Errorf("%q is %q: %v", test.line, test.what, !test.want)
		}
	}
}
