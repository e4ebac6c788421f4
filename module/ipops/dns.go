// Addresses of names: dns_query and $dns, dns_sys_match_ip, dns_int_match_ip.
// All ask the server's resolver. What was found is kept with the AVPs, under a
// name that no script can spell.
package ipops

import (
	"errors"
	"net/netip"
	"strconv"

	"viaduct/module"
	"viaduct/resolve"
	"viaduct/script"
	"viaduct/script/syntax"
)

// Return codes.
const (
	notTheSame = -1
	badAddress = -3
	notFound   = -4
)

func dnsFunctions() []script.Function {
	return []script.Function{
		module.OfTexts("dns_sys_match_ip", matchIP),
		module.OfTexts("dns_int_match_ip", matchIP),
		module.OfTexts("dns_query", query),
	}
}

// addressesOf asks for the addresses of a name; of an address it is that.
func addressesOf(c *script.Context, name string) ([]netip.Addr, error) {
	var wait func()
	if c.Wait != nil {
		wait = c.Wait.HandOver
	}
	resolver := module.Of(c).Proxy.Resolver
	hops, err := resolver.AppendHops(nil, resolve.Query{URI: "sip:" + name + ":5060;transport=udp"}, wait)
	if err != nil {
		return nil, err
	}
	all := make([]netip.Addr, len(hops))
	for i := range hops {
		all[i] = hops[i].Remote.Addr()
	}
	return all, nil
}

// matchIP tells whether a name has an address.
func matchIP(c *script.Context, name, text string) int {
	address, k := parse(text)
	if k == invalid {
		return badAddress
	}
	all, err := addressesOf(c, name)
	if err != nil {
		return notFound
	}
	for _, one := range all {
		if one == address.Unmap() {
			return 1
		}
	}
	return notTheSame
}

func answerKey(name string) string { return "dns\x00" + name }

// query is dns_query(host, name): the addresses go into $dns(name=>…).
func query(c *script.Context, host, name string) int {
	all, err := addressesOf(c, host)
	if err != nil {
		return notFound
	}
	if c.AVPs == nil {
		c.AVPs = new(script.AVPs)
	}
	c.AVPs.Remove(answerKey(name))
	for i := len(all) - 1; i >= 0; i-- { // the last that is added is the first of All
		c.AVPs.Add(answerKey(name), script.StringValue(all[i].String()))
	}
	return 1
}

var errDNS = errors.New("expected $dns(name=>key), key one of count, ipv4, ipv6, addr[i] and type[i]")

// bindDNS binds $dns(name=>key).
func bindDNS(inner *syntax.Inner, _ *syntax.Index, format script.FormatBinder) (script.Assignable, error) {
	if inner == nil || len(inner.Steps) != 2 {
		return nil, errDNS
	}
	name, ok := inner.Steps[0].Static()
	if !ok {
		return nil, errDNS
	}
	step := inner.Steps[1]
	d := answer{key: answerKey(name), index: func(*script.Context) string { return "0" }}
	word := step.Text
	if step.Index != nil {
		word = step.Name
		if d.index = func(*script.Context) string { return strconv.Itoa(step.Index.N) }; step.Index.PV != nil {
			var err error
			if d.index, err = format([]syntax.FormatPart{{Value: step.Index.PV}}); err != nil {
				return nil, err
			}
		}
	}
	switch word {
	case "count":
		d.read = func(all []script.Value, _ int) script.Value { return script.IntValue(int64(len(all))) }
	case "ipv4":
		d.read = hasFamily(ipv4)
	case "ipv6":
		d.read = hasFamily(ipv6)
	case "addr":
		d.read = func(all []script.Value, i int) script.Value { return all[i] }
	case "type":
		d.read = func(all []script.Value, i int) script.Value { return script.IntValue(int64(familyOf(all[i]))) }
	default:
		return nil, errDNS
	}
	return d, nil
}

// answer is what was found for a name, read one way.
type answer struct {
	key   string
	index func(*script.Context) string
	read  func(all []script.Value, i int) script.Value
}

func (d answer) Eval(c *script.Context) script.Value {
	if c.AVPs == nil {
		return script.Value{}
	}
	all := c.AVPs.All(d.key)
	i, err := strconv.Atoi(d.index(c))
	if i < 0 {
		i += len(all)
	}
	if err != nil || i < 0 || i >= len(all) {
		return script.Value{}
	}
	return d.read(all, i)
}

var errRead = errors.New("this variable can only be read")

func (answer) Assign(*script.Context, script.Value) error { return errRead }

// familyOf gives 4 or 6.
func familyOf(v script.Value) int {
	if _, k := parse(v.Text); k == ipv4 {
		return 4
	}
	return 6
}

// hasFamily tells by 1 or 0 whether there is an address of that kind.
func hasFamily(k kind) func([]script.Value, int) script.Value {
	return func(all []script.Value, _ int) script.Value {
		for _, v := range all {
			if _, found := parse(v.Text); found == k {
				return script.IntValue(1)
			}
		}
		return script.IntValue(0)
	}
}
