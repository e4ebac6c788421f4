package registrar

import (
	"testing"

	"viaduct/internal/siptest/scripttest"
	"viaduct/module"
	"viaduct/registrar"
	"viaduct/script"
	"viaduct/script/syntax"
)

// BenchmarkSave is a refresh with its reply, beside the floor below alone.
func BenchmarkSave(b *testing.B) {
	t := new(testing.T)
	s := newServer()
	m := register(t, "a", "1", 1, one)
	r := registrar.New(s.config, s.table("location"))
	b.Run("floor", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			m.Context.Message.CSeq.Number++
			if result := r.Save(m.Context.Message, m.Flow, s.now, registrar.SaveOptions{}); result.Status != 200 {
				b.Fatal(result)
			}
			m.Reply(200, "", "")
			drop(m)
		}
	})
	route := s.route(b, `save("location");`)
	b.Run("word", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			m.Context.Message.CSeq.Number++
			if result := route.Run(&m.Context); result.Code < 1 {
				b.Fatal(result)
			}
			drop(m)
		}
	})
}

// BenchmarkLookup is that of an INVITE for one contact.
func BenchmarkLookup(b *testing.B) {
	t := new(testing.T)
	s := newServer()
	s.run(t, register(t, "a", "1", 1, one), "", `save("location");`)
	m := request(t, "INVITE", "sip:a@us.test", false)
	r := registrar.New(s.config, s.table("location"))
	b.Run("floor", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, found := r.Lookup("sip:a@us.test", "INVITE", s.now); found != registrar.Found {
				b.Fatal(found)
			}
		}
	})
	route := s.route(b, `lookup("location");`)
	b.Run("word", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			m.URI = "sip:a@us.test"
			if result := route.Run(&m.Context); result.Code != 1 {
				b.Fatal(result)
			}
		}
	})
}

func (s *server) route(b *testing.B, body string) *script.Route {
	mod := s.module()
	p := scripttest.Compile(b, scripttest.Source([]*script.Module{mod}, "", body), mod)
	return p.Find(syntax.RequestRoute, "")
}

// drop forgets the replies, so that they do not pile up.
func drop(m *module.Message) { m.Proxy.Network.(*scripttest.Network).Sent = nil }
