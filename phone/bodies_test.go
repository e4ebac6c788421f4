package phone

import (
	"strings"
	"testing"
	"time"
)

func TestReadDigit(t *testing.T) {
	for _, test := range []struct {
		text  string
		digit byte
		d     time.Duration
		ok    bool
	}{
		{"Signal=2\r\nDuration=4800", '2', 4800 * time.Millisecond, true},
		{"Signal= 3\r\nDuration= 480\r\n", '3', 480 * time.Millisecond, true},
		{"signal=#", '#', DefaultDigit, true},
		{"Signal=a\nDuration=1", 'A', time.Millisecond, true},
		{"Duration=480", 0, 0, false},
		{"Signal=12", 0, 0, false},
		{"Signal=1\nDuration=-1", 0, 0, false},
		{"Signal=1\nDuration=99999999", 0, 0, false},
		{"", 0, 0, false},
	} {
		digit, d, ok := readDigit(test.text)
		if ok != test.ok || ok && (digit != test.digit || d != test.d) {
			t.Errorf("%q: %c %v %v", test.text, digit, d, ok)
		}
	}
}

// What peers put into bodies is understood or not, but does no harm.
func FuzzBodies(f *testing.F) {
	for _, seed := range []string{"Signal=2\r\nDuration=4800", "SIP/2.0 200 OK\r\n", "Signal=", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if digit, d, ok := readDigit(text); ok && (!strings.ContainsRune(digitChars, rune(digit)) || d < 0 || d > time.Hour) {
			t.Errorf("%q: %c for %v", text, digit, d)
		}
		if status := fragmentStatus(text); status != 0 && (status < 100 || status > 699) {
			t.Errorf("%q: %d", text, status)
		}
	})
}
