// Catalogue: the experiments that come with viaduct.
package lab

import (
	"embed"
	"os"
	"path/filepath"
	"strings"
)

//go:embed experiments
var experiments embed.FS

// names lists them in the order in which they teach.
var names = []string{
	"call-setup", "cancelled-call", "stateless-cancelled-call", "record-routed-call",
	"direct-call", "hand-written", "busy-and-redirect", "forking", "lost-packets", "trapezoid", "stun", "billing",
}

// Names lists the experiments in the order in which they teach.
func Names() []string { return append([]string(nil), names...) }

// Find gives an experiment that comes with viaduct, or reads that of a file,
// when the name ends in ".lab" or has a "/". The error is an *Error.
func Find(name string) (*Scenario, error) {
	if strings.HasSuffix(name, ".lab") || strings.ContainsAny(name, `/\`) {
		return readFile(name)
	}
	for _, n := range names {
		if n == name {
			return builtin(name)
		}
	}
	e := &Error{File: name, Problem: "there is no such experiment", Hint: nearHint(name, names)}
	if e.Hint == "" {
		e.Hint = "viaduct lab lists them; a file of your own ends in .lab"
	}
	return nil, e
}

func builtin(name string) (*Scenario, error) {
	text, err := experiments.ReadFile("experiments/" + name + ".lab")
	if err != nil {
		return nil, err
	}
	return Parse(name+".lab", string(text), func(file string) ([]byte, error) { return experiments.ReadFile("experiments/" + file) })
}

func readFile(name string) (*Scenario, error) {
	text, err := os.ReadFile(name)
	switch {
	case os.IsNotExist(err):
		return nil, &Error{File: name, Problem: "no such file", Hint: "docs/scenarios.md says how to write one; viaduct lab lists those that are built in"}
	case err != nil:
		return nil, &Error{File: name, Problem: "cannot be read", Hint: "is it a file, and may you read it?"}
	}
	return Parse(name, string(text), func(file string) ([]byte, error) {
		if !filepath.IsAbs(file) {
			file = filepath.Join(filepath.Dir(name), file)
		}
		return os.ReadFile(file)
	})
}
