package keylock

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestOwnerMayTakeItAgain(t *testing.T) {
	var l Locks
	for i := range 3 {
		if !l.Try("k", 1) {
			t.Fatalf("turn %d: not taken", i)
		}
	}
	for i := range 3 {
		if l.Try("k", 2) {
			t.Fatalf("another has it after %d of 3 unlocks", i)
		}
		if l.Unlock("k", 2) {
			t.Fatal("another gave it back")
		}
		if !l.Unlock("k", 1) {
			t.Fatal("the owner could not give it back")
		}
	}
	if l.Unlock("k", 1) || len(l.held) != 0 {
		t.Errorf("%d held after all", len(l.held))
	}
	if !l.Try("k", 2) {
		t.Error("not free after all")
	}
}

// One counts under the lock with many beside it, and nothing is lost.
func TestLockKeepsOthersOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l Locks
		var group sync.WaitGroup
		count := 0
		for owner := range 20 {
			group.Go(func() {
				if !l.Lock("k", owner, time.Minute, func() {}) {
					t.Error("taken from its owner")
				}
				now := count
				time.Sleep(time.Second)
				count = now + 1
				l.Unlock("k", owner)
			})
		}
		group.Wait()
		if count != 20 {
			t.Errorf("counted %d of 20", count)
		}
	})
}

func TestPatienceEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l Locks
		l.Try("k", "forgets")
		start, waits := time.Now(), 0
		if l.Lock("k", "next", 2*time.Second, func() { waits++ }) {
			t.Error("it was free")
		}
		if time.Since(start) != 2*time.Second || waits != 1 {
			t.Errorf("%v, waits called %d times", time.Since(start), waits)
		}
		if l.Unlock("k", "forgets") || !l.Unlock("k", "next") {
			t.Error("the lock did not pass on")
		}
	})
}
