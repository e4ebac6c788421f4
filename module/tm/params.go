// The parameters of tm.
package tm

import (
	"fmt"
	"time"

	"viaduct/proxy"
	"viaduct/script"
)

// params are those that mean something here; the engine accepts all others
// that Kamailio knows.
func (t *TM) params() []script.Param {
	return []script.Param{
		{Name: "fr_timer", Set: script.SetInt(&t.frTimer)},
		{Name: "fr_inv_timer", Set: script.SetInt(&t.frInvTimer)},
		{Name: "fr_timer_avp", Set: setVariable(&t.frAVP)},
		{Name: "fr_inv_timer_avp", Set: setVariable(&t.frInvAVP)},
		{Name: "max_inv_lifetime", Set: script.SetInt(&t.maxInv)},
		{Name: "max_noninv_lifetime", Set: script.SetInt(&t.maxOther)},
		{Name: "retr_timer1", Set: script.SetInt(&t.retr1)},
		{Name: "retr_timer2", Set: script.SetInt(&t.retr2)},
		{Name: "restart_fr_on_each_reply", Set: script.SetBool(&t.restartEach)},
		{Name: "auto_inv_100", Set: script.SetBool(&t.auto100)},
		{Name: "auto_inv_100_reason", Set: script.SetString(&t.rules.TryingReason)},
		{Name: "unmatched_cancel", Set: script.SetInt(&t.unmatchedCancel)},
		{Name: "cancel_b_method", Set: script.SetInt(&t.cancelMode)},
		{Name: "reparse_invite", Set: setNot(&t.rules.CallersVias)},
		{Name: "local_cancel_reason", Set: setNot(&t.rules.NoReason)},
		{Name: "e2e_cancel_reason", Set: setNot(&t.rules.NoCallersReason)},
		{Name: "disable_6xx_block", Set: script.SetBool(&t.rules.Plain6xx)},
		{Name: "remap_503_500", Set: setNot(&t.rules.Keep503)},
		{Name: "aggregate_challenges", Set: setNot(&t.rules.OneChallenge)},
		{Name: "faked_reply_prio", Set: script.SetInt(&t.rules.OursLast)},
		{Name: "failure_reply_mode", Set: script.SetInt(&t.failureReplies)},
		{Name: "default_code", Set: script.SetInt(&t.defaultCode)},
		{Name: "default_reason", Set: script.SetString(&t.defaultReason)},
		{Name: "contacts_avp", Set: script.SetString(&t.contacts)},
		{Name: "contact_flows_avp", Set: script.SetString(&t.flows)},
	}
}

// start checks what the parameters are together.
func (t *TM) start() error {
	switch {
	case t.cancelMode < 0 || t.cancelMode > 2:
		return fmt.Errorf("cancel_b_method is 0, 1 or 2, not %d", t.cancelMode)
	case t.failureReplies < keepAll || t.failureReplies > dropAll:
		return fmt.Errorf("failure_reply_mode is 0, 1, 2 or 3, not %d", t.failureReplies)
	case t.defaultCode < 400 || t.defaultCode > 699:
		return fmt.Errorf("default_code is from 400 to 699, not %d", t.defaultCode)
	case t.contacts != "" && t.flows == "":
		return fmt.Errorf("contacts_avp needs contact_flows_avp beside it")
	}
	t.rules.Unheard = [...]proxy.Unheard{proxy.ForgetUnheard, proxy.CancelLater, proxy.CancelAtOnce}[t.cancelMode]
	return nil
}

// setNot sets what a parameter switches off.
func setNot(target *bool) func(script.Value) error {
	return func(v script.Value) error {
		*target = v.AsInt() == 0
		return nil
	}
}

// setVariable takes "$avp(name)", or the bare name as SER has it.
func setVariable(target *script.Assignable) func(script.Value) error {
	return func(v script.Value) (err error) {
		text := v.AsString()
		if text != "" && text[0] != '$' {
			text = "$avp(" + text + ")"
		}
		*target, err = script.CompileVariable(text)
		return err
	}
}

// milliseconds reads a duration as tm's parameters give it; SER and OpenSER
// wrote seconds, and nobody means a tenth of a second.
func milliseconds(n int) time.Duration {
	if n > 0 && n < 1000 {
		return time.Duration(n) * time.Second
	}
	return time.Duration(n) * time.Millisecond
}
