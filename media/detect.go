// Ears that know tones: the dominant frequency, and the keys of DTMF.
package media

import (
	"math"
	"sync"
	"time"
)

// Goertzel gives the amplitude of one frequency (Hz) in a piece of sound.
func Goertzel(pcm []int16, frequency float64) float64 {
	if len(pcm) == 0 {
		return 0
	}
	return 2 * goertzel(pcm, frequency) / float64(len(pcm))
}

// goertzel is the absolute value of one term of the Fourier transform.
func goertzel[T int16 | float64](pcm []T, frequency float64) float64 {
	coefficient := 2 * math.Cos(2*math.Pi*frequency/clockRate)
	var last, before float64
	for _, sample := range pcm {
		last, before = float64(sample)+coefficient*last-before, last
	}
	return math.Sqrt(max(last*last+before*before-coefficient*last*before, 0))
}

// ToneDetector is a Sink that tells which frequency dominates.
type ToneDetector struct {
	mu     sync.Mutex
	window [detectSamples]int16 // a ring
	heard  int                  // samples in all
}

const (
	detectSamples = clockRate / 10 // 100 ms
	quietest      = 50             // root mean square of what still counts as a tone
	dominance     = 0.4            // share of the power; each of a pair has half
)

// Frame takes any number of samples.
func (d *ToneDetector) Frame(pcm []int16) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, sample := range pcm {
		d.window[d.heard%detectSamples] = sample
		d.heard++
	}
}

// Dominant tells the frequency (Hz, to about 1 Hz) that dominated the last
// 100 ms; false: none did, or less has been heard. Of two tones as loud as
// each other it is one of them.
func (d *ToneDetector) Dominant() (frequency float64, ok bool) {
	d.mu.Lock()
	heard, ring := d.heard, d.window
	d.mu.Unlock()
	if heard < detectSamples {
		return 0, false
	}
	windowed, sum, squares, power := make([]float64, detectSamples), 0.0, 0.0, 0.0
	for i := range windowed {
		weight := 0.5 - 0.5*math.Cos(2*math.Pi*(float64(i)+0.5)/detectSamples) // Hann
		windowed[i] = weight * float64(ring[(heard+i)%detectSamples])
		sum += weight
		squares += weight * weight
		power += windowed[i] * windowed[i]
	}
	power /= squares
	if power < quietest*quietest {
		return 0, false
	}
	best := 0.0
	search := func(from, to, step float64) {
		for f := from; f <= to; f += step {
			if amplitude := 2 * goertzel(windowed, f) / sum; amplitude > best {
				best, frequency = amplitude, f
			}
		}
	}
	search(50, 3950, 5)
	search(frequency-5, frequency+5, 0.5)
	return frequency, best*best/2 >= dominance*power
}

// DTMFDetector is a Sink that tells the keys it hears, each when it has ended,
// with its length to about 20 ms.
type DTMFDetector struct {
	tell   func(digit byte, d time.Duration)
	sound  []int16 // of the window and what follows it
	digit  byte    // that sounds; 0: none
	steps  int     // windows that it has sounded in
	silent int     // windows since
}

const (
	dtmfWindow = 160 // samples: 20 ms
	dtmfStep   = 80
	dtmfSteps  = 2   // windows that agree on a key
	dtmfShare  = 0.7 // of the power, in the two tones together
	dtmfTwist  = 6.3 // 8 dB: most that one tone of a pair may be louder (ITU-T Q.24)
)

// NewDTMFDetector makes a detector; tell is called by who calls Frame.
func NewDTMFDetector(tell func(digit byte, d time.Duration)) *DTMFDetector {
	return &DTMFDetector{tell: tell}
}

// Frame takes any number of samples.
func (d *DTMFDetector) Frame(pcm []int16) {
	d.sound = append(d.sound, pcm...)
	rest := d.sound
	for ; len(rest) >= dtmfWindow; rest = rest[dtmfStep:] {
		d.step(keyIn(rest[:dtmfWindow]))
	}
	d.sound = d.sound[:copy(d.sound, rest)]
}

// step follows one key through the windows; one window without it is forgiven.
func (d *DTMFDetector) step(key byte) {
	switch {
	case d.digit != 0 && key == d.digit:
		d.steps += 1 + d.silent
		d.silent = 0
	case d.digit != 0 && d.silent == 0:
		d.silent++
	default:
		if d.digit != 0 && d.steps >= dtmfSteps {
			d.tell(d.digit, time.Duration(d.steps)*dtmfStep*time.Second/clockRate)
		}
		d.digit, d.steps, d.silent = key, 1, 0
	}
}

// keyIn gives the key that sounds in a window, 0 for none.
func keyIn(window []int16) byte {
	power := 0.0
	for _, sample := range window {
		power += float64(sample) * float64(sample)
	}
	power /= dtmfWindow
	if power < quietest*quietest {
		return 0
	}
	row, low := loudest(window, rows)
	column, high := loudest(window, columns)
	if (low+high)/2 < dtmfShare*power || low > dtmfTwist*high || high > dtmfTwist*low {
		return 0
	}
	return keypad[4*row+column]
}

// loudest gives the loudest of four frequencies, and its amplitude squared.
func loudest(window []int16, frequencies [4]float64) (index int, square float64) {
	for i, frequency := range frequencies {
		if amplitude := Goertzel(window, frequency); amplitude*amplitude > square {
			index, square = i, amplitude*amplitude
		}
	}
	return index, square
}
