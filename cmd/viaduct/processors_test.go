package main

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

func TestProcessorsFollowTheLoad(t *testing.T) {
	for _, test := range []struct {
		busy                 float64
		present, limit, want int
	}{
		{0, 1, 4, 1},
		{1, 1, 4, 1},
		{1.9, 1, 4, 2},
		{1.9, 1, 1, 1},
		{1.9, 2, 4, 2},
		{3, 2, 4, 3},
		{1.4, 2, 4, 2},
		{1, 2, 4, 1},
		{1.4, 1, 4, 1},
		{0.5, 2, 4, 1},
		{9, 4, 4, 4},
	} {
		if got := processorsFor(test.busy, test.present, test.limit); got != test.want {
			t.Errorf("%v busy with %d of %d: %d, want %d", test.busy, test.present, test.limit, got, test.want)
		}
	}
}

func TestProcessorsGrowForBusyGoroutinesAndShrinkAfterThem(t *testing.T) {
	if runtime.NumCPU() < 2 {
		t.Skip("this machine has one core")
	}
	t.Setenv("GOMAXPROCS", "")
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan bool)
	go func() { followLoad(ctx); close(done) }()
	var idle atomic.Bool
	for range 3 {
		go func() {
			for !idle.Load() {
				for begin := time.Now(); time.Since(begin) < time.Millisecond; {
				}
				runtime.Gosched()
			}
		}()
	}
	reaches := func(wanted func(int) bool) bool {
		for range 500 {
			if wanted(runtime.GOMAXPROCS(0)) {
				return true
			}
			time.Sleep(10 * time.Millisecond)
		}
		return false
	}
	if !reaches(func(n int) bool { return n >= 2 }) {
		t.Errorf("%d processors for three busy goroutines", runtime.GOMAXPROCS(0))
	}
	idle.Store(true)
	if !reaches(func(n int) bool { return n == 1 }) {
		t.Errorf("%d processors when nothing is to be done", runtime.GOMAXPROCS(0))
	}
	stop()
	<-done
}
