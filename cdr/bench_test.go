package cdr

import "testing"

// BenchmarkRecord folds a call of 13 packets, as a recorder does when it has
// ended.
func BenchmarkRecord(b *testing.B) {
	packets := callByHand(b, "ended")
	b.ReportAllocs()
	for b.Loop() {
		if r := Of(packets); r.State != Ended {
			b.Fatal(r.State)
		}
	}
}
