// The reader of session descriptions.
package sdp

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// SyntaxError says what was expected where.
type SyntaxError struct {
	Line     int    // from 1; one past the last for what is missing at the end
	Expected string // "the version, v=0"
	Found    string // the line
}

func (e *SyntaxError) Error() string {
	if e.Found == "" {
		return fmt.Sprintf("sdp: line %d: expected %s, found nothing", e.Line, e.Expected)
	}
	return fmt.Sprintf("sdp: line %d: expected %s, found %q", e.Line, e.Expected, e.Found)
}

// Bounds on what a stranger can make us keep.
const (
	maxBody  = 16 << 10
	maxMedia = 32
)

// parser holds what is known between two lines.
type parser struct {
	d        *Description
	number   int    // of the line
	line     string // all of it
	media    int    // media lines seen
	inAudio  bool   // the lines now belong to our audio
	timed    bool   // t= was seen
	formats  []uint8
	maps     map[uint8]Codec
	fmtps    map[uint8]string
	rtcpPort uint16
}

// Parse reads a description; lines may end with CRLF or LF. It takes the
// first usable stream of audio over RTP/AVP, keeps all other media lines to
// be refused, and passes over lines that mean nothing to a phone. Errors are
// *SyntaxError.
func Parse(body string) (*Description, error) {
	p := &parser{d: &Description{}, maps: map[uint8]Codec{}, fmtps: map[uint8]string{}}
	if len(body) > maxBody {
		return nil, &SyntaxError{Line: 1, Expected: fmt.Sprintf("at most %d octets", maxBody), Found: fmt.Sprint(len(body), " octets")}
	}
	lines := strings.Split(strings.TrimRight(body, "\r\n"), "\n")
	wanted := firstAudio(lines)
	for i, line := range lines {
		p.number, p.line = i+1, strings.TrimSuffix(line, "\r")
		if err := p.step(i == wanted); err != nil {
			return nil, err
		}
	}
	p.number, p.line = len(lines)+1, ""
	return p.finish()
}

// firstAudio is the index of the media line that becomes our audio: the first
// over RTP/AVP with a port, else the first over RTP/AVP; -1: none.
func firstAudio(lines []string) int {
	found := -1
	for i, line := range lines {
		fields := strings.Fields(line)
		if len(fields) < 3 || fields[0] != "m=audio" || fields[2] != "RTP/AVP" {
			continue
		}
		if port, _, _ := strings.Cut(fields[1], "/"); port != "0" {
			return i
		}
		if found < 0 {
			found = i
		}
	}
	return found
}

func (p *parser) fail(expected string) error {
	return &SyntaxError{Line: p.number, Expected: expected, Found: p.line}
}

// step takes one line. The first three are fixed (RFC 4566 section 5); of the
// rest only what a phone needs is held to a form.
func (p *parser) step(audio bool) error {
	if len(p.line) < 2 || p.line[1] != '=' || p.line[0] < 'a' || p.line[0] > 'z' || strings.ContainsAny(p.line, "\r\x00") {
		return p.fail("a line like x=value")
	}
	kind, value := p.line[0], p.line[2:]
	switch {
	case p.number == 1 && p.line != "v=0":
		return p.fail("the version, v=0")
	case p.number == 2 && kind != 'o':
		return p.fail("the origin, o=user session version IN IP4 address")
	case p.number == 3 && kind != 's':
		return p.fail("the name of the session, s=name")
	case p.number > 3 && strings.IndexByte("vos", kind) >= 0:
		return p.fail("v=, o= and s= once, at the beginning")
	}
	switch kind {
	case 'o':
		return p.origin(value)
	case 's':
		p.d.Name = value
	case 't':
		if p.timed = true; p.media > 0 {
			return p.fail("t= before the first m=")
		}
	case 'c':
		if p.media == 0 || p.inAudio {
			return p.connection(value)
		}
	case 'm':
		return p.mediaLine(value, audio)
	case 'a':
		if p.media == 0 || p.inAudio {
			return p.attribute(value)
		}
	}
	return nil
}

func (p *parser) origin(value string) error {
	fields := strings.Fields(value)
	const form = "the origin, o=user session version IN IP4 address"
	if len(fields) != 6 || fields[3] != "IN" || fields[4] != "IP4" && fields[4] != "IP6" {
		return p.fail(form)
	}
	var err1, err2 error
	p.d.User, p.d.Origin = fields[0], fields[5]
	p.d.Session, err1 = strconv.ParseUint(fields[1], 10, 64)
	p.d.Version, err2 = strconv.ParseUint(fields[2], 10, 64)
	if err1 != nil || err2 != nil {
		return p.fail(form + ", with session and version of at most 64 bits")
	}
	if strings.Contains(p.d.Origin, ":") != (fields[4] == "IP6") {
		return p.fail("an address of the family " + fields[4])
	}
	return nil
}

// connection reads c=; the one below the media line overrules that of the session.
func (p *parser) connection(value string) error {
	fields := strings.Fields(value)
	if len(fields) != 3 || fields[0] != "IN" || fields[1] != "IP4" && fields[1] != "IP6" {
		return p.fail("where to send, c=IN IP4 address")
	}
	host, _, _ := strings.Cut(fields[2], "/") // what follows is of multicast
	addr, err := netip.ParseAddr(host)
	switch {
	case err == nil && addr.Zone() == "" && addr.Is4() == (fields[1] == "IP4"):
		p.d.Address, p.d.Host = addr, ""
	case err == nil, host == "", strings.Contains(host, ":"), fields[1] == "IP4" && !strings.ContainsFunc(host, isLetter):
		return p.fail("an address of the family " + fields[1])
	default:
		p.d.Address, p.d.Host = netip.Addr{}, host
	}
	return nil
}

