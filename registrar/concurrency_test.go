package registrar

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"viaduct/location"
	"viaduct/sip"
)

// Many phones of few users at once: no registration is lost, and nobody ever
// sees a part of one. Each request registers a pair of contacts.
func TestSaveInManyHands(t *testing.T) {
	const users, phones, rounds = 2, 4, 50
	table := location.New()
	r := New(strict(), table)
	stop := make(chan struct{})
	var readers, writers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				for user := range users {
					targets, _ := r.Lookup(fmt.Sprintf("sip:user%d@biloxi.test", user), "INVITE", testTime)
					if len(targets)%2 != 0 {
						t.Errorf("half a registration: %q", uris(targets))
						return
					}
				}
				table.Sweep(testTime)
			}
		})
	}
	for user := range users {
		for phone := range phones {
			var messages []*sip.Message
			for round := range rounds {
				q := register{user: fmt.Sprint("user", user), callID: fmt.Sprint("call", phone), cseq: round + 1,
					fields: fmt.Sprintf("Contact: <sip:a%[1]d@pc>, <sip:b%[1]d@pc>", phone)}
				if round%5 == 3 {
					q.fields += "\nExpires: 0"
				}
				messages = append(messages, parse(t, q.text()))
			}
			writers.Go(func() {
				for _, m := range messages {
					if result := r.Save(m, benchFlow(), testTime, SaveOptions{}); result.Status != 200 {
						t.Errorf("%d %s", result.Status, result.Reason)
					}
				}
			})
		}
	}
	writers.Wait()
	close(stop)
	readers.Wait()
	if records, bindings := table.Counts(); records != users || bindings != users*phones*2 {
		t.Errorf("%d records with %d bindings", records, bindings)
	}
}

// slow lets another registration come between the look and the swap, once.
type slow struct {
	*location.Table
	between func()
}

func (s *slow) Swap(aor string, old, next *location.Record) (bool, error) {
	if between := s.between; between != nil {
		s.between = nil
		between()
	}
	return s.Table.Swap(aor, old, next)
}

// Section 10.3: requests are processed in some order, each on the bindings
// that the one before has left.
func TestSaveLooksAgain(t *testing.T) {
	table := &slow{Table: location.New()}
	r := New(strict(), table)
	table.between = func() { save(t, r, register{callID: "other", fields: "Contact: <sip:b@pc>"}, testTime) }
	got := answer(save(t, r, register{fields: "Contact: <sip:a@pc>"}, testTime))
	if want := "200 inserted\nContact: <sip:b@pc>;expires=3600\nContact: <sip:a@pc>;expires=3600"; got != want {
		t.Errorf("got %s", got)
	}

	table.between = func() { save(t, r, register{cseq: 9, fields: "Contact: <sip:a@pc>"}, testTime.Add(time.Second)) }
	if got := answer(save(t, r, register{cseq: 2, fields: "Contact: <sip:a@pc>;expires=0"}, testTime)); got != "500 CSeq Out of Order" {
		t.Errorf("an older request that came later: %s", got)
	}
	table.between = func() { save(t, r, register{callID: "last", fields: "Contact: *\nExpires: 0"}, testTime) }
	if removed, err := r.Unregister("sip:bob@biloxi.test", "sip:b@pc", testTime); removed != 0 || err != nil {
		t.Errorf("removed %d, %v", removed, err)
	}
}
