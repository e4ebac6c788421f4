// Taking out whole streams, and lines by what they begin with.
package sdpops

import (
	"strings"

	"viaduct/module"
	"viaduct/script"
)

func removeFunctions() []script.Function {
	return []script.Function{
		module.OfText("sdp_remove_media", removeStreams(func(s *stream, text string) string { return s.media.of(text) })),
		module.OfText("sdp_remove_transport", removeStreams(func(s *stream, text string) string { return s.transport.of(text) })),
		{Name: "sdp_remove_line_by_prefix", MinArgs: 1, MaxArgs: 2, Bind: bindRemoveLines},
	}
}

// removeStreams takes out the streams of a kind; false when there is none.
func removeStreams(kind func(s *stream, text string) string) func(*script.Context, string) int {
	return func(c *script.Context, wanted string) int {
		f, _, ok := find(c)
		if !ok {
			return -1
		}
		removed := false
		for i := range f.streams {
			s := &f.streams[i]
			if !strings.EqualFold(kind(s, f.text), wanted) {
				continue
			}
			lines := f.of(s)
			f.remove(c, span{lines[0].start, lines[len(lines)-1].next})
			removed = true
		}
		return module.Bool(removed)
	}
}

// bindRemoveLines binds sdp_remove_line_by_prefix(text[, media]): without media
// in the whole description.
func bindRemoveLines(args []script.Arg) (script.Action, error) {
	prefix := module.Text(args[0])
	if len(args) == 1 {
		return func(c *script.Context) int {
			f, _, ok := find(c)
			return module.Bool(ok && f.removeLines(c, f.lines, prefix(c)))
		}, nil
	}
	media := module.Text(args[1])
	return func(c *script.Context) int {
		f, _, ok := find(c)
		if !ok {
			return -1
		}
		kind, start := media(c), prefix(c)
		for i := range f.streams {
			if s := &f.streams[i]; strings.EqualFold(kind, s.media.of(f.text)) {
				ok = f.removeLines(c, f.of(s), start) && ok
			}
		}
		return module.Bool(ok)
	}, nil
}

// removeLines takes out all lines that begin so. Nothing is no beginning.
func (f *found) removeLines(c *script.Context, lines []line, prefix string) bool {
	if prefix == "" {
		return false
	}
	for _, one := range lines {
		if strings.HasPrefix(one.of(f.text), prefix) {
			f.removeLine(c, one)
		}
	}
	return true
}
