package phone_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"viaduct/internal/siptest"
	"viaduct/phone"
	"viaduct/script/syntax"
	"viaduct/server"
	"viaduct/wire"
)

var update = flag.Bool("update", false, "write the golden ladders")

// Addresses of the scenes. Nothing of this leaves the memory.
var proxy = netip.MustParseAddrPort("127.168.1.15:5060")

func host(last byte) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 168, 1, last}), 5060)
}

// scene is a network in memory with phones, in fake time.
type scene struct {
	*siptest.Network
	t    *testing.T
	mu   sync.Mutex
	said []string      // events of all phones, in order
	seen []phone.Event // the same
	next byte
}

// play runs a scene. A server with a script stands in it unless script is "-";
// "" is the built-in script.
func play(t *testing.T, script string, do func(s *scene)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &scene{Network: siptest.NewNetwork(t), t: t, next: 10}
		if script != "-" {
			defer s.serve(script)()
		}
		do(s)
	})
}

// serve starts our own server; the result ends it.
func (s *scene) serve(script string) (end func()) {
	s.t.Helper()
	s.Name(proxy, "proxy")
	e := s.Attach(nil, wire.UDP, proxy)
	config := server.Config{Out: io.Discard, Network: listening{e}, Listen: []*syntax.Listen{{Address: syntax.Address{Proto: "udp", Host: proxy.Addr().String(), Port: 5060}}}}
	if script != "" {
		config.Script = filepath.Join(s.t.TempDir(), "scene.cfg")
		if err := os.WriteFile(config.Script, []byte(script), 0o644); err != nil {
			s.t.Fatal(err)
		}
	}
	one, err := server.New(config)
	if err != nil {
		s.t.Fatal(err)
	}
	e.Handle(one.Handler())
	ctx, cancel := context.WithCancel(s.t.Context())
	ready, done := make(chan bool), make(chan error, 1)
	go func() { done <- one.Run(ctx, func() { close(ready) }) }()
	<-ready
	return func() {
		cancel()
		<-done
	}
}

// listening is the endpoint of a server, which listens already.
type listening struct{ *siptest.Endpoint }

func (listening) Listen(_ wire.Transport, local netip.AddrPort) (netip.AddrPort, error) {
	return local, nil
}
func (listening) IsOpen(uint64) bool { return true }
func (listening) Start()             {}
func (listening) Close()             {}

// stack puts a stack at a new address.
func (s *scene) stack(name string) (*phone.Stack, netip.AddrPort) {
	at := host(s.next)
	s.next++
	if name != "" {
		s.Name(at, name)
	}
	e := s.Attach(nil, wire.UDP, at)
	stack := phone.NewStack(e, phone.Options{})
	e.Handle(stack.Handler())
	s.t.Cleanup(stack.Close)
	return stack, at
}

// phone puts a phone at an address of its own. Its domain is that of the
// server unless change says otherwise.
func (s *scene) phone(user string, change func(*phone.Config)) *phone.Phone {
	s.t.Helper()
	stack, _ := s.stack(user)
	return s.phoneOn(stack, user, change)
}

func (s *scene) phoneOn(stack *phone.Stack, user string, change func(*phone.Config)) *phone.Phone {
	s.t.Helper()
	c := phone.Config{User: user, Server: proxy.Addr().String(), Events: s.hear}
	if change != nil {
		change(&c)
	}
	p, err := phone.New(stack, c)
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

func (s *scene) hear(e phone.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, e)
	text := fmt.Sprintf("%s %s", e.Phone.User(), e.Kind)
	if e.Status != 0 {
		text += fmt.Sprint(" ", e.Status)
	}
	s.said = append(s.said, text)
}

// events gives what was told since the last time.
func (s *scene) events() string {
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	text := strings.Join(s.said, ", ")
	s.said = nil
	return text
}

// expect lets time pass and compares what was told.
func (s *scene) expect(after time.Duration, want string) {
	s.t.Helper()
	time.Sleep(after)
	if got := s.events(); got != want {
		s.t.Errorf("told: %s\nwant: %s\n%s", got, want, s.Ladder())
	}
}

func (s *scene) register(phones ...*phone.Phone) {
	s.t.Helper()
	for _, p := range phones {
		if err := p.Register(s.t.Context()); err != nil {
			s.t.Fatalf("%s: %v\n%s", p.User(), err, s.Ladder())
		}
	}
	s.events()
}

func (s *scene) dial(p *phone.Phone, target string) *phone.Call {
	s.t.Helper()
	c, err := p.Dial(s.t.Context(), target)
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

// call gives the only call of a phone.
func (s *scene) call(p *phone.Phone) *phone.Call {
	s.t.Helper()
	synctest.Wait()
	calls := p.Calls()
	if len(calls) != 1 {
		s.t.Fatalf("%s has %d calls\n%s", p.User(), len(calls), s.Ladder())
	}
	return calls[0]
}

func (s *scene) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatalf("%v\n%s", err, s.Ladder())
	}
}

// golden holds the ladder to testdata.
func (s *scene) golden(name string) {
	s.t.Helper()
	synctest.Wait()
	path := filepath.Join("testdata", name+".ladder")
	got := s.Ladder()
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			s.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			s.t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		s.t.Fatal(err)
	}
	if got != string(want) {
		s.t.Errorf("%s is not what happened:\n%s", path, got)
	}
}
