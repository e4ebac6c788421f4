// Giving the description, or a piece of it, to a variable or to the log.
package sdpops

import (
	"fmt"
	"strings"

	"viaduct/module"
	"viaduct/script"
)

func getFunctions() []script.Function {
	return []script.Function{
		{Name: "sdp_get", MinArgs: 1, MaxArgs: 1, Bind: bindInto(func(f *found) (string, int) { return f.text, 1 })},
		{Name: "sdp_transport", MinArgs: 1, MaxArgs: 1, Bind: bindInto(transportOf)},
		{Name: "sdp_get_line_startswith", MinArgs: 2, MaxArgs: 2, Bind: bindLine},
	}
}

// bindInto binds a function of one variable, which takes a text when the code
// is above 0.
func bindInto(read func(*found) (text string, code int)) func([]script.Arg) (script.Action, error) {
	return func(args []script.Arg) (script.Action, error) {
		target, err := module.Target(args, 0)
		if err != nil {
			return nil, err
		}
		return func(c *script.Context) int {
			f, none, ok := find(c)
			switch {
			case none:
				return noBody
			case !ok:
				return -1
			}
			text, code := read(&f)
			if code > 0 && target.Assign(c, script.StringValue(text)) != nil {
				return -1
			}
			return code
		}, nil
	}
}

// transportOf gives the transport that all streams have.
func transportOf(f *found) (string, int) {
	if len(f.streams) == 0 {
		return "", -1
	}
	common := f.streams[0].transport.of(f.text)
	for i := range f.streams {
		if !strings.EqualFold(common, f.streams[i].transport.of(f.text)) {
			return "", notAlike
		}
	}
	return common, 1
}

// bindLine binds sdp_get_line_startswith(variable, text): the first line that
// begins so.
func bindLine(args []script.Arg) (script.Action, error) {
	start := module.Text(args[1])
	target, err := module.Target(args, 0)
	if err != nil {
		return nil, err
	}
	return func(c *script.Context) int {
		f, none, ok := find(c)
		switch {
		case none:
			return noBody
		case !ok:
			return -1
		}
		prefix := start(c)
		rest, ok := f.first(f.lines, prefix)
		return module.Bool(ok && prefix != "" && target.Assign(c, script.StringValue(prefix+rest)) == nil)
	}, nil
}

// printFunction makes sdp_print(level): a line of the log for each stream.
func printFunction(log script.Logger, verbosity *module.Verbosity) script.Function {
	return script.Function{Name: "sdp_print", MinArgs: 1, MaxArgs: 1, Bind: func(args []script.Arg) (script.Action, error) {
		number, err := module.Number(args, 0)
		if err != nil {
			return nil, err
		}
		return func(c *script.Context) int {
			f, _, ok := find(c)
			n, sound := number(c)
			if !ok || !sound {
				return -1
			}
			if level := module.LevelIn(c.Program.Dialect(), n); log != nil && level <= verbosity.Level(c.Program) {
				log.Log(level, f.summary())
			}
			return 1
		}, nil
	}}
}

// summary gives the streams and their codecs a line each.
func (d *description) summary() string {
	var b strings.Builder
	names := d.names()
	connection, _ := d.first(d.session(), "c=")
	fmt.Fprintf(&b, "sdp: %d streams, %s\n", len(d.streams), connection)
	for i := range d.streams {
		s := &d.streams[i]
		fmt.Fprintf(&b, "\t%s port %s %s:", s.media.of(d.text), s.port.of(d.text), s.transport.of(d.text))
		for _, format := range s.formats {
			fmt.Fprintf(&b, " %s", format.of(d.text))
			if name := names.of(s, format.of(d.text)); name != "" {
				fmt.Fprintf(&b, "=%s", name)
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}
