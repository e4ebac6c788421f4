// Verify: holds records that were kept to the packets they were made from.
package cdr

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
)

// Difference is one field of a record that the packets do not bear out.
type Difference struct {
	CallID   string `json:"call_id"`
	Field    string `json:"field"`    // as in JSON; "" when a whole record is missing, there twice, or of no call
	Recorded string `json:"recorded"` // JSON; "" when there is none
	Computed string `json:"computed"`
}

func (d Difference) String() string {
	switch {
	case d.Field != "":
		return fmt.Sprintf("%s: %s is %s in the record, the packets give %s", printable(d.CallID), d.Field, orNothing(d.Recorded), orNothing(d.Computed))
	case d.Recorded == "":
		return printable(d.CallID) + ": the packets hold this call, but there is no record"
	case d.Computed == "":
		return printable(d.CallID) + ": there is a record, but the packets hold no such call"
	}
	return printable(d.CallID) + ": there are two records of this call"
}

func orNothing(s string) string {
	if s == "" {
		return "nothing"
	}
	return printable(s)
}

// Verify folds the packets anew and lists every difference to the records, in
// the order of the records; behind them the calls that have none.
//
// Prices, which the packets do not tell, and lengths so far, which grow until a
// call ends, are left out.
func Verify(records iter.Seq[Record], packets Source) ([]Difference, error) {
	computed, err := Calls(packets)
	if err != nil {
		return nil, err
	}
	return Compare(records, slices.Values(computed)), nil
}

// Compare lists every difference of records to those that were computed anew,
// as Verify does.
func Compare(records, computed iter.Seq[Record]) []Difference {
	byID := map[string]*Record{}
	var order []string
	for c := range computed {
		byID[c.CallID] = &c
		order = append(order, c.CallID)
	}
	var differences []Difference
	seen := map[string]bool{}
	for r := range records {
		c := byID[r.CallID]
		switch {
		case seen[r.CallID]:
			differences = append(differences, Difference{CallID: r.CallID, Recorded: "twice", Computed: "once"})
		case c == nil:
			differences = append(differences, Difference{CallID: r.CallID, Recorded: r.State.String()})
		default:
			differences = append(differences, compare(&r, c)...)
		}
		seen[r.CallID] = true
	}
	for _, id := range order {
		if !seen[id] {
			differences = append(differences, Difference{CallID: id, Computed: byID[id].State.String()})
		}
	}
	return differences
}

// compare lists the fields in which two records of a call differ, by what
// stands in their JSON: so no field can be forgotten.
func compare(recorded, computed *Record) []Difference {
	a, b := fieldsOf(recorded), fieldsOf(computed)
	for _, name := range []string{"price", "so_far_ms"} {
		delete(a, name)
		delete(b, name)
	}
	all := maps.Clone(a)
	maps.Copy(all, b)
	var differences []Difference
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if !bytes.Equal(a[name], b[name]) {
			differences = append(differences, Difference{recorded.CallID, name, string(a[name]), string(b[name])})
		}
	}
	return differences
}

func fieldsOf(r *Record) map[string]json.RawMessage {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(r.AppendJSON(nil), &fields); err != nil {
		panic(err) // it was written a moment ago
	}
	return fields
}
