// What the phone command prints: events in words or as JSON, around a prompt.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"viaduct/phone"
	"viaduct/sip"
)

// teller prints events.
type teller struct {
	asJSON bool
	advice bool // say what can be done about an incoming call

	mu     sync.Mutex
	to     io.Writer
	prompt string // redrawn below all that is told; "" without a person
}

// eraseLine takes the prompt away.
const eraseLine = "\r\x1b[K"

// Write prints above the prompt. What was typed is gone from sight then, not
// from the line: the terminal keeps it (and shows it again at Ctrl-R).
func (t *teller) Write(text []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.prompt == "" {
		return t.to.Write(text)
	}
	_, err := fmt.Fprint(t.to, eraseLine, string(text), t.prompt)
	return len(text), err
}

// ask shows a prompt, or with "" none any more.
func (t *teller) ask(prompt string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.prompt+prompt != "" {
		fmt.Fprint(t.to, eraseLine, prompt)
	}
	t.prompt = prompt
}

// toldEvent is an event as --json prints it.
type toldEvent struct {
	Time     time.Time  `json:"time"`
	Event    phone.Kind `json:"event"`
	Call     int        `json:"call,omitempty"`
	CallID   string     `json:"call_id,omitempty"`
	Peer     string     `json:"peer,omitempty"`
	Incoming bool       `json:"incoming,omitempty"`
	Status   int        `json:"status,omitempty"`
	Text     string     `json:"text,omitempty"`
	Millis   int64      `json:"duration_ms,omitempty"`
	ByPeer   bool       `json:"by_peer,omitempty"`
	Error    string     `json:"error,omitempty"`
	RTP      *toldRTP   `json:"rtp,omitempty"`
}

type toldRTP struct {
	Codec    string  `json:"codec"`
	Local    string  `json:"local"`
	Remote   string  `json:"remote"`
	Sent     uint64  `json:"sent"`
	Received uint64  `json:"received"`
	Lost     uint64  `json:"lost"`
	Jitter   float64 `json:"jitter_ms"`
}

func (t *teller) tell(e phone.Event) {
	if t.asJSON {
		t.tellJSON(e)
		return
	}
	number := ""
	if e.Call != nil && e.Call.Number() > 1 {
		number = fmt.Sprintf("call %d: ", e.Call.Number())
	}
	text := fmt.Appendf(nil, "%s%-12s %s\n", number, e.Kind, t.inWords(e))
	if r, ok := talked(e); ok {
		text = fmt.Appendf(text, "             %s, sent %d packets, received %d, lost %d, jitter %v\n",
			r.Codec, r.Sent, r.Received, r.Lost, r.Jitter.Round(10*time.Microsecond))
	}
	t.Write(text)
}

// inWords says what an event says beyond its kind.
func (t *teller) inWords(e phone.Event) string {
	text := e.Text
	if text == "" && e.Status != 0 {
		text = fmt.Sprint(e.Status, " ", sip.ReasonPhrase(e.Status))
	}
	switch {
	case e.Kind == phone.Registered:
		return "for " + brief(e.Duration)
	case e.Kind == phone.Incoming && t.advice:
		text += "  (answer or reject)"
	case e.Kind == phone.Ended && e.ByPeer && e.Status == 0:
		text = "the other side " + text
	case e.Duration != 0:
		text += " (" + brief(e.Duration) + ")"
	}
	return strings.TrimSpace(text)
}

// brief writes 1h for 1h0m0s.
func brief(d time.Duration) string {
	text := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = text[:len(text)-2]
		}
	}
	return text
}

// talked gives the figures of the sound of a call that has ended.
func talked(e phone.Event) (phone.Report, bool) {
	if e.Kind != phone.Ended {
		return phone.Report{}, false
	}
	r := e.Call.Report()
	return r, r.Codec != "" && r.Sent+r.Received > 0
}

func (t *teller) tellJSON(e phone.Event) {
	told := toldEvent{Time: time.Now(), Event: e.Kind, Status: e.Status, Text: e.Text, Millis: e.Duration.Milliseconds(), ByPeer: e.ByPeer}
	if e.Call != nil {
		told.Call, told.CallID, told.Peer, told.Incoming = e.Call.Number(), e.Call.CallID(), e.Call.Peer(), e.Call.IsIncoming()
	}
	if e.Err != nil {
		told.Error = e.Err.Error()
	}
	if r, ok := talked(e); ok {
		told.RTP = &toldRTP{r.Codec, r.Local.String(), r.Remote.String(), r.Sent, r.Received, r.Lost, float64(r.Jitter) / float64(time.Millisecond)}
	}
	line, err := json.Marshal(told)
	if err == nil {
		t.Write(append(line, '\n'))
	}
}
