// Program: a script made ready to run.
package server

import (
	"os"
	"strings"

	"viaduct/module/corex"
	"viaduct/script"
	"viaduct/script/syntax"
)

// program is a compiled script and its main routes, found once.
type program struct {
	*script.Program
	name    string
	modules []*script.Module
	domains *corex.Subdomains // whose subdomains are ours
	request *script.Route
	reply   *script.Route // of the core: sees replies before their transaction; nil: none
	local   *script.Route // event_route[tm:local-request]: sees requests of our own; nil: none
}

// compile reads the script and binds it to modules of its own.
func (s *Server) compile() (*program, error) {
	file, err := parse(&s.config)
	if err != nil {
		return nil, err
	}
	domains := new(corex.Subdomains)
	modules := s.modules(domains)
	compiled, err := script.Compile(file, script.Options{
		Modules: modules,
		Lenient: s.config.Lenient,
		Log:     s.output,
		Myself:  s.isMyself,
		Color:   s.config.Color,
		Source:  s.config.source,
		Defines: defined(s.config.Defines),
		Now:     s.config.Now,
	})
	if err != nil {
		return nil, err
	}
	p := &program{Program: compiled, name: file.Name, modules: modules, domains: domains}
	p.request = compiled.Find(syntax.RequestRoute, "")
	p.reply = compiled.Find(syntax.ReplyRoute, "")
	p.local = compiled.Find(syntax.EventRoute, "tm:local-request")
	if p.request == nil {
		return nil, &Hinted{errNoRequestRoute, "add request_route { … }, in SER and OpenSER route { … }"}
	}
	if s.names.Load() != nil {
		s.noteNames(p)
	}
	return p, nil
}

// parse reads the script's text.
func parse(c *Config) (*syntax.File, error) {
	options := syntax.Options{Dialect: c.Dialect, Defines: c.Defines, Load: c.load(), Env: os.LookupEnv}
	if c.Script == "" {
		return syntax.Parse(builtinName, BuiltinScript, options)
	}
	return syntax.ParseFile(c.Script, options)
}

// source gives the text of a file again, for the line that an error shows.
func (c *Config) source(name string) (string, error) {
	if name == builtinName {
		return BuiltinScript, nil
	}
	return c.load()(name)
}

// load reads scripts as the configuration says.
func (c *Config) load() func(name string) (string, error) {
	if c.Load != nil {
		return c.Load
	}
	return load
}

// defined answers $def(name) by the defines of the command line.
func defined(defines []string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for _, define := range defines {
			if defined, value, _ := strings.Cut(define, "="); defined == name {
				return value, true
			}
		}
		return "", false
	}
}

func load(name string) (string, error) {
	text, err := os.ReadFile(name)
	return string(text), err
}
