package store

import (
	"testing"

	"viaduct/wire"
)

func TestQueueDropsAndCounts(t *testing.T) {
	q := newQueue(4, 10_000)
	one := relayedCall("1@test", "a", "b", testTime, 0)
	two := relayedCall("2@test", "a", "b", testTime, 0)
	for i := range 6 {
		q.put(&one[i])
		q.put(&two[i])
	}
	q.put(&wire.Packet{Text: "no SIP"})
	packets, lost := q.take(nil)
	if len(packets) != 4 || lost.total != 9 || lost.calls["1@test"] != 4 || lost.calls["2@test"] != 4 {
		t.Errorf("%d packets, missed %+v", len(packets), lost)
	}
	packets, lost = q.take(packets)
	if len(packets) != 0 || lost.total != 0 {
		t.Errorf("%d packets again, missed %+v", len(packets), lost)
	}
	large := wire.Packet{Text: string(make([]byte, 6000))}
	q.put(&large)
	q.put(&large)
	if packets, lost = q.take(packets); len(packets) != 1 || lost.total != 1 {
		t.Errorf("%d large packets, missed %+v", len(packets), lost)
	}
	select {
	case <-q.wake:
	default:
		t.Error("nobody was woken")
	}
}
