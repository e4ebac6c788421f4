// Loop: what is due when, done one after the other on one goroutine, so that neither phones nor link need locks.

package soak

import (
	"container/heap"
	"time"
)

// loop runs jobs at their time.
type loop struct {
	jobs    jobs
	arrived chan func() // from other goroutines
}

type job struct {
	at     time.Time
	number int // jobs of one moment run in order
	do     func()
}

const askEvery = 20 * time.Millisecond

func newLoop() *loop { return &loop{arrived: make(chan func(), 10_000)} }

// after plans a job.
func (l *loop) after(span time.Duration, do func()) {
	heap.Push(&l.jobs, job{time.Now().Add(span), l.jobs.numbered(), do})
}

// runFor works for a while.
func (l *loop) runFor(span time.Duration) {
	over := false
	l.after(span, func() { over = true })
	l.run(func() bool { return over })
}

// run works until done says that it is enough; it asks after each job, and now and then.
func (l *loop) run(done func() bool) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for !done() {
		timer.Reset(askEvery)
		if len(l.jobs.list) > 0 {
			wait := time.Until(l.jobs.list[0].at)
			if wait <= 0 {
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
