// Package avpops holds the words of a script that work on AVPs: copying,
// comparing, reckoning with them, and putting them into the request.
//
//	operand.go  the small language of the arguments: "name/flags", "eq/i:5/g"
//	copy.go     avp_copy, avp_delete, is_avp_set, avp_print, avp_printf
//	push.go     avp_pushto
//	check.go    avp_check
//	reckon.go   avp_op
//	subst.go    avp_subst, avp_subst_pv
package avpops

import "viaduct/script"

// New gives the module. log takes what avp_print prints.
func New(log script.Logger) *script.Module {
	return &script.Module{
		Name: "avpops",
		Functions: []script.Function{
			{Name: "avp_delete", MinArgs: 1, MaxArgs: 1, Bind: bindDelete},
			{Name: "avp_copy", MinArgs: 2, MaxArgs: 2, Bind: bindCopy},
			{Name: "is_avp_set", MinArgs: 1, MaxArgs: 1, Bind: bindIsSet},
			{Name: "avp_print", Bind: bindPrint(log)},
			{Name: "avp_printf", MinArgs: 2, MaxArgs: 2, Bind: bindPrintf},
			{Name: "avp_pushto", MinArgs: 2, MaxArgs: 2, Bind: bindPush},
			{Name: "avp_check", MinArgs: 2, MaxArgs: 2, Bind: bindCheck},
			{Name: "avp_op", MinArgs: 2, MaxArgs: 2, Bind: bindReckon},
			{Name: "avp_subst", MinArgs: 2, MaxArgs: 2, Bind: bindSubst},
			{Name: "avp_subst_pv", MinArgs: 2, MaxArgs: 2, Bind: bindSubstText},
		},
	}
}
