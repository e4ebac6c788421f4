// Package ladder draws packets as a call ladder: a lane for each element, an
// arrow for each packet, time running down.
//
//	l := ladder.New(packets, ladder.Names{ours: "viaduct"})
//	os.Stdout.Write(l.AppendText(nil, ladder.TextOptions{}))
//
// A Collector groups the packets that pass a tap into calls and tells when one
// has ended.
package ladder

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"viaduct/sip"
	"viaduct/wire"
)

// Ladder is a drawing before it is put on paper.
type Ladder struct {
	Lanes  []Lane // in the order in which they took part
	Arrows []Arrow
}

// Lane is one element of the network: a phone, a proxy.
type Lane struct {
	Name    string // "" when nothing is known but its address
	Address netip.AddrPort
}

// Arrow is one packet from lane to lane.
type Arrow struct {
	From, To       int // indices of Ladder.Lanes, the same for a packet to oneself
	Label          string
	Time           time.Duration // since the first packet
	Retransmission bool          // the same text went the same way before
	Lost           bool          // it was sent but did not arrive where arrivals were seen
	Branch         int           // which of several branches of a forked request, from 1; 0: there is one only
	Packet         wire.Packet
}

// Names names lanes by address. Addresses of one name are one lane. Port 0
// stands for all ports of an address that have no name of their own.
type Names map[netip.AddrPort]string

func (n Names) of(address netip.AddrPort) string {
	if name, ok := n[address]; ok {
		return name
	}
	return n[netip.AddrPortFrom(address.Addr(), 0)]
}

// New makes the ladder of packets, which are in the order of time. They may
// have been seen at one element or at several; what was sent at one and
// received at another is one arrow. Lanes without a name get the user for whom
// they speak, where the messages tell it.
func New(packets []wire.Packet, names Names) *Ladder {
	d := drawing{names: names, listening: listeningAddresses(packets), lanes: make(map[netip.AddrPort]int), named: make(map[string]int)}
	for i := range packets {
		d.add(&packets[i], packets[0].Time)
	}
	d.markLost()
	d.markBranches()
	d.nameByUser()
	return &d.Ladder
}

// drawing is a ladder in the making.
type drawing struct {
	Ladder
	names     Names
	listening map[netip.AddrPort]netip.AddrPort
	lanes     map[netip.AddrPort]int // by address
	named     map[string]int         // by name that the caller gave
	seen      map[way]sightings
	watched   []bool // by lane: its arrivals were seen
}

// way is a text from lane to lane.
type way struct {
	text     string
	from, to int
}

// sightings counts the packets of one way at either end.
type sightings struct {
	sent, received int
	unmatched      []int // arrows of packets that were sent and not received; an arrival belongs to the last
}

// listeningAddresses finds where the peers of streams listen. The port from
// which a connection was opened tells nothing, the Via of a request does.
func listeningAddresses(packets []wire.Packet) map[netip.AddrPort]netip.AddrPort {
	listening := make(map[netip.AddrPort]netip.AddrPort)
	for i := range packets {
		p := &packets[i]
		if p.Outgoing || p.Message == nil || !p.Message.IsRequest() || !p.Flow.Transport.IsReliable() {
			continue
		}
		host, port := p.Message.Via.SentBy()
		if address, err := sip.ParseHost(host); err == nil && address == p.Flow.Remote.Addr().Unmap() {
			listening[p.Flow.Remote] = netip.AddrPortFrom(address, uint16(port))
		}
	}
	return listening
}

func (d *drawing) add(p *wire.Packet, start time.Time) {
	sender, receiver := p.Flow.Local, p.Flow.Remote
	if !p.Outgoing {
		sender, receiver = receiver, sender
	}
	from := d.lane(sender)
	to := d.lane(receiver)
	d.watched[to] = d.watched[to] || !p.Outgoing
	key := way{p.Text, from, to}
	seen := d.seen[key]
	if p.Outgoing {
		seen.sent++
		seen.unmatched = append(seen.unmatched, len(d.Arrows))
	} else {
		seen.received++
		if last := len(seen.unmatched) - 1; last >= 0 { // the other end of an arrow already drawn
			seen.unmatched = seen.unmatched[:last]
			d.seen[key] = seen
			return
		}
	}
	if d.seen == nil {
		d.seen = make(map[way]sightings)
	}
	d.seen[key] = seen
	d.Arrows = append(d.Arrows, Arrow{
		From: from, To: to,
		Label:          label(p),
		Time:           p.Time.Sub(start),
		Retransmission: max(seen.sent, seen.received) > 1,
		Packet:         *p,
	})
}

