// Records as CSV (RFC 4180).
package cdr

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// csvColumns are the columns, in an order that stays: new ones come behind.
var csvColumns = []string{
	"call_id", "state", "from", "from_name", "from_tag", "to", "to_name", "to_tag", "dialled", "reached",
	"start", "ring", "answer", "end", "duration_ms", "so_far_ms", "hung_up", "code", "phrase", "cause",
	"legs", "transfers", "replaces", "last_sign", "doubts", "proofs", "packets", "repeated", "ignored",
	"price", "currency", "prefix", "charged_seconds",
}

// CSV writes records as lines with a header line. Times are UTC to the microsecond;
// what is not known is empty. In "proofs" and "doubts" messages are counted from 0,
// as in a list of the packets: "start=0 INVITE, CSeq 1; answer=3 200 to INVITE, CSeq 1".
type CSV struct {
	w     *csv.Writer
	begun bool
}

// NewCSV writes to w. Nothing is written before the first Write or Flush.
func NewCSV(w io.Writer) *CSV {
	c := &CSV{w: csv.NewWriter(w)}
	c.w.UseCRLF = true
	return c
}

// Write writes a record.
func (c *CSV) Write(r *Record) error {
	if err := c.begin(); err != nil {
		return err
	}
	fields := []string{
		r.CallID, r.State.String(), r.From.URI, r.From.Name, r.From.Tag, r.To.URI, r.To.Name, r.To.Tag, r.Dialled, r.Reached,
		timeOrNone(r.Start), timeOrNone(r.Ring), timeOrNone(r.Answer), timeOrNone(r.End), numberOrNone(r.Duration), numberOrNone(r.SoFar),
		r.HungUp.String(), codeOrNone(r.Code), r.Phrase, joinCauses(r.Causes),
		strconv.Itoa(len(r.Legs)), r.transferWords(), r.Replaces, timeOrNone(r.LastSign.Time), r.doubtWords(), r.proofWords(),
		strconv.Itoa(r.Packets), strconv.Itoa(r.Repeated), strconv.Itoa(r.Ignored),
	}
	if p := r.Price; p != nil {
		fields = append(fields, p.Amount, p.Currency, p.Prefix, strconv.FormatInt(p.Seconds, 10))
	} else {
		fields = append(fields, "", "", "", "")
	}
	return c.w.Write(fields)
}

// Flush writes what is left, and the header line if there was no record.
func (c *CSV) Flush() error {
	if err := c.begin(); err != nil {
		return err
	}
	c.w.Flush()
	return c.w.Error()
}

func (c *CSV) begin() error {
	if c.begun {
		return nil
	}
	c.begun = true
	return c.w.Write(csvColumns)
}

func numberOrNone(m Milliseconds) string {
	if m == Unknown {
		return ""
	}
	return strconv.FormatInt(int64(m), 10)
}

func codeOrNone(code int) string {
	if code == 0 {
		return ""
	}
	return strconv.Itoa(code)
}

func (r *Record) transferWords() string {
	var all []string
	for i := range r.Transfers {
		all = append(all, r.Transfers[i].words())
	}
	return strings.Join(all, "; ")
}

func (r *Record) doubtWords() string {
	var all []string
	for _, d := range r.Doubts {
		all = append(all, d.Kind.String())
	}
	return strings.Join(all, "; ")
}

func (r *Record) proofWords() string {
	var all []string
	for _, p := range r.Proofs {
		all = append(all, fmt.Sprintf("%v=%d %s", p.Field, p.Packet, p.Text))
	}
	return strings.Join(all, "; ")
}
