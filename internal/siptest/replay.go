// Replayer: plays the paper's messages against a proxy on real sockets.
package siptest

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"viaduct/ladder"
	"viaduct/sip"
	"viaduct/wire"
)

// Replayer holds the sockets of the two phones. The proxy at PaperProxy is
// started by the test, after NewReplayer, which waits until no other test
// process uses the paper's addresses.
type Replayer struct {
	Patience time.Duration // for a message that must come; 3 s
	Settle   time.Duration // for those that may come behind the last one; 200 ms

	t              testing.TB
	caller, callee *Phone
}

// Replay is what came of one section.
type Replay struct {
	Sent    []*sip.Message // what the phones sent, in the order of the section
	Relayed []*sip.Message // for each of them, what of it arrived at the other phone; nil for what goes one hop only
	Caller  []*sip.Message // all that arrived at the caller, in order, retransmissions included
	Callee  []*sip.Message // the same at the callee
	Packets []wire.Packet  // all that was sent and arrived, for a ladder
}

// NewReplayer opens the phones' sockets; they are closed when the test ends.
func NewReplayer(t testing.TB) *Replayer {
	t.Helper()
	file, err := os.OpenFile(filepath.Join(os.TempDir(), "viaduct-paper.lock"), os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() }) // which unlocks it
	return &Replayer{
		Patience: 3 * time.Second, Settle: 200 * time.Millisecond, t: t,
		caller: ListenPhone(t, "308", PaperCaller, PaperProxy),
		callee: ListenPhone(t, "309", PaperCallee, PaperProxy),
	}
}

// Register registers both phones with the proxy. It tries for a while, as the
// proxy may just be starting.
func (r *Replayer) Register() {
	r.t.Helper()
	for _, p := range []*Phone{r.caller, r.callee} {
		p.Domain = PaperProxy.Addr().String()
		p.Contact = fmt.Sprintf("<sip:%s@%v>", p.Name, p.Local.Addr()) // as they write it in the paper
		answered := false
		for range 50 {
			p.Register(3600)
			packet, ok := p.Next(100 * time.Millisecond)
			if answered = ok && packet.Message != nil && packet.Message.Status == 200; answered {
				break
			}
			if ok {
				r.t.Fatalf("%s cannot register:\n%s", p.Name, packet.Text)
			}
		}
		if !answered {
			r.t.Fatalf("%s: no answer to REGISTER", p.Name)
		}
	}
}

// Play sends the messages of a section, each from the phone that sent it and
// when those before it have arrived. Requests are sent as they
// stand. A reply takes the Via fields of the request that really arrived, as
// a phone copies them; all else of it stays as it stands.
func (r *Replayer) Play(section string) *Replay {
	r.t.Helper()
	messages, err := ReadPaper(section)
	if err != nil {
		r.t.Fatal(err)
	}
	p := playing{Replayer: r, Replay: &Replay{}, messages: messages}
	for i := range messages {
		p.send(i)
	}
	p.settle()
	return p.Replay
}

// Ladder draws a replay.
func (r *Replay) Ladder(proxy string) string {
	names := ladder.Names{PaperCaller: "308", PaperProxy: proxy, PaperCallee: "309"}
	return string(ladder.New(r.Packets, names).AppendText(nil, ladder.TextOptions{}))
}

// playing is a replay on its way.
type playing struct {
	*Replayer
	*Replay
	messages []PaperMessage
}

func (p *playing) phones(from netip.AddrPort) (sender, receiver *Phone) {
	if from == PaperCaller {
		return p.caller, p.callee
	}
	return p.callee, p.caller
}

// send sends one message.
func (p *playing) send(i int) {
	p.t.Helper()
	m := p.messages[i].Message
	sender, _ := p.phones(p.messages[i].From)
	for earlier := range i { // one after the other, so that nothing overtakes
		p.awaitRelayed(earlier)
	}
	text := m.Text
	if !m.IsRequest() {
		request := p.await(sender, "request for "+p.messages[i].File, func(arrived *sip.Message) bool {
			return arrived.IsRequest() && arrived.CSeq == m.CSeq && arrived.CallID() == m.CallID()
		})
		text = withVias(m, request)
	}
	sent, err := sip.Parse(text)
	if err != nil {
		p.t.Fatal(err)
	}
	p.Sent = append(p.Sent, sent)
	p.Packets = append(p.Packets, wire.Packet{
		Time: time.Now(), Flow: wire.Flow{Transport: wire.UDP, Local: sender.Local, Remote: PaperProxy}, Outgoing: true, Text: text, Message: sent,
	})
	sender.sendTo(PaperProxy, text)
}

