// Package textops holds the words of a script that read and change a message
// as text: fields of the header, the body, regular expressions.
//
//	method.go          is_method
//	field_add.go       new fields, for the message or for its reply
//	field_remove.go    fields taken out
//	field_ask.go       which fields are there, and what they hold
//	search.go          search, and text put behind what was found
//	replace.go         one text in the place of another
//	substitution.go    /re/replacement/flags as sed knows it
//	subst.go           the words that use it
//	body.go            the body as a whole
//	multipart.go       bodies of several parts (RFC 2046)
//	part_words.go      the words for them
//	compare.go         texts and lists of texts
//	hold.go            is_audio_on_hold
//	pattern.go         regular expressions as arguments
//
// Searches see the message as it came: changes are edits that are applied
// when it is sent on, or by msg_apply_changes of textopsx.
package textops

import (
	"slices"
	"time"

	"viaduct/script"
)

// New gives the module. now is the clock of append_time.
func New(now func() time.Time) *script.Module {
	return &script.Module{Name: "textops", Functions: slices.Concat(
		methodFunctions(), addFunctions(now), removeFunctions(), askFunctions(),
		searchFunctions(), replaceFunctions(), substFunctions(),
		bodyFunctions(), partFunctions(), compareFunctions(), holdFunctions(),
	)}
}
