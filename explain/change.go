// Changes: what a proxy made of a request between taking and sending it.
package explain

import (
	"fmt"
	"slices"
	"strings"

	"viaduct/sip"
)

// maxChanges bounds the fields that one sentence lists.
const maxChanges = 6

func (t *telling) changes() {
	before, after := t.origin.sip, t.sip
	if before.RequestURI != after.RequestURI {
		t.retargeted(before.RequestURI, after.RequestURI)
	}
	was, _ := before.MaxForwards()
	is, ok := after.MaxForwards()
	if ok && was != is && before.Has(sip.FieldMaxForwards) {
		t.say(HopCounted, was, is)
	}
	routes := func(m *sip.Message, kind sip.FieldKind) (all []string) {
		for v := range m.Values(kind) {
			all = append(all, v.Text)
		}
		return all
	}
	recorded, had := routes(after, sip.FieldRecordRoute), routes(before, sip.FieldRecordRoute)
	if len(recorded) > len(had) {
		rule := RecordRouted
		if after.ToTag() != "" {
			rule = RecordRoutedAgain
		}
		t.say(rule, t.name(t.from()), printable(strings.Join(recorded[:len(recorded)-len(had)], ", ")))
	}
	route, routed := routes(after, sip.FieldRoute), routes(before, sip.FieldRoute)
	if len(route) < len(routed) {
		t.say(RouteRemoved, t.name(t.from()), printable(strings.Join(routed[:len(routed)-len(route)], ", ")))
	}
	if others := otherChanges(before, after, before.Has(sip.FieldMaxForwards)); others != "" {
		t.say(FieldsChanged, t.name(t.from()), others)
	}
}

// retargeted says where the new Request-URI comes from.
func (t *telling) retargeted(was, is string) {
	next := t.name(t.to())
	source := ""
	if user, ok := t.bindings[is]; ok {
		source = "the Contact that " + printable(user) + " has registered"
	} else if lane := t.laneOfURI(is); lane == t.to() {
		source = "where " + next + " is, as the proxy's location service knows"
	}
	if source == "" {
		t.say(RouteRewritten, printable(was), printable(is), t.name(t.from()))
		return
	}
	t.say(Retargeted, printable(was), printable(is), source, t.name(t.from()))
}

// otherChanges lists the fields that were added, removed or changed, beside
// those that have a sentence of their own.
func otherChanges(before, after *sip.Message, hadHops bool) string {
	var parts []string
	add := func(verb string, names []string) {
		if len(names) > maxChanges {
			names = append(names[:maxChanges:maxChanges], fmt.Sprintf("%d more", len(names)-maxChanges))
		}
		if len(names) > 0 {
			parts = append(parts, verb+" "+strings.Join(names, ", "))
		}
	}
	was, is := fieldsOf(before, hadHops), fieldsOf(after, hadHops)
	var added, removed, changed []string
	for _, name := range sortedKeys(is) {
		if _, ok := was[name]; !ok {
			added = append(added, printable(name))
		} else if !slices.Equal(was[name], is[name]) {
			changed = append(changed, printable(name))
		}
	}
	for _, name := range sortedKeys(was) {
		if _, ok := is[name]; !ok {
			removed = append(removed, printable(name))
		}
	}
	add("adds", added)
	add("takes off", removed)
	add("changes", changed)
	if len(parts) > 1 {
		parts = append(parts[:len(parts)-2], parts[len(parts)-2]+" and "+parts[len(parts)-1])
	}
	return strings.Join(parts, ", ")
}

// fieldsOf gives the values of each field, by its name in the usual spelling.
func fieldsOf(m *sip.Message, hadHops bool) map[string][]string {
	all := map[string][]string{}
	for i := range m.Fields {
		f := &m.Fields[i]
		name := f.Kind.String()
		switch f.Kind {
		case sip.FieldVia, sip.FieldRoute, sip.FieldRecordRoute, sip.FieldContentLength:
			continue
		case sip.FieldMaxForwards:
			if hadHops {
				continue
			}
		case sip.FieldOther:
			name = m.Name(f)
		}
		all[name] = append(all[name], sip.Unfold(m.Value(f)))
	}
	return all
}

func sortedKeys(fields map[string][]string) []string {
	var names []string
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
