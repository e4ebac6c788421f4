// is_audio_on_hold: does the session description put the audio on hold?
package textops

import (
	"strings"

	"viaduct/module"
	"viaduct/script"
)

func holdFunctions() []script.Function {
	return []script.Function{module.Plain("is_audio_on_hold", func(c *script.Context) int {
		sdp := c.Message.Body
		if p, ok := parseMultipart(c.Message); ok {
			one, found := p.find(assumedType)
			if !found {
				return -1
			}
			sdp = content(sdp, one)
		} else if !strings.EqualFold(bodyType(c.Message), assumedType) {
			return -1
		}
		return holdIn(sdp)
	})}
}

const (
	notHeld = -1
	oldHold = 1 // the address 0.0.0.0, of RFC 2543 appendix B.5
	newHold = 2 // sendonly or inactive, of RFC 3264 section 8.4
)

// holdIn looks at each audio stream; what stands before the first stream
// counts for all that say nothing else.
func holdIn(sdp string) int {
	var session, stream mediaState
	current := &session
	audio := false
	for line := range strings.Lines(sdp) {
		line = strings.TrimRight(line, "\r\n")
		if strings.HasPrefix(line, "m=") {
			if code := stream.over(session); audio && code != notHeld {
				return code
			}
			stream, current = mediaState{}, &stream
			audio = strings.HasPrefix(line, "m=audio ")
			continue
		}
		current.read(line)
	}
	if audio {
		return stream.over(session)
	}
	return notHeld
}

// mediaState is what lines of a description say of holding.
type mediaState struct {
	address, direction string // "" when not said
}

func (s *mediaState) read(line string) {
	if address, ok := strings.CutPrefix(line, "c="); ok {
		s.address = address
		return
	}
	switch line {
	case "a=sendrecv", "a=sendonly", "a=recvonly", "a=inactive":
		s.direction = line[len("a="):]
	}
}

// over judges a stream, the session's word counting where its own is missing.
func (s mediaState) over(session mediaState) int {
	if s.address == "" {
		s.address = session.address
	}
	if s.direction == "" {
		s.direction = session.direction
	}
	if fields := strings.Fields(s.address); len(fields) == 3 && (fields[2] == "0.0.0.0" || fields[2] == "::") {
		return oldHold
	}
	if s.direction == "sendonly" || s.direction == "inactive" {
		return newHold
	}
	return notHeld
}
