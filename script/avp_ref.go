// avp_ref.go: AVPs that the words of modules name, as avp_copy("$avp(a)", …).

package script

import (
	"fmt"

	"viaduct/script/syntax"
)

// AVPRef names the AVPs that $avp(x), $avp(s:x), $avp(i:5) or $avp($var(x))
// means.
type AVPRef struct{ name func(*Context) avpName }

// CompileAVP compiles the name of AVPs outside of a script.
func CompileAVP(text string) (*AVPRef, error) {
	parts, err := syntax.ParseFormat(text, syntax.Kamailio)
	if err != nil {
		return nil, err
	}
	pv, ok := onlyVariable(parts)
	if !ok || pv.Name != "avp" || pv.Index != nil || len(pv.Transformations) > 0 {
		return nil, fmt.Errorf("expected $avp(name), not %q", text)
	}
	c := newCompiler(&syntax.File{Dialect: syntax.Kamailio}, Options{})
	c.slots = nil // $var by name, for the program that runs it is not known yet
	inner, err := c.innerText(pv)
	if err == nil && len(c.errors) > 0 {
		err = c.errors
	}
	if err != nil {
		return nil, err
	}
	numeric := pv.Inner.Type == "i"
	return &AVPRef{func(c *Context) avpName { return avpName{inner(c), numeric} }}, nil
}

// All gives the values, the newest first.
func (r *AVPRef) All(c *Context) []Value { return c.AVPs.all(r.name(c)) }

// Add puts a value on top.
func (r *AVPRef) Add(c *Context, v Value) { c.avps().add(r.name(c), v) }

// RemoveNewest and RemoveAll tell whether there was something to take away.
func (r *AVPRef) RemoveNewest(c *Context) bool {
	name := r.name(c)
	if c.AVPs.at(name, 0).Kind == Null {
		return false
	}
	c.AVPs.set(name, 0, Value{})
	return true
}

func (r *AVPRef) RemoveAll(c *Context) bool { return c.AVPs.remove(r.name(c)) > 0 }

// AVP is one value with its name; $avp(i:5) has a numeric one.
type AVP struct {
	Name    string
	Numeric bool
	Value   Value
}

// List gives all values, the newest first.
func (a *AVPs) List() []AVP {
	if a == nil {
		return nil
	}
	a.mutex.Lock()
	defer a.mutex.Unlock()
	list := make([]AVP, 0, len(a.pairs))
	for i := len(a.pairs) - 1; i >= 0; i-- {
		p := &a.pairs[i]
		list = append(list, AVP{p.name.name, p.name.numeric, p.value})
	}
	return list
}

// RemoveNamed takes all values of a name away.
func (a *AVPs) RemoveNamed(name string, numeric bool) { a.remove(avpName{name, numeric}) }
