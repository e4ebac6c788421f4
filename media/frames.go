// Files of frames: what another encoder made, carried as it is.
//
// A file of frames begins with a line of text that names the codec,
//
//	viaduct-frames G723
//	viaduct-frames iLBC mode=20
//
// and ends it with LF. Then come the frames, each after its length in octets
// as 16 bits, the high octet first.
package media

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
)

const framesMagic = "viaduct-frames"

func (c Codec) framesLine() string {
	line := framesMagic + " " + c.String()
	if mode := codecTable[c].mode; mode != "" {
		line += " mode=" + mode
	}
	return line + "\n"
}

// Frames is an EncodedSource that plays a file of frames.
type Frames struct {
	codec     Codec
	all, rest [][]byte
	again     bool
}

// FrameFile reads a file of frames, to be played once or again and again.
func FrameFile(path string, again bool) (*Frames, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	frames, err := ReadFrames(file, again)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return frames, nil
}

// maxFrames bounds a file: an hour of G.729.
const maxFrames = 360000

// ReadFrames is FrameFile for what is not a file.
func ReadFrames(r io.Reader, again bool) (*Frames, error) {
	in := bufio.NewReader(r)
	line, err := in.ReadSlice('\n')
	if err != nil {
		return nil, errors.New("media: no file of frames: it has no first line")
	}
	fields := strings.Fields(string(line))
	if len(fields) < 2 || fields[0] != framesMagic {
		return nil, fmt.Errorf("media: no file of frames: it does not begin with %q and a codec", framesMagic)
	}
	codec, err := ParseCodec(fields[1], strings.Join(fields[2:], " "))
	if err != nil {
		return nil, err
	}
	if codec.PCM() {
		return nil, fmt.Errorf("media: %v is made from sound, not from a file of frames", codec)
	}
	f := &Frames{codec: codec, again: again}
	for {
		var length [2]byte
		if _, err := io.ReadFull(in, length[:]); err == io.EOF {
			f.rest = f.all
			return f, nil
		} else if err != nil {
			return nil, fmt.Errorf("media: the file of frames ends within the length of frame %d", len(f.all)+1)
		}
		size := int(binary.BigEndian.Uint16(length[:]))
		if size == 0 || size > codecTable[codec].octets {
			return nil, fmt.Errorf("media: frame %d has %d octets; %v has 1 to %d", len(f.all)+1, size, codec, codecTable[codec].octets)
		}
		frame := make([]byte, size)
		if _, err := io.ReadFull(in, frame); err != nil {
			return nil, fmt.Errorf("media: the file of frames ends within frame %d", len(f.all)+1)
		}
		if codec.firstFrame(frame) != size {
			return nil, fmt.Errorf("media: frame %d with its %d octets is no frame of %v", len(f.all)+1, size, codec)
		}
		if f.all = append(f.all, frame); len(f.all) > maxFrames {
			return nil, fmt.Errorf("media: more than %d frames", maxFrames)
		}
	}
}

// Codec is what the frames are of; Start refuses them for another.
func (f *Frames) Codec() Codec { return f.codec }

// Encoded gives the next frame.
func (f *Frames) Encoded(frame []byte) (length int, more bool) {
	if len(f.rest) == 0 && f.again {
		f.rest = f.all
	}
	if len(f.rest) == 0 {
		return 0, false
	}
	length = copy(frame, f.rest[0])
	f.rest = f.rest[1:]
	return length, true
}

// Frame has no sound to give.
func (f *Frames) Frame([]int16) bool { return false }

// FrameWriter is an EncodedSink that writes a file of frames. Errors of the
// disk show at Close.
type FrameWriter struct {
	mu    sync.Mutex
	close func() error
	out   *bufio.Writer // nil: closed
	err   error
}

// CreateFrames makes a file; what was there is lost.
func CreateFrames(path string, codec Codec) (*FrameWriter, error) {
	if codec == NoCodec || codec.PCM() {
		return nil, fmt.Errorf("media: %v has no frames to write; write a WAV file", codec)
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	w := &FrameWriter{close: file.Close, out: bufio.NewWriter(file)}
	_, w.err = w.out.WriteString(codec.framesLine())
	return w, nil
}

// Encoded takes a frame; after Close it does nothing.
func (w *FrameWriter) Encoded(frame []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.out == nil || w.err != nil {
		return
	}
	var length [2]byte
	binary.BigEndian.PutUint16(length[:], uint16(len(frame)))
	if _, w.err = w.out.Write(length[:]); w.err == nil {
		_, w.err = w.out.Write(frame)
	}
}

// Frame leaves sound alone.
func (w *FrameWriter) Frame([]int16) {}

// Close completes the file.
func (w *FrameWriter) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.out == nil {
		return nil
	}
	err := errors.Join(w.err, w.out.Flush(), w.close())
	w.out = nil
	return err
}