// lane finds or makes the lane of an address.
func (d *drawing) lane(address netip.AddrPort) int {
	if behind, ok := d.listening[address]; ok {
		address = behind
	}
	if i, ok := d.lanes[address]; ok {
		return i
	}
	name := d.names.of(address)
	i, ok := d.named[name]
	if !ok || name == "" {
		i = len(d.Lanes)
		d.Lanes = append(d.Lanes, Lane{name, address})
		d.watched = append(d.watched, false)
		if name != "" {
			d.named[name] = i
		}
	}
	d.lanes[address] = i
	return i
}

// label says what a packet is: method or status, and what else one must know.
func label(p *wire.Packet) string {
	m := p.Message
	if m == nil {
		if strings.Trim(p.Text, "\r\n\x00") == "" {
			return "keep-alive"
		}
		return fmt.Sprintf("%d bytes, no SIP", len(p.Text))
	}
	var more []string
	text := m.Method
	if !m.IsRequest() {
		text = m.Summary()
		if m.Method != "INVITE" {
			more = append(more, m.Method)
		}
	}
	if m.Body != "" && strings.HasPrefix(strings.ToLower(m.Get(sip.FieldContentType)), "application/sdp") {
		more = append(more, "SDP")
	}
	if more != nil {
		text += " (" + strings.Join(more, ", ") + ")"
	}
	return text
}

// markLost marks what was sent to a lane whose arrivals were seen, and is not
// among them.
func (d *drawing) markLost() {
	for key, seen := range d.seen {
		if d.watched[key.to] {
			for _, i := range seen.unmatched {
				d.Arrows[i].Lost = true
			}
		}
	}
}

// markBranches numbers the branches of each INVITE that a lane forked.
func (d *drawing) markBranches() {
	type fork struct {
		lane   int
		cseq   uint32
		caller string
	}
	branches := make(map[fork][]string)
	key := func(a *Arrow) (fork, bool) {
		m := a.Packet.Message
		if m == nil || m.Via.Branch == "" {
			return fork{}, false
		}
		lane := a.From
		if !m.IsRequest() {
			lane = a.To
		}
		return fork{lane, m.CSeq.Number, m.FromTag()}, true
	}
	for i := range d.Arrows {
		if k, ok := key(&d.Arrows[i]); ok {
			m := d.Arrows[i].Packet.Message
			if m.IsRequest() && m.Method == "INVITE" && indexOf(branches[k], m.Via.Branch) == 0 {
				branches[k] = append(branches[k], m.Via.Branch)
			}
		}
	}
	for i := range d.Arrows {
		if k, ok := key(&d.Arrows[i]); ok && len(branches[k]) > 1 {
			d.Arrows[i].Branch = indexOf(branches[k], d.Arrows[i].Packet.Message.Via.Branch)
		}
	}
}

// indexOf counts from 1; 0 when it is not there.
func indexOf(list []string, s string) int {
	for i := range list {
		if list[i] == s {
			return i + 1
		}
	}
	return 0
}

// nameByUser names the lanes at the ends of calls. Who sends a request with
// one Via speaks for From; who takes a request up, and relays none, for To.
func (d *drawing) nameByUser() {
	relays := make([]bool, len(d.Lanes))
	names := make([]string, len(d.Lanes))
	for i := range d.Arrows {
		a := &d.Arrows[i]
		m := a.Packet.Message
		if m == nil {
			continue
		}
		address := ""
		switch {
		case m.IsRequest():
			address = m.Get(sip.FieldFrom)
			relays[a.From] = relays[a.From] || hasSecondVia(m)
		case m.Status > 100 && m.Status < 300 && m.Method != "REGISTER":
			address = m.Get(sip.FieldTo)
		}
		if names[a.From] == "" {
			names[a.From] = userOf(address)
		}
	}
	for i := range d.Lanes {
		if d.Lanes[i].Name == "" && !relays[i] {
			d.Lanes[i].Name = names[i]
		}
	}
}

func hasSecondVia(m *sip.Message) bool {
	count := 0
	for range m.Values(sip.FieldVia) {
		if count++; count == 2 {
			return true
		}
	}
	return false
}

func userOf(address string) string {
	a, err := sip.ParseNameAddr(address)
	if err != nil {
		return ""
	}
	u, err := sip.ParseURI(a.URI)
	if err != nil {
		return ""
	}
	return sip.Unescape(u.User)
}
