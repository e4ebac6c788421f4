// A result as text, for terminals.
package lab

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"viaduct/ladder"
)

// width is that of headings and texts, in columns.
const width = 78

// AppendText writes a result behind dst: the question, the printouts, the
// ladder, the explanation, the note.
func (r *Result) AppendText(dst []byte, color bool) []byte {
	s := r.Scenario
	dst = s.AppendQuestion(dst, color)
	for _, note := range r.Notes {
		dst = appendWrapped(dst, note+".")
	}
	for _, p := range r.Printouts {
		if strings.TrimSpace(p.Text) == "" {
			continue
		}
		dst = appendHeading(dst, p.Title, color)
		dst = s.AppendPrintout(dst, p, color)
	}
	dst = appendHeading(dst, "the ladder", color)
	dst = r.Story.Ladder.AppendText(append(dst, '\n'), ladder.TextOptions{Times: true})
	dst = appendHeading(dst, "in words", color)
	dst = r.Story.AppendText(append(dst, '\n'))
	for i := range r.Records {
		if i == 0 {
			dst = append(appendHeading(dst, "call records", color), '\n')
		}
		dst = r.Records[i].AppendText(dst)
	}
	dst = r.appendOutcome(dst, color)
	if s.Note != "" {
		dst = append(appendHeading(dst, "what there is to see", color), '\n')
		dst = appendWrapped(dst, s.Note)
	}
	return dst
}

// AppendQuestion writes the head of an experiment behind dst.
func (s *Scenario) AppendQuestion(dst []byte, color bool) []byte {
	dst = append(dst, bold(s.Title, color)...)
	if s.Source != "" {
		dst = append(dst, " ("+s.Source+")"...)
	}
	return appendWrapped(append(dst, '\n'), s.Question)
}

// appendOutcome says whether what was expected came.
func (r *Result) appendOutcome(dst []byte, color bool) []byte {
	if r.Scenario.Expect == nil || len(r.Missing)+len(r.Strange) == 0 {
		return dst
	}
	return r.appendDifferences(append(appendHeading(dst, "otherwise than expected", color), '\n'))
}

// appendDifferences lists what is missing and what is strange.
func (r *Result) appendDifferences(dst []byte) []byte {
	for _, line := range r.Missing {
		dst = fmt.Appendf(dst, "  - %s\n", line)
	}
	for _, line := range r.Strange {
		dst = fmt.Appendf(dst, "  + %s\n", line)
	}
	return dst
}

func appendHeading(dst []byte, text string, color bool) []byte {
	line := "── " + text + " "
	line += strings.Repeat("─", max(0, width-utf8.RuneCountInString(line)))
	return append(append(append(dst, '\n'), bold(line, color)...), '\n')
}

func bold(text string, color bool) string {
	if !color {
		return text
	}
	return "\x1b[1m" + text + "\x1b[0m"
}

// appendWrapped writes a text in lines.
func appendWrapped(dst []byte, text string) []byte {
	column := 0
	for _, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		switch {
		case column == 0:
		case column+1+n > width:
			dst = append(dst, '\n')
			column = 0
		default:
			dst = append(dst, ' ')
			column++
		}
		dst = append(dst, word...)
		column += n
	}
	return append(dst, '\n')
}

// AppendEntry writes the line of a list behind dst.
func (s *Scenario) AppendEntry(dst []byte, color bool) []byte {
	dst = append(dst, bold(s.Name, color)...)
	if s.Source != "" {
		dst = append(dst, "  ("+s.Source+")"...)
	}
	dst = append(dst, '\n')
	for line := range strings.Lines(string(appendWrapped(nil, s.Question))) {
		dst = append(append(dst, "    "...), line...)
	}
	return dst
}

// AppendAnswers writes the questions for the reader behind dst, with what was
// said and what is right.
func (s *Scenario) AppendAnswers(dst []byte, said []string, color bool) []byte {
	for i, answer := range said {
		if i == 0 {
			dst = append(appendHeading(dst, "what you said", color), '\n')
		}
		if answer == "" {
			answer = "nothing"
		}
		dst = appendWrapped(dst, s.Asks[i].Question)
		dst = appendWrapped(dst, "You said: "+answer)
		dst = appendWrapped(dst, bold(s.Asks[i].Answer, color))
	}
	return dst
}
