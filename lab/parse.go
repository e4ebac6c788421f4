// Parsing: a scenario from its text.
package lab

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"viaduct/phone"
)

// mostLines bounds a scenario.
const mostLines = 10000

// Parse reads a scenario. read gives the files that it names. The error is an
// *Error.
func Parse(file, text string, read func(name string) ([]byte, error)) (*Scenario, error) {
	name := file[strings.LastIndexAny(file, `/\`)+1:]
	p := &parser{
		Scenario: &Scenario{Name: strings.TrimSuffix(name, ".lab"), Files: map[string]string{}, file: file, read: read},
		lines:    strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n"),
	}
	if len(p.lines) > mostLines {
		return nil, p.fail(0, "more than %d lines", mostLines)
	}
	for p.at < len(p.lines) {
		if err := p.directive(); err != nil {
			return nil, err
		}
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	return p.Scenario, nil
}

// parser goes through the lines.
type parser struct {
	*Scenario
	lines []string
	at    int
	seen  map[string]int // line of what may stand once
}

func (p *parser) fail(line int, format string, args ...any) *Error {
	return &Error{File: p.file, Line: line, Problem: fmt.Sprintf(format, args...)}
}

// directives are the words that begin a line.
var directives = []string{"title", "source", "question", "note", "ask", "answer", "proxy", "phone", "sender", "nat", "stun", "lose", "printout", "records", "zone", "file", "steps", "expect"}

// directive reads a line and the indented lines behind it.
func (p *parser) directive() error {
	line := p.lines[p.at]
	number := p.at + 1
	p.at++
	switch {
	case strings.TrimSpace(line) == "" || line[0] == '#':
		return nil
	case line[0] == ' ' || line[0] == '\t':
		return p.fail(number, "an indented line belongs to a line before it, and there is none")
	}
	word, rest, _ := strings.Cut(strings.ReplaceAll(line, "\t", " "), " ")
	rest = strings.TrimSpace(rest)
	block, first := p.block()
	switch word {
	case "title", "source", "question", "note", "ask", "answer":
		return p.prose(number, word, rest, block)
	case "zone", "steps", "expect", "file":
		return p.section(number, word, rest, block, first)
	}
	if !slices.Contains(directives, word) {
		e := p.fail(number, "%q is not understood; expected one of: %s", word, strings.Join(directives, " "))
		e.Hint = nearHint(word, directives)
		return e
	}
	for i, more := range block {
		if strings.TrimSpace(more) != "" && !strings.HasPrefix(strings.TrimSpace(more), "#") {
			return p.fail(first+i, "nothing may follow %s on lines of its own", word)
		}
	}
	return p.line(number, word, cutComment(strings.Fields(rest)))
}

// cutComment takes a remark off the end of a line.
func cutComment(words []string) []string {
	for i, w := range words {
		if strings.HasPrefix(w, "#") {
			return words[:i]
		}
	}
	return words
}

// block takes the indented and empty lines that follow, without the empty ones
// at their end; first is the number of the first.
func (p *parser) block() (block []string, first int) {
	first = p.at + 1
	for p.at < len(p.lines) {
		line := p.lines[p.at]
		if line != "" && line[0] != ' ' && line[0] != '\t' {
			break
		}
		block = append(block, line)
		p.at++
	}
	for len(block) > 0 && strings.TrimSpace(block[len(block)-1]) == "" {
		block = block[:len(block)-1]
	}
	return block, first
}

// prose reads a text that may go on in the lines below.
func (p *parser) prose(number int, word, rest string, block []string) error {
	words := strings.Fields(rest)
	for _, more := range block {
		words = append(words, strings.Fields(more)...)
	}
	text := strings.Join(words, " ")
	if text == "" {
		return p.fail(number, "%s: expected a text", word)
	}
	into := map[string]*string{"title": &p.Title, "source": &p.Source, "question": &p.Question, "note": &p.Note}[word]
	switch {
	case word == "ask":
		p.Asks = append(p.Asks, Ask{Question: text})
	case word == "answer" && (len(p.Asks) == 0 || p.Asks[len(p.Asks)-1].Answer != ""):
		return p.fail(number, "answer: expected an ask before it")
	case word == "answer":
		p.Asks[len(p.Asks)-1].Answer = text
	case *into != "":
		return p.fail(number, "there is a second %s", word)
	default:
		*into = text
	}
	return nil
}

// section reads what consists of lines.
func (p *parser) section(number int, word, rest string, block []string, first int) error {
	if word == "file" {
		name := strings.Fields(rest)
		if len(name) != 1 {
			return p.fail(number, "file: expected one name")
		}
		if _, ok := p.Files[name[0]]; ok {
			return p.fail(number, "there is a second file %s", name[0])
		}
		p.Files[name[0]] = dedent(block)
		return nil
	}
	if len(cutComment(strings.Fields(rest))) > 0 {
		return p.fail(number, "%s: expected nothing behind it, and indented lines below", word)
	}
	if word == "zone" {
		p.Zone = dedent(block)
		return nil
	}
	for i, line := range block {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		var err error
		if word == "steps" {
			err = p.step(first+i, line)
		} else {
			err = p.arrow(first+i, line)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// dedent takes the indentation of the first line off all lines.
func dedent(block []string) string {
	var out strings.Builder
	indent := ""
	for i, line := range block {
		if i == 0 {
			indent = line[:len(line)-len(strings.TrimLeft(line, " \t"))]
		}
		out.WriteString(strings.TrimPrefix(line, indent))
		out.WriteByte('\n')
	}
	return out.String()
}

// step reads one step, or several of one element.
func (p *parser) step(number int, line string) error {
	if line == "begin" {
		p.Steps = append(p.Steps, Step{Text: line, word: "begin", line: number})
		return nil
	}
	if rest, ok := strings.CutPrefix(line, "wait "); ok {
		d, err := parseDuration(strings.TrimSpace(rest))
		if err != nil {
			return p.fail(number, "wait: %v", err)
		}
		p.Steps = append(p.Steps, Step{Text: line, word: "wait", time: d, line: number})
		return nil
	}
	who, text, found := strings.Cut(line, ":")
	if !found {
		return p.fail(number, "expected NAME: STEP, or wait DURATION, or begin; not %q", line)
	}
	who, text = strings.TrimSpace(who), strings.TrimSpace(text)
	switch {
	case p.sender(who) != nil:
		return p.sending(number, who, text)
	case p.phone(who) != nil:
		steps, err := phone.ParseScript(text)
		var wrong *phone.ScriptError
		if errors.As(err, &wrong) {
			e := p.fail(number, "%s: %v", who, err)
			e.Hint = wrong.Hint
			return e
		}
		if err != nil || len(steps) == 0 {
			return p.fail(number, "%s: expected a step", who)
		}
		for _, s := range steps {
			p.Steps = append(p.Steps, Step{Who: who, Text: s.Source, phone: s, line: number})
		}
		return nil
	}
	var names []string
	for _, e := range p.Phones {
		names = append(names, e.Name)
	}
	for _, e := range p.Senders {
		names = append(names, e.Name)
	}
	e := p.fail(number, "there is no phone or sender %q above; expected one of: %s", who, strings.Join(names, " "))
	e.Hint = nearHint(who, names)
	return e
}

// sending reads a step of a sender.
func (p *parser) sending(number int, who, text string) error {
	s := Step{Who: who, Text: text, line: number, time: usualPatience}
	words := strings.Fields(text)
	switch {
	case len(words) == 2 && words[0] == "send":
	case len(words) >= 2 && words[0] == "expect":
		if n := len(words); n == 4 && words[2] == "within" {
			d, err := parseDuration(words[3])
			if err != nil {
				return p.fail(number, "expect: %v", err)
			}
			s.time = d
		} else if n != 2 {
			return p.fail(number, "expected: expect STATUS, or expect METHOD, and maybe within DURATION")
		}
	default:
		return p.fail(number, "a sender can: send FILE, expect STATUS|METHOD [within DURATION]; not %q", text)
	}
	s.word, s.what = words[0], words[1]
	p.Steps = append(p.Steps, s)
	return nil
}

// arrow reads a line of the ladder that is expected: "308 -> viaduct  INVITE".
func (p *parser) arrow(number int, line string) error {
	words := strings.Fields(line)
	if len(words) < 4 || words[1] != "->" {
		return p.fail(number, "expected NAME -> NAME MESSAGE, as in: 308 -> viaduct INVITE (SDP); not %q", line)
	}
	p.Expect = append(p.Expect, words[0]+" -> "+words[2]+"  "+strings.Join(words[3:], " "))
	return nil
}

const (
	usualPatience = 5 * time.Second
	longestStep   = 5 * time.Minute
)

func parseDuration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 || d > longestStep {
		return 0, fmt.Errorf("expected a duration such as 300ms or 2s, at most 5m, not %q", text)
	}
	return d, nil
}
