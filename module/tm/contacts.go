// Serial forking by q: t_load_contacts, t_next_contacts, t_next_contact_flow.
package tm

import (
	"cmp"
	"math/rand/v2"
	"slices"

	"viaduct/module"
	"viaduct/script"
)

// noContacts is the return code where there are none left.
const noContacts = -2

// bindLoadContacts binds t_load_contacts([mode]): the targets become groups
// that t_next_contacts takes one after the other. Mode 0 has one group for
// each q, the highest first; mode 1 a group for each contact, by chance, with q
// as its weight, those with q 0 or none behind.
func (t *TM) bindLoadContacts(args []script.Arg) (script.Action, error) {
	mode := module.NumberOf(func(*script.Context) (int, bool) { return 0, true })
	if len(args) > 0 {
		var err error
		if mode, err = module.Number(args, 0); err != nil {
			return nil, err
		}
	}
	return func(c *script.Context) int {
		m := module.Of(c)
		way, ok := mode(c)
		switch {
		case t.contacts == "" || !ok || way < 0 || way > 1:
			return -1
		case len(m.Branches) == 0:
			return 1 // one target needs no order
		}
		all := append([]script.Branch{mainBranch(m)}, m.Branches...)
		m.Branches = nil
		if way == 1 {
			m.Contacts = byChance(all)
		} else {
			m.Contacts = byQ(all)
		}
		m.Flows = nil
		t.showContacts(m)
		return 1
	}, nil
}

// mainBranch is the Request-URI as one of the targets; it has no q.
func mainBranch(m *module.Message) script.Branch {
	return script.Branch{
		URI: m.URI, Destination: m.Destination, Path: m.Path, Flow: m.TargetFlow, Q: -1, Flags: m.BranchFlags, Binding: m.Binding,
	}
}

// byQ groups contacts of one q, the highest first. In a group the latest comes
// first, as with Kamailio.
func byQ(all []script.Branch) (groups [][]script.Branch) {
	slices.Reverse(all)
	slices.SortStableFunc(all, func(a, b script.Branch) int { return cmp.Compare(b.Q, a.Q) })
	for i, b := range all {
		if i == 0 || b.Q != all[i-1].Q {
			groups = append(groups, nil)
		}
		last := &groups[len(groups)-1]
		*last = append(*last, b)
	}
	return groups
}

// byChance puts each contact in a group of its own.
func byChance(all []script.Branch) (groups [][]script.Branch) {
	for len(all) > 0 {
		at := drawn(all)
		groups = append(groups, []script.Branch{all[at]})
		all = slices.Delete(all, at, at+1)
	}
	return groups
}

// drawn chooses one by its q, the first when none has any.
func drawn(all []script.Branch) int {
	sum := 0
	for i := range all {
		sum += max(all[i].Q, 0)
	}
	if sum == 0 {
		return 0
	}
	ticket := rand.IntN(sum)
	for i := range all {
		if ticket -= max(all[i].Q, 0); ticket < 0 {
			return i
		}
	}
	return 0
}

// nextContacts is t_next_contacts: the next group becomes the target set. Of
// the contacts of one device only the first does; the others are other ways to
// it, for t_next_contact_flow.
func (t *TM) nextContacts(c *script.Context) int {
	m := module.Of(c)
	switch {
	case t.contacts == "":
		return -1
	case len(m.Contacts) == 0:
		return noContacts
	}
	group := m.Contacts[0]
	m.Contacts = m.Contacts[1:]
	m.Branches, m.Flows = nil, nil
	m.SetTarget(module.BranchTarget(&group[0]))
	devices := map[string]bool{group[0].Binding.Instance: true}
	for _, b := range group[1:] {
		if device := b.Binding.Instance; device != "" {
			if devices[device] {
				m.Flows = append(m.Flows, b)
				continue
			}
			devices[device] = true
		}
		m.Branches = append(m.Branches, b)
	}
	t.showContacts(m)
	return 1
}

// nextFlow is t_next_contact_flow: another way to the device of the branch
// that has failed.
func (t *TM) nextFlow(c *script.Context) int {
	m := module.Of(c)
	if t.contacts == "" || m.Branch == nil {
		return -1
	}
	at := slices.IndexFunc(m.Flows, func(b script.Branch) bool { return b.Binding.Instance == m.Branch.Target.Instance })
	if at < 0 {
		return noContacts
	}
	m.SetTarget(module.BranchTarget(&m.Flows[at]))
	m.Branches = nil
	m.Flows = slices.Delete(m.Flows, at, at+1)
	t.showContacts(m)
	return 1
}

// showContacts lets the script see, as XAVPs, what is left.
func (t *TM) showContacts(m *module.Message) {
	if m.AVPs == nil {
		m.AVPs = new(script.AVPs)
	}
	var left []script.Branch
	for i := range m.Contacts {
		left = append(left, m.Contacts[len(m.Contacts)-1-i]...) // the next on top
	}
	m.AVPs.SetXAVP(t.contacts, xavps(left))
	m.AVPs.SetXAVP(t.flows, xavps(m.Flows))
}

func xavps(contacts []script.Branch) (values [][]script.Field) {
	for i := range contacts {
		b := &contacts[i]
		values = append(values, []script.Field{
			{Name: "uri", Value: script.StringValue(b.URI)}, {Name: "dst_uri", Value: script.StringValue(b.Destination)},
			{Name: "path", Value: script.StringValue(b.Path)}, {Name: "branch_flags", Value: script.IntValue(int64(b.Flags))},
			{Name: "instance", Value: script.StringValue(b.Binding.Instance)}, {Name: "ruid", Value: script.StringValue(b.Binding.ID)},
		})
	}
	return values
}
