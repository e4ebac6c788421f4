// Folder: takes the packets of a call one by one and keeps of each what a
// record needs.
package cdr

import (
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"viaduct/sip"
	"viaduct/wire"
)

// Bounds of what is kept of one call.
const (
	maxNotes = 2048 // messages that differ
	maxVias  = 16   // of one message
)

// Folder makes the record of one call from its packets, in the order in which
// they were seen. It keeps notes of the messages, not the messages. The zero value is
// ready. A Folder is not safe for concurrent use.
type Folder struct {
	callID  string
	packets int
	ignored int
	cut     int // messages beyond maxNotes
	isCall  bool
	notes   []*note // the first sighting of each message, in order
	byKey   map[noteKey]*note
	strings map[string]string // one copy of each, so that no message is held in memory
	first   sighting
	last    sighting
	missed  int // packets that passed and were not recorded
	clock   clock
}

// sighting is a message of the call, of whatever method.
type sighting struct {
	packet int
	time   time.Time
	method string
	status int
	cseq   uint32
}

// note is what is kept of a message, by its first sighting.
type note struct {
	noteKey
	packet           int
	time             time.Time
	from, to         string // whole fields
	vias             []string
	sender, receiver netip.AddrPort
	uri              string // Request-URI; of a response the URI of its Contact
	phrase           string
	causes           []Cause
	isRecordRouted   bool
	referTo          string // of REFER
	replaces         string // of INVITE
	referred         int    // status in the body of a NOTIFY
	sent, received   int    // sightings at either end
}

// noteKey tells one message from another: a retransmission, and a message seen
// both where it was sent and where it arrived, have the same.
type noteKey struct {
	method         string // of the request that it is or answers
	status         int    // 0: request
	cseq           uint32
	fromTag, toTag string
	branch         string // of the topmost Via, with its sent-by
}

func (n *note) isRequest() bool { return n.status == 0 }

// proof gives the note as the proof of a field.
func (n *note) proof(field Field) Proof {
	return Proof{field, n.packet, describe(n.method, n.status, n.cseq)}
}

func (s *sighting) String() string { return describe(s.method, s.status, s.cseq) }

// describe says what a message is: "INVITE, CSeq 1", "200 to INVITE, CSeq 1".
func describe(method string, status int, cseq uint32) string {
	what := method
	if status != 0 {
		what = strconv.Itoa(status) + " to " + method
	}
	return what + ", CSeq " + strconv.FormatUint(uint64(cseq), 10)
}

// Add folds one packet. It is not kept.
func (f *Folder) Add(p *wire.Packet) {
	index := f.packets
	f.packets++
	m := p.Message
	if m == nil {
		if parsed, err := sip.Parse(p.Text); err == nil { // of a faulty one there may be a part
			m = parsed
		}
	}
	if m == nil || m.CallID() == "" || f.callID != "" && m.CallID() != f.callID {
		f.ignored++
		return
	}
	isFirst := f.callID == ""
	if isFirst {
		f.callID = strings.Clone(m.CallID())
		f.byKey = make(map[noteKey]*note)
		f.strings = make(map[string]string)
	}
	when := timeOf(p)
	f.clock.tick(when, index)
	f.last = sighting{index, when, sip.MethodName(inUTF8(m.CSeq.Method)), m.Status, m.CSeq.Number}
	if isFirst {
		f.first = f.last
	}
	switch m.CSeq.Method {
	case "INVITE", "ACK", "BYE", "CANCEL", "PRACK":
		f.isCall = true
	case "REFER", "NOTIFY", "UPDATE":
	default:
		if m.ToTag() == "" || m.Status != 481 { // of all others only that a side does not know the call any more
			return
		}
	}
	f.note(m, p, index)
}

