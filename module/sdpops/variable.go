// $sdp(body) and $sdp(sess_version).
package sdpops

import (
	"errors"
	"strconv"
	"strings"

	"viaduct/script"
	"viaduct/script/syntax"
)

var errPart = errors.New("expected $sdp(body) or $sdp(sess_version)")

func bindVariable(inner *syntax.Inner, _ *syntax.Index, _ script.FormatBinder) (script.Assignable, error) {
	switch {
	case inner == nil:
		return nil, errPart
	case inner.Text == "body" || inner.Text == "raw":
		return body{}, nil
	case inner.Text == "sess_version":
		return version{}, nil
	}
	return nil, errPart
}

// body is the description as it came.
type body struct{}

func (body) Eval(c *script.Context) script.Value {
	if f, _, ok := find(c); ok {
		return script.StringValue(f.text)
	}
	return script.Value{}
}

var errBody = errors.New("$sdp(body) can only be read; set_body changes it")

func (body) Assign(*script.Context, script.Value) error { return errBody }

// version is the version of the session in its o= line.
type version struct{}

// place finds it: the third word (RFC 8866 section 5.2).
func (version) place(c *script.Context) (f found, place span, ok bool) {
	if f, _, ok = find(c); !ok {
		return f, place, false
	}
	for _, one := range f.lines {
		if !strings.HasPrefix(one.of(f.text), "o=") {
			continue
		}
		at := one.start + len("o=")
		for range 3 {
			place, at = nextWord(f.text, at, one.end)
		}
		return f, place, place.start < place.end
	}
	return f, place, false
}

// Eval gives it with what the script has changed.
func (v version) Eval(c *script.Context) script.Value {
	f, place, ok := v.place(c)
	if !ok {
		return script.Value{}
	}
	for i := range c.Edits {
		if e := &c.Edits[i]; e.Start == f.at+place.start && e.End == f.at+place.end {
			return script.StringValue(e.Text)
		}
	}
	return script.StringValue(place.of(f.text))
}

var errVersion = errors.New("$sdp(sess_version): there is no session version to change")

// Assign changes it; -1 stands for the next one.
func (v version) Assign(c *script.Context, to script.Value) error {
	f, place, ok := v.place(c)
	if !ok {
		return errVersion
	}
	text := to.AsString()
	if text == "-1" {
		now, err := strconv.ParseUint(v.Eval(c).Text, 10, 64)
		if err != nil || now+1 == 0 {
			return errVersion
		}
		text = strconv.FormatUint(now+1, 10)
	}
	if _, err := strconv.ParseUint(text, 10, 64); err != nil {
		return errVersion
	}
	f.replace(c, place, text)
	return nil
}
