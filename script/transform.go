// transform.go: transformations, {class.name,params} behind a variable: which
// there are, and how they get their parameters.

package script

import (
	"fmt"

	"viaduct/script/names"
	"viaduct/script/syntax"
)

// step turns a value into another.
type step func(*Context, Value) Value

// transformer binds one transformation at one place of a script.
type transformer struct {
	min, max int // parameters
	bind     func(t *transformBinding) (step, error)
}

// transformBinding is what a transformer has to bind with.
type transformBinding struct {
	compiler *compiler
	node     *syntax.Transformation
}

// transformers gives all, by "class.name".
func transformers() map[string]transformer {
	all := map[string]transformer{}
	for class, table := range map[string]map[string]transformer{
		"s": stringTransformers(), "uri": uriTransformers(), "param": paramTransformers(),
		"nameaddr": nameAddrTransformers(), "tobody": toBodyTransformers(), "line": lineTransformers(),
		"re": regexTransformers(), "urialias": aliasTransformers(), "val": valueTransformers(), "num": numberTransformers(),
	} {
		for name, t := range table {
			all[class+"."+name] = t
		}
	}
	return all
}

func (c *compiler) transformation(node syntax.Transformation) (step, error) {
	name := node.Class + "." + node.Name
	t, ok := c.transformers[name]
	if !ok {
		var all []string
		for known := range c.transformers {
			all = append(all, known)
		}
		hint := ""
		if near := names.Close(name, all); near != nil {
			hint = "did you mean " + orList(near) + "?"
		}
		return nil, &hinted{fmt.Sprintf("unknown transformation {%s}", name), hint}
	}
	if n := len(node.Params); n < t.min || n > t.max && node.Raw == "" || n > t.max && t.max == 0 {
		return nil, fmt.Errorf("{%s} takes %s, not %d", name, parameters(t.min, t.max), n)
	}
	return t.bind(&transformBinding{c, &node})
}

func parameters(low, high int) string {
	switch {
	case high == 0:
		return "no parameter"
	case low == high && low == 1:
		return "1 parameter"
	case low == high:
		return fmt.Sprintf("%d parameters", low)
	}
	return fmt.Sprintf("%d to %d parameters", low, high)
}

// text gives a parameter as text for each message; fallback when it is not
// written.
func (b *transformBinding) text(index int, fallback string) (func(*Context) string, error) {
	if index >= len(b.node.Params) {
		return func(*Context) string { return fallback }, nil
	}
	p := b.node.Params[index]
	if len(p.Parts) == 0 {
		return func(*Context) string { return p.Text }, nil
	}
	return b.compiler.bindFormat(p.Parts)
}

// number gives a parameter as a number for each message.
func (b *transformBinding) number(index, fallback int) (func(*Context) int, error) {
	if index >= len(b.node.Params) {
		return func(*Context) int { return fallback }, nil
	}
	text, err := b.text(index, "")
	if err != nil {
		return nil, err
	}
	if fixed, ok := literalText(b.node.Params[index].Parts); ok && (fixed != "" || len(b.node.Params[index].Parts) > 0) {
		v := StringValue(fixed)
		n := int(v.AsInt())
		if IntValue(int64(n)).String() != fixed && fixed != "-0" {
			return nil, fmt.Errorf("%q is no number", fixed)
		}
		return func(*Context) int { return n }, nil
	}
	return func(c *Context) int { v := StringValue(text(c)); return int(v.AsInt()) }, nil
}

// onText makes a transformer without parameters from a function of text. No
// value stays no value.
func onText(apply func(string) Value) transformer {
	return transformer{0, 0, func(*transformBinding) (step, error) {
		return func(_ *Context, v Value) Value {
			if v.Kind == Null {
				return v
			}
			return apply(v.AsString())
		}, nil
	}}
}

// withTextParam makes one with a parameter that is text.
func withTextParam(apply func(text, param string) Value) transformer {
	return transformer{1, 1, func(b *transformBinding) (step, error) {
		param, err := b.text(0, "")
		return func(c *Context, v Value) Value {
			if v.Kind == Null {
				return v
			}
			return apply(v.AsString(), param(c))
		}, err
	}}
}
