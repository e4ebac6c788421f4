package ladder

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"viaduct/sip"
	"viaduct/wire"
)

// withCallID gives packets another Call-ID.
func withCallID(t testing.TB, packets []wire.Packet, id string) []wire.Packet {
	var renamed []wire.Packet
	for _, p := range packets {
		p.Text = strings.Replace(p.Text, "Call-ID: 1\r\n", "Call-ID: "+id+"\r\n", 1)
		m, err := sip.Parse(p.Text)
		if err != nil {
			t.Fatal(err)
		}
		p.Message = m
		renamed = append(renamed, p)
	}
	return renamed
}

// atProxy leaves out what the proxy does not see.
func atProxy(packets []wire.Packet) []wire.Packet {
	var seen []wire.Packet
	for _, p := range packets {
		if p.Flow.Local == proxy {
			seen = append(seen, p)
		}
	}
	return seen
}

// With which packet a call has ended: not before, and not while any
// transaction is open.
func TestCollectorEnd(t *testing.T) {
	recordRouted := func(packets []wire.Packet) []wire.Packet {
		for i := range packets {
			p := &packets[i]
			p.Text = strings.Replace(p.Text, "From:", "Record-Route: <sip:127.168.1.15;lr>\r\nFrom:", 1)
			p.Message, _ = sip.Parse(p.Text)
		}
		return packets
	}
	register := &tape{t: t}
	register.pass(proxy, "<-", caller, "REGISTER sip:h", "1 REGISTER", "a1")
	register.pass(proxy, "->", caller, "SIP/2.0 401 Unauthorized", "1 REGISTER", "a1")
	register.pass(proxy, "<-", caller, "REGISTER sip:h", "2 REGISTER", "a2")
	register.pass(proxy, "->", caller, "SIP/2.0 200 OK", "2 REGISTER", "a2")
	register.pass(proxy, "<-", caller, "REGISTER sip:h", "2 REGISTER", "a2")
	atPhone := &tape{t: t}
	atPhone.pass(caller, "->", proxy, "INVITE sip:h", "1 INVITE", "a1")
	atPhone.pass(caller, "<-", proxy, "SIP/2.0 200 OK", "1 INVITE", "a1")
	atPhone.pass(caller, "->", proxy, "ACK sip:h", "1 ACK", "a2")
	atPhone.pass(caller, "<-", proxy, "BYE sip:h", "1 BYE", "b1")
	atPhone.pass(caller, "->", proxy, "SIP/2.0 481 Gone", "1 BYE", "b1")
	for _, test := range []struct {
		name    string
		packets []wire.Packet
		endings []int // the packets behind which the call has ended
	}{
		{"record-routed", recordRouted(atProxy(callThroughProxy(t))), []int{11}},
		{"not record-routed", atProxy(callThroughProxy(t)[:9]), []int{7}},
		{"forked and cancelled", forkedCall(t), []int{13}},
		{"registration with challenge", register.packets, []int{1, 3, 4}},
		{"at a phone", atPhone.packets, []int{4}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for count := range test.packets {
				c := NewCollector(time.Second, Limits{})
				for i := range count + 1 {
					c.Packet(&test.packets[i])
				}
				want := 0
				for _, ending := range test.endings {
					if ending == count {
						want = 1
					}
				}
				last := test.packets[count].Time
				if calls := c.Ended(last.Add(time.Second - 1)); len(calls) != 0 {
					t.Errorf("packet %d: ended without lingering", count)
				}
				calls := c.Ended(last.Add(time.Second))
				if len(calls) != want {
					t.Errorf("packet %d: %d calls have ended, want %d", count, len(calls), want)
				}
				if want == 1 && (len(calls[0].Packets) != count+1 || calls[0].ID != "1") {
					t.Errorf("packet %d: the call %q has %d packets", count, calls[0].ID, len(calls[0].Packets))
				}
				if left := c.Flush(); len(left) != 1-want {
					t.Errorf("packet %d: %d calls are left", count, len(left))
				}
			}
		})
	}
}

