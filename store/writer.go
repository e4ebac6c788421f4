// Writer: calls with packets that wait, and the transaction that writes them.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/klauspost/compress/zstd"

	"viaduct/sip"
	"viaduct/wire"
)

// writer belongs to the goroutine that writes.
type writer struct {
	path    string
	options Options
	lock    *os.File
	conn    *sql.Conn
	release func()
	files   messageFiles
	insert  *sql.Stmt // of chunks, into the attached file
	calls   callRows
	zstd    *zstd.Encoder

	open    map[string]*openCall // by Call-ID: those to which packets may still come
	waiting []*openCall          // that have something to be written, oldest first
	orphans map[string]int       // missed packets of calls that are not known
	gap     int                  // missed packets since the last write
	nextID  int64

	space     []wire.Packet // for the queue
	packed    []byte        // for a row
	spare     [][]byte      // for chunks
	failing   error         // why the last write failed
	isPurging bool          // calls without messages are being removed
	keptHouse time.Time
	evicted   time.Time
}

// openCall is a call with what was not written of it.
type openCall struct {
	folding
	isStored  bool      // it has a row
	isNamed   bool      // and that has a method
	isWaiting bool      // it is in writer.waiting
	since     time.Time // when the first of the packets below came
	chunk     []byte
	packets   int   // in chunk
	micros    int64 // time of the last of them
}

// maxWaiting is how many bytes of one call wait at most.
const maxWaiting = 256 << 10

// openWriter opens a store, and makes it when it is not there.
func openWriter(path string, o Options) (*writer, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil, refuseFolder(path)
	}
	folder := path + ".messages"
	made := !exists(folder)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	w := &writer{
		path: path, options: o, zstd: newCompressor(),
		open: map[string]*openCall{}, orphans: map[string]int{},
		files: messageFiles{folder: folder},
	}
	if err := w.start(context.Background()); err != nil {
		w.close()
		if made {
			os.Remove(filepath.Join(folder, "lock"))
			os.Remove(folder) // if nothing else is in it
		}
		return nil, err
	}
	return w, nil
}

// The WAL of a file is written into it after so many pages.
const (
	pageSize   = 4096
	partsOfWAL = 64 // of what is kept
	leastWAL   = 50
	mostWAL    = 4000
)

