package resolve

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"viaduct/internal/dnstest"

	"github.com/miekg/dns"
)

// reversed gives a zone with its lines the other way round.
func reversed(zone string) string {
	lines := strings.Split(zone, "\n")
	slices.Reverse(lines)
	return strings.Join(lines, "\n")
}

const two = `
	long.test.            300 A 127.0.0.1
	short.test.            10 A 127.0.0.2
	zero.test.              0 A 127.0.0.3
	huge.test.     2147483647 A 127.0.0.4
	mixed.test.           300 NAPTR 1 1 "s" "SIP+D2U" "" _sip._udp.mixed.test.
	_sip._udp.mixed.test. 200 SRV 0 0 5060 short.test.
	alias.test.             5 CNAME long.test.
	_sip._udp.brief.test.  15 SRV 0 0 5060 long.test.
	hasty.test.             7 NAPTR 1 1 "s" "SIP+D2U" "" _sip._udp.brief.test.`

var direct = reach("udp4")

// bench is a resolver and its server in fake time.
type bench struct {
	t      *testing.T
	server *dnstest.Server
	*Resolver
}

func inFakeTime(t *testing.T, zone string, change func(*Config), test func(b *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		server := dnstest.New(t, zone)
		test(&bench{t, server, inMemory(server, change)})
	})
}

// asks expects hops, or an error, and how many queries that takes.
func (b *bench) asks(host, want string, queries int) {
	b.t.Helper()
	b.server.Asked()
	expect(b.t, host, hops(b.Resolver, Query{URI: "sip:" + host, Reach: direct}), want)
	synctest.Wait()
	if asked := b.server.Asked(); len(asked) != queries {
		b.t.Errorf("%s: asked %v, want %d queries", host, asked, queries)
	}
}

func TestTTL(t *testing.T) {
	tests := []struct {
		host, want string
		holds      time.Duration
	}{
		{"long.test:5060", "udp 127.0.0.1:5060", 300 * time.Second},
		{"short.test:5060", "udp 127.0.0.2:5060", 10 * time.Second},
		{"zero.test:5060", "udp 127.0.0.3:5060", 0},
		{"huge.test:5060", "udp 127.0.0.4:5060", 24 * time.Hour}, // our bound
		{"alias.test:5060", "udp 127.0.0.1:5060", 5 * time.Second},
		{"none.test:5060", ErrName.Error(), 30 * time.Second}, // the SOA's
		{"_sip._udp.mixed.test:5060", ErrName.Error(), 30 * time.Second},
	}
	for _, test := range tests {
		inFakeTime(t, two, nil, func(b *bench) {
			b.asks(test.host, test.want, 1)
			if test.holds > 0 {
				time.Sleep(test.holds - time.Millisecond)
				b.asks(test.host, test.want, 0)
			}
			time.Sleep(time.Millisecond)
			b.asks(test.host, test.want, 1)
		})
	}
}

func TestTTLBounds(t *testing.T) {
	change := func(c *Config) { c.MinTTL, c.MaxTTL, c.NegativeTTL = time.Minute, 2*time.Minute, 20*time.Second }
	tests := []struct {
		host, want string
		holds      time.Duration
	}{
		{"long.test:5060", "udp 127.0.0.1:5060", 2 * time.Minute},
		{"zero.test:5060", "udp 127.0.0.3:5060", time.Minute},
		{"none.test:5060", ErrName.Error(), 20 * time.Second},
	}
	for _, test := range tests {
		inFakeTime(t, two, change, func(b *bench) {
			b.asks(test.host, test.want, 1)
			time.Sleep(test.holds - time.Millisecond)
			b.asks(test.host, test.want, 0)
			time.Sleep(time.Millisecond)
			b.asks(test.host, test.want, 1)
		})
	}
}

// TestAPlanHoldsAsLongAsItsFirstRecord: and only that one is asked for again.
func TestAPlanHoldsAsLongAsItsFirstRecord(t *testing.T) {
	inFakeTime(t, two, nil, func(b *bench) {
		b.asks("mixed.test", "udp 127.0.0.2:5060", 3)
		time.Sleep(9 * time.Second)
		b.asks("mixed.test", "udp 127.0.0.2:5060", 0)
		time.Sleep(2 * time.Second)
		b.server.SetZone(strings.ReplaceAll(two, "127.0.0.2", "127.0.0.7"))
		b.asks("mixed.test", "udp 127.0.0.7:5060", 1)

		b.asks("hasty.test", "udp 127.0.0.1:5060", 3)
		time.Sleep(7 * time.Second)
		b.asks("hasty.test", "udp 127.0.0.1:5060", 1) // NAPTR
		b.asks("brief.test;transport=udp", "udp 127.0.0.1:5060", 0)
		time.Sleep(8 * time.Second)
		b.asks("brief.test;transport=udp", "udp 127.0.0.1:5060", 1) // SRV
	})
}

