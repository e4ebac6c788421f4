// The verify command of cdr: what was kept, held to the messages.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"time"

	"viaduct/cdr"
	"viaduct/server"
	"viaduct/sip"
	"viaduct/store"
)

type cdrVerifyCommand struct {
	Records string   `arg:"" optional:"" help:"Records as viaduct cdr --json prints them. Without them: the calls of the store, as viaduct calls lists them."`
	Files   []string `arg:"" optional:"" name:"file" help:"Captures or transcripts with the messages; - is standard input. Without them: the store."`
	storeFlag
}

func (c *cdrVerifyCommand) Run(s streams) error {
	v := verification{now: time.Now()}
	if err := c.verify(&v); err != nil {
		return err
	}
	for _, d := range v.differences {
		fmt.Fprintln(s.out, d)
	}
	if v.skipped > 0 {
		fmt.Fprintf(s.err, "viaduct: %s not verified: messages are missing, or are just being written\n", count(v.skipped, "call"))
	}
	if len(v.differences) > 0 {
		return &server.Hinted{
			Problem: fmt.Errorf("%s in %s", count(len(v.differences), "difference"), count(v.checked, "record")),
			Hint:    "viaduct cdr prints the records that the messages give, with their proofs",
		}
	}
	fmt.Fprintf(s.out, "%s, as the messages have it\n", count(v.checked, "record"))
	return nil
}

// verification is what came of it.
type verification struct {
	now              time.Time
	checked, skipped int
	differences      []cdr.Difference
}

func (c *cdrVerifyCommand) verify(v *verification) error {
	if c.Records == "" {
		return c.verifyStore(v)
	}
	records, err := readRecords(c.Records)
	if err != nil {
		return err
	}
	v.checked = len(records)
	if len(c.Files) > 0 {
		packets, err := readCaptures(c.Files)
		if err == nil {
			v.differences, err = cdr.Verify(slices.Values(records), cdr.Packets(packets))
		}
		return err
	}
	reader, err := c.open()
	if err != nil {
		return err
	}
	defer reader.Close()
	var computed []cdr.Record
	for r, err := range storedRecords(reader, store.Filter{}, time.Time{}) {
		if err != nil {
			return err
		}
		computed = append(computed, r)
	}
	v.differences = cdr.Compare(slices.Values(records), slices.Values(computed))
	return nil
}

// settled is how long after its last message a call is surely written.
const settled = 3 * time.Second

// verifyStore holds each line of the store's list of calls to its messages.
func (c *cdrVerifyCommand) verifyStore(v *verification) error {
	reader, err := c.open()
	if err != nil {
		return err
	}
	defer reader.Close()
	for call, err := range storedCalls(reader, store.Filter{}) {
		if err != nil {
			return err
		}
		r, packets, err := recordOf(reader, call)
		switch {
		case err != nil:
			return err
		case r.State == cdr.NoCall && len(packets) > 0:
		case r.Has(cdr.PacketsMissing), v.now.Sub(call.Last) < settled && v.now.After(call.Last):
			v.skipped++
		default:
			v.checked++
			v.differences = append(v.differences, compareCall(call, &r, packets)...)
		}
	}
	return nil
}

// compareCall lists what the list of calls says and the messages do not bear
// out. The list has the answer as the caller saw it, the record as it came: so
// times of the list are asked for their message.
func compareCall(call *store.Call, r *cdr.Record, packets []store.Packet) []cdr.Difference {
	var differences []cdr.Difference
	compare := func(field, recorded, computed string) {
		if recorded != computed {
			differences = append(differences, cdr.Difference{CallID: call.CallID, Field: field, Recorded: recorded, Computed: computed})
		}
	}
	compareTime := func(field string, recorded, computed time.Time, isIt func(*sip.Message) bool) {
		if recorded.IsZero() != computed.IsZero() || !recorded.IsZero() && !passed(packets, recorded, isIt) {
			compare(field, moment(recorded), moment(computed))
		}
	}
	compare("packets", fmt.Sprint(call.Packets), fmt.Sprint(r.Packets))
	if r.State == cdr.Partial {
		return differences
	}
	compare("from", call.From, r.From.URI)
	compare("dialled", call.Dialled, r.Dialled)
	compare("code", fmt.Sprint(call.Status), fmt.Sprint(r.Code))
	compareTime("answer", call.Answered, r.Answer, func(m *sip.Message) bool { return m.Method == "INVITE" && m.Status/100 == 2 })
	if !r.Answer.IsZero() {
		compareTime("end", call.Ended, r.End, func(m *sip.Message) bool { return m.Method == "BYE" })
	}
	return differences
}

// passed tells whether a message of some kind passed at a time.
func passed(packets []store.Packet, at time.Time, isIt func(*sip.Message) bool) bool {
	return slices.ContainsFunc(packets, func(p store.Packet) bool {
		if !p.Time.Truncate(time.Microsecond).Equal(at.Truncate(time.Microsecond)) {
			return false
		}
		m := p.Message
		if m == nil {
			m, _ = sip.Parse(p.Text)
		}
		return m != nil && isIt(m)
	})
}

// moment writes a time as it is kept, to the microsecond.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000000Z")
}

// readRecords reads records, a JSON object a line.
func readRecords(name string) ([]cdr.Record, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, &server.Hinted{Problem: fmt.Errorf("the records cannot be read: %w", err), Hint: "viaduct cdr --json -o FILE makes them"}
	}
	var records []cdr.Record
	number := 0
	for line := range bytes.Lines(text) {
		number++
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var r cdr.Record
		if err := json.Unmarshal(line, &r); err != nil {
			return nil, &server.Hinted{Problem: fmt.Errorf("%s:%d: no record: %w", name, number, err), Hint: "viaduct cdr --json makes them, one a line"}
		}
		records = append(records, r)
	}
	return records, nil
}
