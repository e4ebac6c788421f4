package registrar

import (
	"slices"
	"strings"
	"testing"
	"time"

	"viaduct/location"
	"viaduct/sip"
)

// FuzzSave registers two messages one after the other. Whatever they hold, a
// request is done wholly or not at all, and its answer is a sound message.
func FuzzSave(f *testing.F) {
	for i, story := range stories {
		steps := story.steps
		f.Add(steps[0].request.text(), steps[len(steps)-1].request.text(), byte(i))
	}
	f.Fuzz(func(t *testing.T, first, second string, options byte) {
		config := strict()
		config.UsePath = options&1 != 0
		config.PathMode = PathMode(options>>1&3) % 3
		config.UseDomain = options&8 != 0
		config.CaseSensitive = options&16 != 0
		config.MinExpiresMode = MinExpiresMode(options >> 5 & 1)
		config.MaxContacts = int(options >> 6 & 1)
		table := location.New()
		r := New(config, table)
		for i, text := range []string{first, second} {
			m, err := sip.Parse(text)
			if err != nil || !m.IsRequest() {
				continue
			}
			before := slices.Collect(table.All())
			now := testTime.Add(time.Duration(i) * 30 * time.Second)
			result := r.Save(m, benchFlow(), now, SaveOptions{Replaces: options&128 != 0})
			after := slices.Collect(table.All())
			checkAnswer(t, r, m, result, now)
			if result.Changed == Unchanged && !sameRecords(before, after) {
				t.Errorf("%d %s, but the bindings have changed", result.Status, result.Reason)
			}
			checkBindings(t, before, after, m, now)
		}
	})
}

func checkAnswer(t *testing.T, r *Registrar, m *sip.Message, result Result, now time.Time) {
	if !slices.Contains([]int{200, 400, 404, 405, 420, 423, 500, 503}, result.Status) ||
		result.Status != 200 && result.Changed != Unchanged {
		t.Fatalf("answer %d %s, %s", result.Status, result.Reason, result.Changed)
	}
	reply, err := sip.Parse("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP a\r\nFrom: <sip:a@b>\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 REGISTER\r\n" +
		result.Fields + "\r\n")
	if err != nil {
		t.Fatalf("%v in the fields %q", err, result.Fields)
	}
	if result.Status != 200 {
		return
	}
	aor, refused := r.addressOfRecord(m, "")
	if refused != nil {
		t.Fatal("200 without an address-of-record")
	}
	record := r.table.Find(aor)
	told := 0
	for value := range reply.Values(sip.FieldContact) {
		address, err := sip.ParseNameAddr(value.Text)
		if err != nil {
			t.Fatalf("%v in Contact: %q", err, value.Text)
		}
		if expires, _ := address.Param("expires"); expires == "" || expires == "0" {
			t.Errorf("Contact without a time: %q", value.Text)
		}
		if !slices.ContainsFunc(record.Bindings, func(b location.Binding) bool { return b.Contact == address.URI }) {
			t.Errorf("Contact that is not bound: %q", value.Text)
		}
		told++
	}
	if current := record.Current(now); told != current {
		t.Errorf("%d contacts are told, %d bound", told, current)
	}
	for _, kind := range []sip.FieldKind{sip.FieldVia, sip.FieldFrom, sip.FieldRecordRoute} {
		if kind != sip.FieldRecordRoute && len(slices.Collect(reply.Values(kind))) != 1 || kind == sip.FieldRecordRoute && reply.Has(kind) {
			t.Errorf("the fields bring %s: %q", kind, result.Fields)
		}
	}
}

// checkBindings: each binding is as it was or bears the marks of the request.
func checkBindings(t *testing.T, before, after []*location.Record, m *sip.Message, now time.Time) {
	for _, record := range after {
		if len(record.Bindings) == 0 || len(record.Bindings) > MostContacts {
			t.Errorf("%q has %d bindings", record.AOR, len(record.Bindings))
		}
		for i := range record.Bindings {
			b := &record.Bindings[i]
			wasThere := slices.ContainsFunc(before, func(old *location.Record) bool {
				return old.AOR == record.AOR && slices.Contains(old.Bindings, *b)
			})
			if !wasThere && (b.CallID != m.CallID() || b.CSeq != m.CSeq.Number || !b.Updated.Equal(now) || !b.IsCurrent(now)) {
				t.Errorf("half a binding: %+v", b)
			}
			if b.Q < location.NoQ || b.Q > 1000 || strings.ContainsAny(b.Contact+b.Params+b.Path, "\r\n") {
				t.Errorf("bad binding: %+v", b)
			}
		}
	}
}

func sameRecords(a, b []*location.Record) bool {
	if len(a) != len(b) {
		return false
	}
	for _, record := range a {
		if !slices.Contains(b, record) {
			return false
		}
	}
	return true
}
