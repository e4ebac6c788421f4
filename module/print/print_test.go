package print

import (
	"strings"
	"testing"

	"viaduct/internal/siptest/scripttest"
	"viaduct/script"
)

type printer struct{ text strings.Builder }

func (p *printer) Print(_ script.Level, text []byte) { p.text.Write(text) }

func TestPrint(t *testing.T) {
	p := new(printer)
	m := scripttest.Message(t, scripttest.Invite)
	code := scripttest.RunWith(t, m, `modparam("print", "string_param", "x")`, `print("a request\n"); print1("b"); print2("c", "$rm"); printv("d", "e", "f", 7);`, New(p))
	if want := "a request\nb\nc INVITE\nd e f 7\n"; code != 1 || p.text.String() != want {
		t.Errorf("%d %q, want %q", code, p.text.String(), want)
	}
}
