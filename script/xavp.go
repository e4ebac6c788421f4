// xavp.go: AVPs that hold fields: $xavp(name=>field), $xavp(name[1]=>field[0]).

package script

import (
	"fmt"
	"slices"

	"viaduct/script/syntax"
)

// xavp is one value of a name: a plain value, or fields.
type xavp struct {
	key    string // "xavp:name": each family has names of its own
	value  Value
	fields []avp // newest last
	shared bool  // by many messages (XAVP): never changed
}

// tree gives the value of a key at an index, 0 the newest, and its place.
func (a *AVPs) tree(key string, index int) (*xavp, int) {
	if index < 0 {
		for i, x := range a.trees {
			if x.key == key {
				if index++; index == 0 {
					return x, i
				}
			}
		}
		return nil, -1
	}
	for i := len(a.trees) - 1; i >= 0; i-- {
		if a.trees[i].key == key {
			if index == 0 {
				return a.trees[i], i
			}
			index--
		}
	}
	return nil, -1
}

// bindXAVP binds $xavp, $xavu and $xavi. Setting $xavp(a) adds a value on top,
// $xavp(a[0]) replaces it; $xavp(a=>b) replaces the field, or makes it and a.
// $xavu has one value for each name.
func bindXAVP(c *compiler, pv *syntax.PV) (variable, error) {
	if pv.Inner == nil {
		return variable{}, fmt.Errorf("$%s needs a name: $%s(name=>field)", pv.Name, pv.Name)
	}
	if len(pv.Inner.Steps) > 2 {
		return variable{}, fmt.Errorf("$%s(%s): names and fields go no deeper", pv.Name, pv.Inner.Text)
	}
	root, err := c.xavpStep(pv.Inner.Steps[0])
	if err != nil {
		return variable{}, err
	}
	family, single := pv.Name+":", pv.Name == "xavu"
	if len(pv.Inner.Steps) == 1 {
		return xavpValue(family, root, single), nil
	}
	field, err := c.xavpStep(pv.Inner.Steps[1])
	if err != nil {
		return variable{}, err
	}
	return xavpField(family, root, field, single), nil
}

// xavpStep is name[index] worked out for each message.
type xavpStep struct {
	name    func(*Context) string
	index   func(*Context) int
	indexed bool
	all     bool
}

func (c *compiler) xavpStep(s syntax.Step) (xavpStep, error) {
	parts := s.Parts
	if s.Index != nil {
		cut, err := syntax.ParseFormat(s.Name, syntax.Kamailio)
		if err != nil {
			return xavpStep{}, err
		}
		parts = cut
	}
	name, err := c.bindFormat(parts)
	step := xavpStep{name: name, index: c.index(s.Index, 0), indexed: s.Index != nil}
	step.all = step.indexed && s.Index.All
	return step, err
}

// xavpValue is $xavp(name) itself.
func xavpValue(family string, root xavpStep, single bool) variable {
	return variable{
		eval: func(c *Context) Value {
			if c.AVPs == nil {
				return Value{}
			}
			c.AVPs.mutex.Lock()
			defer c.AVPs.mutex.Unlock()
			x, _ := c.AVPs.tree(family+root.name(c), root.index(c))
			switch {
			case x == nil:
				return Value{}
			case x.fields != nil:
				return StringValue("<<xavp:" + root.name(c) + ">>")
			}
			return x.value
		},
		assign: func(c *Context, v Value) error {
			a, key := c.avps(), family+root.name(c)
			a.mutex.Lock()
			defer a.mutex.Unlock()
			if root.all {
				a.removeTrees(key)
			}
			x, at := a.tree(key, root.index(c))
			switch {
			case v.Kind == Null && root.all:
			case v.Kind == Null && x != nil:
				a.trees = append(a.trees[:at], a.trees[at+1:]...)
			case v.Kind == Null:
			case x != nil && (root.indexed || single):
				a.trees[at] = &xavp{key: key, value: v}
			default:
				a.trees = append(a.trees, &xavp{key: key, value: v})
			}
			return nil
		},
	}
}

// Field is a field of an XAVP.
type Field struct {
	Name  string
	Value Value
}

// SetXAVP gives $xavp(name) these values, the last on top; none takes it away.
func (a *AVPs) SetXAVP(name string, values [][]Field) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	key := "xavp:" + name
	a.removeTrees(key)
	for _, fields := range values {
		x := &xavp{key: key}
		for _, f := range fields {
			x.fields = append(x.fields, avp{avpName{name: f.Name}, f.Value})
		}
		a.trees = append(a.trees, x)
	}
}

func (a *AVPs) removeTrees(key string) {
	kept := a.trees[:0]
	for _, x := range a.trees {
		if x.key != key {
			kept = append(kept, x)
		}
	}
	a.trees = kept
}

// xavpField is $xavp(name=>field).
func xavpField(family string, root, field xavpStep, single bool) variable {
	return variable{
		eval: func(c *Context) Value {
			if c.AVPs == nil {
				return Value{}
			}
			c.AVPs.mutex.Lock()
			defer c.AVPs.mutex.Unlock()
			x, _ := c.AVPs.tree(family+root.name(c), root.index(c))
			if x == nil {
				return Value{}
			}
			fields := AVPs{pairs: x.fields}
			if field.all {
				return joined(fields.all(avpName{name: field.name(c)}))
			}
			return fields.at(avpName{name: field.name(c)}, field.index(c))
		},
		assign: func(c *Context, v Value) error {
			a, key := c.avps(), family+root.name(c)
			a.mutex.Lock()
			defer a.mutex.Unlock()
			x, at := a.tree(key, root.index(c))
			switch {
			case x == nil && v.Kind == Null:
				return nil
			case x == nil:
				x = &xavp{key: key}
				a.trees = append(a.trees, x)
			case x.shared:
				x = &xavp{key: key, value: x.value, fields: slices.Clone(x.fields)}
				a.trees[at] = x
			}
			fields, name := AVPs{pairs: x.fields}, avpName{name: field.name(c)}
			switch {
			case field.all:
				fields.remove(name)
				if v.Kind != Null {
					fields.add(name, v)
				}
			case root.indexed && !field.indexed && !single && v.Kind != Null:
				fields.add(name, v) // Kamailio 5.6.3 replaces without an index, and adds with one at the name alone
			default:
				fields.set(name, field.index(c), v)
			}
			x.fields = fields.pairs
			return nil
		},
	}
}
