// Names of codecs: those of a=rtpmap, and for payload types without one those
// of RFC 3551.
package sdpops

import "strings"

// staticNames are the payload types that need no a=rtpmap (RFC 3551 section 6).
var staticNames = map[string]string{
	"0": "PCMU", "3": "GSM", "4": "G723", "5": "DVI4", "6": "DVI4", "7": "LPC", "8": "PCMA", "9": "G722",
	"10": "L16", "11": "L16", "12": "QCELP", "13": "CN", "14": "MPA", "15": "G728", "16": "DVI4", "17": "DVI4", "18": "G729",
	"25": "CelB", "26": "JPEG", "28": "nv", "31": "H261", "32": "MPV", "33": "MP2T", "34": "H263",
}

// names are the codecs of each stream by payload type, as a=rtpmap says.
type names map[*stream]map[string]string

// names reads the names of all streams.
func (d *description) names() names {
	all := names{}
	for i := range d.streams {
		s := &d.streams[i]
		all[s] = map[string]string{}
		for _, one := range d.of(s) {
			value, ok := strings.CutPrefix(one.of(d.text), "a=rtpmap:")
			if !ok {
				continue
			}
			payloadType, encoding, _ := strings.Cut(value, " ")
			name, _, _ := strings.Cut(strings.TrimLeft(encoding, " "), "/")
			all[s][payloadType] = name
		}
	}
	return all
}

// of gives the name of a payload type in a stream: "PCMU"; "" when nothing
// says it.
func (n names) of(s *stream, payloadType string) string {
	if name, ok := n[s][payloadType]; ok {
		return name
	}
	return staticNames[payloadType]
}

// has tells whether a name is that of a payload type of RFC 3551, or of a codec
// of a stream.
func (n names) has(name string) bool {
	for _, static := range staticNames {
		if strings.EqualFold(static, name) {
			return true
		}
	}
	for _, own := range n {
		for _, codec := range own {
			if strings.EqualFold(codec, name) {
				return true
			}
		}
	}
	return false
}
