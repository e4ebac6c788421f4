package registrar

import (
	"slices"
	"strings"
	"testing"

	"viaduct/location"
)

// RFC 3327 section 5.3, in the three modes that Kamailio has for it.
func TestPath(t *testing.T) {
	const path, contact = "Path: <sip:edge.test;lr>, <sip:inner.test;lr>\n", "Contact: <sip:a@pc>"
	const bound, told = "200 inserted\nContact: <sip:a@pc>;expires=3600", "\nPath: <sip:edge.test;lr>, <sip:inner.test;lr>\nSupported: path"
	const refused = "420\nUnsupported: path\nPath: <sip:edge.test;lr>, <sip:inner.test;lr>"
	kept := []string{"<sip:edge.test;lr>", "<sip:inner.test;lr>"}
	for _, test := range []struct {
		name      string
		use       bool
		mode      PathMode
		supported string
		want      string
		kept      []string
	}{
		{"not used", false, PathStrict, "", bound, nil},
		{"silent", true, PathSilent, "Supported: path\n", bound, kept},
		{"lazy, not supported", true, PathLazy, "", bound, kept},
		{"lazy, supported", true, PathLazy, "Supported: 100rel, Path\n", bound + told, kept},
		{"strict, not supported", true, PathStrict, "Supported: 100rel\n", refused, nil},
		{"strict, supported", true, PathStrict, "k: path\n", bound + told, kept},
	} {
		t.Run(test.name, func(t *testing.T) {
			config := strict()
			config.UsePath, config.PathMode = test.use, test.mode
			r := New(config, location.New())
			if got := answer(save(t, r, register{fields: path + test.supported + contact}, testTime)); got != test.want {
				t.Fatalf("got  %s\nwant %s", got, test.want)
			}
			targets, found := r.Lookup("sip:bob@biloxi.test", "INVITE", testTime)
			if strings.HasPrefix(test.want, "420") {
				if found != NotFound {
					t.Error("refused but registered")
				}
				return
			}
			if found != Found || !slices.Equal(targets[0].Path, test.kept) {
				t.Errorf("path of the target: %q, want %q", targets[0].Path, test.kept)
			}
		})
	}
}

func TestPathRefusesBadHops(t *testing.T) {
	config := strict()
	config.UsePath = true
	r := New(config, location.New())
	for _, test := range []struct{ path, want string }{
		{"sip:edge.test", "400 Bad Path"},
		{"<sip:edge.test;lr", "400 Bad Path"},
		{"<tel:+1>", "400 Bad Path URI"},
		{"<sip:>", "400 Bad Path URI"},
		{"<sip:" + strings.Repeat("e", 1024) + ">", "400 Path Too Long"},
	} {
		got := answer(save(t, r, register{fields: "Supported: path\nContact: <sip:a@pc>\nPath: " + test.path}, testTime))
		if got != test.want {
			t.Errorf("%.40s: got %s, want %s", test.path, got, test.want)
		}
	}
	// A query keeps nothing, so its Path does not matter.
	if got := answer(save(t, r, register{fields: "Path: <sip:edge.test;lr>"}, testTime)); got != "200" {
		t.Error(got)
	}
}
