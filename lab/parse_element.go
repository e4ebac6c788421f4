// Parsing: the elements of a scenario, a line each, and what they say of each
// other.
package lab

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"viaduct/sdp"
)

// mostElements bounds the sockets of a scenario.
const mostElements = 64

// line reads a directive of one line.
func (p *parser) line(number int, word string, words []string) error {
	switch word {
	case "printout":
		return p.printout(number, words)
	case "records":
		p.Records = true
		return nil
	case "lose":
		return p.loss(number, words)
	}
	shape := map[string]string{
		"proxy":  "proxy NAME ADDRESS SCRIPT",
		"phone":  "phone NAME ADDRESS [OPTION VALUE]…",
		"sender": "sender NAME ADDRESS to NAME",
		"nat":    "nat NAME ADDRESS inside ADDRESS to PROXY",
		"stun":   "stun NAME ADDRESS",
	}[word]
	if len(words) < 2 {
		return p.fail(number, "expected %s", shape)
	}
	e := Element{Name: words[0], line: number}
	var err error
	if e.Address, err = parseAddress(words[1]); err != nil {
		return p.fail(number, "%s %s: %v", word, e.Name, err)
	}
	if old := p.element(e.Name); old != nil {
		return p.fail(number, "%s stands in line %d already", e.Name, old.line)
	}
	if len(p.elements()) == mostElements {
		return p.fail(number, "more than %d elements", mostElements)
	}
	rest := words[2:]
	switch {
	case strings.ContainsAny(e.Name, ":<>{}"):
		return p.fail(number, "%q is no name", e.Name)
	case word == "proxy" && len(rest) == 1:
		p.Proxies = append(p.Proxies, Proxy{Element: e, Script: rest[0]})
	case word == "phone":
		return p.phoneLine(number, e, rest)
	case word == "sender" && len(rest) == 2 && rest[0] == "to":
		p.Senders = append(p.Senders, Sender{Element: e, To: rest[1]})
	case word == "nat" && len(rest) == 4 && rest[0] == "inside" && rest[2] == "to":
		inside, err := parseAddress(rest[1])
		if err != nil {
			return p.fail(number, "nat %s: %v", e.Name, err)
		}
		p.NATs = append(p.NATs, NAT{Element: e, Inside: inside, Proxy: rest[3]})
	case word == "stun" && len(rest) == 0 && p.STUN == nil:
		p.STUN = &e
	default:
		return p.fail(number, "expected %s", shape)
	}
	return nil
}

// parseAddress reads an address of this machine; without a port it is that of
// the protocol.
func parseAddress(text string) (netip.AddrPort, error) {
	at, err := netip.ParseAddrPort(text)
	if err != nil {
		host, err := netip.ParseAddr(text)
		if err != nil {
			return at, &addressError{text}
		}
		at = netip.AddrPortFrom(host, 0)
	}
	if !at.Addr().Is4() || !at.Addr().IsLoopback() {
		return at, &addressError{text}
	}
	return at, nil
}

type addressError struct{ text string }

func (e *addressError) Error() string {
	return "expected an address of this machine, 127.x.x.x, not " + strconv.Quote(e.text)
}

// phoneOptions are the words behind a phone's address.
var phoneOptions = []string{"through", "user", "domain", "style", "codecs", "ptime", "answer", "lines", "stun"}

func (p *parser) phoneLine(number int, e Element, words []string) error {
	ph := Phone{Element: e, User: e.Name}
	for len(words) > 0 {
		option := words[0]
		if option == "stun" {
			ph.STUN = true
			words = words[1:]
			continue
		}
		if len(words) == 1 {
			return p.fail(number, "phone %s: expected a value behind %s", e.Name, option)
		}
		value := words[1]
		words = words[2:]
		var err error
		switch option {
		case "through":
			ph.Through = value
		case "user":
			ph.User = value
		case "domain":
			ph.Domain = value
		case "style":
			if ph.Grandstream = value == "grandstream"; !ph.Grandstream && value != "viaduct" {
				return p.fail(number, "phone %s: expected style grandstream or viaduct, not %q", e.Name, value)
			}
		case "codecs":
			for _, name := range strings.Split(value, ",") {
				if _, ok := sdp.Known(name); !ok {
					return p.fail(number, "phone %s: there is no codec %q; expected PCMU PCMA G723 G729 iLBC telephone-event", e.Name, name)
				}
				ph.Codecs = append(ph.Codecs, name)
			}
		case "ptime":
			ph.Ptime, err = parseDuration(value)
		case "answer":
			ph.Answer, err = parseDuration(value)
			ph.Answer = max(ph.Answer, time.Millisecond)
		case "lines":
			if ph.Lines, err = strconv.Atoi(value); err != nil || ph.Lines < 1 || ph.Lines > 100 {
				return p.fail(number, "phone %s: expected lines from 1 to 100, not %q", e.Name, value)
			}
		default:
			wrong := p.fail(number, "phone %s: %q is no option; expected one of: %s", e.Name, option, strings.Join(phoneOptions, " "))
			wrong.Hint = nearHint(option, phoneOptions)
			return wrong
		}
		if err != nil {
			return p.fail(number, "phone %s: %s: %v", e.Name, option, err)
		}
	}
	p.Phones = append(p.Phones, ph)
	return nil
}

