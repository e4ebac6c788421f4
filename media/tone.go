// Mouths that need no file: silence, tones, the pairs of digits.
package media

import "math"

// Silence gives zeros without an end.
func Silence() Source { return &dual{} }

// Tone gives one frequency (Hz) without an end, at -10 dBm0 or so.
func Tone(frequency float64) Source { return newDual(frequency, 0) }

// Tones gives two frequencies (Hz) at once without an end.
func Tones(first, second float64) Source { return newDual(first, second) }

// amplitude is of each tone of a pair; both together stay clear of clipping.
const amplitude = 8000

// dual is two oscillators; one of 0 Hz is silent.
type dual struct {
	step, phase [2]float64 // radians
}

func newDual(first, second float64) *dual {
	const unit = 2 * math.Pi / clockRate
	return &dual{step: [2]float64{first * unit, second * unit}}
}

// Frame fills any number of samples. Within a frame each oscillator follows
// sin(n) = 2 cos(step) sin(n-1) - sin(n-2); it takes its bearings anew with
// each, so that errors do not add up.
func (d *dual) Frame(pcm []int16) bool {
	clear(pcm)
	for tone, step := range d.step {
		if step == 0 {
			continue
		}
		phase := d.phase[tone]
		factor, next, last := 2*math.Cos(step), amplitude*math.Sin(phase), amplitude*math.Sin(phase-step)
		for i := range pcm {
			pcm[i] += int16(next)
			next, last = factor*next-last, next
		}
		d.phase[tone] = math.Mod(phase+step*float64(len(pcm)), 2*math.Pi)
	}
	return true
}

// The frequencies of the keys, by row and column (ITU-T Q.23).
var (
	rows    = [4]float64{697, 770, 852, 941}
	columns = [4]float64{1209, 1336, 1477, 1633}
)

const keypad = "123A456B789C*0#D"

// DTMF gives the two frequencies of a key, 0-9 * # A-D.
func DTMF(digit byte) (low, high float64, ok bool) {
	code, ok := eventCode(digit)
	for key := range len(keypad) {
		if ok && keypad[key] == digitNames[code] {
			return rows[key/4], columns[key%4], true
		}
	}
	return 0, 0, false
}

func dtmfPair(code byte) *dual {
	low, high, _ := DTMF(digitNames[code])
	return newDual(low, high)
}
