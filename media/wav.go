// WAV files: 8000 Hz, one channel, 16-bit linear or G.711.
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

// WAVFormat is the tag of the chunk "fmt " (RFC 2361).
type WAVFormat uint16

const (
	WAVLinear WAVFormat = 1 // 16 bits
	WAVALaw   WAVFormat = 6
	WAVMuLaw  WAVFormat = 7

	wavExtensible = 0xFFFE // the tag is then the first of the sub-format's 16 octets
	maxWAV        = 128 << 20
)

// ReadWAV reads all samples of a file of 8000 Hz and one channel.
func ReadWAV(r io.Reader) ([]int16, error) {
	in := bufio.NewReader(r)
	var head [12]byte
	if _, err := io.ReadFull(in, head[:]); err != nil || string(head[:4]) != "RIFF" || string(head[8:]) != "WAVE" {
		return nil, errors.New("media: not a WAV file: it does not begin with RIFF and WAVE")
	}
	var format WAVFormat
	for {
		var chunk [8]byte
		if _, err := io.ReadFull(in, chunk[:]); err != nil {
			return nil, errors.New("media: the WAV file ends before its chunk \"data\"")
		}
		size := int64(binary.LittleEndian.Uint32(chunk[4:]))
		switch string(chunk[:4]) {
		case "fmt ":
			var err error
			if format, err = readFormat(in, size); err != nil {
				return nil, err
			}
		case "data":
			return readSamples(in, format, size)
		default:
			if _, err := io.CopyN(io.Discard, in, size+size&1); err != nil {
				return nil, fmt.Errorf("media: the WAV file ends within its chunk %q", chunk[:4])
			}
		}
	}
}

func readFormat(in io.Reader, size int64) (WAVFormat, error) {
	if size < 16 || size > 1024 {
		return 0, fmt.Errorf("media: the WAV file's chunk \"fmt \" has %d octets", size)
	}
	chunk := make([]byte, size+size&1)
	if _, err := io.ReadFull(in, chunk); err != nil {
		return 0, errors.New("media: the WAV file ends within its chunk \"fmt \"")
	}
	word := func(at int) int { return int(binary.LittleEndian.Uint16(chunk[at:])) }
	format, channels, width := WAVFormat(word(0)), word(2), word(14)
	rate := binary.LittleEndian.Uint32(chunk[4:])
	if format == wavExtensible && size >= 26 {
		format = WAVFormat(word(24))
	}
	if rate != clockRate || channels != 1 {
		return 0, fmt.Errorf("media: the WAV file has %d Hz and %d channels; it must have 8000 Hz and 1", rate, channels)
	}
	wanted := 8
	switch format {
	case WAVLinear:
		wanted = 16
	case WAVALaw, WAVMuLaw:
	default:
		return 0, fmt.Errorf("media: the WAV file has format %d; there are 1 (linear), 6 (A-law) and 7 (µ-law)", format)
	}
	if width != wanted {
		return 0, fmt.Errorf("media: the WAV file has %d bits a sample; format %d has %d", width, format, wanted)
	}
	return format, nil
}

// readSamples reads up to size octets: recorders that were killed leave sizes
// of 0 or of all there could be, so the end of the file counts too.
func readSamples(in io.Reader, format WAVFormat, size int64) ([]int16, error) {
	if format == 0 {
		return nil, errors.New("media: the WAV file has \"data\" before \"fmt \"")
	}
	octets, err := io.ReadAll(io.LimitReader(in, min(size, maxWAV+1)))
	if err != nil {
		return nil, fmt.Errorf("media: the WAV file: %w", err)
	}
	if len(octets) > maxWAV {
		return nil, fmt.Errorf("media: the WAV file is longer than %d MiB", maxWAV>>20)
	}
	switch format {
	case WAVALaw:
		return DecodeALaw(make([]int16, 0, len(octets)), octets), nil
	case WAVMuLaw:
		return DecodeMuLaw(make([]int16, 0, len(octets)), octets), nil
	}
	pcm := make([]int16, len(octets)/2)
	for i := range pcm {
		pcm[i] = int16(binary.LittleEndian.Uint16(octets[2*i:]))
	}
	return pcm, nil
}

// WAVFile is a Source that plays a file once, or again and again.
func WAVFile(path string, again bool) (Source, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	pcm, err := ReadWAV(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return Samples(pcm, again), nil
}

// Samples is a Source that plays samples once, or again and again.
func Samples(pcm []int16, again bool) Source { return &recording{all: pcm, rest: pcm, again: again} }

type recording struct {
	all, rest []int16
	again     bool
}

func (r *recording) Frame(pcm []int16) bool {
	if len(r.rest) == 0 && !r.again || len(r.all) == 0 {
		return false
	}
	for len(pcm) > 0 {
		if len(r.rest) == 0 {
			if !r.again {
				clear(pcm)
				break
			}
			r.rest = r.all
		}
		n := copy(pcm, r.rest)
		pcm, r.rest = pcm[n:], r.rest[n:]
	}
	return true
}

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