func (p *parser) printout(number int, words []string) error {
	switch {
	case len(words) == 1 && words[0] == "bars":
	case len(words) == 3 && words[0] == "bars" && words[1] == "until":
		p.Until = words[2]
	default:
		return p.fail(number, "expected printout bars, or printout bars until METHOD")
	}
	p.Bars = true
	return nil
}

// loss reads "lose 2 INVITE from viaduct to 309".
func (p *parser) loss(number int, words []string) error {
	l := Loss{Count: 1, line: number}
	if len(words) > 0 {
		if count, err := strconv.Atoi(words[0]); err == nil && count > 0 && len(words[0]) < 3 {
			l.Count, words = count, words[1:]
		}
	}
	n := len(words)
	if n < 5 || n > 6 || words[n-4] != "from" || words[n-2] != "to" {
		return p.fail(number, "expected lose [COUNT] METHOD from NAME to NAME, or lose [COUNT] STATUS METHOD from NAME to NAME")
	}
	l.What, l.From, l.To = strings.Join(words[:n-4], " "), words[n-3], words[n-1]
	p.Losses = append(p.Losses, l)
	return nil
}

// check looks at what the lines say of each other.
func (p *parser) check() error {
	for _, part := range []struct{ what, text string }{{"title", p.Title}, {"question", p.Question}} {
		if part.text == "" {
			return p.fail(0, "expected a line %s …", part.what)
		}
	}
	if len(p.Steps) == 0 {
		return p.fail(0, "expected steps, and below it what the phones do")
	}
	for i := range p.Proxies {
		if s := &p.Proxies[i]; s.Script != "default" {
			if _, err := p.text(s.Script); err != nil {
				e := p.fail(s.line, "the script %s of %s cannot be read", s.Script, s.Name)
				e.Hint = "write it behind a line: file " + s.Script + ", or lay it beside the scenario; default is the built-in script"
				return e
			}
		}
	}
	names := map[string]bool{}
	for _, e := range p.elements() {
		names[e.Name] = true
	}
	known := func(line int, name string) error {
		if name == "" || names[name] {
			return nil
		}
		var all []string
		for _, e := range p.elements() {
			all = append(all, e.Name)
		}
		e := p.fail(line, "there is no element %q; expected one of: %s", name, strings.Join(all, " "))
		e.Hint = nearHint(name, all)
		return e
	}
	type reference struct {
		line int
		name string
	}
	var references []reference
	for _, ph := range p.Phones {
		references = append(references, reference{ph.line, ph.Through})
		if ph.STUN && p.STUN == nil {
			return p.fail(ph.line, "phone %s: stun: expected a line stun NAME ADDRESS", ph.Name)
		}
	}
	for _, s := range p.Senders {
		references = append(references, reference{s.line, s.To})
	}
	for _, n := range p.NATs {
		references = append(references, reference{n.line, n.Proxy})
	}
	for _, l := range p.Losses {
		references = append(references, reference{l.line, l.From}, reference{l.line, l.To})
	}
	for _, r := range references {
		if err := known(r.line, r.name); err != nil {
			return err
		}
	}
	for _, s := range p.Steps {
		if s.word == "send" {
			if _, err := p.text(s.what); err != nil {
				e := p.fail(s.line, "the message %s cannot be read", s.what)
				e.Hint = "write it behind a line: file " + s.what
				return e
			}
		}
	}
	return nil
}
