package corex

import "testing"

func FuzzSubdomains(f *testing.F) {
	for _, seed := range []string{"example.test", "udp:example.test:5060", "any:x.test", "tcp:", ":::"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s := new(Subdomains)
		if s.Add(text) != nil {
			return
		}
		d := s.domains[0]
		if !s.Has(d.name, d.port, d.transport) || !s.Has("a."+d.name, 0, 0) || s.Has("a"+d.name+"x", 0, 0) {
			t.Errorf("%q: %+v", text, d)
		}
	})
}
