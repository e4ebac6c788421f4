package script

import (
	"os"
	"path/filepath"
	"testing"

	"viaduct/script/syntax"
)

// Real scripts compile: the paper's, the yardstick's, Debian's.
func TestRealScriptsCompile(t *testing.T) {
	var files []string
	for _, pattern := range []string{
		"../../shared/paper/scripts/*.cfg", "../../shared/bench/kamailio/*.cfg", "/etc/kamailio/kamailio.cfg",
	} {
		found, _ := filepath.Glob(pattern)
		if found == nil {
			t.Logf("%s is missing here", pattern)
		}
		files = append(files, found...)
	}
	if files == nil {
		t.Skip("no script to compile: neither ../shared nor Debian's kamailio is here")
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			b := new(bench)
			p, err := b.compileFile(file)
			if err != nil {
				t.Fatal(detail(err))
			}
			for _, line := range b.log.lines {
				t.Errorf("warning: %s", line)
			}
			if !p.Has(syntax.RequestRoute, "") {
				t.Error("there is no main route")
			}
			for _, f := range p.Report().Functions {
				if !f.Implemented {
					t.Errorf("%s of %s is not implemented", f.Name, f.Module)
				}
			}
		})
	}
}

func (b *bench) compileFile(file string) (*Program, error) {
	load := func(name string) (string, error) {
		text, err := os.ReadFile(name)
		return string(text), err
	}
	f, err := syntax.ParseFile(file, syntax.Options{Load: load})
	if err != nil {
		return nil, err
	}
	return Compile(f, b.options())
}
