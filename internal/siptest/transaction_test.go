package siptest

import (
	"testing"
	"testing/synctest"
	"time"

	"viaduct/sip"
	"viaduct/transaction"
	"viaduct/transport"
	"viaduct/wire"
)

// busy is a server that refuses all calls, on the real transaction layer.
type busy struct{ layer *transaction.Layer }

func (b *busy) Request(m *sip.Message, in *transport.Inbound, _ *transaction.Server) {
	if m.Method == "ACK" {
		return
	}
	tx := new(transaction.Server)
	if b.layer.Begin(tx, m, in.Flow, nil) == nil {
		tx.Respond(486, sip.AppendReply(nil, m, &sip.Reply{Status: 486, ToTag: "busy"}))
	}
}
func (b *busy) Reply(*sip.Message, *transport.Inbound) bool                         { return true }
func (b *busy) Stray(*sip.Message, *transport.Inbound)                              {}
func (b *busy) Malformed(*sip.Message, string, *sip.ParseError, *transport.Inbound) {}

// The floors above run on the network as they are, timers in fake time: the
// first 486 gets lost and timer G repeats it.
func TestTransactionsInFakeTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := NewNetwork(t)
		lost := false
		network.Lose = func(p *wire.Packet) bool {
			loses := !lost && p.Message.Status == 486
			lost = lost || loses
			return loses
		}
		below := network.Attach(nil, wire.UDP, relayAddress)
		network.Name(relayAddress, "busy")
		server := &busy{}
		server.layer = transaction.New(below, server, transaction.DefaultTiming)
		defer server.layer.Close()
		below.Handle(server.layer)

		alice := network.Phone("alice", aliceAddress, relayAddress)
		start := time.Now()
		call := alice.Invite("sip:bob@example.test")
		call.Ack(alice.Expect("486"))
		if took := time.Since(start); took < 500*time.Millisecond || took > 700*time.Millisecond {
			t.Errorf("the 486 came after %v, timer G is 500 ms", took)
		}
		alice.ExpectNothing(time.Minute)
		if servers, _ := server.layer.Active(); servers != 0 {
			t.Errorf("%d transactions are left", servers)
		}
		const want = `   alice                busy
127.0.0.10           127.0.0.15
     │                    │
     ├─── INVITE (SDP) ──▶│
     │✕─ 486 Busy Here ───┤  lost
     │◀╌ 486 Busy Here ╌╌╌┤  retransmission
     ├─────── ACK ───────▶│
     │                    │
`
		if got := network.Ladder(); got != want {
			t.Errorf("the ladder is\n%s", got)
		}
	})
}
