package acc

import (
	"strings"
	"testing"
)

func FuzzExtras(f *testing.F) {
	for _, seed := range []string{"a=$ru", "a=$(hdr(X){param.value,a;b});b=$avp(x;y)", ";;a=$", "a=)(;b=$si"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got := strings.Join(splitOutside(text, ';'), ";"); got != text {
			t.Errorf("%q cut and joined is %q", text, got)
		}
		all, err := parseExtras(text)
		for _, one := range all {
			if err == nil && (one.name == "" || one.format == nil) {
				t.Errorf("%q: %+v", text, one)
			}
		}
	})
}
