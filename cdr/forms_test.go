package cdr

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"viaduct/wire"
)

// callByHand gives the packets of a call of testdata/calls.
func callByHand(t testing.TB, name string) []wire.Packet {
	t.Helper()
	archive, err := txtar.ParseFile("testdata/calls/" + name + ".txtar")
	if err != nil {
		t.Fatal(err)
	}
	return tape(t, string(section(t, archive, "call").Data))
}

// TestCSV: columns are only ever added behind, names that hold the signs of CSV are
// quoted, lines end with CRLF (RFC 4180 section 2).
func TestCSV(t *testing.T) {
	r := Of(callByHand(t, "ended"))
	r.From.Name = "Alice \"the\", first\r\nX"
	r.Price = &Price{"0.0193", "EUR", "49", 61}
	var got bytes.Buffer
	w := NewCSV(&got)
	if err := errors.Join(w.Write(&r), w.Flush()); err != nil {
		t.Fatal(err)
	}
	const want = "call_id,state,from,from_name,from_tag,to,to_name,to_tag,dialled,reached,start,ring,answer,end,duration_ms,so_far_ms,hung_up," +
		"code,phrase,cause,legs,transfers,replaces,last_sign,doubts,proofs,packets,repeated,ignored,price,currency,prefix,charged_seconds\r\n" +
		"call@test,ended,sip:alice@viaduct.test,\"Alice \"\"the\"\", first\r\nX\",a,sip:bob@viaduct.test,,b,sip:bob@viaduct.test,sip:bob@127.0.0.3," +
		"2010-01-01T12:00:00.000000Z,2010-01-01T12:00:00.100000Z,2010-01-01T12:00:02.000000Z,2010-01-01T12:01:02.500000Z,60500,,callee," +
		"200,OK,,1,,,2010-01-01T12:01:02.551000Z,,\"parties=0 INVITE, CSeq 1; dialled=0 INVITE, CSeq 1; reached=2 INVITE, CSeq 1; start=0 INVITE, CSeq 1; " +
		"ring=3 180 to INVITE, CSeq 1; answer=5 200 to INVITE, CSeq 1; answer=7 ACK, CSeq 1; end=9 BYE, CSeq 9; end=11 200 to BYE, CSeq 9; " +
		"hung_up=9 BYE, CSeq 9; code=5 200 to INVITE, CSeq 1\",13,0,0,0.0193,EUR,49,61\r\n"
	if got.String() != want {
		t.Errorf("got\n%q\nwant\n%q", got.String(), want)
	}
}

func TestCSVWithoutRecordsHasAHeader(t *testing.T) {
	var got bytes.Buffer
	if err := NewCSV(&got).Flush(); err != nil || got.String() != strings.Join(csvColumns, ",")+"\r\n" {
		t.Errorf("%v, %q", err, got.String())
	}
}

