// The values of a field: elements of a comma-separated list, over all fields
// of a name, and their parameters.
package textopsx

import (
	"strings"

	"viaduct/script"
	"viaduct/sip"
)

// values gives all values of a place's field in order.
func (p *place) values(m *sip.Message) (all []sip.Value) {
	for i := range m.Fields {
		f := &m.Fields[i]
		if !p.is(m, f) {
			continue
		}
		value, at := m.Value(f), 0
		for one := range sip.SplitList(value) {
			// Before an element stand only commas and white space.
			at += strings.Index(value[at:], one)
			all = append(all, sip.Value{Text: one, Start: int(f.Value) + at, Field: i})
			at += len(one)
		}
	}
	return all
}

// chosen gives the values that the index means.
func (p *place) chosen(m *sip.Message) []sip.Value {
	all := p.values(m)
	from, to := p.pick(len(all))
	return all[from:to]
}

// param is a parameter within a text: ";name=value" as offsets.
type param struct {
	start, end       int // with the semicolon
	name             string
	valueAt, valueTo int // the "=" and what follows; both end when there is none
}

// paramsIn gives the parameters of a value: what stands behind its URI or its
// first word.
func paramsIn(value string) (all []param) {
	at := len(value)
	if address, err := sip.ParseNameAddr(value); err == nil {
		at -= len(address.Params)
	} else if semicolon := strings.IndexByte(value, ';'); semicolon >= 0 {
		at = semicolon
	}
	return cutParams(value, at, ';')
}

// cutParams reads "SEP name=value" pieces from offset at on; a separator in
// quotes is none.
func cutParams(text string, at int, separator byte) (all []param) {
	for at < len(text) {
		end := at + 1
		for quoted := false; end < len(text) && (quoted || text[end] != separator); end++ {
			switch {
			case text[end] == '"':
				quoted = !quoted
			case quoted && text[end] == '\\':
				end++
			}
		}
		end = min(end, len(text))
		one := param{start: at, end: end, valueAt: end, valueTo: end}
		inner := text[at+1 : end]
		if equals := strings.IndexByte(inner, '='); equals >= 0 {
			one.valueAt = at + 1 + equals
			inner = inner[:equals]
		}
		one.name = strings.TrimSpace(inner)
		all = append(all, one)
		at = end
	}
	return all
}

func findParam(all []param, name string) (*param, bool) {
	for i := range all {
		if strings.EqualFold(all[i].name, name) {
			return &all[i], true
		}
	}
	return nil, false
}

// has tells whether a value is in a list, without regard to case.
func has(all []sip.Value, text string) bool {
	for _, v := range all {
		if strings.EqualFold(v.Text, text) {
			return true
		}
	}
	return false
}

// addField adds a new field at the end of the header or before all others.
func addField(c *script.Context, name, value string, onTop bool) {
	line := name + ": " + value + "\r\n"
	if onTop {
		c.Edits.InsertField(c.Message, line)
		return
	}
	c.Edits.AppendField(c.Message, line)
}
