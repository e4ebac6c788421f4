package lab

import (
	"errors"
	"os"
	"strings"
	"testing"
)

// smallest is a scenario with nothing to leave away.
const smallest = `title t
question q
phone a 127.0.0.1
phone b 127.0.0.2 user bob style viaduct codecs PCMU ptime 20ms answer 0s lines 2 # a remark
steps
  a: dial sip:bob@{b}; expect answered
  wait 1ms
  begin
`

func parse(text string) (*Scenario, error) {
	return Parse("dir/x.lab", text, func(string) ([]byte, error) { return nil, os.ErrNotExist })
}

func TestParse(t *testing.T) {
	s, err := parse(smallest + "expect\n  a -> b   INVITE  (SDP)\nlose 2 200 INVITE from b to a\nfile x\n    one\n      two\n\n    three\n\nask why?\n  because\nanswer so\n")
	if err != nil {
		t.Fatal(err)
	}
	if s.Name != "x" || len(s.Phones) != 2 || len(s.Steps) != 4 || s.Files["x"] != "one\n  two\n\nthree\n" || s.Expect[0] != "a -> b  INVITE (SDP)" {
		t.Errorf("%+v", s)
	}
	if l := s.Losses[0]; l.Count != 2 || l.What != "200 INVITE" || l.From != "b" {
		t.Errorf("%+v", l)
	}
	if s.Asks[0] != (Ask{"why? because", "so"}) {
		t.Errorf("%+v", s.Asks)
	}
}

