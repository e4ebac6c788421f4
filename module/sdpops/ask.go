// Questions: sdp_with_media and its kin.
package sdpops

import (
	"strings"

	"viaduct/module"
	"viaduct/script"
	"viaduct/sip"
)

func askFunctions() []script.Function {
	return []script.Function{
		anyStream("sdp_with_media", func(f *found, s *stream, media string) bool {
			return strings.EqualFold(media, s.media.of(f.text))
		}),
		anyStream("sdp_with_active_media", func(f *found, s *stream, media string) bool {
			return strings.EqualFold(media, s.media.of(f.text)) && f.isActive(s)
		}),
		anyStream("sdp_with_transport", func(f *found, s *stream, transport string) bool {
			return strings.EqualFold(transport, s.transport.of(f.text))
		}),
		anyStream("sdp_with_transport_like", func(f *found, s *stream, part string) bool {
			return strings.Contains(s.transport.of(f.text), part)
		}),
		module.OfText("sdp_with_codecs_by_id", withCodecs(byID)),
		module.OfText("sdp_with_codecs_by_name", withCodecs(byName)),
		module.Plain("sdp_with_ice", func(c *script.Context) int {
			f, _, ok := find(c)
			if ok {
				_, ok = f.first(f.lines, "a=candidate:")
			}
			return module.Bool(ok)
		}),
		module.Plain("sdp_get_address_family", addressFamily),
		{Name: "sdp_content", MaxArgs: 1, Bind: bindContent},
	}
}

// anyStream makes a function that asks whether a stream is as its text says.
func anyStream(name string, is func(f *found, s *stream, text string) bool) script.Function {
	return module.OfText(name, func(c *script.Context, text string) int {
		f, _, ok := find(c)
		if !ok {
			return -1
		}
		for i := range f.streams {
			if is(&f, &f.streams[i], text) {
				return 1
			}
		}
		return -1
	})
}

// isActive tells whether media may flow: the port is not 0, and the stream is
// not inactive, by its own attribute or else that of the session (RFC 8866
// section 6.7).
func (d *description) isActive(s *stream) bool {
	return strings.Trim(s.port.of(d.text), "0") != "" && d.direction(d.of(s), d.direction(d.session(), "")) != "inactive"
}

// withCodecs asks for codecs: 1 when each of a list is in each stream, 2 when
// some are in some.
func withCodecs(match matcher) func(*script.Context, string) int {
	return func(c *script.Context, list string) int {
		f, _, ok := find(c)
		if !ok {
			return -1
		}
		there, missing := false, false
		for one := range sip.SplitList(list) {
			has, _ := match(f.description, one)
			for i := range f.streams {
				if f.hasAny(&f.streams[i], has) {
					there = true
				} else {
					missing = true
				}
			}
		}
		switch {
		case !there:
			return -1
		case missing:
			return someOf
		}
		return 1
	}
}

func (d *description) hasAny(s *stream, has func(*stream, string) bool) bool {
	for _, format := range s.formats {
		if has(s, format.of(d.text)) {
			return true
		}
	}
	return false
}

// addressFamily gives 4 or 6, by the first c= line.
func addressFamily(c *script.Context) int {
	f, _, ok := find(c)
	if !ok {
		return -1
	}
	connection, _ := f.first(f.lines, "c=")
	switch {
	case strings.HasPrefix(connection, "IN IP4 "):
		return 4
	case strings.HasPrefix(connection, "IN IP6 "):
		return 6
	}
	return -1
}

// bindContent binds sdp_content([sloppy]): is there a description? With an
// argument, does the body look like it?
func bindContent(args []script.Arg) (script.Action, error) {
	if len(args) == 0 {
		return func(c *script.Context) int {
			_, _, ok := find(c)
			return module.Bool(ok)
		}, nil
	}
	return func(c *script.Context) int {
		m := c.Message
		kind, _, _ := strings.Cut(m.Get(sip.FieldContentType), ";")
		kind = strings.ToLower(strings.TrimSpace(kind))
		return module.Bool(m.Body != "" && (kind == "application/sdp" ||
			kind == "multipart/mixed" && strings.Contains(strings.ToLower(m.Body), "application/sdp")))
	}, nil
}
