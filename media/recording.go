// Mouths that play a recording.
package media

import (
	"fmt"
	"os"
)

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
