// Serve: a proxy of an experiment, and what it prints.
package lab

import (
	"bytes"
	"context"
	"net/netip"
	"os"
	"sync"
	"time"

	"viaduct/script/syntax"
	"viaduct/server"
)

// running is a proxy at work.
type running struct {
	name   string
	server *server.Server
	cancel context.CancelFunc
	done   chan error

	mu      sync.Mutex
	printed bytes.Buffer
	ended   sync.Once
}

func (r *running) Write(text []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.printed.Write(text)
}

// begin forgets what was printed so far.
func (r *running) begin() {
	r.server.Flush()
	r.mu.Lock()
	r.printed.Reset()
	r.mu.Unlock()
}

func (r *running) end() Printout {
	r.ended.Do(func() {
		r.cancel()
		<-r.done
	})
	return Printout{"what " + r.name + " printed", r.printed.String()}
}

// grace is how long a proxy waits for open transactions at the end.
const grace = 50 * time.Millisecond

func (p *play) serve(ctx context.Context, proxy *Proxy, nameServers []netip.AddrPort) error {
	at := p.sockets[proxy.Name].at
	r := &running{name: proxy.Name, done: make(chan error, 1)}
	config := server.Config{
		Script: proxy.Script, Load: p.load, Color: true, Out: r, Network: p.sockets[proxy.Name], Grace: grace, NameServers: nameServers,
		Listen: []*syntax.Listen{{Address: syntax.Address{Proto: "udp", Host: at.Addr().String(), Port: int(at.Port())}}},
	}
	switch {
	case p.options.Script != "":
		config.Script, config.Load = p.options.Script, nil
	case proxy.Script == "default":
		config.Script, config.Load = "", nil
	}
	var err error
	if r.server, err = server.New(config); err != nil {
		return err
	}
	p.sockets[proxy.Name].handler = r.server.Handler()
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	r.cancel = cancel
	ready := make(chan bool)
	go func() { r.done <- r.server.Run(running, func() { close(ready) }) }()
	select {
	case <-ready:
	case err := <-r.done:
		cancel()
		return err
	}
	p.servers = append(p.servers, r)
	return nil
}

// load gives a script; one that is not of the scenario is a file.
func (p *play) load(name string) (string, error) {
	text, err := p.text(name)
	if err != nil {
		var direct []byte
		if direct, err = os.ReadFile(name); err == nil {
			text = string(direct)
		}
	}
	return p.fill(text), err
}
