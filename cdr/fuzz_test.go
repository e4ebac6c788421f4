package cdr

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"
	"unicode"

	"viaduct/wire"
)

// failer is what testing.T and rapid.T have in common.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// checkRecord checks what holds of every record: the time of a field is that of
// the packet that proves it, lengths are differences of these times, and all
// forms of it can be read.
func checkRecord(t failer, r *Record, packets []wire.Packet) {
	t.Helper()
	var own []wire.Packet
	for i := range packets {
		if inUTF8(callIDOf(&packets[i])) == r.CallID {
			own = append(own, packets[i])
		}
	}
	for field, at := range map[Field]time.Time{FieldStart: r.Start, FieldRing: r.Ring, FieldAnswer: r.Answer, FieldEnd: r.End} {
		proofs := r.ProofsOf(field)
		if len(proofs) == 0 != at.IsZero() && !r.Has(TimesMissing) {
			t.Fatalf("%v is %v, proven by %+v\n%s", field, at, proofs, r.AppendText(nil))
		}
		if !at.IsZero() && !at.Equal(timeOf(&own[proofs[0].Packet])) {
			t.Fatalf("%v is %v, and the packet that proves it of %v", field, at, own[proofs[0].Packet].Time)
		}
	}
	forProofs(r, func(packet *int) {
		if *packet < 0 || *packet >= len(own) {
			t.Fatalf("packet %d of %d proves something", *packet, len(own))
		}
	})
	if r.Duration > 0 && r.Duration != Milliseconds(r.End.Sub(r.Answer).Milliseconds()) {
		t.Fatalf("from %v to %v it is not %v", r.Answer, r.End, r.Duration)
	}
	if r.State == Ended && r.End.IsZero() && !r.Has(TimesMissing) || r.State != Ended && r.Duration > 0 || r.State != Answered && r.SoFar != Unknown {
		t.Fatalf("%v, %v, %v\n%s", r.State, r.Duration, r.SoFar, r.AppendText(nil))
	}
	checkForms(t, r)
}

func checkForms(t failer, r *Record) {
	t.Helper()
	for _, c := range string(r.AppendText(nil)) {
		if c != '\n' && !unicode.IsPrint(c) {
			t.Fatalf("%q is not fit to be printed", c)
		}
	}
	var back Record
	text := r.AppendJSON(nil)
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if again := back.AppendJSON(nil); !bytes.Equal(again, text) {
		t.Fatalf("JSON comes back as\n%s\ninstead of\n%s", again, text)
	}
	var table bytes.Buffer
	w := NewCSV(&table)
	if err := w.Write(r); err != nil {
		t.Fatalf("%v", err)
	}
	if err := w.Flush(); err != nil {
		t.Fatalf("%v", err)
	}
	lines, err := csv.NewReader(&table).ReadAll()
	if err != nil || len(lines) != 2 || len(lines[1]) != len(csvColumns) {
		t.Fatalf("%v, %q", err, lines)
	}
}

// FuzzCalls folds whatever was recorded.
func FuzzCalls(f *testing.F) {
	for _, path := range transcripts(f) {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	for _, packets := range calls(f) {
		var text []byte
		for i := range packets {
			text = wire.AppendTranscript(text, &packets[i])
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		packets, err := wire.ParseTranscript(text)
		if err != nil {
			return
		}
		records, err := Calls(Packets(packets))
		if err != nil {
			t.Fatal(err)
		}
		for i := range records {
			checkRecord(t, &records[i], packets)
		}
		differences, err := Verify(func(yield func(Record) bool) {
			for _, r := range records {
				if !yield(r) {
					return
				}
			}
		}, Packets(packets))
		if err != nil || len(differences) > 0 {
			t.Fatalf("%v, %v", err, differences)
		}
	})
}

// FuzzReadRates reads whatever is said to be rates: an error says where, and
// what is read has a price for what it is for.
func FuzzReadRates(f *testing.F) {
	f.Add(rateTable)
	f.Add("prefix,per_minute,increments,fee,currency\n\"4\"9,1,1/1,0,EUR\n")
	f.Add("\ufeffcurrency,fee,increments,per_minute,prefix\nEUR,0,60/60,0.1,\n")
	f.Fuzz(func(t *testing.T, text string) {
		rates, err := ReadRates(strings.NewReader(text))
		if err != nil {
			fault, ok := err.(*RatesError)
			if !ok || fault.Line < 1 || fault.Column < 1 || fault.Line > strings.Count(text, "\n")+1 {
				t.Fatalf("%v", err)
			}
			return
		}
		for prefix := range rates.byPrefix {
			r := Record{State: Ended, Duration: 61_001, Dialled: "sip:" + strings.ReplaceAll(prefix, "#", "%23") + "@host"}
			if p := rates.Price(&r); p == nil || p.Prefix != prefix || p.Seconds < 62 {
				t.Fatalf("%q: %+v", prefix, p)
			}
		}
	})
}
