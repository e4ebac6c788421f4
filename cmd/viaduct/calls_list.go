// The list of the calls of a capture.
package main

import (
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"viaduct/capture"
	"viaduct/sip"
	"viaduct/wire"
)

// appendCalls lists calls, a line each.
func appendCalls(out []byte, calls []capture.Call) []byte {
	var table strings.Builder
	columns := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(columns, "#\tbegins\tlasts\tmessages\twhat\tresult\tCall-ID")
	for i := range calls {
		c := &calls[i]
		begins, lasts := "", ""
		if first := c.Packets[0].Time; !first.IsZero() {
			begins = first.UTC().Format("2006-01-02 15:04:05.000")
			lasts = c.Packets[len(c.Packets)-1].Time.Sub(first).Round(time.Millisecond).String()
		}
		what, result := summary(c.Packets)
		fmt.Fprintf(columns, "%d\t%s\t%s\t%d\t%s\t%s\t%s\n", i+1, begins, lasts, len(c.Packets), what, result, printable(c.ID))
	}
	columns.Flush()
	return append(out, table.String()...)
}

// summary says what a call wanted and what became of it: the last response to
// its first request that is not 401 or 407, which only ask for a password.
func summary(packets []wire.Packet) (what, result string) {
	var first *sip.Message
	for i := range packets {
		m := packets[i].Message
		switch {
		case m == nil:
		case m.IsRequest() && first == nil:
			first = m
			what = fmt.Sprintf("%s %s → %s", m.Method, uriOf(m.Get(sip.FieldFrom)), uriOf(m.Get(sip.FieldTo)))
		case m.IsRequest() || first != nil && m.Method != first.Method:
		case m.ToTag() != "" && first != nil && first.ToTag() == "" && strings.HasPrefix(result, "2"): // later requests within the dialog
		case m.Status != 100 || result == "":
			result = strconv.Itoa(m.Status) + " " + m.Reason
		}
	}
	if what == "" {
		what = "responses only"
	}
	return printable(what), printable(result)
}

// uriOf is the URI of From or To without its scheme and parameters.
func uriOf(value string) string {
	a, err := sip.ParseNameAddr(value)
	if err != nil {
		return "?"
	}
	u, err := sip.ParseURI(a.URI)
	if err != nil {
		return a.URI
	}
	if u.User == "" {
		return u.Host
	}
	return sip.Unescape(u.User) + "@" + u.Host
}

// printable makes text from the network fit for a terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, text)
}