func TestPlansShareAnswers(t *testing.T) {
	inFakeTime(t, two, nil, func(b *bench) {
		b.asks("short.test:5060", "udp 127.0.0.2:5060", 1)
		b.asks("short.test:5070", "udp 127.0.0.2:5070", 0)
		b.asks("mixed.test", "udp 127.0.0.2:5060", 2)
	})
}

func TestNoCache(t *testing.T) {
	inFakeTime(t, two, func(c *Config) { c.Cache = false }, func(b *bench) {
		for range 3 {
			b.asks("long.test:5060", "udp 127.0.0.1:5060", 1)
			b.asks("none.test:5060", ErrName.Error(), 1)
		}
	})
}

func TestConfigureForgets(t *testing.T) {
	inFakeTime(t, two, nil, func(b *bench) {
		b.asks("long.test:5060", "udp 127.0.0.1:5060", 1)
		b.Configure(b.current.Load().config)
		b.asks("long.test:5060", "udp 127.0.0.1:5060", 1)
	})
}

// TestStale: a server that refuses, then one that is silent. The answer serves
// on for a day and not for longer.
func TestStale(t *testing.T) {
	faults := map[string]dnstest.Behaviour{
		"refuses": {Rcode: dns.RcodeServerFailure},
		"silent":  {Silent: true},
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, two, nil, func(b *bench) {
				b.asks("short.test:5060", "udp 127.0.0.2:5060", 1)
				time.Sleep(11 * time.Second)
				b.server.Behave(fault)
				hop := func(within time.Duration) {
					t.Helper()
					begun := time.Now()
					expect(t, "stale", hops(b.Resolver, Query{URI: "sip:short.test:5060", Reach: direct}), "udp 127.0.0.2:5060")
					if took := time.Since(begun); took > within {
						t.Errorf("it took %v, want no more than %v", took, within)
					}
				}
				hop(1800 * time.Millisecond) // patience
				hop(0)                       // known to be slow, or failed
				b.server.Asked()
				time.Sleep(20 * time.Second)
				b.asks("short.test:5060", "udp 127.0.0.2:5060", 0) // nobody is asked for a while
				time.Sleep(15 * time.Second)
				hop(1800 * time.Millisecond)
				if len(b.server.Asked()) == 0 {
					t.Error("the server is not tried again")
				}
				if b.Counters().Stale == 0 {
					t.Error("what was stale was not counted")
				}
				time.Sleep(10 * time.Second) // whatever is under way ends

				b.server.Behave(dnstest.Behaviour{})
				b.server.SetZone(strings.ReplaceAll(two, "127.0.0.2", "127.0.0.8"))
				time.Sleep(time.Minute)
				b.asks("short.test:5060", "udp 127.0.0.8:5060", 1)

				b.server.Behave(fault)
				time.Sleep(25 * time.Hour)
				expect(t, "after a day", hopsError(b, "short.test:5060"), ErrUnanswered.Error())
			})
		})
	}
}

// hopsError gives the error that an error wraps.
func hopsError(b *bench, host string) string {
	_, err := b.AppendHops(nil, Query{URI: "sip:" + host, Reach: direct}, nil)
	if errors.Is(err, ErrUnanswered) {
		return ErrUnanswered.Error()
	}
	return "no failure"
}

// TestStaleParts: a plan of several records survives when only some of them
// can be asked for, and a slow server delays a call once, not each call.
func TestStaleParts(t *testing.T) {
	inFakeTime(t, two, nil, func(b *bench) {
		b.asks("mixed.test", "udp 127.0.0.2:5060", 3)
		time.Sleep(time.Hour)
		b.server.Behave(dnstest.Behaviour{Below: "short.test", Rcode: dns.RcodeServerFailure})
		b.asks("mixed.test", "udp 127.0.0.2:5060", 3)
		time.Sleep(time.Hour)
		b.server.Behave(dnstest.Behaviour{Delay: 5 * time.Second}) // beyond the timeout of one query
		begun := time.Now()
		for range 100 {
			expect(t, "slow", hops(b.Resolver, Query{URI: "sip:mixed.test", Reach: direct}), "udp 127.0.0.2:5060")
		}
		if took := time.Since(begun); took > 1800*time.Millisecond {
			t.Errorf("100 calls wait %v together", took)
		}
		time.Sleep(time.Minute)
	})
}

