// report.go: what there is to say about a compiled script, for `check`.

package script

import (
	"slices"
	"strings"

	"viaduct/script/syntax"
)

// Report is the inventory of a script.
type Report struct {
	Dialect   syntax.Dialect
	Reason    string // why this dialect
	Routes    []*Route
	Modules   []ModuleReport
	Functions []FunctionReport // sorted by name
	Variables []VariableReport // sorted by name
	Missing   []MissingRoute   // routes that are called and do not exist
}

// ModuleReport is one loaded module.
type ModuleReport struct {
	Name    string
	Stub    bool     // known by name only: loaded, and nothing of it is there
	Ignored []string // parameters that were accepted and mean nothing to us
}

// FunctionReport is one function that the script calls.
type FunctionReport struct {
	Name        string
	Module      string // "core" for words of the language, "" when unknown
	Calls       int
	First       syntax.Pos
	Implemented bool
}

// VariableReport is one pseudo-variable that the script reads or sets.
type VariableReport struct {
	Name        string // without $
	Module      string // that Kamailio has it in; "" for those that are there
	Uses        int
	First       syntax.Pos
	Implemented bool
}

// MissingRoute is a call of a route that does not exist.
type MissingRoute struct {
	Name string
	Pos  syntax.Pos
}

// notes are what the compiler writes down for the report.
type notes struct {
	ignored   map[string][]string // parameters by module
	functions []FunctionReport
	variables []VariableReport
	missing   []MissingRoute
	modules   []ModuleReport
}

func (n *notes) ignoredParam(module, param string) {
	if n.ignored == nil {
		n.ignored = map[string][]string{}
	}
	if !slices.Contains(n.ignored[module], param) {
		n.ignored[module] = append(n.ignored[module], param)
	}
}

func (n *notes) called(name, module string, at syntax.Pos, implemented bool) {
	for i := range n.functions {
		if f := &n.functions[i]; f.Name == name && f.Module == module {
			f.Calls++
			return
		}
	}
	n.functions = append(n.functions, FunctionReport{name, module, 1, at, implemented})
}

func (n *notes) used(name, module string, at syntax.Pos, implemented bool) {
	for i := range n.variables {
		if v := &n.variables[i]; v.Name == name {
			v.Uses++
			return
		}
	}
	n.variables = append(n.variables, VariableReport{name, module, 1, at, implemented})
}

func (n *notes) missingRoute(name string, at syntax.Pos) {
	n.missing = append(n.missing, MissingRoute{name, at})
}

// noteModules writes down what was loaded.
func (c *compiler) noteModules() {
	for _, m := range c.loaded {
		if m.name != "core" {
			c.program.notes.modules = append(c.program.notes.modules, ModuleReport{Name: m.name, Stub: m.module == nil})
		}
	}
}

// Report tells what the script has, uses and lacks.
func (p *Program) Report() *Report {
	r := &Report{
		Dialect: p.file.Dialect, Reason: p.file.Reason, Routes: p.routes,
		Modules: slices.Clone(p.notes.modules), Functions: slices.Clone(p.notes.functions),
		Variables: slices.Clone(p.notes.variables), Missing: p.notes.missing,
	}
	slices.SortFunc(r.Functions, func(a, b FunctionReport) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(r.Variables, func(a, b VariableReport) int { return strings.Compare(a.Name, b.Name) })
	for i := range r.Modules {
		r.Modules[i].Ignored = p.notes.ignored[r.Modules[i].Name]
	}
	return r
}

// Title gives the route as a script writes it: route[RELAY].
func (r *Route) Title() string {
	return (&syntax.Route{Kind: r.Kind, Name: r.Name, Seconds: r.Seconds}).Title()
}
