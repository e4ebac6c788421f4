// Codecs: taking some out of the streams, or all but some.
package sdpops

import (
	"strings"

	"viaduct/module"
	"viaduct/script"
	"viaduct/sip"
)

func codecFunctions() []script.Function {
	return []script.Function{
		{Name: "sdp_remove_codecs_by_id", MinArgs: 1, MaxArgs: 2, Bind: bindCodecs(byID, false)},
		{Name: "sdp_remove_codecs_by_name", MinArgs: 1, MaxArgs: 2, Bind: bindCodecs(byName, false)},
		{Name: "sdp_keep_codecs_by_id", MinArgs: 1, MaxArgs: 2, Bind: bindCodecs(byID, true)},
		{Name: "sdp_keep_codecs_by_name", MinArgs: 1, MaxArgs: 2, Bind: bindCodecs(byName, true)},
	}
}

// matcher makes of a list, "0,8" or "PCMU,PCMA", the question whether it has a
// format of a stream; false when nothing can come of the list.
type matcher func(d *description, list string) (has func(s *stream, format string) bool, ok bool)

func byID(_ *description, list string) (func(*stream, string) bool, bool) {
	return func(_ *stream, format string) bool { return inList(list, format) }, list != ""
}

// byName knows a list when at least one of its names is a codec.
func byName(d *description, list string) (func(*stream, string) bool, bool) {
	all, known := d.names(), false
	for name := range sip.SplitList(list) {
		known = known || all.has(name)
	}
	return func(s *stream, format string) bool {
		name := all.of(s, format)
		return name != "" && inList(list, name)
	}, known
}

func inList(list, word string) bool {
	for one := range sip.SplitList(list) {
		if strings.EqualFold(one, word) {
			return true
		}
	}
	return false
}

// bindCodecs binds sdp_…_codecs_by_…(list[, media]). It is true also when
// there was nothing to take out.
func bindCodecs(match matcher, keep bool) func([]script.Arg) (script.Action, error) {
	return func(args []script.Arg) (script.Action, error) {
		list := module.Text(args[0])
		media := func(*script.Context) string { return "" }
		if len(args) > 1 {
			media = module.Text(args[1])
		}
		return func(c *script.Context) int {
			f, _, ok := find(c)
			if !ok {
				return -1
			}
			has, ok := match(f.description, list(c))
			if !ok {
				return -1
			}
			kind := media(c)
			for i := range f.streams {
				s := &f.streams[i]
				if kind == "" || strings.EqualFold(kind, s.media.of(f.text)) {
					f.removeFormats(c, s, func(format string) bool { return has(s, format) != keep })
				}
			}
			return 1
		}, nil
	}
}

// removeFormats takes formats out of a stream, with the attributes that are
// about them. A stream that has none left is refused instead, by port 0: an m=
// line without formats is no SDP (RFC 3264 section 5.1, RFC 8866 section 5.14).
func (f *found) removeFormats(c *script.Context, s *stream, gone func(format string) bool) {
	going := map[string]bool{}
	last, left := -1, 0 // of those that the script has not taken out before
	for i, format := range s.formats {
		text := format.of(f.text)
		goes, asked := going[text]
		if !asked {
			goes = gone(text)
			going[text] = goes
		}
		if f.isRemoved(c, format) {
			continue
		}
		if last = i; !goes {
			left++
		}
	}
	if last >= 0 && left == 0 {
		f.replace(c, s.port, "0")
	}
	for i, format := range s.formats {
		if going[format.of(f.text)] && (left > 0 || i != last) {
			f.remove(c, f.withSpace(format))
		}
	}
	f.removeAttributes(c, s, going)
}

// withSpace adds the spaces before a format.
func (f *found) withSpace(format span) span {
	for format.start > 0 && f.text[format.start-1] == ' ' {
		format.start--
	}
	return format
}

// removeAttributes takes out what is said about the formats that go.
func (f *found) removeAttributes(c *script.Context, s *stream, going map[string]bool) {
	for _, one := range f.of(s) {
		text := one.of(f.text)
		for _, attribute := range [...]string{"a=rtpmap:", "a=fmtp:", "a=rtcp-fb:"} {
			if rest, ok := strings.CutPrefix(text, attribute); ok {
				if number, _, _ := strings.Cut(rest, " "); going[number] {
					f.removeLine(c, one)
				}
			}
		}
	}
}

// remove, removeLine and replace are edits of the message.
func (f *found) remove(c *script.Context, s span) { c.Edits.Remove(f.at+s.start, f.at+s.end) }

func (f *found) removeLine(c *script.Context, l line) { c.Edits.Remove(f.at+l.start, f.at+l.next) }

func (f *found) replace(c *script.Context, s span, text string) {
	c.Edits.Replace(f.at+s.start, f.at+s.end, text)
}

// isRemoved tells whether the script has taken a piece out before.
func (f *found) isRemoved(c *script.Context, s span) bool {
	for i := range c.Edits {
		if e := &c.Edits[i]; e.Start <= f.at+s.start && e.End >= f.at+s.end && e.Start < e.End {
			return true
		}
	}
	return false
}
