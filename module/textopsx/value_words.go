// The words for values of fields.
package textopsx

import (
	"strings"

	"viaduct/module"
	"viaduct/script"
)

func valueFunctions() []script.Function {
	return []script.Function{
		{Name: "append_hf_value", MinArgs: 2, MaxArgs: 2, Bind: bindPlaced(appendValue)},
		{Name: "insert_hf_value", MinArgs: 2, MaxArgs: 2, Bind: bindPlaced(insertValue)},
		{Name: "assign_hf_value", MinArgs: 2, MaxArgs: 2, Bind: bindPlaced(assignValue)},
		{Name: "remove_hf_value", MinArgs: 1, MaxArgs: 1, Bind: bindPlaced(removeValue)},
		{Name: "include_hf_value", MinArgs: 2, MaxArgs: 2, Bind: bindPlaced(includeValue)},
		{Name: "exclude_hf_value", MinArgs: 2, MaxArgs: 2, Bind: bindPlaced(excludeValue)},
		{Name: "hf_value_exists", MinArgs: 2, MaxArgs: 2, Bind: bindPlaced(valueExists)},
	}
}

// bindPlaced binds a word of a place and, mostly, a text.
func bindPlaced(do func(c *script.Context, p *place, text string) int) func([]script.Arg) (script.Action, error) {
	return func(args []script.Arg) (script.Action, error) {
		p, err := placeOf(args, 0)
		if err != nil {
			return nil, err
		}
		text := func(*script.Context) string { return "" }
		if len(args) == 2 {
			text = module.Text(args[1])
		}
		return func(c *script.Context) int { return do(c, &p, text(c)) }, nil
	}
}

// appendValue puts a value behind the one meant; without an index, or when
// there is no such value, into a field of its own at the end.
func appendValue(c *script.Context, p *place, text string) int {
	if chosen := p.chosen(c.Message); len(chosen) > 0 && p.index != 0 {
		v := chosen[0]
		c.Edits.Insert(v.Start+len(v.Text), ","+text)
		return 1
	}
	addField(c, p.name, text, false)
	return 1
}

// insertValue puts a value before the one meant; without an index, or when
// there is no such value, into a field of its own on top.
func insertValue(c *script.Context, p *place, text string) int {
	if chosen := p.chosen(c.Message); len(chosen) > 0 && p.index != 0 {
		c.Edits.Insert(chosen[0].Start, text+",")
		return 1
	}
	addField(c, p.name, text, true)
	return 1
}

// assignValue sets the value meant, the first without an index; or one of its
// parameters, which is added when it is not there. Without text a parameter
// has no value.
func assignValue(c *script.Context, p *place, text string) int {
	value := ""
	if text != "" {
		value = "=" + text
	}
	chosen := p.chosen(c.Message)
	for _, v := range chosen {
		if p.param == "" {
			c.Edits.Replace(v.Start, v.Start+len(v.Text), text)
		} else if one, ok := findParam(paramsIn(v.Text), p.param); ok {
			c.Edits.Replace(v.Start+one.valueAt, v.Start+one.valueTo, value)
		} else {
			c.Edits.Insert(v.Start+len(v.Text), ";"+p.param+value)
		}
	}
	return module.Bool(len(chosen) > 0)
}

// removeValue takes the value meant out, or one of its parameters.
func removeValue(c *script.Context, p *place, _ string) int {
	result := -1
	for _, v := range p.chosen(c.Message) {
		if p.param == "" {
			c.Edits.RemoveValue(c.Message, v)
			result = 1
		} else if one, ok := findParam(paramsIn(v.Text), p.param); ok {
			c.Edits.Remove(v.Start+one.start, v.Start+one.end)
			result = 1
		}
	}
	return result
}

// includeValue adds a value to a set, unless it is in it.
func includeValue(c *script.Context, p *place, text string) int {
	all := p.values(c.Message)
	switch {
	case has(all, text):
	case len(all) == 0:
		addField(c, p.name, text, false)
	default:
		v := all[len(all)-1]
		c.Edits.Insert(v.Start+len(v.Text), ","+text)
	}
	return 1
}

// excludeValue takes a value out of a set.
func excludeValue(c *script.Context, p *place, text string) int {
	for _, v := range p.values(c.Message) {
		if strings.EqualFold(v.Text, text) {
			c.Edits.RemoveValue(c.Message, v)
		}
	}
	return 1
}

// valueExists tells whether a value is in a set.
func valueExists(c *script.Context, p *place, text string) int {
	return module.Bool(has(p.values(c.Message), text))
}
