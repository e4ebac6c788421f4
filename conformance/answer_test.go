// Answer: a response as text with its fields, for one to a broken request may hold what broke it.

package conformance

import (
	"regexp"
	"strconv"
	"strings"
)

// answer is a response that the caller has seen.
type answer struct {
	text   string
	status int
	reason string
	fields [][2]string // name and value, in order
}

// readAnswer reads a response, however unsound its fields are; nil when it is none.
func readAnswer(text string) *answer {
	head, _, _ := strings.Cut(text, "\r\n\r\n")
	first, rest, _ := strings.Cut(head, "\r\n")
	code, found := strings.CutPrefix(first, "SIP/2.0 ")
	if !found {
		return nil
	}
	a := &answer{text: text}
	code, a.reason, _ = strings.Cut(code, " ")
	var err error
	if a.status, err = strconv.Atoi(code); err != nil {
		return nil
	}
	for line := range strings.SplitSeq(unfold.ReplaceAllString(rest, " "), "\r\n") {
		if name, value, found := strings.Cut(line, ":"); found {
			a.fields = append(a.fields, [2]string{strings.TrimSpace(name), strings.TrimSpace(value)})
		}
	}
	return a
}

// unfold finds the ends of lines that go on.
var unfold = regexp.MustCompile(`\r\n[ \t]+`)

// compactNames are those of the fields that the tests look for.
var compactNames = map[string]string{"call-id": "i", "to": "t", "from": "f", "via": "v"}

// field gives the value of the first field of a name, or "".
func (a *answer) field(name string) string {
	name = strings.ToLower(name)
	for _, field := range a.fields {
		if found := strings.ToLower(field[0]); found == name || found == compactNames[name] {
			return field[1]
		}
	}
	return ""
}
