// Frames: what a capture file consists of, whichever its format.
package capture

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"viaduct/wire"
)

// frame is one record of a capture file.
type frame struct {
	origin
	link linkType
	data []byte // valid until the next one is read
}

// origin is what a file tells of a frame beside its bytes.
type origin struct {
	at        time.Time      // zero when the file does not say
	place     uint64         // where it was seen: the interface, of several in one file, and which way it went there
	transport wire.Transport // of our own files only: what the bytes do not show
	outgoing  bool           // likewise
}

// frames reads a file frame by frame. An error other than io.EOF ends it: what
// is behind cannot be found.
type frames interface {
	next() (frame, error)
}

// maxFrame bounds a frame. The longest that tcpdump writes is 256 KiB.
const maxFrame = 1 << 20

// DamagedError says that a file cannot be read any further.
type DamagedError struct {
	Frame int    // the frame where reading ended, counted from 1; 0: before the first
	What  string // what is wrong there
}

func (e *DamagedError) Error() string {
	if e.Frame == 0 {
		return "the capture is damaged: " + e.What
	}
	return fmt.Sprintf("the capture is damaged: frame %d: %s", e.Frame, e.What)
}

// readFull reads all of b; the end of the file within it is a damage.
func readFull(r io.Reader, b []byte, what string) error {
	_, err := io.ReadFull(r, b)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return &DamagedError{What: "the file ends within " + what}
	case err != nil: // gzip tells in words of its own that its data is broken
		return &DamagedError{What: what + " cannot be read: " + err.Error()}
	}
	return nil
}

// readHead is readFull for what the file may end before.
func readHead(r io.Reader, b []byte, what string) error {
	n, err := io.ReadFull(r, b)
	switch {
	case n == 0 && errors.Is(err, io.EOF):
		return io.EOF
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &DamagedError{What: "the file ends within " + what}
	case err != nil:
		return &DamagedError{What: what + " cannot be read: " + err.Error()}
	}
	return nil
}

// grow gives a slice of n bytes, b's own where it has the room.
func grow(b []byte, n int) []byte {
	if cap(b) < n {
		return make([]byte, n, n+n/4)
	}
	return b[:n]
}

// byteOrder is the order of bytes of a file: that of the machine that wrote it.
type byteOrder = binary.ByteOrder
