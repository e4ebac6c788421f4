// WAV files are written.
package media

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

// WAVWriter is a Sink that writes a file. Errors of the disk show at Close.
type WAVWriter struct {
	mu     sync.Mutex
	file   io.WriteSeeker
	close  func() error
	out    *bufio.Writer
	format WAVFormat
	octets int64
	err    error
	octet  []byte // of a frame
}

const wavHeader = 44

// CreateWAV makes a file; what was there is lost.
func CreateWAV(path string, format WAVFormat) (*WAVWriter, error) {
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	w, err := NewWAVWriter(file, format)
	if err != nil {
		file.Close()
		return nil, err
	}
	w.close = file.Close
	return w, nil
}

// NewWAVWriter writes to a file that its Close does not close. The header's
// sizes are right after Close.
func NewWAVWriter(file io.WriteSeeker, format WAVFormat) (*WAVWriter, error) {
	if format != WAVLinear && format != WAVALaw && format != WAVMuLaw {
		return nil, fmt.Errorf("media: no WAV format %d", format)
	}
	w := &WAVWriter{file: file, close: func() error { return nil }, out: bufio.NewWriter(file), format: format}
	_, err := w.out.Write(w.header())
	return w, err
}

// header tells the sizes of what has been written so far.
func (w *WAVWriter) header() []byte {
	width := uint16(1)
	if w.format == WAVLinear {
		width = 2
	}
	size := uint32(min(w.octets, 1<<32-1-wavHeader))
	h := append(make([]byte, 0, wavHeader), "RIFF"...)
	h = binary.LittleEndian.AppendUint32(h, size+size&1+wavHeader-8)
	h = append(h, "WAVEfmt \x10\x00\x00\x00"...)
	h = binary.LittleEndian.AppendUint16(h, uint16(w.format))
	h = binary.LittleEndian.AppendUint16(h, 1)
	h = binary.LittleEndian.AppendUint32(h, clockRate)
	h = binary.LittleEndian.AppendUint32(h, clockRate*uint32(width))
	h = binary.LittleEndian.AppendUint16(h, width)
	h = binary.LittleEndian.AppendUint16(h, width*8)
	h = append(h, "data"...)
	return binary.LittleEndian.AppendUint32(h, size)
}

// Frame takes any number of samples; after Close it does nothing.
func (w *WAVWriter) Frame(pcm []int16) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.out == nil || w.err != nil {
		return
	}
	w.octet = w.octet[:0]
	switch w.format {
	case WAVALaw:
		w.octet = AppendALaw(w.octet, pcm)
	case WAVMuLaw:
		w.octet = AppendMuLaw(w.octet, pcm)
	default:
		for _, sample := range pcm {
			w.octet = binary.LittleEndian.AppendUint16(w.octet, uint16(sample))
		}
	}
	_, w.err = w.out.Write(w.octet)
	w.octets += int64(len(w.octet))
}

// Close completes the file.
func (w *WAVWriter) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.out == nil {
		return nil
	}
	if w.octets&1 == 1 && w.err == nil {
		w.err = w.out.WriteByte(0) // chunks are even
	}
	err := errors.Join(w.err, w.out.Flush())
	w.out = nil
	if _, seek := w.file.Seek(0, io.SeekStart); seek == nil {
		_, write := w.file.Write(w.header())
		err = errors.Join(err, write)
	} else {
		err = errors.Join(err, seek)
	}
	return errors.Join(err, w.close())
}
