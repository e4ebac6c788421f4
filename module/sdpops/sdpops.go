// Package sdpops holds the words of a script about session descriptions (SDP,
// RFC 8866): which streams and codecs there are, and taking some out. What is
// not taken out stays byte for byte.
//
//	scan.go      a description as lines and streams
//	find.go      the description in a message
//	codec.go     sdp_remove_codecs_…, sdp_keep_codecs_…
//	names.go     names of codecs
//	remove.go    sdp_remove_media, …_transport, …_line_by_prefix
//	ask.go       sdp_with_…
//	get.go       sdp_get and its kin
//	variable.go  $sdp
package sdpops

import (
	"viaduct/module"
	"viaduct/script"
)

// New gives the module. log takes what sdp_print prints, up to verbosity.
func New(log script.Logger, verbosity *module.Verbosity) *script.Module {
	m := &script.Module{Name: "sdpops", Variables: []script.Variable{{Name: "sdp", Bind: bindVariable}}}
	m.Functions = append(m.Functions, codecFunctions()...)
	m.Functions = append(m.Functions, removeFunctions()...)
	m.Functions = append(m.Functions, askFunctions()...)
	m.Functions = append(m.Functions, getFunctions()...)
	m.Functions = append(m.Functions, printFunction(log, verbosity))
	return m
}

// Return codes beside 1 and -1.
const (
	noBody   = -2
	notAlike = -2 // the streams have several transports
	someOf   = 2  // some of the codecs are there, or only in some streams
)
