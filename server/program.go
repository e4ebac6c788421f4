// Program: a script made ready to run.
package server

import (
	"os"

	"viaduct/script"
	"viaduct/script/syntax"
)

// program is a compiled script and its main routes, found once.
type program struct {
	*script.Program
	name    string
	request *script.Route
	reply   *script.Route // of the core: sees replies before their transaction; nil: none
}

// compile reads the script and binds it to modules of its own.
func (s *Server) compile() (*program, error) {
	file, err := parse(&s.config)
	if err != nil {
		return nil, err
	}
	compiled, err := script.Compile(file, script.Options{
		Modules: s.modules(),
		Lenient: s.config.Lenient,
		Log:     s.output,
		Myself:  s.isMyself,
		Color:   s.config.Color,
		Now:     s.config.Now,
	})
	if err != nil {
		return nil, err
	}
	p := &program{Program: compiled, name: file.Name}
	p.request = compiled.Find(syntax.RequestRoute, "")
	p.reply = compiled.Find(syntax.ReplyRoute, "")
	if p.request == nil {
		return nil, &Hinted{errNoRequestRoute, "add request_route { … }, in SER and OpenSER route { … }"}
	}
	if s.names.Load() != nil {
		s.noteNames(p.Globals())
	}
	return p, nil
}

// parse reads the script's text.
func parse(c *Config) (*syntax.File, error) {
	options := syntax.Options{Dialect: c.Dialect, Defines: c.Defines, Load: load, Env: os.LookupEnv}
	if c.Script == "" {
		return syntax.Parse(builtinName, BuiltinScript, options)
	}
	return syntax.ParseFile(c.Script, options)
}

func load(name string) (string, error) {
	text, err := os.ReadFile(name)
	return string(text), err
}
