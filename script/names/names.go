// Package names knows every module, function, parameter and pseudo-variable
// of Kamailio and OpenSER by name, so that a script that uses what viaduct
// does not have yet gets a clear answer.
package names

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

//go:embed modules.txt
var modulesText string

//go:embed variables.txt
var variablesText string

// Era tells which versions know a name.
type Era uint8

const (
	Kamailio56 Era = iota // Kamailio 5.6, and mostly those before and after
	Kamailio62            // only later than 5.6
	OpenSER12             // only OpenSER 1.x or SER
)

// String gives the era as a message names it.
func (e Era) String() string { return [...]string{"Kamailio 5.6", "Kamailio 6", "OpenSER"}[e] }

// Kind is the kind of values that a parameter takes.
type Kind uint8

const (
	Any Kind = iota
	Number
	Text
	ByFunction // text that a function of the module reads
)

// Module is what a module offers.
type Module struct {
	Name      string
	Era       Era
	Functions []Function
	Params    []Param
}

// Function is a function by name.
type Function struct {
	Name string
	Era  Era
}

// Param is a parameter by name.
type Param struct {
	Name string
	Kind Kind
	Era  Era
}

// Find gives the module of a name, or nil. The one called "core" holds the
// functions and parameters of the language itself.
func Find(module string) *Module {
	return tables().modules[module]
}

// Modules gives the names of all modules, sorted; "core" is not among them.
func Modules() []string { return tables().names }

// Function gives the function of a name, or nil.
func (m *Module) Function(name string) *Function {
	for i := range m.Functions {
		if m.Functions[i].Name == name {
			return &m.Functions[i]
		}
	}
	return nil
}

// Param gives the parameter of a name, or nil.
func (m *Module) Param(name string) *Param {
	for i := range m.Params {
		if m.Params[i].Name == name {
			return &m.Params[i]
		}
	}
	return nil
}

// ModulesOf gives the modules that have a function of that name, sorted; those
// of Kamailio 5.6 first.
func ModulesOf(function string) []string { return tables().functions[function] }

// Variable gives the modules that bring a pseudo-variable, and whether it is
// known at all.
func Variable(name string) (modules []string, known bool) {
	modules, known = tables().variables[name]
	return modules, known
}

// table is the texts read once.
type table struct {
	modules   map[string]*Module
	names     []string
	functions map[string][]string
	variables map[string][]string
}

var tables = sync.OnceValue(func() *table {
	t := &table{
		modules:   map[string]*Module{},
		functions: map[string][]string{},
		variables: map[string][]string{},
	}
	for line := range lines(modulesText) {
		m := parseModule(line)
		t.modules[m.Name] = m
		if m.Name != "core" {
			t.names = append(t.names, m.Name)
		}
	}
	slices.Sort(t.names)
	for _, era := range []Era{Kamailio56, Kamailio62, OpenSER12} {
		for _, name := range t.names {
			for _, f := range t.modules[name].Functions {
				if f.Era == era {
					t.functions[f.Name] = append(t.functions[f.Name], name)
				}
			}
		}
	}
	for line := range lines(variablesText) {
		name, modules, _ := strings.Cut(line, "\t")
		name, _ = cutEra(name)
		t.variables[name] = strings.Fields(modules)
	}
	return t
})

// lines gives the lines of a table that are no comments.
func lines(text string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for line := range strings.SplitSeq(text, "\n") {
			if line != "" && line[0] != '#' && !yield(line) {
				return
			}
		}
	}
}

// parseModule reads "name TAB functions TAB parameters".
func parseModule(line string) *Module {
	columns := strings.Split(line, "\t")
	m := new(Module)
	m.Name, m.Era = cutEra(columns[0])
	if len(columns) > 1 {
		for word := range strings.FieldsSeq(columns[1]) {
			name, era := cutEra(word)
			m.Functions = append(m.Functions, Function{name, era})
		}
	}
	if len(columns) > 2 {
		for word := range strings.FieldsSeq(columns[2]) {
			word, era := cutEra(word)
			name, kind, _ := strings.Cut(word, ":")
			m.Params = append(m.Params, Param{name, parseKind(kind), era})
		}
	}
	return m
}

func parseKind(letter string) Kind {
	switch letter {
	case "i":
		return Number
	case "s":
		return Text
	case "f":
		return ByFunction
	}
	return Any
}

func cutEra(word string) (string, Era) {
	name, mark, _ := strings.Cut(word, "@")
	switch mark {
	case "6":
		return name, Kamailio62
	case "1":
		return name, OpenSER12
	}
	return name, Kamailio56
}
