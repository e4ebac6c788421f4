// Encodings: a name, a payload type, a clock rate.
package sdp

import (
	"slices"
	"strings"
)

// Codec is an encoding as a description names it: a format of the media line
// with its rtpmap and fmtp (RFC 4566 section 6).
type Codec struct {
	Name        string // the encoding name of rtpmap; empty when the description does not tell
	PayloadType uint8  // 0 to 127
	ClockRate   int    // Hz
	Parameters  string // of fmtp, "mode=20"; empty: none
	Channels    int    // 0 and 1: mono
}

// TelephoneEvent is the name of the encoding that carries digits (RFC 4733).
const TelephoneEvent = "telephone-event"

// known lists the static audio types of RFC 3551 section 6, and the dynamic
// ones of our phones with the numbers that phones commonly give them.
var known = [...]Codec{
	{Name: "PCMU", PayloadType: 0, ClockRate: 8000},
	{Name: "GSM", PayloadType: 3, ClockRate: 8000},
	{Name: "G723", PayloadType: 4, ClockRate: 8000},
	{Name: "DVI4", PayloadType: 5, ClockRate: 8000},
	{Name: "DVI4", PayloadType: 6, ClockRate: 16000},
	{Name: "LPC", PayloadType: 7, ClockRate: 8000},
	{Name: "PCMA", PayloadType: 8, ClockRate: 8000},
	{Name: "G722", PayloadType: 9, ClockRate: 8000},
	{Name: "L16", PayloadType: 10, ClockRate: 44100, Channels: 2},
	{Name: "L16", PayloadType: 11, ClockRate: 44100},
	{Name: "QCELP", PayloadType: 12, ClockRate: 8000},
	{Name: "CN", PayloadType: 13, ClockRate: 8000},
	{Name: "MPA", PayloadType: 14, ClockRate: 90000},
	{Name: "G728", PayloadType: 15, ClockRate: 8000},
	{Name: "DVI4", PayloadType: 16, ClockRate: 11025},
	{Name: "DVI4", PayloadType: 17, ClockRate: 22050},
	{Name: "G729", PayloadType: 18, ClockRate: 8000},
	{Name: "iLBC", PayloadType: 97, ClockRate: 8000, Parameters: "mode=20"},
	{Name: TelephoneEvent, PayloadType: 101, ClockRate: 8000, Parameters: "0-16"},
}

// firstDynamic is where the payload types begin that mean nothing without an
// rtpmap (RFC 3551 section 6).
const firstDynamic = 96

// Known gives the encoding of that name, in any case.
func Known(name string) (Codec, bool) {
	for _, codec := range known {
		if strings.EqualFold(codec.Name, name) {
			return codec, true
		}
	}
	return Codec{}, false
}

// static gives the encoding that a payload type has by itself; for others only the number.
func static(payloadType uint8) Codec {
	for _, codec := range known {
		if codec.PayloadType == payloadType && payloadType < firstDynamic {
			return codec
		}
	}
	return Codec{PayloadType: payloadType}
}

// Same is true for the same encoding, whatever its payload type and
// parameters. A codec without a name is the same as none.
func (c Codec) Same(other Codec) bool {
	return c.Name != "" && strings.EqualFold(c.Name, other.Name) &&
		c.ClockRate == other.ClockRate && max(c.Channels, 1) == max(other.Channels, 1)
}

// Parameter gives the value of one parameter, "20" for mode in "mode=20".
func (c Codec) Parameter(name string) (value string, ok bool) {
	for _, parameter := range strings.Split(c.Parameters, ";") {
		key, value, _ := strings.Cut(strings.TrimSpace(parameter), "=")
		if strings.EqualFold(key, name) {
			return strings.TrimSpace(value), true
		}
	}
	return "", false
}

// answered is the codec as the answer names it: the offer's number, our
// parameters, and what a parameter of the offer forces upon both.
func answered(offered, own Codec) Codec {
	codec := offered
	codec.Parameters = own.Parameters
	switch strings.ToUpper(own.Name) {
	case "ILBC": // the longer frame wins, and 30 ms is what no mode means (RFC 3952 section 5)
		theirs, _ := offered.Parameter("mode")
		ours, _ := own.Parameter("mode")
		if theirs != "20" || ours != "20" {
			codec.Parameters = "mode=30"
		}
	case "G729": // no comfort noise unless both want it (RFC 4856 section 2.1.9)
		if value, _ := offered.Parameter("annexb"); value == "no" {
			codec.Parameters = "annexb=no"
		}
	case "G723": // RFC 4856 section 2.1.7
		if value, _ := offered.Parameter("annexa"); value == "no" {
			codec.Parameters = "annexa=no"
		}
	}
	return codec
}

func find(codecs []Codec, wanted Codec) (Codec, bool) {
	if i := slices.IndexFunc(codecs, wanted.Same); i >= 0 {
		return codecs[i], true
	}
	return Codec{}, false
}
