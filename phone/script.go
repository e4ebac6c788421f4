// Script: what a person types at a phone, and what a test has it do, as text.
package phone

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Step is one order to a phone. docs/phone.md has the grammar.
type Step struct {
	Word   string // "dial", "expect", …
	Text   string // target, digits, or what to expect
	Value  string // further words: of expect, the text or status of the event
	Status int    // of reject
	Time   time.Duration
	DTMF   DTMF   // "" is what the desk was made with
	Source string // as it was written
	Column int    // where, from 1
}

// word describes one word of the language for parsing and for help.
type word struct {
	name, shape, help string
	parse             func(s *Step, args []string) error
}

// Words that each phone understands, in the order of help.
var words = []word{
	{"dial", "dial TARGET", "call a number, USER@HOST or sip:USER@HOST:PORT", oneText},
	{"answer", "answer", "take the call that rings", nothing},
	{"reject", "reject [STATUS]", "refuse it: 486 (busy) when nothing is said, 480, 603 …", parseReject},
	{"ring", "ring [early]", "ring once more; early lets sound flow before the answer", parseRing},
	{"cancel", "cancel", "give up the call that was not answered yet", nothing},
	{"hangup", "hangup", "end the call, whatever its state", nothing},
	{"hold", "hold", "put the peer on hold", nothing},
	{"resume", "resume", "go on", nothing},
	{"transfer", "transfer TARGET", "let the peer call somebody else; \"transfer call 2\": our other call", parseTransfer},
	{"dtmf", "dtmf DIGITS [DURATION] [info|rfc4733|inband]", "dial digits during the call", parseDTMF},
	{"call", "call NUMBER", "turn to another of our calls", parseCall},
	{"calls", "calls", "list our calls", nothing},
	{"register", "register", "tell the server where we are", nothing},
	{"unregister", "unregister", "take that back", nothing},
	{"expect", "expect EVENT [TEXT] [within DURATION]", "wait for an event; fail when it does not come (10s)", parseExpect},
	{"wait", "wait DURATION", "do nothing for a while", parseWait},
	{"help", "help", "this list", nothing},
	{"quit", "quit", "hang up, unregister and end", nothing},
}

// kinds are the events that can be expected.
var kinds = []Kind{
	Registered, Unregistered, Unreachable, Incoming, Ringing, Progress, Answered, Held, Resumed, OnHold, OffHold,
	Refused, Digit, Ended, Transferring, Transferred,
}

// usualPatience is how long expect waits.
const usualPatience = 10 * time.Second

// ScriptError says what of a script is not understood.
type ScriptError struct {
	Column        int // in the text, from 1
	Step, Problem string
	Hint          string // "" where only Help helps
}

func (e *ScriptError) Error() string {
	return fmt.Sprintf("column %d: %q: %s", e.Column, e.Step, e.Problem)
}

// ParseScript reads steps with ";" or line ends between them. The error is a
// *ScriptError.
func ParseScript(text string) (steps []Step, err error) {
	column := 1
	for _, line := range splitSteps(text) {
		written := strings.TrimSpace(line)
		indent := strings.Index(line, written)
		if written != "" && !strings.HasPrefix(written, "#") {
			step, err := parseStep(written)
			if err != nil {
				err.Column = column + indent
				return nil, err
			}
			step.Column = column + indent
			steps = append(steps, step)
		}
		column += len(line) + 1
	}
	return steps, nil
}

// splitSteps keeps empty parts, so that columns can be counted.
func splitSteps(text string) []string { return strings.Split(strings.ReplaceAll(text, "\n", ";"), ";") }

// parseStep reads one step.
func parseStep(written string) (Step, *ScriptError) {
	args := strings.Fields(written)
	s := Step{Word: strings.ToLower(args[0]), Source: written}
	i := slices.IndexFunc(words, func(w word) bool { return w.name == s.Word })
	if i < 0 {
		return s, &ScriptError{Step: written, Problem: "there is no such word", Hint: nearest(s.Word)}
	}
	if err := words[i].parse(&s, args[1:]); err != nil {
		return s, &ScriptError{Step: written, Problem: err.Error(), Hint: words[i].shape + ": " + words[i].help}
	}
	return s, nil
}

// nearest suggests a word, or nothing.
func nearest(typed string) string {
	for _, w := range words {
		if len(typed) > 1 && strings.HasPrefix(w.name, typed[:2]) {
			return "did you mean " + w.name + "? It is: " + w.shape
		}
	}
	return ""
}

// Help lists the words.
func Help() string {
	var out strings.Builder
	for _, w := range words {
		fmt.Fprintf(&out, "  %-46s %s\n", w.shape, w.help)
	}
	return out.String()
}

func nothing(_ *Step, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("nothing may follow, not %q", args[0])
	}
	return nil
}

func oneText(s *Step, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("one target must follow")
	}
	s.Text = args[0]
	return nil
}

func parseTransfer(s *Step, args []string) error {
	if len(args) == 2 && args[0] == "call" {
		return parseNumber(s, args[1])
	}
	return oneText(s, args)
}

func parseReject(s *Step, args []string) (err error) {
	s.Status = 486
	if len(args) == 0 {
		return nil
	}
	if s.Status, err = strconv.Atoi(args[0]); err != nil || s.Status < 300 || s.Status > 699 {
		return fmt.Errorf("the status must be from 300 to 699, not %q", args[0])
	}
	s.Text = strings.Join(args[1:], " ")
	return nil
}

func parseRing(s *Step, args []string) error {
	if len(args) == 1 && args[0] == "early" {
		s.Text = "early"
		return nil
	}
	return nothing(s, args)
}

func parseDTMF(s *Step, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("digits must follow")
	}
	s.Text = strings.ToUpper(args[0])
	if strings.Trim(s.Text, digitChars) != "" {
		return &DigitError{args[0]}
	}
	for _, arg := range args[1:] {
		switch how := DTMF(arg); {
		case how == ByInfo || how == ByEvent || how == InBand:
			s.DTMF = how
		default:
			d, err := parseDuration(arg)
			if err != nil {
				return err
			}
			s.Time = d
		}
	}
	return nil
}

func parseCall(s *Step, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("the number of a call must follow")
	}
	return parseNumber(s, args[0])
}

func parseNumber(s *Step, text string) (err error) {
	if s.Status, err = strconv.Atoi(text); err != nil || s.Status < 1 {
		return fmt.Errorf("%q is not the number of a call", text)
	}
	return nil
}

func parseExpect(s *Step, args []string) error {
	s.Time = usualPatience
	if n := len(args); n >= 2 && args[n-2] == "within" {
		d, err := parseDuration(args[n-1])
		if err != nil {
			return err
		}
		s.Time, args = d, args[:n-2]
	}
	if len(args) == 0 {
		return fmt.Errorf("an event must follow")
	}
	s.Text = strings.ToLower(args[0])
	if !slices.Contains(kinds, Kind(s.Text)) {
		var names []string
		for _, k := range kinds {
			names = append(names, string(k))
		}
		return fmt.Errorf("%q is no event; there are %s", args[0], strings.Join(names, " "))
	}
	s.Value = strings.Join(args[1:], " ")
	return nil
}

func parseWait(s *Step, args []string) (err error) {
	if len(args) != 1 {
		return fmt.Errorf("a duration must follow")
	}
	s.Time, err = parseDuration(args[0])
	return err
}

// longestStep bounds a duration.
const longestStep = 24 * time.Hour

func parseDuration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 || d > longestStep {
		return 0, fmt.Errorf("%q is no duration such as 300ms, 5s or 2m", text)
	}
	return d, nil
}
