// Package rfctext finds the sections of an RFC in its text form, so that tests
// can hold a claim to the section it cites.
package rfctext

import (
	"regexp"
	"strings"
)

// heading is "8.1.1.7 Via" at the left margin, as the RFC's body has it; the
// table of contents is indented.
var heading = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)*)\.? +[A-Z0-9"]`)

// Sections gives the text of each section by its number. The text of "8.1" does
// not hold that of "8.1.1". Page breaks are left out and white space is one
// space, so that a phrase is found across lines.
func Sections(text string) map[string]string {
	sections := map[string]string{}
	current := ""
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n\f ")
		if isPageBreak(line) {
			continue
		}
		if found := heading.FindStringSubmatch(line); found != nil {
			current = found[1]
		}
		sections[current] += strings.Join(strings.Fields(line), " ") + " "
	}
	return sections
}

func isPageBreak(line string) bool {
	return strings.HasPrefix(line, "RFC ") && strings.Contains(line, "  ") || strings.HasSuffix(line, "]") && strings.Contains(line, "[Page ")
}

// Holds tells whether a section, or one below it, holds a phrase in any case.
func Holds(sections map[string]string, section, phrase string) bool {
	phrase = strings.ToLower(phrase)
	for number, text := range sections {
		if (number == section || strings.HasPrefix(number, section+".")) && strings.Contains(strings.ToLower(text), phrase) {
			return true
		}
	}
	return false
}
