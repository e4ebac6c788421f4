// The echo: what is heard is said again.
package media

import "sync"

// Echo gives a mouth that says what its ear has heard, sound or frames of any
// codec. What comes in waits at most 200 ms; then the oldest is lost.
func Echo() (Source, Sink) {
	e := &echo{}
	return echoMouth{e}, echoEar{e}
}

type echo struct {
	mu     sync.Mutex
	sound  [][]int16
	frames [][]byte
}

// echoDepth is how many frames wait at most.
const echoDepth = 10

type echoEar struct{ *echo }

func (e echoEar) Frame(pcm []int16) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sound = remember(e.sound, pcm)
}

func (e echoEar) Encoded(frame []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.frames = remember(e.frames, frame)
}

func remember[T any](kept [][]T, next []T) [][]T {
	if len(kept) == echoDepth {
		kept = kept[1:]
	}
	return append(kept, append([]T(nil), next...))
}

type echoMouth struct{ *echo }

// Frame has no end: where nothing was heard it is silent.
func (e echoMouth) Frame(pcm []int16) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	clear(pcm)
	if len(e.sound) > 0 {
		copy(pcm, e.sound[0])
		e.sound = e.sound[1:]
	}
	return true
}

func (e echoMouth) Encoded(frame []byte) (length int, more bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.frames) > 0 {
		length = copy(frame, e.frames[0])
		e.frames = e.frames[1:]
	}
	return length, true
}
