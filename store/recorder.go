// Recorder: from the tap to the disk, by one goroutine that writes.
package store

import (
	"context"
	"errors"
	"io/fs"
	"sync/atomic"
	"time"

	"viaduct/location"
	"viaduct/wire"
)

// Options of a Recorder; zero values take the usual ones.
type Options struct {
	Keep      time.Duration // how long messages and calls are kept; 7 days
	KeepBytes int64         // how much all files together may take; 10 GB

	QueuePackets int // waiting to be written; further ones are not recorded; 100,000
	QueueBytes   int // likewise; 64 MiB

	// Warn is told in a sentence when recording stops and when it goes on, by
	// the goroutine that writes; nil: nobody.
	Warn func(text string)
}

const (
	defaultKeep      = 7 * 24 * time.Hour
	defaultKeepBytes = 10_000_000_000
)

func (o Options) withDefaults() Options {
	if o.Keep == 0 {
		o.Keep = defaultKeep
	}
	if o.KeepBytes == 0 {
		o.KeepBytes = defaultKeepBytes
	}
	if o.QueuePackets == 0 {
		o.QueuePackets = 100_000
	}
	if o.QueueBytes == 0 {
		o.QueueBytes = 64 << 20
	}
	if o.Warn == nil {
		o.Warn = func(string) {}
	}
	return o
}

// How the writer paces itself. What a crash loses is at most ripe + gather and
// the time of a write: less than a second.
const (
	gather  = 100 * time.Millisecond // between two looks into the queue
	ripe    = 600 * time.Millisecond // messages of a call wait for each other so long
	retry   = 500 * time.Millisecond // after a write that failed
	upkeep  = time.Second            // between two looks at sizes and ages
	resting = time.Minute            // likewise, when nothing happens
)

// Recorder is a wire.Tap that keeps what it sees. Close it in the end.
type Recorder struct {
	queue    *queue
	bindings *bindings
	writer   *writer
	stop     chan struct{}
	done     chan struct{}
	closed   error // set before done is closed
	recorded atomic.Uint64
	missed   atomic.Uint64
}

// Record opens a store to write it, and makes it when it is not there. An
// error is a *Refusal.
func Record(path string, o Options) (*Recorder, error) {
	o = o.withDefaults()
	r := &Recorder{
		queue: newQueue(o.QueuePackets, o.QueueBytes),
		stop:  make(chan struct{}),
		done:  make(chan struct{}),
	}
	w, err := openWriter(path, o)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &Refusal{path, "cannot be made: there is no such folder, and it cannot be made", hintOther, err}
	}
	if err != nil {
		return nil, refuse(path, err)
	}
	r.writer, r.bindings = w, newBindings(path, r.queue.signal)
	go r.run()
	return r, nil
}

// Packet takes a packet of the tap. It never waits: without room the packet
// is counted and not recorded.
func (r *Recorder) Packet(p *wire.Packet) { r.queue.put(p) }

// Recorded counts the packets that were written, Missed those that were not
// because the disk was too slow or full.
func (r *Recorder) Recorded() uint64 { return r.recorded.Load() }
func (r *Recorder) Missed() uint64   { return r.missed.Load() }

// Keep puts the bindings of an earlier run into a new table and writes what
// changes in it from now on. It is called before others use the table.
func (r *Recorder) Keep(name string, table *location.Table) error {
	return r.bindings.keep(name, table, time.Now())
}

// Close writes what waits and closes the files. An error says that something
// was not written.
func (r *Recorder) Close() error {
	close(r.stop)
	<-r.done
	return r.closed
}

// run writes until Close. It sleeps while nothing happens.
func (r *Recorder) run() {
	defer close(r.done)
	ctx := context.Background()
	rest := time.NewTicker(resting)
	defer rest.Stop()
	var next <-chan time.Time // when to look into the queue; nil: nothing is there
	for {
		select {
		case <-r.queue.wake:
			if next == nil {
				next = time.After(gather)
			}
		case now := <-next:
			next = nil
			if pause := r.step(ctx, now); pause > 0 {
				next = time.After(pause)
			}
		case now := <-rest.C:
			r.writer.keepHouse(ctx, now)
		case <-r.stop:
			r.closed = r.finish(ctx)
			return
		}
	}
}

// step writes what is ripe, and says when to look again; 0: when there is
// something new.
func (r *Recorder) step(ctx context.Context, now time.Time) (pause time.Duration) {
	w := r.writer
	wasFailing := w.failing != nil
	r.drain(ctx, now)
	if err := r.write(ctx, now, now.Add(-ripe)); err != nil {
		return retry
	}
	if now.Sub(w.keptHouse) >= upkeep {
		w.keepHouse(ctx, now)
	}
	if w.isWaiting() || wasFailing { // the queue was left full
		return gather
	}
	return 0
}

// drain takes the queue apart into calls. While writes fail it leaves the
// queue to fill up.
func (r *Recorder) drain(ctx context.Context, now time.Time) {
	w := r.writer
	if w.failing != nil {
		return
	}
	var lost missed
	w.space, lost = r.queue.take(w.space)
	for i := range w.space {
		w.add(ctx, &w.space[i], now)
	}
	r.missed.Add(uint64(lost.total))
	w.miss(ctx, lost, now)
}

// write writes the calls whose packets wait since ripe or longer, and the
// bindings that have changed.
func (r *Recorder) write(ctx context.Context, now, ripe time.Time) error {
	w := r.writer
	changed := r.bindings.take()
	packets, err := w.write(ctx, now, ripe, changed)
	if err != nil {
		r.bindings.giveBack(changed)
		w.fails(err)
		return err
	}
	w.works()
	r.recorded.Add(uint64(packets))
	return nil
}

// finish writes all that is there, as well as it can.
func (r *Recorder) finish(ctx context.Context) error {
	w := r.writer
	now := time.Now()
	err := r.write(ctx, now, now) // what waited while writes failed
	if err == nil {
		r.drain(ctx, now)
		err = r.write(ctx, now, now)
	}
	w.close()
	if err != nil {
		return refuse(w.path, err)
	}
	return nil
}
