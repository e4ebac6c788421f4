package explain

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"viaduct/ladder"
	"viaduct/sip"
	"viaduct/wire"
)

// The elements of the tests. The phones are at public addresses, behind NATs
// where a test wants it.
var (
	alice = netip.MustParseAddrPort("203.0.113.10:5060")
	proxy = netip.MustParseAddrPort("203.0.113.15:5060")
	bob   = netip.MustParseAddrPort("203.0.113.11:5060")
	names = ladder.Names{alice: "alice", proxy: "viaduct", bob: "bob"}
)

// tape records a call.
type tape struct {
	packets   []wire.Packet
	transport wire.Transport
	now       time.Duration
}

// pass adds a message with the usual fields. via lists the branches, the
// topmost first; "+Name: value" adds a field or replaces it, "-Name" takes it
// out, "body" a body.
func (r *tape) pass(from, to netip.AddrPort, start, cseq, via string, changes ...string) {
	transport := r.transport
	if transport == wire.NoTransport {
		transport = wire.UDP
	}
	isRequest := !strings.HasPrefix(start, "SIP/2.0 ")
	if isRequest {
		start += " SIP/2.0"
	}
	fields := []string{}
	set := func(line string) {
		name, _, _ := strings.Cut(line, ":")
		for i := range fields {
			if strings.HasPrefix(fields[i], name+":") {
				fields[i] = line
				return
			}
		}
		fields = append(fields, line)
	}
	for i, branch := range strings.Fields(via) {
		host := alice
		if i+1 < len(strings.Fields(via)) {
			host = proxy
		} else if strings.HasPrefix(branch, "z9hG4bKb") {
			host = bob
		}
		fields = append(fields, fmt.Sprintf("Via: SIP/2.0/%v %v;branch=%s", transport, host.Addr(), branch))
	}
	number, method, _ := strings.Cut(cseq, " ")
	if isRequest {
		set("Max-Forwards: 70")
	}
	set("From: <sip:alice@viaduct.test>;tag=a")
	to_ := "To: <sip:bob@viaduct.test>"
	if !isRequest && !strings.HasPrefix(start, "SIP/2.0 100") || isRequest && method != "INVITE" && method != "CANCEL" {
		to_ += ";tag=b"
	}
	set(to_)
	set("Call-ID: 1")
	set("CSeq: " + number + " " + method)
	if method == "INVITE" && (isRequest || strings.HasPrefix(start, "SIP/2.0 200")) {
		set(fmt.Sprintf("Contact: <sip:%v>", from.Addr()))
	}
	set("Content-Length: 0")
	body := ""
	for _, change := range changes {
		switch change[0] {
		case '+':
			set(change[1:])
		case '-':
			fields = slices.DeleteFunc(fields, func(line string) bool { return strings.HasPrefix(line, change[1:]+":") })
		default:
			body = change
			set(fmt.Sprintf("Content-Length: %d", len(body)))
			set("Content-Type: application/sdp")
		}
	}
	text := start + "\r\n" + strings.Join(fields, "\r\n") + "\r\n\r\n" + body
	m, _ := sip.Parse(text)
	r.now += 10 * time.Millisecond
	r.packets = append(r.packets, wire.Packet{
		Time: time.Date(2010, 11, 13, 23, 29, 0, 0, time.UTC).Add(r.now), Flow: wire.Flow{Transport: transport, Local: from, Remote: to}, Outgoing: true, Text: text, Message: m,
	})
}

// again repeats the last packet some time later.
func (r *tape) again(after time.Duration) {
	p := r.packets[len(r.packets)-1]
	r.now += after
	p.Time = p.Time.Add(after)
	r.packets = append(r.packets, p)
}

const media = "v=0\r\nc=IN IP4 192.168.1.10\r\nm=audio 5004 RTP/AVP 0\r\n"

// invite, ok and so on pass the usual messages between alice and bob.
func (r *tape) invite(changes ...string) {
	r.pass(alice, bob, "INVITE sip:bob@203.0.113.11", "1 INVITE", "z9hG4bKa1", changes...)
}
func (r *tape) ok(changes ...string) {
	r.pass(bob, alice, "SIP/2.0 200 OK", "1 INVITE", "z9hG4bKa1", changes...)
}
func (r *tape) ack(changes ...string) {
	r.pass(alice, bob, "ACK sip:203.0.113.11", "1 ACK", "z9hG4bKa2", changes...)
}
func (r *tape) bye(changes ...string) {
	r.pass(alice, bob, "BYE sip:203.0.113.11", "2 BYE", "z9hG4bKa3", changes...)
}
func (r *tape) byeOK() { r.pass(bob, alice, "SIP/2.0 200 OK", "2 BYE", "z9hG4bKa3") }
func (r *tape) setUp() { r.invite(); r.ok(); r.ack() }

