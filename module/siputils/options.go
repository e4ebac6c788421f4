// The answer to an OPTIONS that asks for the server itself (RFC 3261 section
// 11.2).
package siputils

import (
	"viaduct/module"
	"viaduct/script"
	"viaduct/sip"
)

// options are the capabilities that the answer lists.
type options struct{ accept, encoding, language, support string }

func newOptions() *options { return &options{accept: "*/*", language: "en"} }

// params gives the parameters; their names have a prefix in siputils.
func (o *options) params(prefix, support string) []script.Param {
	return []script.Param{
		{Name: prefix + "accept", Set: script.SetString(&o.accept)},
		{Name: prefix + "accept_encoding", Set: script.SetString(&o.encoding)},
		{Name: prefix + "accept_language", Set: script.SetString(&o.language)},
		{Name: prefix + support, Set: script.SetString(&o.support)},
	}
}

func (o *options) function() script.Function {
	return module.In(module.Plain("options_reply", o.reply), requests())
}

// reply answers 200 with what the parameters say. It is false for another
// method and for an OPTIONS that asks for a user.
func (o *options) reply(c *script.Context) int {
	if c.Message.Method != "OPTIONS" {
		return -1
	}
	uri, err := sip.ParseURI(c.URI)
	if err != nil || uri.User != "" {
		return -1
	}
	fields := "Accept: " + o.accept + "\r\nAccept-Encoding: " + o.encoding +
		"\r\nAccept-Language: " + o.language + "\r\nSupported: " + o.support + "\r\n"
	return module.Bool(module.Of(c).Reply(200, "", fields) == nil)
}
