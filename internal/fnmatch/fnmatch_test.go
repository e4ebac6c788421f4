package fnmatch

import (
	"strings"
	"testing"
)

func TestMatch(t *testing.T) {
	for _, test := range []struct {
		text, pattern string
		want          bool
	}{
		{"123456", "123*", true}, {"abc", "A*", false}, {"a/b", "a*b", true}, {"abc", "a[b-d]c", true}, {"abc", "a?", false},
		{"abc", "a?c", true}, {"abc", "a[!b]c", false}, {"a]c", "a[]]c", true}, {"a*c", `a\*c`, true}, {"abc", `a\*c`, false},
		{"", "", true}, {"", "*", true}, {"", "?", false}, {"abc", "*c", true}, {"abcabd", "*ab?", true}, {"a[", "a[", true},
		{"a-", "a[b-]", true}, {strings.Repeat("a", 3000), strings.Repeat("*a", 1000) + "b", false},
	} {
		if got := Match(test.text, test.pattern); got != test.want {
			t.Errorf("%.20s %.20s: %v", test.text, test.pattern, got)
		}
	}
}

func FuzzMatch(f *testing.F) {
	f.Add("123456", "123*")
	f.Add("abc", "a[!b-c]\\*?")
	f.Fuzz(func(t *testing.T, text, pattern string) {
		if len(text)*len(pattern) > 1<<20 {
			return
		}
		got := Match(text, pattern)
		if !strings.ContainsAny(pattern, `*?[\`) && got != (text == pattern) {
			t.Errorf("%q %q: %v", text, pattern, got)
		}
		if !Match(text, "*") {
			t.Errorf("* does not fit %q", text)
		}
	})
}
