// Journal: what became of each datagram of a call, so that a fault tells which side lost it.

package soak

import (
	"fmt"
	"strings"
	"time"
)

// journal keeps the entries of the calls of one phone, until they are forgotten.
type journal map[string][]entry // by Call-ID

type entry struct {
	at        time.Time
	line, way string // first line of the message, and where it went
}

// note writes down what happened to a message.
func (j journal) note(at time.Time, text, way string) {
	_, rest, _ := strings.Cut(text, "\r\nCall-ID: ")
	id, _, _ := strings.Cut(rest, "\r\n")
	line, _, _ := strings.Cut(text, "\r\n")
	j[id] = append(j[id], entry{at, line, way})
}

// of gives the entries of a call, a line each, with seconds since begin.
func (j journal) of(id string, begin time.Time) string {
	var b strings.Builder
	for _, e := range j[id] {
		fmt.Fprintf(&b, "\n\t%8.3f  %s  %s", e.at.Sub(begin).Seconds(), e.way, e.line)
	}
	return b.String()
}
