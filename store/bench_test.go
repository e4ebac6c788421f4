package store

import (
	"fmt"
	"path/filepath"
	"testing"

	"viaduct/wire"
)

// What recording a call of 13 packets costs, from the tap to the disk.
func BenchmarkRecord(b *testing.B) {
	r, err := Record(filepath.Join(b.TempDir(), "viaduct.db"), Options{QueuePackets: 1 << 30, QueueBytes: 1 << 40})
	if err != nil {
		b.Fatal(err)
	}
	calls := make([][]wire.Packet, b.N)
	for i := range calls {
		calls[i] = relayedCall(fmt.Sprintf("%d-4711@viaduct.test", i), fmt.Sprint(i%1000), fmt.Sprint(2000+i%1000), testTime, 0)
	}
	bytes := 0
	for _, p := range calls[0] {
		bytes += len(p.Text)
	}
	b.SetBytes(int64(bytes))
	b.ReportAllocs()
	b.ResetTimer()
	for _, call := range calls {
		for i := range call {
			r.Packet(&call[i])
		}
	}
	if err := r.Close(); err != nil {
		b.Fatal(err)
	}
}

// What the tap costs the goroutine that reads the network.
func BenchmarkTap(b *testing.B) {
	q := newQueue(1000, 1<<40)
	call := relayedCall("1@viaduct.test", "alice", "bob", testTime, 0)
	b.ReportAllocs()
	var space []wire.Packet
	for i := 0; b.Loop(); i++ {
		q.put(&call[i%len(call)])
		if i%900 == 899 {
			space, _ = q.take(space)
		}
	}
}
