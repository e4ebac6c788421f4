package sanity

import (
	"strings"
	"testing"
)

func FuzzCredentials(f *testing.F) {
	f.Add(strings.TrimPrefix(digest, "Digest "))
	f.Add(`username="a,b", realm=r`)
	f.Add(`username="\"", realm="`)
	f.Fuzz(func(t *testing.T, params string) {
		if !complete(params) {
			return
		}
		lower := strings.ToLower(params)
		for _, name := range needed {
			if !strings.Contains(lower, name) {
				t.Errorf("%q is complete without %s", params, name)
			}
		}
	})
}