func isLetter(r rune) bool { return r|0x20 >= 'a' && r|0x20 <= 'z' }

func (p *parser) mediaLine(value string, audio bool) error {
	fields := strings.Fields(value)
	const form = "a media line, m=audio port RTP/AVP formats"
	if len(fields) < 4 {
		return p.fail(form)
	}
	if p.media == maxMedia {
		return p.fail(fmt.Sprintf("at most %d media lines", maxMedia))
	}
	digits, _, _ := strings.Cut(fields[1], "/")
	port, err := strconv.ParseUint(digits, 10, 16)
	if err != nil {
		return p.fail(form + ", with a port of 0 to 65535")
	}
	index := p.media
	p.media++
	p.inAudio = audio
	if !audio {
		p.d.Others = append(p.d.Others, Media{
			Index: index, Kind: fields[0], Port: uint16(port), Protocol: fields[2], Formats: strings.Join(fields[3:], " "),
		})
		return nil
	}
	p.d.Audio, p.d.Port = true, uint16(port)
	for _, field := range fields[3:] {
		format, err := strconv.ParseUint(field, 10, 7)
		if err != nil {
			return p.fail("payload types of 0 to 127")
		}
		p.formats = append(p.formats, uint8(format))
	}
	return nil
}

// attribute reads what is said of the session, before the first media line, or of our audio.
func (p *parser) attribute(value string) error {
	if direction, ok := ParseDirection(value); ok {
		p.d.Direction = direction
		return nil
	}
	name, value, _ := strings.Cut(value, ":")
	switch name {
	case "ptime":
		ms, err := strconv.ParseFloat(strings.TrimSpace(value), 32) // some write 20.0
		if err != nil || !(ms >= 1 && ms <= 1000) {
			return p.fail("a=ptime: and milliseconds, 1 to 1000")
		}
		p.d.Ptime = time.Duration(ms) * time.Millisecond
	case "rtpmap":
		return p.rtpmap(value)
	case "fmtp":
		format, parameters, _ := strings.Cut(strings.TrimSpace(value), " ")
		if number, err := strconv.ParseUint(format, 10, 7); err == nil {
			p.fmtps[uint8(number)] = strings.TrimSpace(parameters)
		}
	case "rtcp":
		return p.rtcp(value)
	}
	return nil
}

func (p *parser) rtpmap(value string) error {
	format, encoding, _ := strings.Cut(strings.TrimSpace(value), " ")
	number, err := strconv.ParseUint(format, 10, 7)
	parts := strings.Split(strings.TrimSpace(encoding), "/")
	const form = "a=rtpmap:type name/rate"
	if err != nil || len(parts) < 2 || len(parts) > 3 || parts[0] == "" || strings.ContainsAny(parts[0], " \t") {
		return p.fail(form)
	}
	rate, err := strconv.ParseUint(parts[1], 10, 31)
	if err != nil || rate == 0 {
		return p.fail(form + ", with a rate in Hz")
	}
	codec := Codec{Name: parts[0], PayloadType: uint8(number), ClockRate: int(rate)}
	if len(parts) == 3 {
		channels, err := strconv.ParseUint(parts[2], 10, 8)
		if err != nil || channels == 0 {
			return p.fail(form + "/channels")
		}
		if channels > 1 {
			codec.Channels = int(channels)
		}
	}
	p.maps[codec.PayloadType] = codec
	return nil
}

// rtcp reads a=rtcp:port [IN IP4 address] (RFC 3605).
func (p *parser) rtcp(value string) error {
	fields := strings.Fields(value)
	const form = "a=rtcp:port, or a=rtcp:port IN IP4 address"
	if len(fields) != 1 && len(fields) != 4 {
		return p.fail(form)
	}
	port, err := strconv.ParseUint(fields[0], 10, 16)
	if err != nil || port == 0 {
		return p.fail(form)
	}
	if p.rtcpPort = uint16(port); len(fields) == 4 {
		addr, err := netip.ParseAddr(fields[3])
		if err != nil || addr.Zone() != "" {
			return p.fail(form)
		}
		p.d.RTCP = netip.AddrPortFrom(addr, uint16(port))
	}
	return nil
}

// finish checks what must have come, and puts the codecs together.
func (p *parser) finish() (*Description, error) {
	d := p.d
	switch {
	case p.number <= 3:
		return nil, p.fail([]string{"the origin, o=", "the name of the session, s="}[max(p.number-2, 0)])
	case !p.timed:
		return nil, p.fail("the time, t=0 0")
	case d.Audio && d.Port != 0 && !d.Address.IsValid() && d.Host == "":
		return nil, p.fail("where to send, c=IN IP4 address")
	}
	if !d.Audio {
		d.Direction, d.Ptime, d.RTCP = SendRecv, 0, netip.AddrPort{}
		return d, nil
	}
	if p.rtcpPort != 0 && !d.RTCP.IsValid() && d.Address.IsValid() {
		d.RTCP = netip.AddrPortFrom(d.Address, p.rtcpPort)
	}
	seen := map[uint8]bool{}
	for _, format := range p.formats {
		if seen[format] {
			continue
		}
		seen[format] = true
		codec, ok := p.maps[format]
		if !ok {
			codec = static(format)
		}
		if codec.Parameters = p.fmtps[format]; !isEvents(codec) {
			d.Codecs = append(d.Codecs, codec)
		} else if d.DTMF.Name == "" {
			d.DTMF = codec
		}
	}
	return d, nil
}

func isEvents(codec Codec) bool { return strings.EqualFold(codec.Name, TelephoneEvent) }