// Each mistake is told with its line and what was expected.
func TestMistakes(t *testing.T) {
	for _, test := range []struct{ text, want, hint string }{
		{"", "dir/x.lab: expected a line title …", ""},
		{"title t\n", "dir/x.lab: expected a line question …", ""},
		{"title t\nquestion q\n", "dir/x.lab: expected steps, and below it what the phones do", ""},
		{"titel t\n", `dir/x.lab:1: "titel" is not understood; expected one of: title `, "do you mean title?"},
		{"title\n", "dir/x.lab:1: title: expected a text", ""},
		{"title a\ntitle b\n", "dir/x.lab:2: there is a second title", ""},
		{"  title a\n", "dir/x.lab:1: an indented line belongs to a line before it, and there is none", ""},
		{"answer a\n", "dir/x.lab:1: answer: expected an ask before it", ""},
		{"phone a\n", "dir/x.lab:1: expected phone NAME ADDRESS [OPTION VALUE]…", ""},
		{"phone a 192.168.1.10\n", `dir/x.lab:1: phone a: expected an address of this machine, 127.x.x.x, not "192.168.1.10"`, ""},
		{"phone a 127.0.0.1 trough b\n", `dir/x.lab:1: phone a: "trough" is no option; expected one of: through `, "do you mean through?"},
		{"phone a 127.0.0.1 through\n", "dir/x.lab:1: phone a: expected a value behind through", ""},
		{"phone a 127.0.0.1 codecs G999\n", `dir/x.lab:1: phone a: there is no codec "G999"; expected PCMU`, ""},
		{"phone a 127.0.0.1 style red\n", `dir/x.lab:1: phone a: expected style grandstream or viaduct, not "red"`, ""},
		{"phone a 127.0.0.1 answer soon\n", "dir/x.lab:1: phone a: answer: expected a duration", ""},
		{"phone a 127.0.0.1 lines 0\n", "dir/x.lab:1: phone a: expected lines from 1 to 100", ""},
		{"phone a 127.0.0.1\nphone a 127.0.0.2\n", "dir/x.lab:2: a stands in line 1 already", ""},
		{"proxy p 127.0.0.1\n", "dir/x.lab:1: expected proxy NAME ADDRESS SCRIPT", ""},
		{"proxy p 127.0.0.1 default\n  more\n", "dir/x.lab:2: nothing may follow proxy on lines of its own", ""},
		{"proxy p 127.0.0.1 no.cfg\n" + smallest, "dir/x.lab:1: the script no.cfg of p cannot be read", "write it behind a line: file no.cfg, or lay it beside the scenario; default is the built-in script"},
		{"file\n", "dir/x.lab:1: file: expected one name", ""},
		{"file a\nfile a\n", "dir/x.lab:2: there is a second file a", ""},
		{"lose all\n", "dir/x.lab:1: expected lose [COUNT] METHOD from NAME to NAME", ""},
		{smallest + "lose INVITE from a to c\n", `dir/x.lab:9: there is no element "c"; expected one of: a b`, ""},
		{"phone a 127.0.0.1 through b\n" + strings.Replace(smallest, "phone a 127.0.0.1\n", "", 1), "", ""},
		{"printout whole\n", "dir/x.lab:1: expected printout bars, or printout bars until METHOD", ""},
		{"steps now\n", "dir/x.lab:1: steps: expected nothing behind it, and indented lines below", ""},
		{"steps\n  c: dial 1\n", `dir/x.lab:2: there is no phone or sender "c" above; expected one of: `, ""},
		{"phone a 127.0.0.1\nsteps\n  a dial 1\n", "dir/x.lab:3: expected NAME: STEP, or wait DURATION, or begin; not", ""},
		{"phone a 127.0.0.1\nsteps\n  a: dail 1\n", "dir/x.lab:3: a: ", "*"},
		{"phone a 127.0.0.1\nsteps\n  a:\n", "dir/x.lab:3: a: expected a step", ""},
		{"steps\n  wait long\n", "dir/x.lab:2: wait: expected a duration such as 300ms or 2s, at most 5m, not \"long\"", ""},
		{"sender s 127.0.0.1\n", "dir/x.lab:1: expected sender NAME ADDRESS to NAME", ""},
		{"phone a 127.0.0.1\nsender s 127.0.0.2 to a\nsteps\n  s: dial 1\n", "dir/x.lab:4: a sender can: send FILE, expect STATUS|METHOD [within DURATION]; not", ""},
		{"title t\nquestion q\nphone a 127.0.0.1\nsender s 127.0.0.2 to a\nsteps\n  s: send x\n", "dir/x.lab:6: the message x cannot be read", "write it behind a line: file x"},
		{"expect\n  a b INVITE\n", "dir/x.lab:2: expected NAME -> NAME MESSAGE, as in: 308 -> viaduct INVITE (SDP)", ""},
		{strings.Repeat("#\n", mostLines), "dir/x.lab: more than 10000 lines", ""},
	} {
		_, err := parse(test.text)
		if test.want == "" {
			if err != nil {
				t.Errorf("%q: %v", test.text, err)
			}
			continue
		}
		var wrong *Error
		if !errors.As(err, &wrong) || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%q:\n got %v\nwant %s", test.text, err, test.want)
			continue
		}
		if wrong.Hint != test.hint && test.hint != "*" {
			t.Errorf("%q: hint %q, want %q", test.text, wrong.Hint, test.hint)
		}
	}
}

func TestFind(t *testing.T) {
	for name, hint := range map[string]string{
		"call-setp": "do you mean call-setup?", "fork": "do you mean forking?", "qqq": "viaduct lab lists them; a file of your own ends in .lab",
		"none/such.lab": "docs/scenarios.md says how to write one; viaduct lab lists those that are built in",
	} {
		var wrong *Error
		if _, err := Find(name); !errors.As(err, &wrong) || wrong.Hint != hint {
			t.Errorf("%s: %v, hint %q", name, err, wrong.Hint)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range Names() {
		text, err := experiments.ReadFile("experiments/" + name + ".lab")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add(smallest)
	f.Fuzz(func(t *testing.T, text string) {
		s, err := parse(text)
		var wrong *Error
		switch {
		case err != nil && !errors.As(err, &wrong):
			t.Errorf("%T: %v", err, err)
		case err != nil && (wrong.Line < 0 || wrong.Line > strings.Count(text, "\n")+1):
			t.Errorf("line %d", wrong.Line)
		case err == nil && (s.Title == "" || len(s.Steps) == 0):
			t.Error("incomplete")
		}
	})
}