// A call that goes on while it lingers is given away once, whole.
func TestCollectorGoesOn(t *testing.T) {
	c := NewCollector(time.Second, Limits{})
	packets := forkedCall(t)
	for i := range packets {
		c.Packet(&packets[i])
	}
	again := packets[len(packets)-1]
	again.Time = again.Time.Add(900 * time.Millisecond)
	c.Packet(&again)
	if calls := c.Ended(again.Time.Add(200 * time.Millisecond)); len(calls) != 0 {
		t.Fatal("it is given away before the last packet has lingered")
	}
	calls := c.Ended(again.Time.Add(time.Second))
	if len(calls) != 1 || len(calls[0].Packets) != len(packets)+1 {
		t.Fatalf("%d calls", len(calls))
	}
	if calls := c.Ended(again.Time.Add(time.Hour)); len(calls) != 0 {
		t.Fatal("it is given away twice")
	}
}

func TestCollectorIsBounded(t *testing.T) {
	c := NewCollector(0, Limits{Bytes: 20000, Packets: 5})
	sample := callThroughProxy(t)[:1]
	for i := range 1000 {
		c.Packet(&withCallID(t, sample, fmt.Sprint(i))[0])
	}
	size := len(sample[0].Text) + packetCost
	room := 20000 / (size + 2) // Call-IDs of up to three digits
	calls := c.Flush()
	if len(calls) < room-1 || len(calls) > room+1 || c.Dropped() != uint64(1000-len(calls)) || calls[len(calls)-1].ID != "999" {
		t.Errorf("%d calls are kept, %d dropped, the last is %s", len(calls), c.Dropped(), calls[len(calls)-1].ID)
	}
	for range 8 {
		c.Packet(&sample[0])
	}
	if calls := c.Flush(); len(calls) != 1 || len(calls[0].Packets) != 5 || calls[0].Cut != 3 {
		t.Errorf("%+v", calls)
	}
	for i := range 1000 { // transactions without end
		p := sample[0]
		p.Text = strings.Replace(p.Text, "branch=a1", fmt.Sprintf("branch=a%d", i), 1)
		p.Message, _ = sip.Parse(p.Text)
		c.Packet(&p)
	}
	if k := c.calls["1"]; len(k.transactions) > maxTransactions {
		t.Errorf("%d transactions are followed", len(k.transactions))
	}
	// ended calls that nobody asks for leave nothing behind
	ended := forkedCall(t)
	for i := range 1000 {
		for _, p := range withCallID(t, ended, fmt.Sprint(i)) {
			c.Packet(&p)
		}
	}
	if len(c.ended) > len(c.calls)+1 || c.size > 20000 {
		t.Errorf("%d endings of %d calls, %d bytes", len(c.ended), len(c.calls), c.size)
	}
	c.Packet(&wire.Packet{})
	c.Packet(&wire.Packet{Message: &sip.Message{}})
}

// FuzzLadder draws whatever was recorded, in any form.
func FuzzLadder(f *testing.F) {
	var text []byte
	for _, packets := range [][]wire.Packet{forkedCall(f), lossyRegistration(f), spiral(f)} {
		for i := range packets {
			text = wire.AppendTranscript(text, &packets[i])
		}
	}
	f.Add(string(text), 0)
	f.Add("* * * -> *\n\n* TCP 127.0.0.1:1 <- [::1]:1\n| \\x00\n", 10)
	f.Fuzz(func(t *testing.T, text string, width int) {
		packets, err := wire.ParseTranscript(text)
		if err != nil {
			return
		}
		c := NewCollector(0, Limits{Bytes: 4000, Packets: 3})
		for i := range packets {
			c.Packet(&packets[i])
			c.Ended(packets[i].Time)
		}
		c.Flush()
		if c.size != 0 || c.first != nil || c.last != nil || len(c.calls) != 0 {
			t.Fatalf("%d bytes and %d calls are left", c.size, len(c.calls))
		}
		l := New(packets, Names{caller: "x"})
		checkFormats(t, l)
		drawn := l.AppendText(nil, TextOptions{ASCII: width%2 == 0, Times: width%3 == 0, Width: width % 200})
		lines := strings.Count(string(drawn), "\n")
		if len(packets) > 0 && lines < len(l.Arrows)+3 || len(l.Arrows) > len(packets) {
			t.Fatalf("%d arrows of %d packets in %d lines", len(l.Arrows), len(packets), lines)
		}
	})
}
