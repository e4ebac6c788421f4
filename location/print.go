// The table as text for people.
package location

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Print writes the current bindings, addresses-of-record in their order:
//
//	alice
//	  sip:alice@127.0.0.1:5070  q=0.5  3599 s  Call-ID 1@pc  CSeq 7  from 127.0.0.1:5070  "baresip"
func (t *Table) Print(w io.Writer, now time.Time) error {
	records := slices.SortedFunc(t.All(), func(a, b *Record) int { return strings.Compare(a.AOR, b.AOR) })
	for _, record := range records {
		if record.Current(now) == 0 {
			continue
		}
		if _, err := io.WriteString(w, record.List(now)); err != nil {
			return err
		}
	}
	return nil
}

// List writes the current bindings of one address-of-record, one a line below
// its name. What clients sent is quoted where it could disturb a terminal.
func (record *Record) List(now time.Time) string {
	var b strings.Builder
	b.WriteString(printable(record.AOR) + "\n")
	for i := range record.Bindings {
		if binding := &record.Bindings[i]; binding.IsCurrent(now) {
			b.WriteString("  " + binding.line(now) + "\n")
		}
	}
	return b.String()
}

func (b *Binding) line(now time.Time) string {
	var line strings.Builder
	line.WriteString(printable(b.Contact))
	if b.Q != NoQ {
		fmt.Fprintf(&line, "  q=%s", AppendQ(nil, b.Q))
	}
	fmt.Fprintf(&line, "  %d s  Call-ID %s  CSeq %d", b.Seconds(now), printable(b.CallID), b.CSeq)
	if b.Received.Remote.IsValid() {
		fmt.Fprintf(&line, "  from %s", b.Received.Remote)
	}
	if b.Path != "" {
		fmt.Fprintf(&line, "  path %s", printable(b.Path))
	}
	if b.UserAgent != "" {
		fmt.Fprintf(&line, "  %q", b.UserAgent)
	}
	return line.String()
}

func printable(s string) string {
	if quoted := strconv.Quote(s); quoted[1:len(quoted)-1] != s {
		return quoted
	}
	return s
}

// AppendQ writes a preference as a qvalue: "1", "0.5", "0" (RFC 3261 section
// 25.1).
func AppendQ(dst []byte, q int16) []byte {
	if q >= 1000 {
		return append(dst, '1')
	}
	dst = append(dst, '0')
	if q <= 0 {
		return dst
	}
	dst = append(dst, '.', byte('0'+q/100))
	if q%100 != 0 {
		dst = append(dst, byte('0'+q/10%10))
	}
	if q%10 != 0 {
		dst = append(dst, byte('0'+q%10))
	}
	return dst
}
