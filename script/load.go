// load.go: loadmodule and modparam: which modules a script has, which of them
// only by name, and their parameters.

package script

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"viaduct/script/names"
	"viaduct/script/syntax"
)

// loadedModule is a module that the script has loaded.
type loadedModule struct {
	name   string
	pos    syntax.Pos
	module *Module       // nil: a stub, known by name only
	table  *names.Module // what Kamailio's module has; nil: not known to the tables
}

// moduleAliases are names under which old scripts load a module.
var moduleAliases = map[string]string{
	"mysql": "db_mysql", "postgres": "db_postgres", "text": "db_text", "dbtext": "db_text",
	"unixodbc": "db_unixodbc", "cpl": "cpl-c", "tm_mod": "tm",
}

// moduleName turns "/usr/lib/ser/modules/tm.so" into "tm".
func moduleName(file string) string {
	return strings.TrimSuffix(path.Base(strings.TrimSpace(file)), ".so")
}

func (c *compiler) loadModules() {
	for _, l := range c.file.LoadModules {
		name := moduleName(l.Path)
		if c.find(name) != nil {
			continue // loading twice does nothing
		}
		c.load(name, l)
	}
}

func (c *compiler) load(name string, l *syntax.LoadModule) {
	module, table := c.known[name], names.Find(name)
	if alias := moduleAliases[name]; alias != "" && module == nil {
		module = c.known[alias]
		if other := names.Find(alias); table == nil || len(table.Params) == 0 {
			table = other
		}
	}
	if module == nil && (table == nil || name == "core") {
		hint := "it is in none of the tables of Kamailio 5.6, Kamailio 6, OpenSER and SER"
		if near := names.Close(name, c.moduleNames()); near != nil {
			hint = "did you mean " + orList(near) + "?"
		}
		c.fail(l.Pos, hint, "unknown module %s", name)
		return
	}
	c.loaded = append(c.loaded, &loadedModule{name: name, pos: l.Pos, module: module, table: table})
	if module == nil {
		return
	}
	for _, v := range module.Variables {
		c.variables[v.Name] = v
	}
}

// moduleNames gives all modules that could be loaded.
func (c *compiler) moduleNames() []string {
	all := slices.Clone(names.Modules())
	for name := range c.known {
		all = append(all, name)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (c *compiler) find(name string) *loadedModule {
	for _, m := range c.loaded {
		if m.name == name {
			return m
		}
	}
	return nil
}

// setParams hands each modparam to every loaded module whose name its regular
// expression fits; each of those must have the parameter.
func (c *compiler) setParams() {
	for _, p := range c.file.ModParams {
		expression, err := regexp.Compile("^(?:" + p.Modules + ")$")
		if err != nil {
			c.fail(p.ModulePos, "", "bad pattern of module names %q", p.Modules)
			continue
		}
		matched := false
		for _, m := range c.loaded {
			if m.name != "core" && expression.MatchString(m.name) {
				matched = true
				c.setParam(m, p)
			}
		}
		if !matched {
			c.failNotLoaded(p)
		}
	}
}

func (c *compiler) failNotLoaded(p *syntax.ModParam) {
	hint := ""
	if names.Find(p.Modules) != nil || c.known[p.Modules] != nil {
		hint = fmt.Sprintf("put loadmodule %q before it", p.Modules+".so")
	} else if near := names.Close(p.Modules, c.moduleNames()); near != nil {
		hint = "did you mean " + orList(near) + "?"
	}
	c.fail(p.ModulePos, hint, "no loaded module matches %q", p.Modules)
}

func (c *compiler) setParam(m *loadedModule, p *syntax.ModParam) {
	value := paramValue(p.Value)
	if p.Value.Kind == syntax.WordValue {
		c.fail(p.Value.Pos, "put it in quotes", "a parameter is a number or a text, not %s", p.Value)
		return
	}
	if m.module != nil {
		for _, own := range m.module.Params {
			if own.Name != p.Name {
				continue
			}
			if err := own.Set(value); err != nil {
				c.failWith(p.Value.Pos, fmt.Errorf("%s.%s: %w", m.name, p.Name, err))
			}
			return
		}
	}
	var known *names.Param
	if m.table != nil {
		known = m.table.Param(p.Name)
	}
	if known == nil {
		c.failUnknownParam(m, p)
		return
	}
	if known.Kind == names.Number && value.Kind == String {
		if _, err := strconv.Atoi(value.Text); err != nil {
			c.fail(p.Value.Pos, "", "%s.%s needs a number, not %s", m.name, p.Name, p.Value)
			return
		}
	}
	c.program.notes.ignoredParam(m.name, p.Name)
}

func (c *compiler) failUnknownParam(m *loadedModule, p *syntax.ModParam) {
	var all []string
	if m.module != nil {
		for _, own := range m.module.Params {
			all = append(all, own.Name)
		}
	}
	if m.table != nil {
		for _, known := range m.table.Params {
			all = append(all, known.Name)
		}
	}
	hint := ""
	if near := names.Close(p.Name, all); near != nil {
		hint = "did you mean " + orList(near) + "?"
	} else if len(all) == 0 {
		hint = "the module has no parameters"
	}
	at := p.NamePos
	if !at.IsValid() {
		at = p.Pos
	}
	c.fail(at, hint, "module %s has no parameter %s", m.name, p.Name)
}

// startModules lets the modules look at their parameters, core first.
func (c *compiler) startModules() {
	for _, m := range c.loaded {
		if m.module == nil || m.module.Start == nil {
			continue
		}
		if err := m.module.Start(); err != nil {
			c.failWith(m.pos, fmt.Errorf("module %s: %w", m.name, err))
		}
	}
}
