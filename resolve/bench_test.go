package resolve

import (
	"testing"

	"viaduct/internal/dnstest"
	"viaduct/wire"
)

// hot are URIs of which nothing must be asked once they are known.
var hot = map[string]string{
	"numeric": "sip:bob@127.0.0.3:5070;transport=tcp",
	"name":    "sip:bob@plain.test:5060",
	"NAPTR":   "sip:bob@example.test",
	"pool":    "sip:pool.test;transport=udp",
	"none":    "sip:none.test",
}

func TestHotNamesAllocateNothing(t *testing.T) {
	r := inMemory(dnstest.New(t, example+pool), nil)
	var in handedOver
	for name, uri := range hot {
		q := Query{URI: uri, Reach: reach("udp4", "tcp4")}
		r.AppendHops(nil, q, nil)
		if n := testing.AllocsPerRun(1000, func() {
			var space [8]wire.Flow
			r.AppendHops(space[:0], q, in.HandOver)
		}); n != 0 {
			t.Errorf("%s: %v allocations a look", name, n)
		}
		if n := testing.AllocsPerRun(1000, func() { r.Hop(uri, in.HandOver) }); n != 0 && name == "numeric" {
			t.Errorf("Hop, %s: %v allocations a look", name, n)
		}
	}
	if in > handedOver(len(hot)) { // once each for Hop, which has a place of its own in the cache
		t.Errorf("told to wait %d times", in)
	}
}

// handedOver stands for transport.Inbound.
type handedOver int

func (h *handedOver) HandOver() { *h++ }

func BenchmarkHops(b *testing.B) {
	r := inMemory(dnstest.New(b, example+pool), nil)
	for name, uri := range hot {
		q := Query{URI: uri, Reach: reach("udp4", "tcp4")}
		r.AppendHops(nil, q, nil)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var space [8]wire.Flow
				r.AppendHops(space[:0], q, nil)
			}
		})
	}
}

func BenchmarkHopsParallel(b *testing.B) {
	r := inMemory(dnstest.New(b, example+pool), nil)
	q := Query{URI: hot["NAPTR"], Reach: reach("udp4", "tcp4")}
	r.AppendHops(nil, q, nil)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			var space [8]wire.Flow
			r.AppendHops(space[:0], q, nil)
		}
	})
}
