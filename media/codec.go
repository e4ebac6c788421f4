// The encodings that a session carries.
package media

import (
	"fmt"
	"strings"
	"time"
)

// Codec is an encoding of speech; the zero value is none.
type Codec uint8

const (
	NoCodec Codec = iota
	PCMU          // G.711 µ-law
	PCMA          // G.711 A-law
	G723          // G.723.1: 24, 20 or 4 octets each 30 ms
	G729          // 10 octets each 10 ms, 2 for comfort noise
	ILBC20        // iLBC, mode=20: 38 octets
	ILBC30        // iLBC, mode=30: 50 octets
)

const (
	clockRate    = 8000                  // Hz, of all our encodings
	frameTime    = 20 * time.Millisecond // of a PCM frame
	frameSamples = 160                   // in a PCM frame
)

var codecTable = [...]struct {
	name   string
	frame  time.Duration // of one frame of the encoding
	octets int           // of a full frame
	silent byte          // the octet that silence is made of
	mode   string
}{
	NoCodec: {name: "none"},
	PCMU:    {name: "PCMU", frame: 10 * time.Millisecond, octets: 80, silent: 0xFF},
	PCMA:    {name: "PCMA", frame: 10 * time.Millisecond, octets: 80, silent: 0xD5},
	G723:    {name: "G723", frame: 30 * time.Millisecond, octets: 24},
	G729:    {name: "G729", frame: 10 * time.Millisecond, octets: 10},
	ILBC20:  {name: "iLBC", frame: 20 * time.Millisecond, octets: 38, mode: "20"},
	ILBC30:  {name: "iLBC", frame: 30 * time.Millisecond, octets: 50, mode: "30"},
}

// ParseCodec finds a codec by the encoding name of a session description, in
// any case, and its parameters ("mode=20" of iLBC, which has 30 ms without).
func ParseCodec(name, parameters string) (Codec, error) {
	mode := ""
	if strings.EqualFold(name, "iLBC") {
		if mode = "30"; strings.Contains(strings.ReplaceAll(parameters, " ", ""), "mode=20") {
			mode = "20"
		}
	}
	for codec := PCMU; codec <= ILBC30; codec++ {
		if strings.EqualFold(codecTable[codec].name, name) && codecTable[codec].mode == mode {
			return codec, nil
		}
	}
	return NoCodec, fmt.Errorf("media: no codec %q; there are PCMU, PCMA, G723, G729 and iLBC", name)
}

// String is the encoding name.
func (c Codec) String() string { return codecTable[c].name }

// PCM is true for the codecs that are made from sound here; the others need
// frames that were encoded elsewhere.
func (c Codec) PCM() bool { return c == PCMU || c == PCMA }

// packet gives how much sound a packet carries: whole frames, as near to what
// is wanted as they come, 20 ms where nothing is.
func (c Codec) packet(wanted time.Duration) time.Duration {
	if wanted <= 0 {
		wanted = frameTime
	}
	frame := codecTable[c].frame
	return max((min(wanted, 200*time.Millisecond)+frame/2)/frame, 1) * frame
}

// encode appends sound to a payload; decode appends the sound of a payload.
func (c Codec) encode(payload []byte, pcm []int16) []byte {
	if c == PCMA {
		return AppendALaw(payload, pcm)
	}
	return AppendMuLaw(payload, pcm)
}

func (c Codec) decode(pcm []int16, payload []byte) []int16 {
	if c == PCMA {
		return DecodeALaw(pcm, payload)
	}
	return DecodeMuLaw(pcm, payload)
}

// firstFrame gives the length of the first frame in a payload; 0: that is no
// frame of this codec.
func (c Codec) firstFrame(payload []byte) int {
	length := codecTable[c].octets
	switch {
	case len(payload) == 0 || c == NoCodec:
		return 0
	case c.PCM():
		return min(length, len(payload))
	case c == G723: // the two lowest bits say the kind (RFC 3551 section 4.5.3)
		length = [...]int{24, 20, 4, 1}[payload[0]&3]
	case c == G729 && len(payload) == 2: // comfort noise comes last (RFC 3551 section 4.5.6)
		length = 2
	}
	if length > len(payload) {
		return 0
	}
	return length
}
