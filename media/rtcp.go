// Packets of RTCP: made and read (RFC 3550 section 6). Our own because five
// packet types in fixed shapes are all that a phone says.
package media

import (
	"encoding/binary"
	"time"
)

const (
	typeSenderReport   = 200
	typeReceiverReport = 201
	typeSourceDesc     = 202
	typeGoodbye        = 203

	canonicalName = 1 // of the items of a source description
)

// report is what one end says of its sending and of its hearing.
type report struct {
	ssrc   uint32
	sender *senderInfo // nil: has sent nothing since the report before
	blocks []reportBlock
	cname  string // of a source description; "": none
	bye    bool
}

type senderInfo struct {
	ntp             uint64 // 32.32 bits since 1900
	rtp             uint32
	packets, octets uint32
}

type reportBlock struct {
	ssrc      uint32
	fraction  byte   // of 256
	lost      int32  // 24 bits
	highest   uint32 // extended sequence number
	jitter    uint32 // timestamp units
	lastSR    uint32 // middle bits of the NTP time
	sinceThen uint32 // 1/65536 s
}

// append puts a report in the form of a compound packet, with at most 31 blocks.
func (r *report) append(packet []byte) []byte {
	start := len(packet)
	kind := byte(typeReceiverReport)
	if r.sender != nil {
		kind = typeSenderReport
	}
	packet = append(packet, 2<<6|byte(len(r.blocks)), kind, 0, 0)
	packet = binary.BigEndian.AppendUint32(packet, r.ssrc)
	if r.sender != nil {
		packet = binary.BigEndian.AppendUint64(packet, r.sender.ntp)
		for _, word := range [...]uint32{r.sender.rtp, r.sender.packets, r.sender.octets} {
			packet = binary.BigEndian.AppendUint32(packet, word)
		}
	}
	for _, block := range r.blocks {
		lost := uint32(min(max(block.lost, -1<<23), 1<<23-1)) & 0xFFFFFF
		for _, word := range [...]uint32{
			block.ssrc, uint32(block.fraction)<<24 | lost, block.highest, block.jitter, block.lastSR, block.sinceThen,
		} {
			packet = binary.BigEndian.AppendUint32(packet, word)
		}
	}
	setLength(packet, start)
	if r.cname != "" {
		start = len(packet)
		packet = append(packet, 2<<6|1, typeSourceDesc, 0, 0)
		packet = binary.BigEndian.AppendUint32(packet, r.ssrc)
		packet = append(packet, canonicalName, byte(len(r.cname)))
		packet = append(packet, r.cname...)
		packet = append(packet, make([]byte, 4-(len(packet)-start)%4)...) // one zero at least ends the items
		setLength(packet, start)
	}
	if r.bye {
		start = len(packet)
		packet = append(packet, 2<<6|1, typeGoodbye, 0, 0)
		packet = binary.BigEndian.AppendUint32(packet, r.ssrc)
		setLength(packet, start)
	}
	return packet
}

// setLength writes the length in words less one into the header at start.
func setLength(packet []byte, start int) {
	binary.BigEndian.PutUint16(packet[start+2:], uint16((len(packet)-start)/4-1))
}

// parseReport reads a compound packet; false: it breaks the rules of RFC 3550
// appendix A.2. Kinds of packets that it does not know it passes over.
func parseReport(datagram []byte) (r report, ok bool) {
	for first := true; len(datagram) > 0; first = false {
		if len(datagram) < 4 || datagram[0]>>6 != 2 {
			return report{}, false
		}
		kind, count := datagram[1], int(datagram[0]&31)
		length := (int(binary.BigEndian.Uint16(datagram[2:])) + 1) * 4
		if length > len(datagram) || first && kind != typeSenderReport && kind != typeReceiverReport {
			return report{}, false
		}
		body := datagram[4:length]
		datagram = datagram[length:]
		switch kind {
		case typeSenderReport, typeReceiverReport:
			if !r.read(body, count, kind == typeSenderReport) {
				return report{}, false
			}
		case typeSourceDesc:
			r.readName(body)
		case typeGoodbye:
			for ; count > 0 && len(body) >= 4; count-- {
				r.bye = r.bye || binary.BigEndian.Uint32(body) == r.ssrc
				body = body[4:]
			}
		}
	}
	return r, true
}

func (r *report) read(body []byte, count int, sender bool) bool {
	word := func() (value uint32) {
		value, body = binary.BigEndian.Uint32(body), body[4:]
		return value
	}
	need := 4 + 24*count
	if sender {
		need += 20
	}
	if len(body) < need {
		return false
	}
	r.ssrc = word()
	if sender {
		r.sender = &senderInfo{ntp: uint64(word())<<32 | uint64(word()), rtp: word(), packets: word(), octets: word()}
	}
	for range count {
		block := reportBlock{ssrc: word()}
		losses := word()
		block.fraction, block.lost = byte(losses>>24), int32(losses<<8)>>8
		block.highest, block.jitter, block.lastSR, block.sinceThen = word(), word(), word(), word()
		r.blocks = append(r.blocks, block)
	}
	return true
}

// readName takes the canonical name of the first chunk.
func (r *report) readName(body []byte) {
	if len(body) < 4 {
		return
	}
	for body = body[4:]; len(body) >= 2 && body[0] != 0 && len(body) >= 2+int(body[1]); body = body[2+int(body[1]):] {
		if body[0] == canonicalName {
			r.cname = string(body[2 : 2+int(body[1])])
		}
	}
}

// sinceNTP is the seconds from 1900, where NTP begins, to 1970.
const sinceNTP = 2208988800

func ntpTime(at time.Time) uint64 {
	return uint64(at.Unix()+sinceNTP)<<32 | uint64(at.Nanosecond())<<32/uint64(time.Second)
}

func fromNTP(ntp uint64) time.Time {
	return time.Unix(int64(ntp>>32)-sinceNTP, int64(ntp&0xFFFFFFFF*uint64(time.Second)>>32))
}

// middle is the 32 bits in the middle of an NTP time: 1/65536 s.
func middle(ntp uint64) uint32 { return uint32(ntp >> 16) }
