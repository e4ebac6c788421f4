// A ladder as JSON, for programs and web pages.
package ladder

import (
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"
)

// jsonLadder is what AppendJSON writes.
type jsonLadder struct {
	Lanes  []jsonLane  `json:"lanes"`
	Arrows []jsonArrow `json:"arrows"`
}

type jsonLane struct {
	Name    string `json:"name,omitempty"`
	Address string `json:"address,omitempty"`
}

type jsonArrow struct {
	From           int         `json:"from"`
	To             int         `json:"to"`
	Label          string      `json:"label"`
	After          json.Number `json:"after,omitempty"` // seconds since the first packet
	Time           string      `json:"time,omitempty"`  // RFC 3339
	Transport      string      `json:"transport,omitempty"`
	Retransmission bool        `json:"retransmission,omitempty"`
	Lost           bool        `json:"lost,omitempty"`
	Branch         int         `json:"branch,omitempty"`
	Text           string      `json:"text,omitempty"`
	Bytes          []byte      `json:"bytes,omitempty"` // in place of text, where that is no UTF-8; base64
}

// AppendJSON writes the ladder behind dst as one JSON object on one line:
//
//	{"lanes": [{"name": "308", "address": "127.168.1.10:5060"}, …],
//	 "arrows": [{"from": 0, "to": 1, "label": "INVITE (SDP)", "after": 0.005, "time": "2010-01-01T00:00:00.005Z",
//	             "transport": "UDP", "text": "INVITE sip:…"}, …]}
//
// "from" and "to" count lanes from 0. "retransmission", "lost" and "branch"
// are there when they say something, "after" (seconds since the first packet)
// and "time" when times are known. "<", ">" and "&" are written as \u003c and
// so on, so it may stand in a page as it is.
func (l *Ladder) AppendJSON(dst []byte) []byte {
	out := jsonLadder{Lanes: make([]jsonLane, 0, len(l.Lanes)), Arrows: make([]jsonArrow, 0, len(l.Arrows))}
	for _, lane := range l.Lanes {
		text := ""
		if lane.Address.IsValid() {
			text = lane.Address.String()
		}
		out.Lanes = append(out.Lanes, jsonLane{lane.Name, text})
	}
	for i := range l.Arrows {
		a := &l.Arrows[i]
		arrow := jsonArrow{
			From: a.From, To: a.To, Label: a.Label,
			Transport: a.Packet.Flow.Transport.String(), Retransmission: a.Retransmission, Lost: a.Lost, Branch: a.Branch,
		}
		if !a.Packet.Time.IsZero() {
			arrow.After = json.Number(strconv.FormatFloat(a.Time.Seconds(), 'f', -1, 64))
			arrow.Time = a.Packet.Time.UTC().Format(time.RFC3339Nano)
		}
		if utf8.ValidString(a.Packet.Text) {
			arrow.Text = a.Packet.Text
		} else {
			arrow.Bytes = []byte(a.Packet.Text)
		}
		out.Arrows = append(out.Arrows, arrow)
	}
	text, err := json.Marshal(out)
	if err != nil {
		panic(err) // every value above can be written
	}
	return append(append(dst, text...), '\n')
}
