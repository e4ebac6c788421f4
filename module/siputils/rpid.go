// Remote-Party-ID: the caller's identity as authentication found it, which
// waits in an AVP (rpid_avp).
package siputils

import (
	"fmt"
	"strings"

	"viaduct/module"
	"viaduct/script"
	"viaduct/script/syntax"
	"viaduct/sip"
)

type identity struct {
	prefix, suffix string
	avp            string // as a pseudo-variable; "" for none
	value          script.Format
}

func newIdentity() *identity {
	return &identity{suffix: ";party=calling;id-type=subscriber;screen=yes", avp: "$avp(s:rpid)"}
}

func (r *identity) params() []script.Param {
	return []script.Param{
		{Name: "rpid_prefix", Set: script.SetString(&r.prefix)},
		{Name: "rpid_suffix", Set: script.SetString(&r.suffix)},
		{Name: "rpid_avp", Set: script.SetString(&r.avp)},
	}
}

func (r *identity) start() (err error) {
	if r.avp == "" {
		return nil
	}
	if !strings.HasPrefix(r.avp, "$") {
		return fmt.Errorf("rpid_avp: expected $avp(name), not %q", r.avp)
	}
	r.value, err = script.CompileFormat(r.avp, syntax.Kamailio)
	return err
}

func (r *identity) functions() []script.Function {
	return []script.Function{
		module.In(module.Plain("append_rpid_hf", func(c *script.Context) int { return r.add(c, r.prefix, r.suffix) }), requests()),
		module.In(module.OfTexts("append_rpid_hf", r.add), requests()),
		module.In(module.Plain("is_rpid_user_e164", r.isE164), requests()),
	}
}

// of gives the identity, "" when there is none.
func (r *identity) of(c *script.Context) string {
	if r.value == nil {
		return ""
	}
	text := string(r.value(c, nil))
	if text == (script.Value{}).String() {
		return ""
	}
	return text
}

// add appends the field; it is false without an identity.
func (r *identity) add(c *script.Context, prefix, suffix string) int {
	id := r.of(c)
	if id == "" {
		return -1
	}
	c.Edits.AppendField(c.Message, "Remote-Party-ID: "+prefix+id+suffix+"\r\n")
	return 1
}

// isE164 tells whether the identity, a URI, has a global number for a user.
func (r *identity) isE164(c *script.Context) int {
	address, err := sip.ParseNameAddr(r.of(c))
	return module.Bool(err == nil && isURIUserE164(address.URI))
}
