package phone_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"viaduct/phone"
)

func TestParseScript(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", ""},
		{" ; ;\n# a comment\n;", ""},
		{"dial 309; expect ringing; cancel", "1 dial 309|11 expect ringing 10s|27 cancel"},
		{"DIAL sip:309@127.0.0.1:5070", "1 dial sip:309@127.0.0.1:5070"},
		{"expect digit 2 within 300ms", "1 expect digit =2 300ms"},
		{"expect ended 486 Busy Here", "1 expect ended =486 Busy Here 10s"},
		{"dtmf 2 4800ms", "1 dtmf 2 4.8s"},
		{"dtmf 12a# 1s inband", "1 dtmf 12A# 1s inband"},
		{"dtmf * rfc4733", "1 dtmf * rfc4733"},
		{"reject", "1 reject 486"},
		{"reject 603 Go Away", "1 reject Go Away 603"},
		{"transfer 310;transfer call 2", "1 transfer 310|14 transfer 2"},
		{"ring early;wait 2m;call 3;quit", "1 ring early|12 wait 2m0s|20 call 3|27 quit"},
	} {
		steps, err := phone.ParseScript(test.text)
		var got []string
		for _, s := range steps {
			words := []string{fmt.Sprint(s.Column), s.Word, s.Text}
			if s.Value != "" {
				words = append(words, "="+s.Value)
			}
			if s.Status != 0 {
				words = append(words, fmt.Sprint(s.Status))
			}
			if s.Time != 0 {
				words = append(words, s.Time.String())
			}
			got = append(got, strings.Join(strings.Fields(strings.Join(append(words, string(s.DTMF)), " ")), " "))
		}
		if text := strings.Join(got, "|"); err != nil || text != test.want {
			t.Errorf("%q: %s, %v; want %s", test.text, text, err, test.want)
		}
	}
}

func TestScriptsThatAreRefused(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"dial 309; dil 2", `column 11: "dil 2": there is no such word`},
		{"dial", `column 1: "dial": one target must follow`},
		{"dial a b", "one target"},
		{"answer now", `nothing may follow, not "now"`},
		{"dtmf", "digits must follow"},
		{"dtmf x", `"x" are no digits`},
		{"dtmf 1 long", `"long" is no duration`},
		{"wait", "a duration must follow"},
		{"wait -1s", "no duration"},
		{"wait 1000h", "no duration"},
		{"expect", "an event must follow"},
		{"expect joy", `"joy" is no event; there are registered`},
		{"expect ringing within soon", "no duration"},
		{"reject 200", "from 300 to 699"},
		{"reject maybe", "from 300 to 699"},
		{"call x", "not the number of a call"},
		{"transfer call 0", "not the number of a call"},
		{"ring late", "nothing may follow"},
	} {
		_, err := phone.ParseScript(test.text)
		var wrong *phone.ScriptError
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), test.want) || wrong.Hint == "" {
			t.Errorf("%q: %v, want %s", test.text, err, test.want)
		}
	}
	if _, err := phone.ParseScript("hang"); !strings.Contains(err.(*phone.ScriptError).Hint, "did you mean hangup?") {
		t.Error(err.(*phone.ScriptError).Hint)
	}
}

// Whatever is typed is either steps that stand where they say, or an error that
// says where.
func FuzzScript(f *testing.F) {
	for _, seed := range []string{"dial 309; expect ringing; cancel", "dtmf 2 4800ms info", "expect ended 486 within 5s\n# x\nreject 603 No", "transfer call 2;;wait 1s"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		steps, err := phone.ParseScript(text)
		var wrong *phone.ScriptError
		if err != nil {
			if !errors.As(err, &wrong) || wrong.Column < 1 || wrong.Column > len(text) || !strings.HasPrefix(text[wrong.Column-1:], wrong.Step) {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		for _, s := range steps {
			if !strings.HasPrefix(text[s.Column-1:], s.Source) {
				t.Fatalf("%q: step %q is not at column %d", text, s.Source, s.Column)
			}
			again, err := phone.ParseScript(s.Source)
			if err != nil || len(again) != 1 || again[0].Word != s.Word || again[0].Text != s.Text || again[0].Time != s.Time {
				t.Fatalf("%q alone: %+v, %v", s.Source, again, err)
			}
		}
	})
}

// run carries out a script at a desk in a scene.
func (s *scene) run(d *phone.Desk, script string) error {
	steps, err := phone.ParseScript(script)
	if err != nil {
		return err
	}
	for _, step := range steps {
		if err := d.Do(s.t.Context(), step); err != nil {
			return fmt.Errorf("%s: %w", step.Source, err)
		}
	}
	return nil
}

// desk is a phone with somebody at it.
func (s *scene) desk(user string, change func(*phone.Config)) *phone.Desk {
	d := phone.NewDesk()
	d.Sit(s.phone(user, func(c *phone.Config) {
		c.Events = d.Hear
		if change != nil {
			change(c)
		}
	}))
	return d
}

func TestDesks(t *testing.T) {
	for _, test := range []struct{ caller, callee, fails string }{
		{"dial 309; expect ringing; expect answered; dtmf 2 4800ms; dtmf 3; wait 2s; hangup; expect ended",
			"expect incoming; wait 1s; answer; expect answered; expect digit 2; expect ended", ""},
		{"dial 309; expect ringing; cancel; expect ended 487", "expect incoming; expect ended 487", ""},
		{"dial 309; expect ended 486 busy", "expect incoming; reject", ""},
		{"dial 309; expect ended 603", "expect incoming; reject 603", ""},
		{"dial 309; expect answered; hold; expect onhold; resume; expect offhold; hangup; expect ended",
			"expect incoming; answer; expect held; expect resumed; expect ended", ""},
		{"dial 309; expect answered", "expect incoming; reject", "expect answered: expected answered, but the call ended: 486 Busy Here"},
		{"dial 309; expect answered within 5s", "expect incoming; wait 10s", "expect answered within 5s: expected answered, but it did not come within 5s"},
		{"dial 309; expect ringing; hangup; answer", "expect incoming", "answer: cannot answer: the call is ending"},
		{"answer", "wait 1s", "answer: answer: there is no call"},
		{"call 7", "wait 1s", "call 7: there is no call 7"},
		{"quit; dial 309", "wait 1s", "quit: quit"},
		{"unregister; expect unregistered; register; expect registered", "wait 1s", ""},
	} {
		play(t, "", func(s *scene) {
			caller, callee := s.desk("308", nil), s.desk("309", nil)
			s.must(s.run(caller, "register"))
			s.must(s.run(callee, "register"))
			other := make(chan error, 1)
			go func() { other <- s.run(callee, test.callee) }()
			err := s.run(caller, test.caller)
			if got := fmt.Sprint(err); got != test.fails && !(err == nil && test.fails == "") {
				t.Errorf("%s\ngives %v\n%s", test.caller, err, s.Ladder())
			}
			if err := <-other; err != nil {
				t.Errorf("%s\ngives %v\n%s", test.callee, err, s.Ladder())
			}
			ctx, cancel := context.WithTimeout(s.t.Context(), 5*time.Second)
			defer cancel()
			caller.Leave(ctx)
			callee.Leave(ctx)
		})
	}
}
