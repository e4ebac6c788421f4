package proxy

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"viaduct/internal/dnstest"
	"viaduct/sip"
	"viaduct/transaction"
	"viaduct/transport"
	"viaduct/wire"
)

// refusing is a bench's network on which some take no connections: at once, or
// a moment after the message was taken.
type refusing struct {
	*bench
	atOnce, later map[netip.AddrPort]bool
	flows         []string // of what was sent, also in vain
}

var errRefused = errors.New("connection refused")

func (r *refusing) Send(f wire.Flow, text []byte, owner transport.Owner) error {
	method, _, _ := strings.Cut(string(text), " ")
	r.flows = append(r.flows, method+" "+f.Transport.String()+" "+f.Remote.Addr().String())
	if f.Transport == wire.TCP {
		if r.atOnce[f.Remote] {
			return errRefused
		}
		if r.later[f.Remote] {
			time.AfterFunc(time.Millisecond, func() { owner.TransportFailed(errRefused) })
			return nil
		}
	}
	return r.bench.Send(f, text, owner)
}

// Section 18.1.1: what is larger than MaxDatagram goes over TCP, says so in its
// Via, and goes over UDP where no connection can be had.
func TestLargeRequests(t *testing.T) {
	long := "Subject: " + strings.Repeat("x", 1300) + "\r\n"
	for _, test := range []struct {
		name, method, fields string
		limit                int64
		refuse               string // "at once", "later" or ""
		responds             []int
		quiet                time.Duration
		flows                string
		toCaller             string
	}{
		{"small", "MESSAGE", "", 1300, "", []int{200}, 0, "MESSAGE UDP 127.0.0.3", "200"},
		{"switched off", "MESSAGE", long, 0, "", []int{200}, 0, "MESSAGE UDP 127.0.0.3", "200"},
		{"over TCP", "MESSAGE", long, 1300, "", []int{200}, 0, "MESSAGE TCP 127.0.0.3", "200"},
		{"refused at once", "MESSAGE", long, 1300, "at once", []int{200}, 0, "MESSAGE TCP 127.0.0.3, MESSAGE UDP 127.0.0.3", "200"},
		{"refused later", "MESSAGE", long, 1300, "later", []int{200}, 10 * time.Millisecond, "MESSAGE TCP 127.0.0.3, MESSAGE UDP 127.0.0.3", "200"},
		{"an INVITE, refused later", "INVITE", long, 1300, "later", []int{180, 486}, 10 * time.Millisecond,
			"INVITE TCP 127.0.0.3, INVITE UDP 127.0.0.3, ACK UDP 127.0.0.3", "100 180 486"},
		{"an INVITE and its ACK", "INVITE", long, 1300, "", []int{486}, 0, "INVITE TCP 127.0.0.3, ACK TCP 127.0.0.3", "100 486"},
		{"503 over TCP is an answer", "MESSAGE", long, 1300, "", []int{503}, 0, "MESSAGE TCP 127.0.0.3", "500"},
		{"silence over TCP is no refusal", "INVITE", long, 1300, "", nil, 33 * time.Second, "INVITE TCP 127.0.0.3", "100 408"},
	} {
		t.Run(test.name, func(t *testing.T) {
			runOver(t, []Target{to(bob)}, func(b *bench, network *refusing) {
				b.proxy.MaxDatagram.Store(test.limit)
				all := map[netip.AddrPort]bool{bob: true}
				switch test.refuse {
				case "at once":
					network.atOnce = all
				case "later":
					network.later = all
				}
				b.receive(caller, b.request(test.method, test.fields))
				time.Sleep(test.quiet)
				sent := b.messages(bob)
				for _, status := range test.responds {
					b.answer(bob, sent[0], status, "")
				}
				synctest.Wait()
				expect(t, "to the caller", once(b.take(caller)), test.toCaller)
				var flows []string
				for _, flow := range network.flows {
					if !strings.Contains(flow, caller.Addr().String()) {
						flows = append(flows, flow)
					}
				}
				expect(t, "sent", strings.Join(flows, ", "), test.flows)
				last := test.flows
				if i := strings.LastIndex(last, test.method); i >= 0 {
					last = last[i+len(test.method)+1:][:3]
				}
				if m := sent[0]; m.Via.Transport != last || test.fields != "" && !m.Has(sip.FieldContentLength) {
					t.Errorf("sent over %s:\n%.300s", last, m.Text)
				}
			})
		})
	}
}

