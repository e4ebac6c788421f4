package rr

import (
	"testing"

	"viaduct/module"
	"viaduct/script"
)

func BenchmarkLooseRoute(b *testing.B) { benchmark(b, "loose_route") }

func BenchmarkRecordRoute(b *testing.B) { benchmark(b, "record_route") }

func BenchmarkSignedRecordRoute(b *testing.B) { benchmark(b, "record_route", "sign=1") }

// benchmark runs one function on the BYE of the paper's section 3.
func benchmark(b *testing.B, name string, params ...string) {
	t := new(testing.T)
	r := load(t, params...)
	m := request(t, "BYE", "sip:308@127.168.1.10", "352ec99f5ffd23cf", "fce371520693b722",
		"Route: <sip:127.168.1.15;lr=on;ftag=fce371520693b722>")
	var action script.Action
	for _, f := range r.Functions {
		if f.Name == name {
			action, _ = f.Bind(nil)
		}
	}
	uri := m.URI
	b.ReportAllocs()
	for b.Loop() {
		fresh := module.Message{Proxy: m.Proxy}
		fresh.Host = &fresh
		fresh.Context.Message, fresh.URI = m.Context.Message, uri
		if action(&fresh.Context) != 1 {
			b.Fatal("not routed")
		}
	}
}
