// Holds the documentation to the code: links lead somewhere, tests that it names exist, words of modules have a line on
// their page.

package viaduct_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	modregistrar "viaduct/module/registrar"
	"viaduct/module/rr"
	"viaduct/module/sl"
	"viaduct/module/tm"
	"viaduct/module/tmx"
	"viaduct/module/usrloc"
	"viaduct/registrar"
	"viaduct/script"
)

// pages gives the text of each page of docs by its path.
func pages(t *testing.T) map[string]string {
	all := map[string]string{}
	err := filepath.WalkDir("docs", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".md" {
			return err
		}
		text, err := os.ReadFile(path)
		all[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestLinksLeadSomewhere(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)]+)\)`)
	for path, text := range pages(t) {
		for _, found := range link.FindAllStringSubmatch(text, -1) {
			target, _, _ := strings.Cut(found[1], "#")
			if target == "" || strings.Contains(target, "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), target)); err != nil {
				t.Errorf("%s: the link to %s leads nowhere", path, found[1])
			}
		}
	}
}

func TestNamedTestsExist(t *testing.T) {
	declared := map[string]bool{}
	function := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, found := range function.FindAllStringSubmatch(string(text), -1) {
			declared[filepath.Dir(path)+"."+found[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	name := regexp.MustCompile("`([\\w/]*\\.?(?:Test|Fuzz)[A-Z0-9]\\w+)`")
	count := 0
	for path, text := range pages(t) {
		for _, found := range name.FindAllStringSubmatch(text, -1) {
			if count++; !declared[found[1]] {
				t.Errorf("%s names %s, which is not there", path, found[1])
			}
		}
	}
	if count == 0 {
		t.Error("no page names a test")
	}
}

func TestWordsOfModulesAreDocumented(t *testing.T) {
	config := registrar.DefaultConfig()
	for _, m := range []*script.Module{
		modregistrar.New(modregistrar.Server{Config: &config}), rr.New(rr.Server{}), sl.New(), tm.New(), tmx.New(), usrloc.New(&config, nil),
	} {
		text, err := os.ReadFile("docs/modules/" + m.Name + ".md")
		if err != nil {
			t.Error(err)
			continue
		}
		has := func(name string) bool {
			return regexp.MustCompile(`[^\w]` + regexp.QuoteMeta(name) + `[^\w]`).Match(text)
		}
		for _, f := range m.Functions {
			if !has(f.Name) {
				t.Errorf("docs/modules/%s.md does not say what %s() does", m.Name, f.Name)
			}
		}
		for _, p := range m.Params {
			if !has(p.Name) {
				t.Errorf("docs/modules/%s.md does not say what the parameter %s means", m.Name, p.Name)
			}
		}
		for _, v := range m.Variables {
			if !has(v.Name) {
				t.Errorf("docs/modules/%s.md does not say what $%s is", m.Name, v.Name)
			}
		}
	}
}