func TestFailuresAreRemembered(t *testing.T) {
	inFakeTime(t, two, nil, func(b *bench) {
		b.server.Behave(dnstest.Behaviour{Rcode: dns.RcodeServerFailure})
		expect(t, "refused", hopsError(b, "long.test:5060"), ErrUnanswered.Error())
		b.server.Asked()
		time.Sleep(4 * time.Second)
		begun := time.Now()
		expect(t, "at once", hopsError(b, "long.test:5060"), ErrUnanswered.Error())
		if asked := b.server.Asked(); len(asked) > 0 || time.Since(begun) > 0 {
			t.Errorf("asked %v, took %v", asked, time.Since(begun))
		}
		b.server.Behave(dnstest.Behaviour{})
		time.Sleep(2 * time.Second)
		b.asks("long.test:5060", "udp 127.0.0.1:5060", 1)
	})
}

// TestOneQuestionForMany: single flight, for one place and for places that
// share a question.
func TestOneQuestionForMany(t *testing.T) {
	inFakeTime(t, two, nil, func(b *bench) {
		b.server.Behave(dnstest.Behaviour{Delay: time.Second})
		var all sync.WaitGroup
		waits := make(chan bool, 100)
		for i := range 100 {
			all.Go(func() {
				uri := "sip:long.test:" + itoa(5060+i%10)
				if _, err := b.AppendHops(nil, Query{URI: uri, Reach: direct}, func() { waits <- true }); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if asked := b.server.Asked(); len(asked) != 1 || len(waits) != 100 {
			t.Errorf("asked %v, %d were told to wait", asked, len(waits))
		}
	})
}

func TestTooManyWait(t *testing.T) {
	inFakeTime(t, two, func(c *Config) { c.MaxWaiting = 5 }, func(b *bench) {
		hold := make(chan struct{})
		b.server.Behave(dnstest.Behaviour{Hold: hold})
		results := make(chan error, 8)
		for range 8 {
			go func() {
				_, err := b.AppendHops(nil, Query{URI: "sip:long.test:5060", Reach: direct}, nil)
				results <- err
			}()
		}
		for range 3 {
			if err := <-results; !errors.Is(err, ErrBusy) {
				t.Errorf("one too many gets %v", err)
			}
		}
		synctest.Wait()
		close(hold)
		for range 5 {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
		if b.Counters().Busy != 3 {
			t.Errorf("%d were counted as too many", b.Counters().Busy)
		}
		b.asks("short.test:5060", "udp 127.0.0.2:5060", 1)
	})
}

func TestQuestionsAtOnce(t *testing.T) {
	open, most := 0, 0
	var mu sync.Mutex
	inFakeTime(t, two, func(c *Config) {
		c.MaxQuestions = 4
		exchange := c.Exchange
		c.Exchange = func(ctx context.Context, network string, at netip.AddrPort, query *dns.Msg) (*dns.Msg, error) {
			mu.Lock()
			open++
			most = max(most, open)
			mu.Unlock()
			time.Sleep(100 * time.Millisecond)
			mu.Lock()
			open--
			mu.Unlock()
			return exchange(ctx, network, at, query)
		}
	}, func(b *bench) {
		var all sync.WaitGroup
		for i := range 40 {
			all.Go(func() { hops(b.Resolver, Query{URI: "sip:n" + itoa(i) + ".test:5060", Reach: direct}) })
		}
		all.Wait()
		if most != 4 {
			t.Errorf("%d questions were open at once, want 4", most)
		}
		if asked := len(b.server.Asked()); asked != 40 {
			t.Errorf("%d questions, want 40", asked)
		}
	})
}

// TestSize: the cache does not grow, and what holds longest stays.
func TestSize(t *testing.T) {
	inFakeTime(t, two, func(c *Config) { c.Size = 100 }, func(b *bench) {
		b.asks("long.test:5060", "udp 127.0.0.1:5060", 1)
		for i := range 1000 {
			hops(b.Resolver, Query{URI: "sip:n" + itoa(i) + ".test:5060", Reach: direct})
		}
		if c := b.Counters(); c.Plans != 100 || c.Answers != 100 {
			t.Errorf("%+v", c)
		}
		b.asks("long.test:5060", "udp 127.0.0.1:5060", 0)
	})
}
