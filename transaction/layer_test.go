package transaction

import (
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"viaduct/sip"
	"viaduct/transport"
	"viaduct/wire"
)

// recorder is the floors below and above of a layer under test.
type recorder struct {
	mu       sync.Mutex // the wheel sends and fails on its own goroutine
	sent     []string
	requests []string
	acked    int
	stray    int
	up       []int // statuses passed to the client's user
	failed   []error
}

func (r *recorder) Send(_ wire.Flow, text []byte, _ transport.Owner) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sent = append(r.sent, string(text))
	return nil
}
func (r *recorder) Request(m *sip.Message, _ *transport.Inbound, acked *Server) {
	r.requests = append(r.requests, m.Method)
	if acked != nil {
		r.acked++
	}
}
func (r *recorder) Reply(*sip.Message, *transport.Inbound) bool { return true }
func (r *recorder) Stray(*sip.Message, *transport.Inbound)      { r.stray++ }
func (r *recorder) Malformed(*sip.Message, string, *sip.ParseError, *transport.Inbound) {
}
func (r *recorder) Response(_ *Client, m *sip.Message, _ *transport.Inbound) {
	r.up = append(r.up, m.Status)
}
func (r *recorder) Failed(_ *Client, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed = append(r.failed, err)
}

var udp = wire.Flow{
	Transport: wire.UDP,
	Local:     netip.MustParseAddrPort("127.0.0.1:5060"),
	Remote:    netip.MustParseAddrPort("127.0.0.1:5080"),
}

func request(t *testing.T, method, branch string) *sip.Message {
	t.Helper()
	m, err := sip.Parse(method + " sip:bob@biloxi.test SIP/2.0\r\n" +
		"Via: SIP/2.0/UDP 127.0.0.1:5080;branch=" + branch + "\r\nMax-Forwards: 70\r\n" +
		"From: <sip:alice@atlanta.test>;tag=1\r\nTo: <sip:bob@biloxi.test>\r\n" +
		"Call-ID: a@atlanta.test\r\nCSeq: 1 " + method + "\r\nRoute: <sip:next.test;lr>\r\nContent-Length: 0\r\n\r\n")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// answer makes the response of a peer to what we sent.
func answer(t *testing.T, sent string, status int) *sip.Message {
	t.Helper()
	m, err := sip.Parse(sent)
	if err != nil {
		t.Fatal(err)
	}
	r, err := sip.Parse(string(sip.AppendReply(nil, m, &sip.Reply{Status: status, ToTag: "b"})))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// withLayer runs a test in fake time.
func withLayer(t *testing.T, test func(t *testing.T, l *Layer, r *recorder)) {
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{}
		l := New(r, r, DefaultTiming)
		defer l.Close()
		test(t, l, r)
	})
}

func receive(l *Layer, m *sip.Message) { l.Receive(m, &transport.Inbound{Flow: udp}) }

