// What kind of message it is, and what its fields say.
package siputils

import (
	"net/http"
	"strings"
	"time"

	"viaduct/module"
	"viaduct/script"
	"viaduct/sip"
	"viaduct/wire"
)

func messageFunctions(myself Myself) []script.Function {
	return []script.Function{
		module.Plain("is_request", func(c *script.Context) int { return module.Bool(c.Message.IsRequest()) }),
		module.Plain("is_reply", func(c *script.Context) int { return module.Bool(!c.Message.IsRequest()) }),
		module.Plain("is_sip", func(*script.Context) int { return 1 }),
		module.Plain("is_http", func(*script.Context) int { return -1 }),
		module.Plain("has_totag", func(c *script.Context) int { return module.Bool(c.Message.ToTag() != "") }),
		{Name: "is_first_hop", MaxArgs: 1, Bind: bindFirstHop(myself)},
		{Name: "is_supported", MinArgs: 1, MaxArgs: 1, Bind: bindSupported},
		{Name: "hdr_date_check", MinArgs: 1, MaxArgs: 1, Bind: bindDateCheck},
	}
}

// bindFirstHop binds is_first_hop([mode]): of a request, nobody relayed it
// before us; of a reply, we were the first to relay its request, as the
// topmost Record-Route names us. In mode 0 a reply that we sent ourselves does
// not count.
func bindFirstHop(myself Myself) func([]script.Arg) (script.Action, error) {
	return func(args []script.Arg) (script.Action, error) {
		mode := func(*script.Context) (int, bool) { return 0, true }
		if len(args) > 0 {
			var err error
			if mode, err = module.Number(args, 0); err != nil {
				return nil, err
			}
		}
		return func(c *script.Context) int {
			if c.Message.IsRequest() {
				return module.Bool(!hasSecondVia(c.Message))
			}
			n, _ := mode(c)
			return module.Bool(firstHopOfReply(c, myself, n))
		}, nil
	}
}

// hasSecondVia tells whether a message has more Via values than one.
func hasSecondVia(m *sip.Message) bool {
	count := 0
	for range m.Values(sip.FieldVia) {
		if count++; count == 2 {
			return true
		}
	}
	return false
}

func firstHopOfReply(c *script.Context, myself Myself, mode int) bool {
	for v := range c.Message.Values(sip.FieldRecordRoute) {
		address, err := sip.ParseNameAddr(v.Text)
		if err != nil {
			return false
		}
		uri, err := sip.ParseURI(address.URI)
		if err != nil {
			return false
		}
		if mode == 0 {
			if _, err := sip.ParseHost(uri.Host); err != nil {
				return false // a name may stand for several servers
			}
			if c.Flow.Remote.Addr() == c.Flow.Local.Addr() {
				return false // we have sent this to ourselves
			}
		}
		name, _ := uri.Param("transport")
		return myself(uri.Host, uri.Port, wire.ParseTransport(name))
	}
	return false
}

// bindSupported binds is_supported(option): the field Supported lists it.
func bindSupported(args []script.Arg) (script.Action, error) {
	option, err := module.Fixed(args, 0)
	if err != nil {
		return nil, err
	}
	return func(c *script.Context) int {
		for v := range c.Message.Values(sip.FieldSupported) {
			if strings.EqualFold(v.Text, option) {
				return 1
			}
		}
		return -1
	}, nil
}

// Results of hdr_date_check below false.
const (
	badDate     = -2
	dateTooOld  = -4
	dateTooFar  = -3
	missingDate = -1
)

// bindDateCheck binds hdr_date_check(seconds): the field Date is at most so
// far from now.
func bindDateCheck(args []script.Arg) (script.Action, error) {
	seconds, err := module.Number(args, 0)
	if err != nil {
		return nil, err
	}
	return func(c *script.Context) int {
		field := c.Message.First(sip.FieldDate)
		if field == nil {
			return missingDate
		}
		date, err := time.Parse(http.TimeFormat, c.Message.Value(field))
		if err != nil {
			return badDate
		}
		n, ok := seconds(c)
		if !ok {
			return missingDate
		}
		limit := time.Duration(n) * time.Second
		switch age := time.Since(date); {
		case age > limit:
			return dateTooOld
		case age < -limit:
			return dateTooFar
		}
		return 1
	}, nil
}
