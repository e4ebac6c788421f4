// Scenario: an experiment as its file describes it.
package lab

import (
	"fmt"
	"net/netip"
	"time"

	"viaduct/phone"
)

// Scenario is one experiment.
type Scenario struct {
	Name     string // of its file, without .lab
	Title    string
	Source   string // where it comes from: "the paper, section 2.5"
	Question string
	Note     string // what there is to see
	Asks     []Ask  // what a reader may predict

	Proxies []Proxy
	Phones  []Phone
	Senders []Sender
	NATs    []NAT
	STUN    *Element          // nil: none
	Zone    string            // records of the name server, "" for none
	Losses  []Loss            // what the network loses
	Files   map[string]string // scripts and messages that stand in the scenario

	Steps  []Step
	Expect []string // "308 -> viaduct  INVITE (SDP)"; nil: nothing is expected

	Bars    bool   // the printout is what stands between bars
	Until   string // the printout ends with this method; "" with the last
	Records bool   // call records are shown

	file string                            // for errors
	read func(name string) ([]byte, error) // a file that is named but not in Files
}

// Ask is a question about what will happen.
type Ask struct{ Question, Answer string }

// Element is what every part of the network has.
type Element struct {
	Name    string
	Address netip.AddrPort // port 0 is that of the protocol
	line    int
}

// Proxy is a server with its script.
type Proxy struct {
	Element
	Script string // file; "default" is the built-in script
}

// Phone is a user agent.
type Phone struct {
	Element
	User, Domain string
	Through      string // proxy or NAT; "" for direct calls
	Grandstream  bool
	STUN         bool
	Codecs       []string
	Ptime        time.Duration
	Answer       time.Duration // 0: not by itself
	Lines        int
}

// Sender sends messages that were written by hand, and repeats nothing.
type Sender struct {
	Element
	To string // element
}

// NAT is a relay between an inner and an outer address.
type NAT struct {
	Element                // as seen from outside
	Inside  netip.AddrPort // what stands for Proxy inside
	Proxy   string
}

// Loss is a rule by which the network loses messages.
type Loss struct {
	Count    int    // how many of those that fit
	What     string // "INVITE", "200 INVITE"
	From, To string
	line     int
}

// Step is one thing that an element does.
type Step struct {
	Who  string // "" for wait and begin
	Text string // as written
	line int

	phone phone.Step    // of phones
	word  string        // "send" or "expect" of senders, "wait", "begin"
	what  string        // file, or status
	time  time.Duration // of wait, and how long to expect
}

// Error says what of a scenario is wrong.
type Error struct {
	File    string
	Line    int // from 1; 0: all of it
	Problem string
	Hint    string
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Problem
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Problem)
}

// element finds what has a name.
func (s *Scenario) element(name string) *Element {
	for _, e := range s.elements() {
		if e.Name == name {
			return e
		}
	}
	return nil
}

// elements lists all, proxies first.
func (s *Scenario) elements() (all []*Element) {
	for i := range s.Proxies {
		all = append(all, &s.Proxies[i].Element)
	}
	for i := range s.Phones {
		all = append(all, &s.Phones[i].Element)
	}
	for i := range s.Senders {
		all = append(all, &s.Senders[i].Element)
	}
	for i := range s.NATs {
		all = append(all, &s.NATs[i].Element)
	}
	if s.STUN != nil {
		all = append(all, s.STUN)
	}
	return all
}

func (s *Scenario) phone(name string) *Phone {
	for i := range s.Phones {
		if s.Phones[i].Name == name {
			return &s.Phones[i]
		}
	}
	return nil
}

func (s *Scenario) nat(name string) *NAT {
	for i := range s.NATs {
		if s.NATs[i].Name == name {
			return &s.NATs[i]
		}
	}
	return nil
}

func (s *Scenario) sender(name string) *Sender {
	for i := range s.Senders {
		if s.Senders[i].Name == name {
			return &s.Senders[i]
		}
	}
	return nil
}

// text gives a file of the scenario.
func (s *Scenario) text(name string) (string, error) {
	if text, ok := s.Files[name]; ok {
		return text, nil
	}
	text, err := s.read(name)
	return string(text), err
}
