// Fields like Authorization: one value each, with parameters between commas.
package textopsx

import (
	"strings"

	"viaduct/module"
	"viaduct/script"
	"viaduct/sip"
)

func credentialFunctions() []script.Function {
	return []script.Function{
		{Name: "assign_hf_value2", MinArgs: 2, MaxArgs: 2, Bind: bindPlaced(assignCredential)},
		{Name: "remove_hf_value2", MinArgs: 1, MaxArgs: 1, Bind: bindPlaced(removeCredential)},
	}
}

// fields gives the fields that the index means.
func (p *place) fields(m *sip.Message) []*sip.Field {
	var all []*sip.Field
	for i := range m.Fields {
		if f := &m.Fields[i]; p.is(m, f) {
			all = append(all, f)
		}
	}
	from, to := p.pick(len(all))
	return all[from:to]
}

// credentialParams gives the parameters behind the scheme: Digest a=b, c=d.
// The first has the space behind the scheme in the place of a comma.
func credentialParams(value string) []param {
	space := strings.IndexByte(value, ' ')
	if space < 0 {
		return nil
	}
	return cutParams(value, space, ',')
}

// assignCredential sets the whole value, or a parameter of it.
func assignCredential(c *script.Context, p *place, text string) int {
	chosen := p.fields(c.Message)
	for _, f := range chosen {
		if p.param == "" {
			c.Edits.Replace(int(f.Value), int(f.ValueEnd), text)
			continue
		}
		value := ""
		if text != "" {
			value = "=" + text
		}
		if one, ok := findParam(credentialParams(c.Message.Value(f)), p.param); ok {
			c.Edits.Replace(int(f.Value)+one.valueAt, int(f.Value)+one.valueTo, value)
		} else {
			c.Edits.Insert(int(f.ValueEnd), ","+p.param+value)
		}
	}
	return module.Bool(len(chosen) > 0)
}

// removeCredential takes the field out, or a parameter of it.
func removeCredential(c *script.Context, p *place, _ string) int {
	result := -1
	for _, f := range p.fields(c.Message) {
		if p.param == "" {
			c.Edits.RemoveField(f)
			result = 1
			continue
		}
		all := credentialParams(c.Message.Value(f))
		one, ok := findParam(all, p.param)
		if !ok {
			continue
		}
		start, end := one.start, one.end
		if one == &all[0] && len(all) > 1 { // the space stays, the comma behind goes
			start++
			end = all[1].start + 1
			for end < all[1].end && c.Message.Value(f)[end] == ' ' {
				end++
			}
		}
		c.Edits.Remove(int(f.Value)+start, int(f.Value)+end)
		result = 1
	}
	return result
}
