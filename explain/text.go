// A story as text, for terminals and golden files.
package explain

import (
	"fmt"
	"unicode/utf8"

	"viaduct/ladder"
)

// width is where lines of a story end, in columns.
const width = 110

// AppendText writes the story behind dst: each message with its sentences, then
// the findings. The section stands behind each sentence in brackets, without
// "RFC" when it is RFC 3261.
func (s *Story) AppendText(dst []byte) []byte {
	for i := range s.Steps {
		step := &s.Steps[i]
		dst = fmt.Appendf(dst, "%d  %s → %s: %s", i+1, step.From, step.To, printable(s.Ladder.Arrows[i].Label))
		dst = append(dst, remark(&s.Ladder.Arrows[i])...)
		dst = append(dst, '\n')
		for _, sentence := range step.Sentences {
			dst = appendWrapped(dst, sentence.Text+" ["+sentence.Section.brief()+"]")
		}
	}
	if len(s.Findings) == 0 {
		return append(dst, "\nFindings: none\n"...)
	}
	dst = append(dst, "\nFindings\n"...)
	for _, f := range s.Findings {
		dst = appendWrapped(dst, fmt.Sprintf("%s at %d: %s [%s]", f.Severity, f.Step+1, f.Text, f.Section.brief()))
	}
	return dst
}

func remark(a *ladder.Arrow) string {
	switch {
	case a.Lost:
		return " (lost)"
	case a.Retransmission:
		return " (again)"
	}
	return ""
}

func (s Section) brief() string {
	if s.RFC == 3261 {
		return s.Number
	}
	return fmt.Sprintf("RFC %d, %s", s.RFC, s.Number)
}

// appendWrapped writes a text in lines that begin with four spaces, those
// behind the first with six.
func appendWrapped(dst []byte, text string) []byte {
	dst = append(dst, "    "...)
	column := 4
	for len(text) > 0 {
		word := text
		for i := range text {
			if i > 0 && text[i] == ' ' {
				word = text[:i]
				break
			}
		}
		if column+utf8.RuneCountInString(word) > width && column > 6 {
			for len(word) > 0 && word[0] == ' ' {
				word, text = word[1:], text[1:]
			}
			dst = append(dst, "\n      "...)
			column = 6
		}
		dst = append(dst, word...)
		column += utf8.RuneCountInString(word)
		text = text[len(word):]
	}
	return append(dst, '\n')
}
