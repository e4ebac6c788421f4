// WAV files are read: 8000 Hz, one channel, 16-bit linear or G.711.
package media

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
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
