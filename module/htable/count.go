// Counting: $shtcn(table=>expression) by key, $shtcv by value.
package htable

import (
	"strings"
	"sync/atomic"

	"viaduct/script"
)

// count is $shtcn or $shtcv. What stands for a key is "~~expression" or just
// the expression, "==text" for that text, "eq5" for the number 5, and "**" for
// all items.
type count struct {
	entry
	byName bool
	last   atomic.Pointer[compiled] // mostly the expression does not change
}

type compiled struct {
	source string
	fits   func(key string, value script.Value) bool // nil: the expression is bad
}

func (n *count) Eval(c *script.Context) script.Value {
	if n.table == nil {
		return script.Value{}
	}
	source := n.key(c)
	if source == "" {
		return script.Value{}
	}
	use := n.last.Load()
	if use == nil || use.source != source {
		use = &compiled{source, n.compile(source)}
		n.last.Store(use)
	}
	if use.fits == nil {
		return script.IntValue(0)
	}
	found := int64(0)
	n.Each(n.now(), func(key string, value script.Value) (bool, bool) {
		if use.fits(key, value) {
			found++
		}
		return false, false
	})
	return script.IntValue(found)
}

func (n *count) compile(source string) func(string, script.Value) bool {
	if source == "**" {
		return func(string, script.Value) bool { return true }
	}
	if number, ok := strings.CutPrefix(source, "eq"); ok && !n.byName {
		v := script.StringValue(number)
		want := v.AsInt()
		return func(_ string, value script.Value) bool { return value.Kind == script.Int && value.Int == want }
	}
	fits := expression(strings.TrimPrefix(source, "~~"))
	if text, ok := strings.CutPrefix(source, "=="); ok {
		fits = comparisonOf("eq", text)
	}
	if fits == nil {
		return nil
	}
	return func(key string, value script.Value) bool {
		if n.byName {
			return fits(key)
		}
		return value.Kind == script.String && fits(value.Text)
	}
}

func (n *count) Assign(*script.Context, script.Value) error { return errReadOnly }
