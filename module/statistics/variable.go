// $stat(name): a number as it is now.
package statistics

import (
	"errors"
	"fmt"

	"viaduct/script"
	"viaduct/script/syntax"
)

var errName = errors.New("expected the name of a statistic, as $stat(rcv_requests)")

// bindVariable binds $stat(name). One that does not exist has no value, with a
// warning when the name is fixed.
func (w *words) bindVariable(inner *syntax.Inner, _ *syntax.Index, format script.FormatBinder) (script.Assignable, error) {
	if inner == nil || inner.Text == "" || len(inner.Steps) != 1 {
		return nil, errName
	}
	if name, ok := inner.Static(); ok {
		read := w.reader(name)
		if read == nil && w.log != nil {
			w.log.Log(script.LevelWarning, fmt.Sprintf("statistics: $stat(%s) is not counted here; it has no value\n", name))
		}
		return number(func(*script.Context) func() int64 { return read }), nil
	}
	name, err := format(inner.Steps[0].Parts)
	return number(func(c *script.Context) func() int64 { return w.reader(name(c)) }), err
}

// reader gives what reads a statistic, of the script or of the server; nil for
// none.
func (w *words) reader(name string) func() int64 {
	if one := w.set.find(name); one != nil {
		return one.value.Load
	}
	return w.find(name)
}

// number is $stat(…).
type number func(*script.Context) func() int64

func (n number) Eval(c *script.Context) script.Value {
	if read := n(c); read != nil {
		return script.IntValue(read())
	}
	return script.Value{}
}

var errRead = errors.New("$stat can only be read")

func (number) Assign(*script.Context, script.Value) error { return errRead }
