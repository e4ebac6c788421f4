// Plug: a phone of an experiment, and the name, STUN and NAT around it.
package lab

import (
	"context"
	"fmt"
	"net/netip"

	"viaduct/phone"
	"viaduct/sdp"
)

// plug puts a phone on its socket.
func (p *play) plug(ctx context.Context, ph *Phone) error {
	s := p.sockets[ph.Name]
	stack := phone.NewStack(s, phone.Options{})
	p.stacks = append(p.stacks, stack)
	s.handle(stack.Handler())
	desk := phone.NewDesk()
	config := phone.Config{
		User: ph.User, Domain: p.fill(ph.Domain), Ptime: ph.Ptime, AutoAnswer: ph.Answer, Lines: ph.Lines, Events: desk.Hear, Style: &phone.DefaultStyle,
	}
	if proxy := p.proxyOf(ph); proxy != "" {
		config.Server = p.place(proxy)
	}
	if ph.Grandstream {
		config.Style = &phone.GrandstreamStyle
	}
	for _, name := range ph.Codecs {
		codec, _ := sdp.Known(name)
		config.Codecs = append(config.Codecs, codec)
	}
	if ph.STUN {
		asking, cancel := context.WithTimeout(ctx, usualPatience)
		defer cancel()
		var err error
		if config.Mapped, err = stack.Mapped(asking, addressOf(p.mirror.conn)); err != nil {
			return fmt.Errorf("%s: %w", ph.Name, err)
		}
		p.notes = append(p.notes, fmt.Sprintf("%s asked by STUN how it looks from outside: not %v but %v", ph.Name, s.at, config.Mapped))
	}
	one, err := phone.New(stack, config)
	if err != nil {
		return &Error{File: p.file, Line: ph.line, Problem: err.Error()}
	}
	desk.Sit(one)
	p.desks[ph.Name] = desk
	return nil
}

// answerNames begins the name server, if there is a zone.
func (p *play) answerNames() ([]netip.AddrPort, error) {
	if p.Zone == "" {
		return nil, nil
	}
	n, err := serveNames(p.fill(p.Zone))
	if err != nil {
		return nil, &Error{File: p.file, Problem: "zone: " + err.Error()}
	}
	p.nameServer = n
	p.closers = append(p.closers, n)
	return []netip.AddrPort{n.at}, nil
}

// hide begins the STUN server and puts a NAT before each phone that has one.
func (p *play) hide() (err error) {
	if p.STUN != nil {
		at := p.moved(p.STUN.Address)
		if at.Port() == 0 {
			at = netip.AddrPortFrom(at.Addr(), 3478)
		}
		if p.mirror, err = openMirror(at); err != nil {
			return err
		}
		p.closers = append(p.closers, p.mirror)
	}
	for i := range p.Phones {
		ph := &p.Phones[i]
		nat := p.nat(ph.Through)
		if nat == nil {
			continue
		}
		s := p.sockets[ph.Name]
		targets := []netip.AddrPort{p.sockets[nat.Proxy].at}
		if p.mirror != nil {
			targets = append(targets, addressOf(p.mirror.conn))
		}
		r, err := openRelay(p.ground, ph.Name, p.moved(nat.Address), p.moved(nat.Inside), targets...)
		if err != nil {
			return err
		}
		p.closers = append(p.closers, r)
		s.faces = map[netip.AddrPort]netip.AddrPort{}
		for target, face := range r.faces {
			s.faces[target] = addressOf(face)
		}
		p.hidden[s.at] = true
		r.serve(s.at)
	}
	return nil
}

// proxyOf is the proxy of a phone, or "".
func (p *play) proxyOf(ph *Phone) string {
	if nat := p.nat(ph.Through); nat != nil {
		return nat.Proxy
	}
	return ph.Through
}