const ms = time.Millisecond

// calls are what goes wrong, and what must be found of it.
var calls = []struct {
	name string
	play func(r *tape)
	want []string // "severity at message: Rule"
}{
	{"nothing is wrong", func(r *tape) { r.setUp(); r.bye(); r.byeOK() }, nil},
	{"private addresses", func(r *tape) {
		r.pass(alice, bob, "INVITE sip:bob@203.0.113.11", "1 INVITE", "z9hG4bKa1", "+Via: SIP/2.0/UDP 192.168.1.10;branch=z9hG4bKa1", "+Contact: <sip:alice@10.0.0.1>", media)
		r.ok("+Contact: <sip:bob@192.168.1.11>")
		r.ack()
	}, []string{"warning at 1: PrivateVia", "warning at 1: PrivateContact", "warning at 1: PrivateSession", "warning at 2: PrivateContact"}},
	{"private Via with rport", func(r *tape) {
		r.pass(alice, bob, "OPTIONS sip:bob@203.0.113.11", "1 OPTIONS", "z9hG4bKa1", "+Via: SIP/2.0/UDP 192.168.1.10;rport;branch=z9hG4bKa1")
		r.pass(bob, alice, "SIP/2.0 200 OK", "1 OPTIONS", "z9hG4bKa1")
	}, nil},
	{"ACK lost", func(r *tape) { r.invite(); r.ok(); r.ack(); r.okAgain(500 * ms) },
		[]string{"warning at 4: AckNotArrived"}},
	{"ACK missing", func(r *tape) { r.invite(); r.ok(); r.again(500 * ms); r.again(time.Second) }, []string{"failure at 2: AckMissing"}},
	{"ACK missing, not repeated", func(r *tape) { r.invite(); r.ok() }, []string{"warning at 2: AckMissing"}},
	{"Record-Route ignored", func(r *tape) {
		r.pass(alice, proxy, "INVITE sip:bob@viaduct.test", "1 INVITE", "z9hG4bKa1")
		r.pass(proxy, bob, "INVITE sip:203.0.113.11", "1 INVITE", "z9hG4bKp1 z9hG4bKa1", "+Record-Route: <sip:203.0.113.15;lr>", "+Contact: <sip:203.0.113.10>")
		r.pass(bob, proxy, "SIP/2.0 200 OK", "1 INVITE", "z9hG4bKp1 z9hG4bKa1", "+Record-Route: <sip:203.0.113.15;lr>")
		r.pass(proxy, alice, "SIP/2.0 200 OK", "1 INVITE", "z9hG4bKa1", "+Record-Route: <sip:203.0.113.15;lr>", "+Contact: <sip:203.0.113.11>")
		r.ack()
		r.pass(bob, alice, "BYE sip:203.0.113.10", "1 BYE", "z9hG4bKb1", "+From: <sip:b>;tag=b", "+To: <sip:a>;tag=a")
		r.pass(alice, bob, "SIP/2.0 200 OK", "1 BYE", "z9hG4bKb1", "+From: <sip:b>;tag=b", "+To: <sip:a>;tag=a")
	}, []string{"warning at 5: RecordRouteIgnored", "warning at 6: RecordRouteIgnored"}},
	{"body cut short", func(r *tape) { r.invite(media, "+Content-Length: 99") }, []string{"failure at 1: WrongContentLength"}},
	{"body too long", func(r *tape) { r.invite(media, "+Content-Length: 9"); r.ok(); r.ack() }, []string{"warning at 1: WrongContentLength"}},
	{"unreadable", func(r *tape) { r.invite("-CSeq") }, []string{"failure at 1: FaultyMessage"}},
	{"timer A, then an answer", func(r *tape) { r.invite(); r.again(500 * ms); r.again(time.Second); r.ok(); r.ack() }, []string{"note at 1: RequestRepeated"}},
	{"timer E, no answer", func(r *tape) {
		r.pass(alice, bob, "OPTIONS sip:bob@203.0.113.11", "1 OPTIONS", "z9hG4bKa1")
		r.again(500 * ms)
	}, []string{"failure at 1: RequestRepeated"}},
	{"timer G, then ACK", func(r *tape) {
		r.invite()
		r.pass(bob, alice, "SIP/2.0 486 Busy Here", "1 INVITE", "z9hG4bKa1")
		r.again(500 * ms)
		r.pass(alice, bob, "ACK sip:bob@203.0.113.11", "1 ACK", "z9hG4bKa1")
	}, []string{"note at 2: RefusalRepeated"}},
	{"timer G, ACK with a new branch", func(r *tape) {
		r.invite()
		r.pass(bob, alice, "SIP/2.0 486 Busy Here", "1 INVITE", "z9hG4bKa1")
		r.ack()
		r.packets = append(r.packets, r.packets[1])
	}, []string{"failure at 2: RefusalRepeated", "failure at 3: AckUnlike"}},
	{"repeated over TCP", func(r *tape) { r.transport = wire.TCP; r.invite(); r.again(500 * ms); r.ok(); r.ack() },
		[]string{"note at 1: RequestRepeated", "warning at 2: RepeatedOverStream"}},
	{"no final response", func(r *tape) { r.invite(); r.pass(bob, alice, "SIP/2.0 180 Ringing", "1 INVITE", "z9hG4bKa1") }, []string{"note at 1: FinalMissing"}},
	{"no tags", func(r *tape) {
		r.invite("+From: <sip:alice@viaduct.test>")
		r.pass(bob, alice, "SIP/2.0 180 Ringing", "1 INVITE", "z9hG4bKa1", "+From: <sip:alice@viaduct.test>", "+To: <sip:bob@viaduct.test>")
		r.ok("+From: <sip:alice@viaduct.test>")
		r.ack("+From: <sip:alice@viaduct.test>")
	}, []string{"warning at 1: FromTagMissing", "warning at 2: ToTagMissing", "warning at 4: FromTagMissing"}},
	{"CSeq goes back", func(r *tape) {
		r.setUp()
		r.pass(alice, bob, "INFO sip:203.0.113.11", "5 INFO", "z9hG4bKa5")
		r.pass(bob, alice, "SIP/2.0 200 OK", "5 INFO", "z9hG4bKa5")
		r.bye()
		r.pass(bob, alice, "SIP/2.0 500 Server Internal Error", "2 BYE", "z9hG4bKa3")
	}, []string{"failure at 6: CSeqWentBack"}},
	{"branch reused", func(r *tape) {
		r.setUp()
		r.pass(alice, bob, "BYE sip:203.0.113.11", "2 BYE", "z9hG4bKa1")
		r.pass(bob, alice, "SIP/2.0 200 OK", "2 BYE", "z9hG4bKa1")
	}, []string{"warning at 4: BranchReused"}},
	{"ACK of a 2xx with the INVITE's branch", func(r *tape) {
		r.invite()
		r.ok()
		r.pass(alice, bob, "ACK sip:203.0.113.11", "1 ACK", "z9hG4bKa1")
	}, []string{"warning at 3: BranchReused"}},
	{"branch without cookie", func(r *tape) {
		r.pass(alice, bob, "OPTIONS sip:bob@203.0.113.11", "1 OPTIONS", "1")
		r.pass(bob, alice, "SIP/2.0 200 OK", "1 OPTIONS", "1")
	}, []string{"warning at 1: BranchWithoutCookie"}},
	{"no Contact, no Max-Forwards", func(r *tape) { r.invite("-Contact", "-Max-Forwards"); r.ok("-Contact"); r.ack() },
		[]string{"warning at 1: HopsMissing", "warning at 1: ContactMissing", "warning at 2: ContactMissingInAnswer"}},
	{"response of nothing", func(r *tape) { r.pass(bob, alice, "SIP/2.0 200 OK", "9 OPTIONS", "z9hG4bKx") }, []string{"warning at 1: ResponseAlone"}},
	{"481 to BYE", func(r *tape) {
		r.setUp()
		r.bye()
		r.pass(bob, alice, "SIP/2.0 481 Call/Transaction Does Not Exist", "2 BYE", "z9hG4bKa3")
	}, []string{"failure at 5: DialogUnknown"}},
	{"CANCEL at once", func(r *tape) {
		r.invite()
		r.pass(alice, bob, "CANCEL sip:bob@203.0.113.11", "1 CANCEL", "z9hG4bKa1")
		r.pass(bob, alice, "SIP/2.0 481 Unknown", "1 CANCEL", "z9hG4bKa1")
		r.ok()
		r.ack()
	}, []string{"note at 2: CancelTooEarly", "failure at 3: CancelUnknown"}},
	{"CANCEL with a new branch", func(r *tape) {
		r.invite()
		r.pass(bob, alice, "SIP/2.0 100 Trying", "1 INVITE", "z9hG4bKa1")
		r.pass(alice, bob, "CANCEL sip:bob@203.0.113.11", "1 CANCEL", "z9hG4bKa9")
		r.pass(bob, alice, "SIP/2.0 200 OK", "1 CANCEL", "z9hG4bKa9")
		r.ok()
		r.ack()
	}, []string{"failure at 3: CancelUnlike"}},
	{"ACK alone", func(r *tape) { r.ack() }, []string{"note at 1: AckAlone"}},
	{"reliable, not confirmed", func(r *tape) {
		r.invite()
		r.pass(bob, alice, "SIP/2.0 183 Session Progress", "1 INVITE", "z9hG4bKa1", "+Require: 100rel", "+RSeq: 7")
		r.ok()
		r.ack()
	}, []string{"warning at 2: ProvisionalUnconfirmed"}},
	{"reliable, confirmed", func(r *tape) {
		r.invite()
		r.pass(bob, alice, "SIP/2.0 183 Session Progress", "1 INVITE", "z9hG4bKa1", "+Require: 100rel", "+RSeq: 7")
		r.pass(alice, bob, "PRACK sip:203.0.113.11", "2 PRACK", "z9hG4bKa4", "+RAck: 7 1 INVITE")
		r.pass(bob, alice, "SIP/2.0 200 OK", "2 PRACK", "z9hG4bKa4")
		r.ok()
		r.ack()
	}, nil},
	{"too many hops", func(r *tape) {
		r.invite()
		r.pass(bob, alice, "SIP/2.0 483 Too Many Hops", "1 INVITE", "z9hG4bKa1")
		r.pass(alice, bob, "ACK sip:bob@203.0.113.11", "1 ACK", "z9hG4bKa1")
	}, []string{"failure at 2: TooManyHops"}},
	{"body changed", func(r *tape) {
		r.pass(alice, proxy, "MESSAGE sip:bob@viaduct.test", "1 MESSAGE", "z9hG4bKa1", "hello", "+To: <sip:bob@viaduct.test>")
		r.pass(proxy, bob, "MESSAGE sip:bob@203.0.113.11", "1 MESSAGE", "z9hG4bKp1 z9hG4bKa1", "help", "+Max-Forwards: 69", "+To: <sip:bob@viaduct.test>")
		r.pass(bob, proxy, "SIP/2.0 200 OK", "1 MESSAGE", "z9hG4bKp1 z9hG4bKa1")
		r.pass(proxy, alice, "SIP/2.0 200 OK", "1 MESSAGE", "z9hG4bKa1")
	}, []string{"warning at 2: BodyChanged"}},
	{"keep-alives and others", func(r *tape) {
		r.packets = append(r.packets, wire.Packet{Text: "\r\n\r\n"}, wire.Packet{Text: "\x00\x01"})
	}, []string{"failure at 2: FaultyMessage"}},
}

// TestFindings: each broken call shows what is wrong with it, and nothing else.
func TestFindings(t *testing.T) {
	for _, test := range calls {
		t.Run(test.name, func(t *testing.T) {
			r := &tape{}
			test.play(r)
			story := Call(r.packets, names)
			var got []string
			for _, f := range story.Findings {
				got = append(got, fmt.Sprintf("%v at %d: %v", f.Severity, f.Step+1, f.Rule))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got\n  %s\nwant\n  %s\n%s", strings.Join(got, "\n  "), strings.Join(test.want, "\n  "), story.AppendText(nil))
			}
			if strings.Contains(string(story.AppendText(nil)), "%!") {
				t.Errorf("a form does not fit its values:\n%s", story.AppendText(nil))
			}
		})
	}
}

// okAgain repeats bob's 200 behind other messages.
func (r *tape) okAgain(after time.Duration) {
	p := r.packets[1]
	r.now += after
	p.Time = p.Time.Add(after)
	r.packets = append(r.packets, p)
}
