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

// The second column of docs/rfc.md names code: functions, methods, types, as "Type.Method" or "package.Name". Words with
// parentheses are a script's. A row without a test says why.
func TestNamedCodeExists(t *testing.T) {
	declared := map[string]bool{}
	declaration := regexp.MustCompile(`(?m)^(?:func (?:\(\w* ?\*?(\w+)\) )?|type )(\w+)`)
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, found := range declaration.FindAllStringSubmatch(string(text), -1) {
			receiver, name := found[1], found[2]
			declared[name] = true
			declared[receiver+"."+name] = true
			if receiver == "" {
				declared[filepath.Base(filepath.Dir(path))+"."+name] = true
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	name := regexp.MustCompile("`([A-Za-z]\\w*(?:\\.\\w+)?)`")
	rows := 0
	rules, _, _ := strings.Cut(pages(t)["docs/rfc.md"], "\n## Rules broken by hand")
	for _, line := range strings.Split(rules, "\n") {
		cells := strings.Split(line, "|")
		if len(cells) != 5 || strings.HasPrefix(line, "|--") || strings.HasPrefix(line, "| requirement") {
			continue
		}
		rows++
		for _, found := range name.FindAllStringSubmatch(cells[2], -1) {
			if !declared[found[1]] {
				t.Errorf("docs/rfc.md names %s, which is not there:\n%s", found[1], line)
			}
		}
		if strings.TrimSpace(cells[2]) == "" || strings.TrimSpace(cells[3]) == "" && !regexp.MustCompile(`not done|script`).MatchString(cells[2]) {
			t.Errorf("docs/rfc.md: code or test is missing, and no reason stands there:\n%s", line)
		}
	}
	if rows < 100 {
		t.Errorf("%d rows were found", rows)
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
