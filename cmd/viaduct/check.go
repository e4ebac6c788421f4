// The check command.
package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"viaduct/script"
	"viaduct/script/syntax"
	"viaduct/server"
)

type checkCommand struct {
	Script string `arg:"" help:"Script to read."`
	scriptFlags
	Report bool `help:"Say what share of the script runs, module by module, and what does not, as if --lenient were given."`
}

func (c *checkCommand) Run(s streams) error {
	d, err := dialect(c.Dialect)
	if err != nil {
		return err
	}
	report, err := server.Check(server.Config{Script: c.Script, Defines: c.Define, Dialect: d, Lenient: c.Lenient || c.Report, Out: c.warnings(s)})
	if err != nil {
		return explainMissing(c.Script, err)
	}
	if c.Report {
		printShare(s.out, c.Script, report)
	} else {
		printReport(s.out, c.Script, report)
	}
	return nil
}

// warnings go nowhere when the report says the same in its own form.
func (c *checkCommand) warnings(s streams) io.Writer {
	if c.Report {
		return io.Discard
	}
	return s.err
}

// languages are the dialects as their users call them.
var languages = map[syntax.Dialect]string{syntax.SER: "SER", syntax.OpenSER: "OpenSER", syntax.Kamailio: "Kamailio"}

// printReport says in a few lines what a sound script holds.
func printReport(to io.Writer, name string, r *script.Report) {
	fmt.Fprintf(to, "%s: sound, in the language of %s (%s)\n", name, languages[r.Dialect], r.Reason)
	calls, missing := 0, 0
	for _, f := range r.Functions {
		calls += f.Calls
		if !f.Implemented {
			missing += f.Calls
		}
	}
	fmt.Fprintf(to, "  %s, %s, %s of %s\n", count(len(r.Routes), "route"), count(len(r.Modules), "module"),
		count(calls, "call"), count(len(r.Functions), "function"))
	var stubs []string
	for _, m := range r.Modules {
		if m.Stub {
			stubs = append(stubs, m.Name)
		}
	}
	if len(stubs) > 0 {
		fmt.Fprintf(to, "  loaded, but without effect: %s\n", strings.Join(stubs, " "))
	}
	for _, f := range r.Functions {
		if !f.Implemented {
			fmt.Fprintf(to, "  not implemented, gives -1: %s (%s)\n", f.Name, f.First)
		}
	}
	for _, m := range r.Missing {
		fmt.Fprintf(to, "  %s: route %s is called, but does not exist\n", m.Pos, m.Name)
	}
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// explainMissing adds a hint to the error of a file that cannot be read.
func explainMissing(name string, err error) error {
	var path *fs.PathError
	if !errors.As(err, &path) {
		return err
	}
	hint := "viaduct script default > " + name + " makes one to begin with"
	if errors.Is(err, os.ErrPermission) {
		hint = "ls -l " + name + " says who may read it"
	}
	return &server.Hinted{Problem: fmt.Errorf("the script %s cannot be read: %w", name, path.Err), Hint: hint}
}
