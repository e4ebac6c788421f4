package registrar

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"viaduct/location"
	"viaduct/sip"
	"viaduct/wire"
)

// The REGISTER of the yardstick's workload, with a CSeq that can rise.
func benchRegister(user, cseq int) string {
	return fmt.Sprintf("REGISTER sip:127.0.0.1 SIP/2.0\r\n"+
		"Via: SIP/2.0/UDP 127.0.0.1:6000;branch=z9hG4bK-1\r\n"+
		"Max-Forwards: 70\r\n"+
		"From: <sip:u%[1]d@127.0.0.1>;tag=77r1\r\n"+
		"To: <sip:u%[1]d@127.0.0.1>\r\n"+
		"Call-ID: reg-%[1]d@127.0.0.1\r\n"+
		"CSeq: %[2]d REGISTER\r\n"+
		"Contact: <sip:u%[1]d@127.0.0.1:7000>\r\n"+
		"Expires: 3600\r\n"+
		"User-Agent: bench-reg\r\n"+
		"Content-Length: 0\r\n\r\n", user, cseq)
}

func benchFlow() wire.Flow {
	return wire.Flow{
		Transport: wire.UDP,
		Local:     netip.MustParseAddrPort("127.0.0.1:5060"),
		Remote:    netip.MustParseAddrPort("127.0.0.1:6000"),
	}
}

// Every registration is a refresh in the hand of the same client.
func BenchmarkSaveRefresh(b *testing.B) {
	for _, useDomain := range []bool{false, true} {
		b.Run(fmt.Sprintf("useDomain=%v", useDomain), func(b *testing.B) {
			config := DefaultConfig()
			config.UseDomain = useDomain
			r := New(config, location.New())
			const users = 1000
			messages := make([]*sip.Message, users)
			for i := range messages {
				m, err := sip.Parse(benchRegister(i, 1))
				if err != nil {
					b.Fatal(err)
				}
				messages[i] = m
			}
			flow, now := benchFlow(), testTime
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				m := messages[i%users]
				m.CSeq.Number++
				if result := r.Save(m, flow, now, SaveOptions{}); result.Status != 200 || i >= users && result.Changed != Updated {
					b.Fatal(result)
				}
			}
		})
	}
}

func BenchmarkSaveNew(b *testing.B) {
	r := New(DefaultConfig(), location.New())
	const users = 200_000
	messages := make([]*sip.Message, users)
	for i := range messages {
		messages[i], _ = sip.Parse(benchRegister(i, 1))
	}
	flow, now := benchFlow(), testTime
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if i%users == 0 {
			r.table = location.New()
		}
		if result := r.Save(messages[i%users], flow, now, SaveOptions{}); result.Changed != Inserted {
			b.Fatal(result)
		}
	}
}

func BenchmarkLookup(b *testing.B) {
	r := New(DefaultConfig(), location.New())
	m, _ := sip.Parse(benchRegister(1, 1))
	r.Save(m, benchFlow(), testTime, SaveOptions{})
	b.ReportAllocs()
	for b.Loop() {
		if _, found := r.Lookup("sip:u1@127.0.0.1", "INVITE", testTime); found != Found {
			b.Fatal(found)
		}
	}
}

var testTime = time.Date(2026, time.January, 2, 15, 4, 5, 0, time.UTC)
