// Package textopsx holds further words of a script that change a message as
// text.
//
//	apply.go      changes made visible: msg_apply_changes
//	status.go     the status of a reply
//	drop.go       remove_body and keep_hf
//	place.go      "Name[index].param": which value of a field is meant
//	values.go     the values of a field: find, add, remove, set
//	value_words.go   the words for them
//	credentials.go   the same for fields like Authorization
//	iterator.go   walks over the fields and over the lines of the body
//	fnmatch.go    patterns of the shell
package textopsx

import (
	"slices"

	"viaduct/script"
)

// New gives the module.
func New() *script.Module {
	return &script.Module{
		Name: "textopsx",
		Functions: slices.Concat(applyFunctions(), statusFunctions(), dropFunctions(), valueFunctions(),
			credentialFunctions(), iteratorFunctions(), matchFunctions()),
		Variables: iteratorVariables(),
	}
}
