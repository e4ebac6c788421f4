package syntax

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// FuzzParse checks that no text crashes the parser, that each fault has a message, and that what was understood reads
// back from its print as the same.
func FuzzParse(f *testing.F) {
	paths, _ := filepath.Glob("testdata/paper/*.cfg")
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text), 0)
	}
	f.Add("#!KAMAILIO\n#!define A (1)\n#!ifdef A\nlisten=udp:[::1]:5060 advertise a.test:1 name \"x\"\n#!else\n'\n#!endif\nroute[A] { if !$rU==A { f(\"a\" \"b\"); } else switch($rc) { case -1: break; } }", 3)
	f.Add("route { $f.x = @to.tag; if (method==INVITE & !uri==myself) { break; }; else { forward(uri:host, uri:port); } }", 1)
	f.Add("event_route[a:b] { $(hdr(X)[-1]{s.select,1,,}) = 1; while (src_ip == 10.0.0.0/8) return -1; }", 3)
	f.Fuzz(func(t *testing.T, text string, dialect int) {
		d := Dialect(uint(dialect) % 4)
		file, err := Parse("fuzz.cfg", text, Options{Dialect: d})
		if err != nil {
			var list ErrorList
			if !errors.As(err, &list) || len(list) == 0 || list[0].Msg == "" || list.Detail() == "" {
				t.Fatalf("error %#v", err)
			}
			return
		}
		printed := Format(file)
		again, err := Parse("printed.cfg", printed, Options{Dialect: file.Dialect})
		if err != nil {
			t.Fatalf("%s\nprinted:\n%s", detail(err), printed)
		}
		if second := Format(again); second != printed {
			t.Fatalf("printed:\n%s\nprinted again:\n%s", printed, second)
		}
	})
}

// FuzzParseFormat checks the strings with variables of each dialect.
func FuzzParseFormat(f *testing.F) {
	for _, text := range []string{"$rm from $(hdr(X)[-1]{s.len}) $$", "%rm %Cbg%{X}%%%@to.tag%$f.x", "$CbxLoose$Cxx", "$avp(s:$var(x))$xavp(a[0]=>b)"} {
		f.Add(text, 0)
	}
	f.Fuzz(func(t *testing.T, text string, dialect int) {
		parts, err := ParseFormat(text, Dialect(uint(dialect)%4))
		if err != nil {
			return
		}
		for i, p := range parts {
			if p.Value == nil && (p.Text == "" || i > 0 && parts[i-1].Value == nil) {
				t.Fatalf("part %d of %q: %#v", i, text, p)
			}
			if v, ok := p.Value.(*PV); ok && (v.Name == "" || v.Inner != nil && len(v.Inner.Steps) == 0) {
				t.Fatalf("part %d of %q: %#v", i, text, v)
			}
		}
	})
}
