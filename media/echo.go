// The echo: what is heard is said again.
package media

import (
	"slices"
	"sync"
)

// Echo gives a mouth that says what its ear has heard, sound or frames of any
// codec. What comes in waits at most 200 ms; then the oldest is lost.
func Echo() (Source, Sink) {
	e := &echo{}
	return echoMouth{e}, echoEar{e}
}

type echo struct {
	sound  delay
	mu     sync.Mutex
	frames [][]byte
}

// echoDepth is how many frames of a codec wait at most.
const echoDepth = 10

type echoEar struct{ *echo }

func (e echoEar) Frame(pcm []int16) { e.sound.put(pcm) }

func (e echoEar) Encoded(frame []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.frames) == echoDepth {
		e.frames = slices.Delete(e.frames, 0, 1)
	}
	e.frames = append(e.frames, slices.Clone(frame))
}

type echoMouth struct{ *echo }

// Frame has no end: where nothing was heard it is silent.
func (e echoMouth) Frame(pcm []int16) bool {
	e.sound.take(pcm)
	return true
}

func (e echoMouth) Encoded(frame []byte) (length int, more bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.frames) > 0 {
		length = copy(frame, e.frames[0])
		e.frames = slices.Delete(e.frames, 0, 1)
	}
	return length, true
}
