// xavp_ready.go: XAVPs that a module makes once and gives to many messages.

package script

import "slices"

// XAVP is a value of $xavp(name). It is never changed: a script that sets a
// field of it gets a copy.
type XAVP struct{ value xavp }

// NewXAVP makes a value of $xavp(name) out of fields.
func NewXAVP(name string, fields ...Field) *XAVP {
	x := &XAVP{xavp{key: "xavp:" + name, shared: true}}
	for _, f := range fields {
		x.value.fields = append(x.value.fields, avp{avpName{name: f.Name}, f.Value})
	}
	return x
}

// PushXAVPs puts values on top of those that are there, the first of them
// above the others.
func (a *AVPs) PushXAVPs(values []*XAVP) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.trees = slices.Grow(a.trees, len(values))
	for i := len(values) - 1; i >= 0; i-- {
		a.trees = append(a.trees, &values[i].value)
	}
}

// PopXAVP takes the top value of $xavp(name) away; false when there is none.
func (a *AVPs) PopXAVP(name string) bool {
	if a == nil {
		return false
	}
	a.mutex.Lock()
	defer a.mutex.Unlock()
	_, at := a.tree("xavp:"+name, 0)
	if at >= 0 {
		a.trees = slices.Delete(a.trees, at, at+1)
	}
	return at >= 0
}

// XAVPField gives $xavp(name=>field).
func (a *AVPs) XAVPField(name, field string) Value {
	if a == nil {
		return Value{}
	}
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if x, _ := a.tree("xavp:"+name, 0); x != nil {
		for i := len(x.fields) - 1; i >= 0; i-- {
			if x.fields[i].name == (avpName{name: field}) {
				return x.fields[i].value
			}
		}
	}
	return Value{}
}
