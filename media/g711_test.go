package media

import "testing"

// Values of ITU-T G.711's tables, scaled to 16 bits.
func TestG711Values(t *testing.T) {
	for _, test := range []struct {
		octet   byte
		mu, law int16
	}{
		{0x00, -32124, -5504}, {0x80, 32124, 5504}, {0x2A, -5372, -32256}, {0xAA, 5372, 32256},
		{0xFF, 0, 848}, {0x7F, 0, -848}, {0xD5, 716, 8}, {0x55, -716, -8}, {0x70, -120, -688},
	} {
		if got := DecodeMuLaw(nil, []byte{test.octet})[0]; got != test.mu {
			t.Errorf("µ-law %#x is %d, want %d", test.octet, got, test.mu)
		}
		if got := DecodeALaw(nil, []byte{test.octet})[0]; got != test.law {
			t.Errorf("A-law %#x is %d, want %d", test.octet, got, test.law)
		}
	}
}

// Encoding a decoded octet gives it back; encoding any sample stays within
// half a step of its segment.
func TestG711RoundTrips(t *testing.T) {
	for octet := range 256 {
		mu, law := byte(octet), byte(octet)
		if got := AppendMuLaw(nil, DecodeMuLaw(nil, []byte{mu}))[0]; got != mu && mu != 0x7F { // there are two zeros
			t.Errorf("µ-law %#x comes back as %#x", mu, got)
		}
		if got := AppendALaw(nil, DecodeALaw(nil, []byte{law}))[0]; got != law {
			t.Errorf("A-law %#x comes back as %#x", law, got)
		}
	}
	for sample := -32768; sample <= 32767; sample++ {
		allowed := max(sample, -sample)/32 + 8
		if sample > 32124 || sample < -32124 {
			allowed = 644
		}
		in := []int16{int16(sample)}
		for name, out := range map[string]int16{"µ-law": DecodeMuLaw(nil, AppendMuLaw(nil, in))[0], "A-law": DecodeALaw(nil, AppendALaw(nil, in))[0]} {
			if d := sample - int(out); d > allowed || d < -allowed {
				t.Fatalf("%s: %d becomes %d", name, sample, out)
			}
		}
	}
}
