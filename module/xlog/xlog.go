// Package xlog holds the words of a script that print lines of its own: text
// with pseudo-variables, at a level.
//
// What a line costs when its level is off is one comparison: the text is not
// worked out.
package xlog

import (
	"sync"

	"viaduct/module"
	"viaduct/script"
	"viaduct/script/syntax"
)

// Printer takes what a script prints, exactly as its format gives it: no line
// end is added. It must not keep text.
type Printer interface {
	Print(level script.Level, text []byte)
}

// New gives the module. verbosity says which levels are on.
func New(printer Printer, verbosity *module.Verbosity) *script.Module {
	w := &words{printer: printer, verbosity: verbosity}
	w.buffers.New = func() any { return &buffer{text: make([]byte, 0, 4096)} }
	return &script.Module{
		Name: "xlog",
		Functions: []script.Function{
			{Name: "xlog", MinArgs: 1, MaxArgs: 3, Bind: w.bind(plain)},
			{Name: "xlogl", MinArgs: 1, MaxArgs: 3, Bind: w.bind(withLine)},
			{Name: "xlogm", MinArgs: 2, MaxArgs: 2, Bind: w.bind(filtered)},
			w.fixed("xdbg", script.LevelDebug, plain),
			w.fixed("xdbgl", script.LevelDebug, withLine),
			w.fixed("xinfo", script.LevelInfo, plain),
			w.fixed("xnotice", script.LevelNotice, plain),
			w.fixed("xwarn", script.LevelWarning, plain),
			w.fixed("xerr", script.LevelError, plain),
			w.fixed("xbug", script.LevelBug, plain),
			w.fixed("xcrit", script.LevelCritical, plain),
			w.fixed("xalert", script.LevelAlert, plain),
		},
		Params: w.params(),
		Start:  w.start,
	}
}

type words struct {
	printer   Printer
	verbosity *module.Verbosity
	buffers   sync.Pool // of *buffer

	prefix       string
	prefixMode   int // 1: prefix holds pseudo-variables
	prefixFormat script.Format
	longFormat   bool // xlogl names the file too
	filter       methodSet
}

// buffer is a place to put a line together.
type buffer struct{ text []byte }

// largestKept bounds the buffers kept for the next line.
const largestKept = 1 << 17

// style is what stands before the text of a line, or whether it stands at all.
type style uint8

const (
	plain    style = iota
	withLine       // xlogl: number of the line in the script
	filtered       // xlogm: not for some methods
)

// fixed makes a function whose name says the level.
func (w *words) fixed(name string, level script.Level, s style) script.Function {
	return script.Function{
		Name: name, MinArgs: 1, MaxArgs: 1,
		Bind: func(args []script.Arg) (script.Action, error) { return w.line(level, s, args[0]), nil },
	}
}

// bind binds xlog([[facility,] level,] format). The facility is one of syslog
// and of no meaning here.
func (w *words) bind(s style) func([]script.Arg) (script.Action, error) {
	return func(args []script.Arg) (script.Action, error) {
		format := args[len(args)-1]
		if len(args) == 1 {
			return w.line(script.LevelError, s, format), nil
		}
		at := len(args) - 2
		v, ok := args[at].Constant()
		if !ok {
			return w.lineAt(args[at], s, format), nil
		}
		if number, ok := module.NumberIn(v); ok {
			return w.lineAt(fixedNumber{args[at], number}, s, format), nil
		}
		level, ok := levelOf(v.AsString())
		if !ok {
			return nil, &script.ArgError{Index: at, Msg: "unknown level " + v.AsString(),
				Hint: "one of L_ALERT L_BUG L_CRIT L_ERR L_WARN L_NOTICE L_INFO L_DBG"}
		}
		return w.line(level, s, format), nil
	}
}

// levelOf reads a level by its third letter, as Kamailio does: L_INFO, L_DBG.
func levelOf(name string) (script.Level, bool) {
	if len(name) < 3 {
		return 0, false
	}
	switch name[2] | 0x20 {
	case 'a':
		return script.LevelAlert, true
	case 'b':
		return script.LevelBug, true
	case 'c':
		return script.LevelCritical, true
	case 'e':
		return script.LevelError, true
	case 'w':
		return script.LevelWarning, true
	case 'n':
		return script.LevelNotice, true
	case 'i':
		return script.LevelInfo, true
	case 'd':
		return script.LevelDebug, true
	}
	return 0, false
}

// fixedNumber is an argument that is the same number for every message; which
// level that is, the dialect tells.
type fixedNumber struct {
	script.Arg
	number int
}

func (f fixedNumber) Eval(*script.Context) script.Value { return script.IntValue(int64(f.number)) }

// line binds a line of a level that is known.
func (w *words) line(level script.Level, s style, format script.Arg) script.Action {
	return func(c *script.Context) int {
		if level <= w.verbosity.Level(c.Program) {
			w.print(c, level, s, format)
		}
		return 1
	}
}

// lineAt binds a line whose level a number says.
func (w *words) lineAt(number script.Arg, s style, format script.Arg) script.Action {
	return func(c *script.Context) int {
		v := number.Eval(c)
		n, ok := module.NumberIn(v)
		ok = ok || v.Kind == script.Null // a variable that was never set counts 0
		level := module.LevelIn(c.Program.Dialect(), n)
		if !ok || level < script.LevelAlert || level > script.LevelDebug {
			return -1
		}
		if level <= w.verbosity.Level(c.Program) {
			w.print(c, level, s, format)
		}
		return 1
	}
}

// print works a line out and hands it on.
func (w *words) print(c *script.Context, level script.Level, s style, format script.Arg) {
	if s == filtered && w.filter.has(c.Message.Method) {
		return
	}
	b := w.buffers.Get().(*buffer)
	text := b.text[:0]
	if w.prefixFormat != nil {
		text = w.prefixFormat(c, text)
	} else {
		text = append(text, w.prefix...)
	}
	if s == withLine {
		text = w.appendPlace(text, c.At)
	}
	text = script.AppendArg(text, c, format)
	w.printer.Print(level, text)
	if cap(text) <= largestKept {
		b.text = text
		w.buffers.Put(b)
	}
}

// start compiles the prefix.
func (w *words) start() (err error) {
	if w.prefixMode != 0 && w.prefix != "" {
		w.prefixFormat, err = script.CompileFormat(w.prefix, syntax.Kamailio)
	}
	return err
}
