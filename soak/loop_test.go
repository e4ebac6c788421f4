// Loop: what is due when, done one after the other on one goroutine, so that neither phones nor link need locks. Its clock
// stands still while the process does, so that a busy machine makes the phones slow and not impatient.

package soak

import (
	"container/heap"
	"testing"
	"testing/synctest"
	"time"
)

// loop runs jobs at their time.
type loop struct {
	jobs    jobs
	arrived chan func() // from other goroutines

	turned time.Time     // when it last had the processor
	stood  time.Duration // all the time that it had not
	pauses int
	latest time.Duration // by which a job was done too late
}

type job struct {
	at     time.Time // of the loop's clock
	number int       // jobs of one moment run in order
	do     func()
}

const (
	askEvery = 20 * time.Millisecond
	pause    = 100 * time.Millisecond // a turn that takes longer is time that the process had no processor
)

func newLoop() *loop { return &loop{arrived: make(chan func(), 10_000), turned: time.Now()} }

// now gives the time without that during which the process stood still.
func (l *loop) now() time.Time { return time.Now().Add(-l.stood) }

// since gives the time that has passed on this clock.
func (l *loop) since(begin time.Time) time.Duration { return l.now().Sub(begin) }

// after plans a job.
func (l *loop) after(span time.Duration, do func()) {
	heap.Push(&l.jobs, job{l.now().Add(span), l.jobs.numbered(), do})
}

// run works until done says that it is enough; it asks after each job, and now and then. What has arrived comes before
// what is due: a phone that is late must not miss the answer that is already there.
func (l *loop) run(done func() bool) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	l.turned = time.Now() // nobody ran before
	for !done() {
		l.turn()
		select {
		case do := <-l.arrived:
			do()
			continue
		default:
		}
		timer.Reset(askEvery)
		if len(l.jobs.list) > 0 {
			wait := l.jobs.list[0].at.Sub(l.now())
			if wait <= 0 {
				l.latest = max(l.latest, -wait)
				heap.Pop(&l.jobs).(job).do()
				continue
			}
			timer.Reset(min(wait, askEvery))
		}
		select {
		case do := <-l.arrived:
			do()
		case <-timer.C:
		}
	}
}

// turn looks whether the process stood still.
func (l *loop) turn() {
	now := time.Now()
	if gap := now.Sub(l.turned); gap > pause {
		l.stood += gap - pause
		l.pauses++
	}
	l.turned = now
}

// jobs is a heap, the earliest on top.
type jobs struct {
	list []job
	last int
}

func (j *jobs) numbered() int {
	j.last++
	return j.last
}

func (j *jobs) Len() int { return len(j.list) }
func (j *jobs) Less(a, b int) bool {
	if first, second := j.list[a], j.list[b]; !first.at.Equal(second.at) {
		return first.at.Before(second.at)
	}
	return j.list[a].number < j.list[b].number
}
func (j *jobs) Swap(a, b int) { j.list[a], j.list[b] = j.list[b], j.list[a] }
func (j *jobs) Push(one any)  { j.list = append(j.list, one.(job)) }
func (j *jobs) Pop() any {
	end := len(j.list) - 1
	one := j.list[end]
	j.list[end] = job{}
	j.list = j.list[:end]
	return one
}

// TestLoopStandsStill: a process that is stopped for longer than a call may take goes on where it was: an answer that
// came meanwhile is seen first, and what was to be done within a second is done within a second.
func TestLoopStandsStill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const aMinute = time.Minute
		l := newLoop()
		begin, order := time.Now(), []string{}
		l.after(time.Second, func() {
			time.Sleep(aMinute + time.Second)
			l.arrived <- func() { order = append(order, "answer") }
		})
		l.after(time.Second+time.Millisecond, func() { order = append(order, "retransmission") })
		l.after(2*time.Second, func() { order = append(order, "end") })
		l.run(func() bool { return len(order) == 3 })
		if order[0] != "answer" || order[1] != "retransmission" {
			t.Errorf("done in the order %v", order)
		}
		if spent := time.Since(begin); spent < aMinute+2*time.Second || spent > aMinute+3*time.Second {
			t.Errorf("that took %v", spent)
		}
		if l.pauses != 1 || l.since(begin) > 2*time.Second+2*pause {
			t.Errorf("it stood still %d times, %v have passed", l.pauses, l.since(begin))
		}
	})
}