// isRelayed tells whether any proxy passes a message on: not 100, not the
// answer to CANCEL and not the ACK of a refusal, which a stateful proxy makes
// or takes itself.
func isRelayed(messages []PaperMessage, i int) bool {
	m := messages[i].Message
	switch {
	case m.Status == 100, !m.IsRequest() && m.Method == "CANCEL":
		return false
	case m.Method != "ACK":
		return true
	}
	return !slices.ContainsFunc(messages[:i], func(other PaperMessage) bool {
		o := other.Message
		return o.Status >= 300 && o.Method == "INVITE" && o.CSeq.Number == m.CSeq.Number
	})
}

// isSame tells whether what arrived is a message that was sent, relayed.
func isSame(sent, arrived *sip.Message) bool {
	return sent.Status == arrived.Status && sent.CSeq == arrived.CSeq && sent.CallID() == arrived.CallID() && sent.FromTag() == arrived.FromTag()
}

// withVias gives a reply the Via fields of a request.
func withVias(reply, request *sip.Message) string {
	var edits sip.Edits
	var vias strings.Builder
	for i := range request.Fields {
		if f := &request.Fields[i]; f.Kind == sip.FieldVia {
			vias.WriteString(request.Text[f.Start:f.End])
		}
	}
	first := true
	for i := range reply.Fields {
		f := &reply.Fields[i]
		if f.Kind != sip.FieldVia {
			continue
		}
		if first {
			edits.Replace(int(f.Start), int(f.End), vias.String())
		} else {
			edits.RemoveField(f)
		}
		first = false
	}
	return string(edits.Append(nil, reply))
}

// await waits until a message like that has arrived at a phone.
func (p *playing) await(at *Phone, what string, isIt func(*sip.Message) bool) *sip.Message {
	p.t.Helper()
	for deadline := time.Now().Add(p.Patience); ; {
		for _, m := range *p.arrivals(at) {
			if isIt(m) {
				return m
			}
		}
		packet, ok := p.next(at, time.Until(deadline))
		if !ok {
			p.t.Fatalf("%s: %s did not come. So far:\n%s", at.Name, what, p.Ladder("proxy"))
		}
		p.take(at, packet)
	}
}

// awaitRelayed waits until a message that was sent has arrived at the other
// phone.
func (p *playing) awaitRelayed(i int) {
	p.t.Helper()
	if _, receiver := p.phones(p.messages[i].From); isRelayed(p.messages, i) {
		p.await(receiver, p.messages[i].File, func(arrived *sip.Message) bool { return isSame(p.Sent[i], arrived) })
	}
}

func (p *playing) arrivals(at *Phone) *[]*sip.Message {
	if at == p.caller {
		return &p.Caller
	}
	return &p.Callee
}

func (p *playing) take(at *Phone, packet wire.Packet) {
	p.t.Helper()
	p.Packets = append(p.Packets, packet)
	if packet.Message == nil {
		p.t.Errorf("%s: what is no SIP message arrived: %q", at.Name, packet.Text)
		return
	}
	arrivals := p.arrivals(at)
	*arrivals = append(*arrivals, packet.Message)
}

// next gives the next packet of this section; those of an earlier one are
// passed over.
func (p *playing) next(at *Phone, patience time.Duration) (packet wire.Packet, ok bool) {
	for deadline := time.Now().Add(patience); ; {
		packet, ok = at.Next(time.Until(deadline))
		if !ok || packet.Message == nil || packet.Message.CallID() == p.messages[0].Message.CallID() {
			return packet, ok
		}
	}
}

// settle waits for what must still come and what may still come, puts the
// packets in the order of time and finds what became of each message.
func (p *playing) settle() {
	p.t.Helper()
	for i := range p.messages {
		p.awaitRelayed(i)
	}
	end := time.Now().Add(p.Settle)
	for _, at := range []*Phone{p.caller, p.callee} {
		for {
			packet, ok := p.next(at, max(time.Until(end), p.Settle/10))
			if !ok {
				break
			}
			p.take(at, packet)
		}
	}
	slices.SortStableFunc(p.Packets, func(a, b wire.Packet) int { return a.Time.Compare(b.Time) })
	p.Relayed = make([]*sip.Message, len(p.Sent))
	for i, sent := range p.Sent {
		if !isRelayed(p.messages, i) {
			continue
		}
		_, receiver := p.phones(p.messages[i].From)
		for _, arrived := range slices.Backward(*p.arrivals(receiver)) {
			if isSame(sent, arrived) {
				p.Relayed[i] = arrived // in the end the first one
			}
		}
	}
}
