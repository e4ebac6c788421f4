// Compare: what a relay changed in a message, field by field.
package siptest

import (
	"fmt"
	"strings"

	"viaduct/sip"
)

// Changes is what a relay did to the header fields of a message.
type Changes struct {
	Removed, Added []string // whole fields "Name: value" in their order, start lines among them
	Body           bool     // the body is another
}

// Compare tells what differs between a message as it was sent and as it
// arrived. Fields that only moved are told as removed and added.
func Compare(sent, arrived *sip.Message) Changes {
	a, b := lines(sent), lines(arrived)
	// the longest common subsequence; messages have some twenty fields
	length := make([][]int, len(a)+1)
	for i := range length {
		length[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				length[i][j] = length[i+1][j+1] + 1
			} else {
				length[i][j] = max(length[i+1][j], length[i][j+1])
			}
		}
	}
	changes := Changes{Body: sent.Body != arrived.Body}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && length[i+1][j] >= length[i][j+1]:
			changes.Removed = append(changes.Removed, a[i])
			i++
		default:
			changes.Added = append(changes.Added, b[j])
			j++
		}
	}
	return changes
}

// String writes the changes as lines that begin with "-" and "+".
func (c Changes) String() string {
	var b strings.Builder
	for _, line := range c.Removed {
		fmt.Fprintf(&b, "- %s\n", line)
	}
	for _, line := range c.Added {
		fmt.Fprintf(&b, "+ %s\n", line)
	}
	if c.Body {
		b.WriteString("! the body\n")
	}
	return b.String()
}

// lines gives the start line and the header fields.
func lines(m *sip.Message) []string {
	all := []string{m.StartLine()}
	for i := range m.Fields {
		all = append(all, m.Text[m.Fields[i].Start:m.Fields[i].ValueEnd])
	}
	return all
}