// TestNames: every word comes back, others are refused.
func TestNames(t *testing.T) {
	for s := range State(len(stateNames)) {
		var back State
		if err := back.UnmarshalText([]byte(s.String())); err != nil || back != s {
			t.Errorf("%v comes back as %v, %v", s, back, err)
		}
	}
	for k := range DoubtKind(len(doubtNames)) {
		var back DoubtKind
		if err := back.UnmarshalText([]byte(k.String())); err != nil || back != k || k.String() == "" {
			t.Errorf("%v comes back as %v, %v", k, back, err)
		}
	}
	if len(doubtNames) != int(PacketsMissing)+1 || len(fieldNames) != int(FieldReplaces)+1 || len(stateNames) != int(Cancelled)+1 {
		t.Error("names are missing")
	}
	var r Record
	for text, want := range map[string]string{
		`{"state":"over"}`:       `"over" is no state of a call`,
		`{"hung_up":"both"}`:     `"both" is no side of a call`,
		`{"duration_ms":-5}`:     "-5 is no length in milliseconds",
		`{"duration_ms":"long"}`: `"long" is no length in milliseconds`,
	} {
		if err := json.Unmarshal([]byte(text), &r); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestVerify: each field that was changed is named, and each record that is
// missing, too many or of no call.
func TestVerify(t *testing.T) {
	packets := callByHand(t, "transfer")
	good := Of(packets)
	verify := func(records ...Record) []string {
		differences, err := Verify(slices.Values(records), Packets(packets))
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, d := range differences {
			all = append(all, d.String())
		}
		return all
	}
	other, longer, refused := good, good, good
	other.CallID = "other@test"
	longer.Duration++
	refused.State, refused.HungUp = Refused, Nobody
	refused.Price = &Price{Amount: "1.0000"}
	for _, test := range []struct {
		name    string
		records []Record
		want    []string
	}{
		{"the same", []Record{good}, nil},
		{"none", nil, []string{"call@test: the packets hold this call, but there is no record"}},
		{"of another call too", []Record{other, good}, []string{"other@test: there is a record, but the packets hold no such call"}},
		{"twice", []Record{good, good}, []string{"call@test: there are two records of this call"}},
		{"longer", []Record{longer}, []string{"call@test: duration_ms is 60501 in the record, the packets give 60500"}},
		{"otherwise", []Record{refused}, []string{
			`call@test: hung_up is "" in the record, the packets give "callee"`,
			`call@test: state is "refused" in the record, the packets give "ended"`}},
	} {
		if got := verify(test.records...); !slices.Equal(got, test.want) {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

// TestVerifyKnowsEachField: whatever field of a record is changed in its JSON is
// found.
func TestVerifyKnowsEachField(t *testing.T) {
	packets := callByHand(t, "transfer")
	good := Of(packets)
	var fields map[string]any
	if err := json.Unmarshal(good.AppendJSON(nil), &fields); err != nil {
		t.Fatal(err)
	}
	checked := 0
	for name, value := range fields {
		if name == "call_id" || name == "so_far_ms" {
			continue
		}
		changed := maps.Clone(fields)
		switch value := value.(type) {
		case float64:
			changed[name] = value + 1
		case string:
			changed[name] = map[string]any{"state": "trying", "hung_up": "server", "start": "2001-01-01T00:00:00Z",
				"ring": "2001-01-01T00:00:00Z", "answer": "2001-01-01T00:00:00Z", "end": "2001-01-01T00:00:00Z"}[name]
			if changed[name] == nil {
				changed[name] = value + "x"
			}
		default:
			delete(changed, name)
		}
		text, err := json.Marshal(changed)
		if err != nil {
			t.Fatal(err)
		}
		var r Record
		if err := json.Unmarshal(text, &r); err != nil {
			t.Fatal(name, err)
		}
		differences, err := Verify(slices.Values([]Record{r}), Packets(packets))
		if err != nil || len(differences) != 1 || differences[0].Field != name {
			t.Errorf("%s: %v, %v", name, differences, err)
		}
		checked++
	}
	if checked < 15 {
		t.Errorf("%d fields", checked)
	}
}

// TestSourceThatFails: an error of a source is not taken for its end.
func TestSourceThatFails(t *testing.T) {
	broken := errors.New("the disk is gone")
	source := func(yield func(wire.Packet, error) bool) {
		for _, p := range callByHand(t, "ended")[:4] {
			if !yield(p, nil) {
				return
			}
		}
		yield(wire.Packet{}, broken)
	}
	if records, err := Calls(source); err != broken || records != nil {
		t.Errorf("%v, %v", records, err)
	}
	if differences, err := Verify(slices.Values([]Record(nil)), source); err != broken || differences != nil {
		t.Errorf("%v, %v", differences, err)
	}
}

// TestManyCallsAtOnce: packets of all calls in one stream give the records that
// each gives alone.
func TestManyCallsAtOnce(t *testing.T) {
	var mixed []wire.Packet
	var want []string
	var lists [][]wire.Packet
	for i, path := range callFiles(t) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var own []wire.Packet
		for _, p := range tape(t, string(section(t, txtar.Parse(text), "call").Data)) {
			p.Text, p.Message = strings.Replace(p.Text, "Call-ID: call@test", "Call-ID: "+string(rune('A'+i))+"@test", 1), nil
			own = append(own, p)
		}
		lists = append(lists, own)
		if r := Of(own); r.State != NoCall {
			want = append(want, string(r.AppendJSON(nil)))
		}
	}
	for i := 0; ; i++ {
		any := false
		for _, list := range lists {
			if i < len(list) {
				mixed, any = append(mixed, list[i]), true
			}
		}
		if !any {
			break
		}
	}
	mixed = slices.Insert(mixed, 7, wire.Packet{Text: "\r\n\r\n"}, wire.Packet{Text: "INVITE sip:x SIP/2.0\r\n\r\n"})
	records, err := Calls(Packets(mixed))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i := range records {
		got = append(got, string(records[i].AppendJSON(nil)))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
