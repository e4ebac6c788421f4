package cdr

import (
	"bytes"
	"flag"
	"maps"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"pgregory.net/rapid"

	"viaduct/wire"
)

// TestMain makes the properties draw the same each time; -rapid.seed=0 draws
// anew.
func TestMain(m *testing.M) {
	for name, value := range map[string]string{"rapid.seed": "2007", "rapid.nofailfile": "true"} {
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// calls gives the packets of all calls that the tests know.
func calls(t testing.TB) map[string][]wire.Packet {
	t.Helper()
	all := map[string][]wire.Packet{}
	for _, path := range callFiles(t) {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all[path] = tape(t, string(section(t, archive, "call").Data))
	}
	for _, path := range transcripts(t) {
		all[path] = readTranscript(t, path)
	}
	return all
}

// draw chooses one of the calls.
func draw(t *rapid.T, all map[string][]wire.Packet) []wire.Packet {
	return all[rapid.SampledFrom(slices.Sorted(maps.Keys(all))).Draw(t, "call")]
}

// TestAnyCut: what a folder makes of packets does not depend on when it is asked
// in between, nor on whether packets come parsed.
func TestAnyCut(t *testing.T) {
	all := calls(t)
	rapid.Check(t, func(t *rapid.T) {
		packets := draw(t, all)
		ask := rapid.SliceOfN(rapid.Bool(), len(packets), len(packets)).Draw(t, "ask")
		parsed := rapid.SliceOfN(rapid.Bool(), len(packets), len(packets)).Draw(t, "parsed")
		var f Folder
		for i := range packets {
			p := packets[i]
			if !parsed[i] {
				p.Message = nil
			}
			f.Add(&p)
			if ask[i] {
				got, want := f.Record(), Of(packets[:i+1])
				if !bytes.Equal(got.AppendJSON(nil), want.AppendJSON(nil)) {
					t.Fatalf("after %d packets:\n%s\nwant\n%s", i+1, got.AppendText(nil), want.AppendText(nil))
				}
			}
		}
		got, want := f.Record(), Of(packets)
		if !bytes.Equal(got.AppendJSON(nil), want.AppendJSON(nil)) {
			t.Fatalf("got\n%s\nwant\n%s", got.AppendText(nil), want.AppendText(nil))
		}
	})
}

// TestRepetitionsChangeNothing: a retransmission, or a message seen at its other
// end too, changes no field but the counts and where the proofs stand.
func TestRepetitionsChangeNothing(t *testing.T) {
	all := calls(t)
	rapid.Check(t, func(t *rapid.T) {
		packets := draw(t, all)
		var more []wire.Packet
		var origin []int // of each packet in more
		for i, p := range packets {
			more, origin = append(more, p), append(origin, i)
			switch rapid.SampledFrom([]string{"once", "again", "both ends"}).Draw(t, "how") {
			case "again":
				more, origin = append(more, p), append(origin, i)
			case "both ends":
				p.Outgoing = !p.Outgoing
				p.Flow.Local, p.Flow.Remote = p.Flow.Remote, p.Flow.Local
				more, origin = append(more, p), append(origin, i)
			}
		}
		got, want := Of(more), Of(packets)
		put := func(r *Record) {
			r.Packets, r.Repeated, r.Ignored = 0, 0, 0
			forProofs(r, func(packet *int) { *packet = origin[*packet] })
		}
		put(&got)
		want.Packets, want.Repeated, want.Ignored = 0, 0, 0
		if !bytes.Equal(got.AppendJSON(nil), want.AppendJSON(nil)) {
			t.Fatalf("got\n%s\nwant\n%s", got.AppendJSON(nil), want.AppendJSON(nil))
		}
	})
}

// TestRepeated: a message that was seen at its other end is not repeated, one
// that was sent again is.
func TestRepeated(t *testing.T) {
	packets := callByHand(t, "ended")
	var bothEnds []wire.Packet
	for _, p := range packets {
		other := p
		other.Outgoing = !p.Outgoing
		other.Flow.Local, other.Flow.Remote = p.Flow.Remote, p.Flow.Local
		bothEnds = append(bothEnds, p, other)
	}
	for name, test := range map[string]struct {
		packets []wire.Packet
		want    int
	}{
		"once":               {packets, 0},
		"both ends":          {bothEnds, 0},
		"again":              {slices.Concat(packets, packets[12:]), 1},
		"again at both ends": {slices.Concat(bothEnds, bothEnds[24:], bothEnds[24:]), 2},
	} {
		if got := Of(test.packets).Repeated; got != test.want {
			t.Errorf("%s: %d, want %d", name, got, test.want)
		}
	}
}

// TestTimesAreThoseOfRecordings: recordings keep microseconds, and give the
// record that was made from the finer times of a tap.
func TestTimesAreThoseOfRecordings(t *testing.T) {
	finer, kept := callByHand(t, "ended"), callByHand(t, "ended")
	for i := range finer {
		finer[i].Time = finer[i].Time.Add(999 * time.Nanosecond).In(time.FixedZone("", 3600))
	}
	a, b := Of(finer), Of(kept)
	if !bytes.Equal(a.AppendJSON(nil), b.AppendJSON(nil)) {
		t.Errorf("got\n%s\nwant\n%s", a.AppendJSON(nil), b.AppendJSON(nil))
	}
}

// forProofs visits each index of a packet in a record.
func forProofs(r *Record, visit func(packet *int)) {
	for i := range r.Proofs {
		visit(&r.Proofs[i].Packet)
	}
	for i := range r.Legs {
		for j := range r.Legs[i].Proofs {
			visit(&r.Legs[i].Proofs[j].Packet)
		}
	}
	for i := range r.Transfers {
		for j := range r.Transfers[i].Proofs {
			visit(&r.Transfers[i].Proofs[j].Packet)
		}
	}
	for i := range r.Doubts {
		if r.Doubts[i].Packet >= 0 {
			visit(&r.Doubts[i].Packet)
		}
	}
	if r.CallID != "" {
		visit(&r.LastSign.Packet)
	}
}

// TestLostPacketsAreNoGuess: whatever packets of a call are lost, times that the
// record tells are those of messages of their kind, and nothing is told of the
// end that was not seen.
func TestLostPacketsAreNoGuess(t *testing.T) {
	all := calls(t)
	rapid.Check(t, func(t *rapid.T) {
		packets := draw(t, all)
		var left []wire.Packet
		for _, p := range packets {
			if rapid.Bool().Draw(t, "kept") {
				left = append(left, p)
			}
		}
		records, err := Calls(Packets(left))
		if err != nil {
			t.Fatal(err)
		}
		for i := range records {
			checkRecord(t, &records[i], left)
		}
	})
}

// TestLongCallIsBounded: a call without end neither grows nor slows down.
func TestLongCallIsBounded(t *testing.T) {
	lines, err := os.ReadFile("testdata/calls/ended.txtar")
	if err != nil {
		t.Fatal(err)
	}
	packets := tape(t, string(section(t, txtar.Parse(lines), "call").Data))
	var f Folder
	for i := range packets[:9] {
		f.Add(&packets[i])
	}
	for i := range 3 * maxNotes {
		p := tape(t, "30.000 alice> REFER "+strconv.Itoa(i+2)+" a b r"+strconv.Itoa(i)+" sip:bob@127.0.0.3")[0]
		f.Add(&p)
	}
	r := f.Record()
	if len(f.notes) != maxNotes || !r.Has(TooLong) || r.State != Answered {
		t.Errorf("%d notes, %v, doubts %+v", len(f.notes), r.State, r.Doubts)
	}
	if len(f.strings) > 3*maxNotes {
		t.Errorf("%d strings are held", len(f.strings))
	}
}
