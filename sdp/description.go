// A session description: who, where, which codecs; and how it is printed.
package sdp

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Description is a session with at most one stream of audio over RTP/AVP.
type Description struct {
	User    string // of the line o=; "-" where there is none
	Session uint64 // the number of the session
	Version uint64 // counted up by each new description of the session
	Origin  string // the address or host of the line o=
	Name    string // of the line s=

	Address netip.Addr // where the audio shall be sent to; the zero Addr when Host names it
	Host    string     // a host name in place of the address, for the caller to resolve

	Audio     bool           // false: no stream of audio over RTP/AVP; the fields below are then empty
	Port      uint16         // of RTP; 0: refused, or switched off
	RTCP      netip.AddrPort // of RTCP where a=rtcp gives one (RFC 3605)
	Codecs    []Codec        // in order of preference, without telephone-event
	DTMF      Codec          // telephone-event; without a Name: none
	Direction Direction
	Ptime     time.Duration // of sound in a packet to the author; 0: not said

	Others []Media // the media lines that are not this audio
}

// Media is a media line that is kept only to be refused in its place.
type Media struct {
	Index    int    // its place among all media lines, from 0
	Kind     string // "video"
	Port     uint16
	Protocol string // "RTP/SAVP"
	Formats  string // "31 34"
}

// RTPAddr is where the author wants RTP; not valid when it wants none or names a host.
func (d *Description) RTPAddr() netip.AddrPort {
	if !d.Audio || d.Port == 0 || !d.Address.IsValid() || d.Address.IsUnspecified() {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(d.Address, d.Port)
}

// RTCPAddr is where the author wants RTCP: the next port unless it says otherwise.
func (d *Description) RTCPAddr() netip.AddrPort {
	if d.RTCP.IsValid() {
		return d.RTCP
	}
	rtp := d.RTPAddr()
	if !rtp.IsValid() || rtp.Port() == 65535 {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(rtp.Addr(), rtp.Port()+1)
}

// Flow is the direction that counts: no audio or port 0 is inactive, and the
// address 0.0.0.0 says, the way of RFC 2543, that nothing shall be sent to it
// (RFC 3264 section 8.4).
func (d *Description) Flow() Direction {
	if !d.Audio || d.Port == 0 {
		return Inactive
	}
	if d.Address.IsUnspecified() {
		return d.Direction.And(SendOnly)
	}
	return d.Direction
}

// String prints the description in lines that end with CRLF.
func (d *Description) String() string {
	text := make([]byte, 0, 512)
	line := func(parts ...string) {
		for _, part := range parts {
			text = append(text, part...)
		}
		text = append(text, "\r\n"...)
	}
	line("v=0")
	line("o=", d.User, " ", strconv.FormatUint(d.Session, 10), " ", strconv.FormatUint(d.Version, 10), " IN ", family(d.Origin))
	line("s=", d.Name)
	if d.Host != "" || d.Address.IsValid() {
		line("c=IN ", family(d.connection()))
	}
	line("t=0 0")
	others := slices.Clone(d.Others)
	slices.SortStableFunc(others, func(a, b Media) int { return a.Index - b.Index })
	audioLeft := d.Audio
	for place := 0; len(others) > 0 || audioLeft; place++ {
		if audioLeft && (len(others) == 0 || others[0].Index > place) {
			d.printAudio(line)
			audioLeft = false
			continue
		}
		line("m=", others[0].Kind, " ", strconv.Itoa(int(others[0].Port)), " ", others[0].Protocol, " ", others[0].Formats)
		others = others[1:]
	}
	return string(text)
}

func (d *Description) connection() string {
	if d.Host != "" {
		return d.Host
	}
	return d.Address.String()
}

// family puts the type of the address before it.
func family(host string) string {
	if strings.Contains(host, ":") {
		return "IP6 " + host
	}
	return "IP4 " + host
}

func (d *Description) printAudio(line func(...string)) {
	codecs := d.Codecs
	if d.DTMF.Name != "" {
		codecs = append(slices.Clip(codecs), d.DTMF)
	}
	formats := ""
	for _, codec := range codecs {
		formats += " " + strconv.Itoa(int(codec.PayloadType))
	}
	line("m=audio ", strconv.Itoa(int(d.Port)), " RTP/AVP", formats)
	line("a=", d.Direction.String())
	for _, codec := range codecs {
		number := strconv.Itoa(int(codec.PayloadType))
		if codec.Name != "" {
			channels := ""
			if codec.Channels > 1 {
				channels = "/" + strconv.Itoa(codec.Channels)
			}
			line("a=rtpmap:", number, " ", codec.Name, "/", strconv.Itoa(codec.ClockRate), channels)
		}
		if codec.Parameters != "" {
			line("a=fmtp:", number, " ", codec.Parameters)
		}
	}
	if d.RTCP.IsValid() {
		line("a=rtcp:", strconv.Itoa(int(d.RTCP.Port())), " IN ", family(d.RTCP.Addr().String()))
	}
	if d.Ptime > 0 {
		line("a=ptime:", strconv.FormatInt(d.Ptime.Milliseconds(), 10))
	}
}