func startInvite(t *testing.T, l *Layer, r *recorder) *Client {
	c := &Client{}
	l.Reserve(c, 0)
	text := request(t, "INVITE", string(c.AppendBranch(nil))).Text
	if err := c.Start(&Outgoing{Text: []byte(text), Flow: udp, Invite: true, User: r, TimerC: 181 * time.Second}); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestInviteRetransmitsUntilTimerB(t *testing.T) {
	withLayer(t, func(t *testing.T, l *Layer, r *recorder) {
		startInvite(t, l, r)
		time.Sleep(40 * time.Second)
		synctest.Wait()
		if len(r.sent) != 7 { // at 0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5 s
			t.Errorf("sent %d times, want 7", len(r.sent))
		}
		if len(r.failed) != 1 || r.failed[0] != ErrTimeout {
			t.Errorf("failed: %v, want one time-out", r.failed)
		}
		if _, clients := l.Active(); clients != 0 {
			t.Errorf("%d client transactions are left", clients)
		}
	})
}

func TestFinalResponseIsAcknowledgedWithTheInvitesBranch(t *testing.T) {
	withLayer(t, func(t *testing.T, l *Layer, r *recorder) {
		startInvite(t, l, r)
		busy := answer(t, r.sent[0], 486)
		receive(l, busy)
		receive(l, busy)
		if len(r.up) != 1 || len(r.sent) != 3 {
			t.Fatalf("passed up %v, sent %d; want one 486 and two ACKs", r.up, len(r.sent))
		}
		ack, err := sip.Parse(r.sent[1])
		if err != nil {
			t.Fatal(err)
		}
		invite, _ := sip.Parse(r.sent[0])
		if ack.Method != "ACK" || ack.Via.Branch != invite.Via.Branch || ack.RequestURI != invite.RequestURI ||
			ack.ToTag() != "b" || ack.CSeq.Number != 1 || ack.Get(sip.FieldRoute) != "<sip:next.test;lr>" {
			t.Errorf("ACK:\n%s", r.sent[1])
		}
		if r.sent[2] != r.sent[1] {
			t.Error("the second ACK differs")
		}
	})
}

func TestCancelWaitsForAProvisionalResponse(t *testing.T) {
	withLayer(t, func(t *testing.T, l *Layer, r *recorder) {
		c := startInvite(t, l, r)
		received := request(t, "CANCEL", "z9hG4bKup")
		c.Cancel(received, "", r)
		if len(r.sent) != 1 {
			t.Fatal("CANCEL was sent before any response (9.1)")
		}
		receive(l, answer(t, r.sent[0], 180))
		if len(r.sent) != 2 || !strings.HasPrefix(r.sent[1], "CANCEL ") {
			t.Fatalf("sent %q", r.sent)
		}
		cancel, err := sip.Parse(r.sent[1])
		if err != nil {
			t.Fatal(err)
		}
		invite, _ := sip.Parse(r.sent[0])
		if cancel.Via.Branch != invite.Via.Branch {
			t.Errorf("branch of CANCEL %s, of INVITE %s", cancel.Via.Branch, invite.Via.Branch)
		}
		receive(l, answer(t, r.sent[1], 200))
		receive(l, answer(t, r.sent[0], 487))
		if want := []int{180, 200, 487}; len(r.up) != 3 || r.up[1] != want[1] || r.up[2] != want[2] {
			t.Errorf("passed up %v, want %v", r.up, want)
		}
		time.Sleep(40 * time.Second)
		synctest.Wait()
		if _, clients := l.Active(); clients != 0 || l.wheelLength() != 0 {
			t.Errorf("%d transactions, %d timers are left", clients, l.wheelLength())
		}
	})
}

// wheelLength counts the timers on the wheel.
func (l *Layer) wheelLength() (n int) {
	l.wheel.mu.Lock()
	defer l.wheel.mu.Unlock()
	for i := range l.wheel.ring {
		head := &l.wheel.ring[i]
		for t := head.next; t != head; t = t.next {
			n++
		}
	}
	return n
}

func TestServerAbsorbsAndConfirms(t *testing.T) {
	withLayer(t, func(t *testing.T, l *Layer, r *recorder) {
		invite := request(t, "INVITE", "z9hG4bK1")
		receive(l, invite)
		s := &Server{}
		if holder := l.Begin(s, invite, udp, nil); holder != nil {
			t.Fatal("somebody holds the key")
		}
		s.Respond(100, []byte("100"))
		receive(l, invite)
		s.Respond(486, []byte("486"))
		time.Sleep(1600 * time.Millisecond) // timer G at 0.5 and 1.5 s
		synctest.Wait()
		receive(l, request(t, "ACK", "z9hG4bK1"))
		time.Sleep(time.Second)
		if got := strings.Join(r.sent, " "); got != "100 100 486 486 486" {
			t.Errorf("sent %s", got)
		}
		if r.acked != 1 || len(r.requests) != 2 {
			t.Errorf("requests up: %v, acknowledged %d", r.requests, r.acked)
		}
		if l.Invite(request(t, "CANCEL", "z9hG4bK1")) != s {
			t.Error("a CANCEL does not find its INVITE")
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if servers, _ := l.Active(); servers != 0 {
			t.Errorf("%d server transactions are left", servers)
		}
	})
}

// broken is a network whose connection 7 is gone; it notes where the rest goes.
type broken struct {
	recorder
	flows []wire.Flow
}

func (b *broken) Send(f wire.Flow, text []byte, owner transport.Owner) error {
	b.flows = append(b.flows, f)
	if f.Connection == 7 {
		return transport.ErrConnectionLost
	}
	return b.recorder.Send(f, text, owner)
}

func TestResponseOverANewConnectionWhenTheFirstIsGone(t *testing.T) { // 18.2.2
	synctest.Test(t, func(t *testing.T) {
		network := &broken{}
		l := New(network, network, DefaultTiming)
		defer l.Close()
		invite := request(t, "INVITE", "z9hG4bK1") // its Via names port 5080
		flow := wire.Flow{Transport: wire.TCP, Local: udp.Local, Remote: netip.MustParseAddrPort("127.0.0.1:40000"), Connection: 7}
		s := &Server{}
		l.Begin(s, invite, flow, nil)
		s.Respond(180, []byte("180"))
		s.Respond(200, []byte("200"))
		if got := strings.Join(network.sent, " "); got != "180 200" {
			t.Errorf("sent %q", got)
		}
		if last := network.flows[len(network.flows)-1]; last.Remote.Port() != 5080 || last.Connection != 0 {
			t.Errorf("the last went over %+v", last)
		}
	})
}

func TestKeyTellsTransactionsApart(t *testing.T) {
	first := request(t, "INVITE", "z9hG4bK1")
	sentBy := func(via string) *sip.Message {
		m, err := sip.Parse(strings.Replace(first.Text, first.Get(sip.FieldVia), "SIP/2.0/UDP "+via+";branch=z9hG4bK1", 1))
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	for name, other := range map[string]*sip.Message{
		"branch": request(t, "INVITE", "z9hG4bK2"),
		"method": request(t, "OPTIONS", "z9hG4bK1"),
		"host":   sentBy("127.0.0.77:" + strconv.Itoa(first.Via.Port)),
		"port":   sentBy(first.Via.Host + ":5999"),
	} {
		if keyOf(other, other.Method) == keyOf(first, "INVITE") {
			t.Errorf("another %s has the same key", name)
		}
	}
	old := request(t, "INVITE", "1")
	if keyOf(old, "INVITE") != keyOf(request(t, "ACK", "1"), "INVITE") {
		t.Error("an RFC 2543 ACK does not find its INVITE")
	}
	// The cookie with nothing behind it names no transaction.
	bare := request(t, "INVITE", "z9hG4bK")
	later, err := sip.Parse(strings.Replace(bare.Text, "CSeq: 1", "CSeq: 2", 1))
	if err != nil {
		t.Fatal(err)
	}
	if keyOf(bare, "INVITE") == keyOf(later, "INVITE") {
		t.Error("two requests with the bare cookie have the same key")
	}
	if a, b := AppendStatelessBranch(nil, bare), AppendStatelessBranch(nil, later); string(a) == string(b) {
		t.Error("two requests with the bare cookie are forwarded with the same branch")
	}
}

func TestForeignBranchesFindNothing(t *testing.T) {
	withLayer(t, func(t *testing.T, l *Layer, r *recorder) {
		c := startInvite(t, l, r)
		own := string(c.AppendBranch(nil))
		if l.clients.find(own) != c {
			t.Fatalf("%s does not find its transaction", own)
		}
		for _, branch := range []string{"", "z9hG4bK", "z9hG4bK0", "z9hG4bK0.", "z9hG4bK0.1.", "z9hG4bK0.00000000.0",
			"z9hG4bKffffffffff.0.0", "z9hG4bKs0.0.0", own[:len(own)-3], strings.ToUpper(own)} {
			if found := l.clients.find(branch); found != nil && branch != "z9hG4bK0.00000000.0" {
				t.Errorf("%q finds a transaction", branch)
			}
		}
	})
}

func FuzzParseBranch(f *testing.F) {
	for _, seed := range []string{"z9hG4bK1a.9f00c2d1.0", "z9hG4bKs12", "z9hG4bK.", "x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, branch string) {
		slot, salt, ok := parseBranch(branch)
		if !ok {
			return
		}
		again := string((&Client{slot: slot, salt: salt}).appendBranch(nil))
		if s, x, ok := parseBranch(again); !ok || s != slot || x != salt {
			t.Errorf("%q gives %d %d, printed %q gives %d %d", branch, slot, salt, again, s, x)
		}
	})
}