func (w *writer) start(ctx context.Context) (err error) {
	if w.lock, err = lock(filepath.Join(w.files.folder, "lock"), w.path); err != nil {
		return err
	}
	if err := mainFile.prepare(ctx, w.path); err != nil {
		return err
	}
	// What waits in the WAL counts as kept too.
	pages := min(max(w.options.KeepBytes/partsOfWAL/pageSize, leastWAL), mostWAL)
	pragmas := []string{"synchronous(NORMAL)", fmt.Sprintf("wal_autocheckpoint(%d)", pages), "cache_size(-16000)"}
	if w.conn, w.release, err = connect(ctx, source(w.path, "rw", pragmas...)); err != nil {
		return err
	}
	if err := w.calls.prepare(ctx, w.conn); err != nil {
		return err
	}
	return w.resume(ctx, time.Now())
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// resume goes on where the last server ended.
func (w *writer) resume(ctx context.Context, now time.Time) error {
	if err := w.files.load(ctx, w.conn); err != nil {
		return err
	}
	last, err := integer(ctx, w.conn, "SELECT coalesce(max(id), 0) FROM calls")
	if err != nil {
		return err
	}
	w.nextID = last + 1
	if err := w.attach(ctx, now); err != nil {
		return err
	}
	// Rows of calls and their messages are two files: after a crash the latter
	// may be ahead.
	last, err = integer(ctx, w.conn, "SELECT coalesce(max(call), 0) FROM messages.chunks")
	w.nextID = max(w.nextID, last+1)
	return err
}

func (w *writer) close() {
	if w.conn != nil {
		w.release()
	}
	if w.lock != nil {
		w.lock.Close()
	}
}

// add puts a packet to its call. Packets without Call-ID are no part of one.
func (w *writer) add(ctx context.Context, p *wire.Packet, now time.Time) {
	id := callID(p)
	if id == "" {
		return
	}
	c := w.open[id]
	if c == nil {
		c = w.begin(ctx, id, isFresh(p.Message))
	}
	m := p.Message
	if m == nil && c.readsText(p.Text) {
		m, _ = sip.Parse(p.Text)
	}
	c.add(p, m)
	if c.packets == 0 {
		c.chunk, c.micros = w.buffer(), 0
	}
	c.chunk = appendPacket(c.chunk, &Packet{Packet: *p}, c.micros)
	c.micros = p.Time.UnixMicro()
	c.packets++
	w.wait(c, now)
	if len(c.chunk) > maxWaiting {
		c.since = time.Time{}
	}
}

// isFresh tells a message that begins a call, so that no row needs to be
// looked for.
func isFresh(m *sip.Message) bool {
	return m != nil && m.Method == "INVITE" && m.IsRequest() && m.ToTag() == ""
}

// begin finds the row of a call that was not heard of lately, or makes a call.
func (w *writer) begin(ctx context.Context, id string, isFresh bool) *openCall {
	c := w.find(ctx, id, isFresh)
	if c == nil {
		c = &openCall{}
		c.ID = w.nextID
		w.nextID++
		c.CallID = string([]byte(id)) // not a part of a message, which is large
		c.Missed = w.orphans[id]
		delete(w.orphans, id)
	}
	w.open[c.CallID] = c
	return c
}

// find gives a call, nil when there is none.
func (w *writer) find(ctx context.Context, id string, isFresh bool) *openCall {
	if c := w.open[id]; c != nil || isFresh {
		return c
	}
	c, err := w.calls.find(ctx, id)
	if err != nil {
		return nil // a call in two parts is better than none
	}
	return c
}

func (w *writer) wait(c *openCall, now time.Time) {
	if !c.isWaiting {
		c.isWaiting, c.since = true, now
		w.waiting = append(w.waiting, c)
	}
}

// buffer gives one for a chunk. They go round: a call needs one for a second.
func (w *writer) buffer() []byte {
	last := len(w.spare) - 1
	if last < 0 {
		return make([]byte, 0, 8<<10)
	}
	b := w.spare[last]
	w.spare = w.spare[:last]
	return b
}

// maxSpare bounds the buffers that are kept, and the size of each.
const (
	maxSpare     = 1024
	maxSpareSize = 32 << 10
)

func (w *writer) giveBack(c *openCall) {
	if cap(c.chunk) > 0 && cap(c.chunk) <= maxSpareSize && len(w.spare) < maxSpare {
		w.spare = append(w.spare, c.chunk[:0])
	}
	c.chunk, c.packets = nil, 0
}

func (w *writer) isWaiting() bool { return len(w.waiting) > 0 || w.gap > 0 }

// miss notes packets that were not recorded with their calls.
func (w *writer) miss(ctx context.Context, lost missed, now time.Time) {
	w.gap += lost.total
	for id, count := range lost.calls {
		if c := w.find(ctx, id, false); c != nil {
			w.open[c.CallID] = c
			c.Missed += count
			w.wait(c, now)
		} else if len(w.orphans) < maxMissedCalls {
			w.orphans[id] += count
		}
	}
}

// write writes what is ripe in one transaction, and tells how many packets.
// After an error all is as it was.
func (w *writer) write(ctx context.Context, now, ripe time.Time, changed []change) (packets int, err error) {
	count := 0
	for count < len(w.waiting) && !w.waiting[count].since.After(ripe) {
		count++
	}
	if count == 0 && len(changed) == 0 && w.gap == 0 {
		return 0, nil
	}
	if err := w.rotate(ctx, now); err != nil {
		return 0, err
	}
	if err := execute(ctx, w.conn, "BEGIN IMMEDIATE"); err != nil {
		return 0, err
	}
	if err = w.writeAll(ctx, now, w.waiting[:count], changed); err == nil {
		err = execute(ctx, w.conn, "COMMIT")
	}
	if err != nil {
		execute(ctx, w.conn, "ROLLBACK")
		return 0, err
	}
	for _, c := range w.waiting[:count] {
		packets += c.packets
		c.isStored, c.isNamed, c.isWaiting = true, c.Method != "", false
		w.giveBack(c)
	}
	rest := copy(w.waiting, w.waiting[count:])
	clear(w.waiting[rest:])
	w.waiting, w.gap = w.waiting[:rest], 0
	w.evict(now)
	return packets, nil
}

func (w *writer) writeAll(ctx context.Context, now time.Time, calls []*openCall, changed []change) error {
	for _, c := range calls {
		if err := w.writeCall(ctx, c); err != nil {
			return err
		}
		runtime.Gosched() // on one processor the network goes first
	}
	if err := writeBindings(ctx, w.conn, changed); err != nil {
		return err
	}
	if w.gap > 0 {
		return execute(ctx, w.conn, "INSERT INTO gaps(until, packets) VALUES (?, ?)", now.UnixMicro(), w.gap)
	}
	return nil
}

func (w *writer) writeCall(ctx context.Context, c *openCall) error {
	if c.packets > 0 {
		w.packed = w.zstd.EncodeAll(c.chunk, w.packed[:0])
		if _, err := w.insert.ExecContext(ctx, c.ID, c.packets, w.packed); err != nil {
			return err
		}
		c.lastFile = w.files.current().id
		if c.firstFile == 0 {
			c.firstFile = c.lastFile
		}
	}
	return w.calls.write(ctx, c)
}

// How long a call is remembered after its last packet. What comes later finds
// its row.
const (
	rememberEnded   = 10 * time.Second
	rememberTalking = time.Minute
	rememberOpen    = 10 * time.Minute // longer than any INVITE waits for its answer
	evictEvery      = 5 * time.Second
)

// evict forgets calls to which nothing comes any more.
func (w *writer) evict(now time.Time) {
	if now.Sub(w.evicted) < evictEvery {
		return
	}
	w.evicted = now
	for id, c := range w.open {
		remember := rememberEnded
		switch c.State() {
		case Calling, Ringing:
			remember = rememberOpen
		case Talking:
			remember = rememberTalking
		}
		if !c.isWaiting && now.Sub(c.Last) > remember {
			delete(w.open, id)
		}
	}
	clear(w.orphans)
}

// fails and works tell once what changed.
func (w *writer) fails(err error) {
	if w.failing == nil {
		w.options.Warn(fmt.Sprintf("nothing is recorded any more: %v; calls go on", reason(w.path, err)))
	}
	w.failing = err
}

func (w *writer) works() {
	if w.failing != nil {
		w.options.Warn("recording goes on")
	}
	w.failing = nil
}

// reason says in a few words what is wrong with the disk.
func reason(path string, err error) string {
	refusal := refuse(path, err)
	var known *Refusal
	if errors.As(refusal, &known) {
		return path + ": " + err.Error()
	}
	return refusal.Error()
}