// note keeps a message, or counts it when it was seen before.
func (f *Folder) note(m *sip.Message, p *wire.Packet, index int) {
	key := noteKey{inUTF8(m.CSeq.Method), m.Status, m.CSeq.Number, inUTF8(m.FromTag()), inUTF8(m.ToTag()), inUTF8(viaKey(&m.Via))}
	n := f.byKey[key]
	if n == nil {
		if len(f.notes) == maxNotes {
			f.cut++
			return
		}
		key.method, key.fromTag, key.toTag, key.branch = f.keep(key.method), f.keep(key.fromTag), f.keep(key.toTag), f.keep(key.branch)
		n = f.newNote(key, m, p)
		n.packet = index
		f.byKey[n.noteKey] = n
		f.notes = append(f.notes, n)
	}
	if p.Outgoing {
		n.sent++
	} else {
		n.received++
	}
}

func (f *Folder) newNote(key noteKey, m *sip.Message, p *wire.Packet) *note {
	n := &note{
		noteKey: key, time: timeOf(p), sender: p.Flow.Remote, receiver: p.Flow.Local,
		from: f.keep(sip.Unfold(m.Get(sip.FieldFrom))), to: f.keep(sip.Unfold(m.Get(sip.FieldTo))),
		isRecordRouted: m.Has(sip.FieldRecordRoute), causes: causesOf(m),
	}
	if p.Outgoing {
		n.sender, n.receiver = n.receiver, n.sender
	}
	for v := range m.Values(sip.FieldVia) {
		if via, ok := sip.ParseVia(sip.Unfold(v.Text)); ok {
			n.vias = append(n.vias, f.keep(viaKey(&via)))
		}
		if len(n.vias) == maxVias {
			break
		}
	}
	if m.IsRequest() {
		n.uri = f.keep(m.RequestURI)
	} else {
		n.phrase = f.keep(m.Reason)
		n.uri = f.keep(addressURI(m.Get(sip.FieldContact)))
	}
	switch {
	case !m.IsRequest():
	case m.Method == "REFER":
		n.referTo = f.keep(addressURI(m.Get(sip.FieldReferTo)))
	case m.Method == "NOTIFY":
		n.referred = statusOfFragment(m.Body)
	case m.Method == "INVITE":
		replaces, _ := m.Lookup("Replaces")
		n.replaces = f.keep(sip.Unfold(replaces))
	}
	return n
}

// keep gives a string that holds no message in memory.
func (f *Folder) keep(s string) string {
	if s == "" {
		return ""
	}
	s = inUTF8(s)
	kept, ok := f.strings[s]
	if !ok {
		kept = strings.Clone(s)
		f.strings[kept] = kept
	}
	return kept
}

// inUTF8 gives a text as it comes back from JSON, which holds no other bytes.
func inUTF8(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return string([]rune(s))
}

// viaKey names the transaction that a Via stands for, by who sent it and how.
func viaKey(v *sip.Via) string {
	host, port := v.SentBy()
	return v.Branch + " " + strings.ToLower(host) + ":" + strconv.Itoa(port)
}

// addressURI gives the URI of an address, "" when it is none.
func addressURI(value string) string {
	a, err := sip.ParseNameAddr(sip.Unfold(value))
	if err != nil {
		return ""
	}
	return a.URI
}

// statusOfFragment reads the status line that the NOTIFY of a transfer has as
// its body (RFC 3515 section 2.4.5); 0 when there is none.
func statusOfFragment(body string) int {
	rest, ok := strings.CutPrefix(body, "SIP/2.0 ")
	if !ok || len(rest) < 3 {
		return 0
	}
	status, err := strconv.Atoi(rest[:3])
	if err != nil || status < 100 || status > 699 {
		return 0
	}
	return status
}

// Missed says that a recording lacks packets of the call, which is a doubt.
func (f *Folder) Missed(count int) { f.missed += count }

// repeated counts the sightings that were retransmissions.
func (f *Folder) repeated() int {
	count := 0
	for _, n := range f.notes {
		count += max(n.sent, n.received) - 1
	}
	return count
}
