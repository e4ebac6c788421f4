// Vectors: the messages of the RFCs, as bytes.

package conformance

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// vector is one message of an RFC with what is expected of it.
type vector struct {
	expectation
	text    string
	via     string // the first, as it stands
	overTCP bool
}

// topVia finds the transport and the sent-by of the first Via.
var topVia = regexp.MustCompile(`(?im)^(?:via|v)[ \t]*:\s*SIP\s*/\s*[\d.]+\s*/\s*(\w+)[^,\r]*`)

// vectors reads all messages in the order of the table.
func vectors(t *testing.T) (all []*vector) {
	t.Helper()
	found := map[string]bool{}
	for _, e := range expectations {
		path := filepath.Join("testdata", "rfc4475", e.name+".dat")
		if e.rfc == 5118 {
			path = filepath.Join("testdata", "rfc5118", e.name+".sip")
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		found[path] = true
		via := topVia.FindStringSubmatch(string(text))
		if via == nil {
			t.Fatalf("%s: no Via", path)
		}
		// What came over TLS comes over TCP.
		all = append(all, &vector{e, string(text), via[0], via[1] == "TCP" || via[1] == "TLS"})
	}
	files, err := filepath.Glob("testdata/rfc*/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !found[file] {
			t.Errorf("nothing is expected of %s", file)
		}
	}
	return all
}

// transaction is what makes two messages one transaction; a server sees it once only.
func (v *vector) transaction() string { return v.method() + " " + v.via }

func (v *vector) method() string {
	method, _, _ := strings.Cut(v.text, " ")
	return method
}
