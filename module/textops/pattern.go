// Regular expressions as arguments: compiled with the script where they are
// fixed, else for each text once.
package textops

import (
	"regexp"
	"sync"

	"viaduct/module"
	"viaduct/script"
	"viaduct/script/syntax"
)

// patternOf gives the expression for a message; nil for one that a variable
// holds and that cannot be compiled.
type patternOf func(*script.Context) *regexp.Regexp

// fixedPattern reads argument i as it is written: a $ in it is the end of a
// line and never a variable.
func fixedPattern(args []script.Arg, i int, flags script.PatternFlags) (patternOf, error) {
	text, ok := written(args[i])
	if !ok {
		return pattern(args, i, flags)
	}
	return compiled(text, i, flags)
}

// pattern reads argument i, which may hold variables.
func pattern(args []script.Arg, i int, flags script.PatternFlags) (patternOf, error) {
	if v, ok := args[i].Constant(); ok {
		return compiled(v.AsString(), i, flags)
	}
	text, known := module.Text(args[i]), &patterns{flags: flags}
	return func(c *script.Context) *regexp.Regexp { return known.get(text(c)) }, nil
}

func compiled(text string, i int, flags script.PatternFlags) (patternOf, error) {
	expression, err := script.CompileRegexp(text, flags)
	if err != nil {
		return nil, &script.ArgError{Index: i, Msg: err.Error(), Hint: "patterns are POSIX extended regular expressions"}
	}
	return func(*script.Context) *regexp.Regexp { return expression }, nil
}

// written gives a literal argument as it stands in the script, variables not
// looked for.
func written(a script.Arg) (string, bool) {
	literal, ok := a.Source().(*syntax.StringLit)
	if !ok {
		return "", false
	}
	return literal.Value, true
}

// writtenText gives an argument that holds no variables; one that is a
// variable itself is worked out for each message.
func writtenText(a script.Arg) module.TextOf {
	if text, ok := written(a); ok {
		return func(*script.Context) string { return text }
	}
	return module.Text(a)
}

// mostPatterns bounds the expressions kept for one argument.
const mostPatterns = 64

// patterns keeps the expressions that a variable has held.
type patterns struct {
	flags script.PatternFlags
	mutex sync.Mutex
	known map[string]*regexp.Regexp // nil: cannot be compiled
}

func (p *patterns) get(text string) *regexp.Regexp {
	p.mutex.Lock()
	expression, ok := p.known[text]
	p.mutex.Unlock()
	if ok {
		return expression
	}
	expression, err := script.CompileRegexp(text, p.flags)
	if err != nil {
		expression = nil
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.known == nil || len(p.known) >= mostPatterns {
		p.known = map[string]*regexp.Regexp{}
	}
	p.known[text] = expression
	return expression
}