// runOver is run on a network that can refuse.
func runOver(t *testing.T, targets []Target, test func(b *bench, network *refusing)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, targets...)
		network := &refusing{bench: b}
		b.proxy.Network = network
		b.proxy.Transactions.Close()
		b.proxy.Transactions = transaction.New(network, b, transaction.DefaultTiming)
		defer b.close()
		test(b, network)
	})
}

// Each hop is asked over TCP and UDP before the next one is.
func TestLargeRequestsFailOver(t *testing.T) {
	long := "Subject: " + strings.Repeat("x", 1300) + "\r\n"
	runOver(t, []Target{toPair}, func(b *bench, network *refusing) {
		b.proxy.Resolver.Configure(inMemory(dnstest.New(t, pair)))
		b.proxy.MaxDatagram.Store(1300)
		network.later = map[netip.AddrPort]bool{bob: true}
		b.receive(caller, b.request("MESSAGE", long))
		time.Sleep(10 * time.Millisecond)
		b.answer(bob, b.messages(bob)[0], 503, "")
		b.answer(carol, b.messages(carol)[0], 503, "")
		expect(t, "sent", strings.Join(network.flows, ", "), "MESSAGE TCP 127.0.0.3, MESSAGE UDP 127.0.0.3, MESSAGE TCP 127.0.0.4, SIP/2.0 UDP 127.0.0.2")
		expect(t, "to the caller", b.take(caller), "500")
	})
}

// A Record-Route is for the requests of the callee, mostly small ones: it does
// not bind them to TCP.
func TestLargeRequestsAreRecordRoutedAsSmallOnes(t *testing.T) {
	runOver(t, []Target{to(bob)}, func(b *bench, network *refusing) {
		b.proxy.MaxDatagram.Store(1300)
		b.rr = &RecordRoute{Params: ";lr"}
		b.receive(caller, b.request("INVITE", "Subject: "+strings.Repeat("x", 1300)+"\r\n"))
		m := b.messages(bob)[0]
		expect(t, "Record-Route", m.Get(sip.FieldRecordRoute), "<sip:127.0.0.1;lr>")
		expect(t, "Via", m.Via.Transport, "TCP")
	})
}

// Without a transaction, and of our own.
func TestLargeRequestsWithoutState(t *testing.T) {
	long := "Subject: " + strings.Repeat("x", 1300) + "\r\n"
	for _, refuse := range []string{"", "at once", "later"} {
		want := "MESSAGE TCP 127.0.0.3"
		if refuse != "" {
			want += ", MESSAGE UDP 127.0.0.3"
		}
		play := func(name string, send func(b *bench)) {
			runOver(t, []Target{to(bob)}, func(b *bench, network *refusing) {
				b.proxy.MaxDatagram.Store(1300)
				all := map[netip.AddrPort]bool{bob: true}
				switch refuse {
				case "at once":
					network.atOnce = all
				case "later":
					network.later = all
				}
				send(b)
				time.Sleep(10 * time.Millisecond)
				synctest.Wait()
				expect(t, name+" "+refuse, strings.Join(network.flows, ", "), want)
				if m := b.messages(bob)[0]; !strings.HasSuffix(want, m.Via.Transport+" 127.0.0.3") {
					t.Errorf("%s %s: the Via says %s", name, refuse, m.Via.Transport)
				}
			})
		}
		play("stateless", func(b *bench) {
			m := b.request("MESSAGE", long)
			if err := b.proxy.ForwardStateless(&Request{Message: m, Flow: wire.Flow{Transport: wire.UDP, Local: ours, Remote: caller}}, &b.targets[0]); err != nil {
				t.Error(err)
			}
		})
		play("our own", func(b *bench) {
			r := OwnRequest{Method: "MESSAGE", URI: "sip:bob@127.0.0.3", From: "<sip:us@127.0.0.1>", Fields: long}
			if err := b.proxy.Originate(&r, nil); err != nil {
				t.Error(err)
			}
		})
	}
}
