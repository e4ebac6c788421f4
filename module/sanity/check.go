// The checks, in the order of their bits.
package sanity

import (
	"strconv"
	"strings"

	"viaduct/script"
	"viaduct/sip"
)

// Bits of the first argument, as Kamailio numbers them. 8 and 16, version and
// protocol of Via, do nothing there nor here.
const (
	checkVersion      = 1 << 0
	checkScheme       = 1 << 1
	checkRequired     = 1 << 2
	checkMethod       = 1 << 5
	checkNumber       = 1 << 6
	checkLength       = 1 << 7
	checkExpires      = 1 << 8
	checkProxyRequire = 1 << 9
	checkURIs         = 1 << 10
	checkCredentials  = 1 << 11
	checkTags         = 1 << 12
	checkAuthorize    = 1 << 13
	checkVia          = 1 << 14

	defaultChecks = checkVersion | checkScheme | checkRequired | checkMethod | checkNumber | checkLength |
		checkExpires | checkProxyRequire | checkCredentials
)

// Bits of the second argument: which URIs are looked at.
const (
	requestURI = 1 << iota
	fromURI
	toURI
	contactURI

	defaultURIs = requestURI | fromURI | toURI
)

// table is all checks; those that only a request can fail first.
var table = [...]struct {
	bit         int
	requestOnly bool
	run         func(w *words, c *script.Context) *fault
}{
	{checkVersion, true, version},
	{checkScheme, true, scheme},
	{checkRequired, false, required},
	{checkMethod, true, method},
	{checkNumber, false, number},
	{checkLength, false, length},
	{checkExpires, false, expires},
	{checkProxyRequire, true, proxyRequire},
	{checkTags, false, tags},
	{checkCredentials | checkAuthorize, true, credentials},
	{checkVia, false, via},
}

// check gives the first fault of those asked for, or nil.
func (w *words) check(c *script.Context, checks, which int) *fault {
	isRequest := c.Message.IsRequest()
	for i := range table {
		one := &table[i]
		if checks&one.bit == 0 || one.requestOnly && !isRequest {
			continue
		}
		if f := one.run(w, c); f != nil {
			return f
		}
	}
	if checks&checkURIs != 0 {
		return uris(c, which)
	}
	return nil
}

func bad(reason string) *fault { return &fault{status: 400, reason: reason} }

func version(_ *words, c *script.Context) *fault {
	line := c.Message.StartLine()
	if at := strings.LastIndexByte(line, ' '); !strings.EqualFold(line[at+1:], "SIP/2.0") {
		return &fault{status: 505}
	}
	return nil
}

// scheme refuses what cannot be routed: other schemes than sip, sips, tel and
// urn (RFC 3261 section 16.3 step 2).
func scheme(_ *words, c *script.Context) *fault {
	u, err := sip.ParseURI(c.URI)
	switch {
	case u.IsSIP() || u.Is("tel"):
		if err != nil {
			return bad("Bad Request URI")
		}
		return nil
	case u.Is("urn"):
		return nil
	case err != nil:
		return bad("Bad Request URI")
	}
	return &fault{status: 416}
}

func required(_ *words, c *script.Context) *fault {
	for _, kind := range [...]sip.FieldKind{sip.FieldTo, sip.FieldFrom, sip.FieldCSeq, sip.FieldCallID, sip.FieldVia} {
		if !c.Message.Has(kind) {
			return bad("Missing Required Header in Request")
		}
	}
	return nil
}

func method(_ *words, c *script.Context) *fault {
	if c.Message.CSeq.Method != c.Message.Method {
		return bad("CSeq method does not match request method")
	}
	return nil
}

func number(_ *words, c *script.Context) *fault {
	if c.Message.CSeq.Method == "" { // the parser could not read it
		return bad("CSeq number is illegal")
	}
	return nil
}

func length(_ *words, c *script.Context) *fault {
	if !c.Message.Has(sip.FieldContentLength) {
		return nil
	}
	if n, ok := c.Message.ContentLength(); !ok || n != len(c.Message.Body) {
		return bad("Content-Length mis-match")
	}
	return nil
}

func expires(_ *words, c *script.Context) *fault {
	if !c.Message.Has(sip.FieldExpires) {
		return nil
	}
	if _, err := strconv.ParseUint(c.Message.Get(sip.FieldExpires), 10, 32); err != nil {
		return bad("Expires value is illegal")
	}
	return nil
}

// proxyRequire refuses extensions that we do not know and lists them (RFC
// 3261 section 16.3 step 5).
func proxyRequire(w *words, c *script.Context) *fault {
	unknown, ok := c.Message.Unsupported(sip.FieldProxyRequire, w.knows)
	switch {
	case !ok:
		return bad("Bad Proxy-Require")
	case unknown == "":
		return nil
	}
	return &fault{status: 420, reason: "Bad Proxy Require Extension", fields: "Unsupported: " + unknown + "\r\n"}
}

func (w *words) knows(extension string) bool {
	for _, one := range w.extensions {
		if strings.EqualFold(one, extension) {
			return true
		}
	}
	return false
}

func tags(_ *words, c *script.Context) *fault {
	switch {
	case manyTags(c.Message.Get(sip.FieldFrom)):
		return bad("Many From Tag Params")
	case manyTags(c.Message.Get(sip.FieldTo)):
		return bad("Many To Tag Params")
	}
	return nil
}

func manyTags(value string) bool {
	address, err := sip.ParseNameAddr(value)
	if err != nil {
		return false
	}
	count := 0
	for name := range sip.Params(address.Params) {
		if strings.EqualFold(name, "tag") {
			count++
		}
	}
	return count > 1
}

func via(_ *words, c *script.Context) *fault {
	if c.Message.Via.Host == "" {
		return bad("Missing or Invalid Via Header")
	}
	return nil
}

// uris refuses URIs that are missing or cannot be read.
func uris(c *script.Context, which int) *fault {
	m := c.Message
	if which&requestURI != 0 && m.IsRequest() && !sound(c.URI) {
		return bad("Bad Request URI")
	}
	if which&fromURI != 0 && !soundAddress(m.Get(sip.FieldFrom)) {
		return bad("Bad From URI")
	}
	if which&toURI != 0 && !soundAddress(m.Get(sip.FieldTo)) {
		return bad("Bad To URI")
	}
	if which&contactURI != 0 {
		for v := range m.Values(sip.FieldContact) {
			if v.Text != "*" && !soundAddress(v.Text) {
				return bad("Bad Contact URI")
			}
		}
	}
	return nil
}

func sound(uri string) bool {
	_, err := sip.ParseURI(uri)
	return err == nil
}

func soundAddress(value string) bool {
	address, err := sip.ParseNameAddr(value)
	return err == nil && sound(address.URI)
}
