// save(): a REGISTER changes the bindings and is answered (RFC 3261 section
// 10.3).
package registrar

import (
	"strconv"
	"strings"

	"viaduct/module"
	"viaduct/registrar"
	"viaduct/script"
	"viaduct/sip"
)

// Flags of save, as Kamailio numbers them.
const (
	memoryOnly   = 0x01 // bindings are in memory in any case
	noReply      = 0x02 // the script answers, by reg_send_reply or otherwise
	oneContact   = 0x04 // the contacts take the place of all others
	fixedExpires = 0x08 // granted times are never random
	replyFields  = 0x10 // with noReply: Contact and the rest go into the script's reply
)

// Return codes of save.
const (
	savedInserted  = 1
	savedUpdated   = 2
	savedRemoved   = 3
	savedNothing   = 4 // the REGISTER only asked for the bindings
	saveFailed     = -1
	saveHasTooMany = -2
)

// bindSave binds save(table[, flags[, uri]]). The flags of the word itself
// count in any case.
func (w *words) bindSave(own int64) func([]script.Arg) (script.Action, error) {
	return func(args []script.Arg) (script.Action, error) {
		r, err := w.table(args)
		if err != nil {
			return nil, err
		}
		flagsOf, err := bindFlags(args)
		if err != nil {
			return nil, err
		}
		return func(c *script.Context) int {
			flags := own | flagsOf(c)
			return w.save(c, r, flags, uri(c, args, 2))
		}, nil
	}
}

// bindFlags reads flags such as 0x04, in quotes or not, when the script is
// compiled, else for each message.
func bindFlags(args []script.Arg) (func(*script.Context) int64, error) {
	if len(args) < 2 {
		return func(*script.Context) int64 { return 0 }, nil
	}
	v, ok := args[1].Constant()
	if !ok {
		return func(c *script.Context) int64 {
			flags, _ := parseFlags(args[1].Eval(c))
			return flags
		}, nil
	}
	flags, ok := parseFlags(v)
	if !ok {
		return nil, &script.ArgError{Index: 1, Msg: "flags are a number", Hint: `as "0x04"`}
	}
	return func(*script.Context) int64 { return flags }, nil
}

func parseFlags(v script.Value) (flags int64, ok bool) {
	if v.Kind == script.Int {
		return v.Int, true
	}
	flags, err := strconv.ParseInt(strings.TrimSpace(v.AsString()), 0, 32)
	return flags, err == nil || v.AsString() == ""
}

func (w *words) save(c *script.Context, r *registrar.Registrar, flags int64, aor string) int {
	m := module.Of(c)
	result := r.Save(c.Message, c.Flow, w.server.Now(), registrar.SaveOptions{
		AOR:      aor,
		Flags:    c.BranchFlags,
		Replaces: flags&oneContact != 0,
	})
	switch {
	case flags&noReply == 0:
		if m.Reply(result.Status, result.Reason, result.Fields) != nil {
			return saveFailed
		}
	case flags&replyFields != 0:
		m.ReplyFields += result.Fields
	default:
		keepReply(c, &result)
	}
	return codeOf(c.Message, &result)
}

func codeOf(m *sip.Message, result *registrar.Result) int {
	switch {
	case result.Status == 503:
		return saveHasTooMany
	case result.Status != 200:
		return saveFailed
	case !m.Has(sip.FieldContact):
		return savedNothing
	case result.Changed == registrar.Updated:
		return savedUpdated
	case result.Changed == registrar.Removed, m.Get(sip.FieldContact) == "*":
		return savedRemoved
	}
	return savedInserted
}

// The reply that save did not send waits in AVPs under names that no script
// can write.
const (
	keptStatus = "registrar reply status"
	keptReason = "registrar reply reason"
	keptFields = "registrar reply fields"
)

func keepReply(c *script.Context, result *registrar.Result) {
	if c.AVPs == nil {
		c.AVPs = new(script.AVPs)
	}
	c.AVPs.Add(keptStatus, script.IntValue(int64(result.Status)))
	c.AVPs.Add(keptReason, script.StringValue(result.Reason))
	c.AVPs.Add(keptFields, script.StringValue(result.Fields))
}

// bindSendReply binds reg_send_reply(), which sends what save("…", "0x02") has
// left to it.
func bindSendReply([]script.Arg) (script.Action, error) {
	return func(c *script.Context) int {
		if c.AVPs == nil {
			return -1
		}
		status := int(c.AVPs.Get(keptStatus).AsInt())
		if status == 0 {
			return -1
		}
		reason, fields := c.AVPs.Get(keptReason).AsString(), c.AVPs.Get(keptFields).AsString()
		return module.Bool(module.Of(c).Reply(status, reason, fields) == nil)
	}, nil
}

// bindAddSocket binds add_sock_hdr(name): a field that tells another registrar
// on which of our addresses the REGISTER came.
func bindAddSocket(args []script.Arg) (script.Action, error) {
	return func(c *script.Context) int {
		name := args[0].Eval(c).AsString()
		if !sip.IsToken(name) {
			return -1
		}
		socket := strings.ToLower(c.Flow.Transport.String()) + ":" + c.Flow.Local.String()
		c.Edits.AppendField(c.Message, name+": "+socket+"\r\n")
		return 1
	}, nil
}
