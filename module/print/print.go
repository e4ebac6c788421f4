// Package print is SER's example of a module: words that print a text, a line
// each.
package print

import (
	"viaduct/module"
	"viaduct/script"
)

// Printer takes what is printed. It must not keep text.
type Printer interface {
	Print(level script.Level, text []byte)
}

// New gives the module.
func New(printer Printer) *script.Module {
	word := func(name string, low, high int) script.Function {
		return script.Function{Name: name, MinArgs: low, MaxArgs: high, Bind: func(args []script.Arg) (script.Action, error) {
			texts := make([]module.TextOf, len(args))
			for i := range args {
				texts[i] = module.Text(args[i])
			}
			return func(c *script.Context) int {
				var line []byte
				for i, text := range texts {
					if i > 0 {
						line = append(line, ' ')
					}
					line = append(line, text(c)...)
				}
				if len(line) == 0 || line[len(line)-1] != '\n' {
					line = append(line, '\n')
				}
				printer.Print(script.LevelInfo, line)
				return 1
			}, nil
		}}
	}
	return &script.Module{Name: "print", Functions: []script.Function{
		word("print", 1, 1), word("print1", 1, 1), word("print2", 2, 2), word("print3", 3, 3), word("printv", 1, -1),
	}}
}
