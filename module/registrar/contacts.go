// reg_fetch_contacts() and $ulc(profile=>attribute): the script looks at the
// bindings themselves.
package registrar

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"viaduct/location"
	"viaduct/script"
	"viaduct/script/syntax"
	"viaduct/wire"
)

// attributes of $ulc in the order in which a profile keeps them. received has
// no value: no NAT is seen through yet.
var attributes = []string{
	"aor", "domain", "addr", "path", "received", "expires", "callid", "q", "cseq", "flags", "cflags",
	"user_agent", "instance", "regid", "socket", "modified", "methods", "conid", "ruid",
}

// A profile is kept as text in an AVP that no script can name, so that it
// lives as long as the transaction. Two control characters divide contacts and
// attributes; where a client wrote them they are left out.
const (
	profilePrefix  = "registrar contacts "
	afterContact   = "\x1e"
	afterAttribute = "\x1f"
)

var dividers = strings.NewReplacer(afterContact, "", afterAttribute, "")

// bindFetchContacts binds reg_fetch_contacts(table, uri, profile).
func (w *words) bindFetchContacts(args []script.Arg) (script.Action, error) {
	r, err := w.table(args)
	if err != nil {
		return nil, err
	}
	table, _ := args[0].Constant()
	profile, ok := args[2].Constant()
	if !ok {
		return nil, &script.ArgError{Index: 2, Msg: "the profile must be named in the script", Hint: `as "callee"`}
	}
	return func(c *script.Context) int {
		freeProfile(c, profile.AsString())
		record := r.Find(uri(c, args, 1))
		bindings := current(record, w.server.Now())
		if len(bindings) == 0 {
			return -1
		}
		var text strings.Builder
		for _, b := range bindings {
			for _, value := range [...]string{
				record.AOR, table.AsString(), b.Contact, b.Path, "", strconv.FormatInt(b.Expires.Unix(), 10), b.CallID,
				q(b), strconv.FormatUint(uint64(b.CSeq), 10), "0", strconv.FormatUint(uint64(b.Flags), 10),
				b.UserAgent, b.Instance(), b.RegID(), socket(b), strconv.FormatInt(b.Updated.Unix(), 10),
				strconv.FormatUint(uint64(b.Methods), 10), connection(b), b.Contact,
			} {
				dividers.WriteString(&text, value)
				text.WriteString(afterAttribute)
			}
			text.WriteString(afterContact)
		}
		if c.AVPs == nil {
			c.AVPs = new(script.AVPs)
		}
		c.AVPs.Add(profilePrefix+profile.AsString(), script.StringValue(text.String()))
		return 1
	}, nil
}

// current gives the bindings that count, the best first as lookup has them.
func current(record *location.Record, now time.Time) (bindings []*location.Binding) {
	if record == nil {
		return nil
	}
	for i := range record.Bindings {
		if b := &record.Bindings[i]; b.IsCurrent(now) {
			bindings = append(bindings, b)
		}
	}
	slices.SortStableFunc(bindings, func(a, b *location.Binding) int { return int(b.Q) - int(a.Q) })
	return bindings
}

// bindFreeContacts binds reg_free_contacts(profile).
func bindFreeContacts(args []script.Arg) (script.Action, error) {
	return func(c *script.Context) int {
		freeProfile(c, args[0].Eval(c).AsString())
		return 1
	}, nil
}

func freeProfile(c *script.Context, profile string) {
	if c.AVPs != nil {
		c.AVPs.Remove(profilePrefix + profile)
	}
}

// socket is our end of that way, as udp:127.0.0.1:5060.
func socket(b *location.Binding) string {
	if !b.Received.Local.IsValid() {
		return ""
	}
	return strings.ToLower(wire.Transport(b.Received.Transport).String()) + ":" + b.Received.Local.String()
}

// connection is the number of a stream, "" of none.
func connection(b *location.Binding) string {
	if b.Received.Connection == 0 {
		return ""
	}
	return strconv.FormatUint(b.Received.Connection, 10)
}

func q(b *location.Binding) string {
	if b.Q == location.NoQ {
		return "-1"
	}
	return strconv.Itoa(int(b.Q))
}

// bindContactVariable binds $ulc(profile=>attribute) and
// $(ulc(profile=>attribute)[index]); the first contact has index 0.
func bindContactVariable(inner *syntax.Inner, index *syntax.Index, format script.FormatBinder) (script.Assignable, error) {
	if inner == nil || len(inner.Steps) != 2 {
		return nil, errors.New("write $ulc(profile=>attribute)")
	}
	profile, name := inner.Steps[0].Name, inner.Steps[1].Name
	at := slices.Index(attributes, name)
	if at < 0 && name != "count" {
		return nil, fmt.Errorf("no attribute %q; there are %s and count", name, strings.Join(attributes, ", "))
	}
	which, err := bindIndex(index, format)
	if err != nil {
		return nil, err
	}
	return readOnly(func(c *script.Context) script.Value {
		contacts := profileOf(c, profile)
		if name == "count" {
			return script.IntValue(int64(len(contacts)))
		}
		i := which(c)
		if i < 0 {
			i += len(contacts)
		}
		if i < 0 || i >= len(contacts) {
			return script.Value{}
		}
		return attribute(contacts[i], at)
	}), nil
}

// readOnly is a pseudo-variable that cannot be set.
type readOnly func(c *script.Context) script.Value

func (get readOnly) Eval(c *script.Context) script.Value { return get(c) }

func (get readOnly) Assign(*script.Context, script.Value) error {
	return errors.New("it cannot be set")
}

func bindIndex(index *syntax.Index, format script.FormatBinder) (func(*script.Context) int, error) {
	switch {
	case index == nil:
		return func(*script.Context) int { return 0 }, nil
	case index.All:
		return nil, errors.New("[*] is not known here")
	case index.PV == nil:
		return func(*script.Context) int { return index.N }, nil
	}
	text, err := format([]syntax.FormatPart{{Value: index.PV}})
	if err != nil {
		return nil, err
	}
	return func(c *script.Context) int {
		n, err := strconv.Atoi(text(c))
		if err != nil {
			return 0
		}
		return n
	}, nil
}

// profileOf gives the contacts of a profile, nil when none were fetched.
func profileOf(c *script.Context, profile string) []string {
	if c.AVPs == nil {
		return nil
	}
	text := c.AVPs.Get(profilePrefix + profile).AsString()
	if text == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(text, afterContact), afterContact)
}

// attribute gives numbers as numbers, "" as no value.
func attribute(contact string, at int) script.Value {
	value := strings.Split(contact, afterAttribute)[at]
	if value == "" {
		return script.Value{}
	}
	switch attributes[at] {
	case "expires", "q", "cseq", "flags", "cflags", "regid", "modified", "methods", "conid":
		n, _ := strconv.ParseInt(value, 10, 64)
		return script.IntValue(n)
	}
	return script.StringValue(value)
}
