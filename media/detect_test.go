package media

import (
	"math/rand/v2"
	"testing"
	"time"
)

func TestDominantFrequency(t *testing.T) {
	for _, want := range []float64{100, 440, 1004.5, 2600, 3800} {
		pcm := make([]int16, 1000)
		Tone(want).Frame(pcm)
		var d ToneDetector
		d.Frame(DecodeMuLaw(nil, AppendMuLaw(nil, pcm)))
		if got, ok := d.Dominant(); !ok || got < want-1 || got > want+1 {
			t.Errorf("%v Hz is heard as %v, %v", want, got, ok)
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	noise := make([]int16, 1000)
	for i := range noise {
		noise[i] = int16(random.IntN(16000) - 8000)
	}
	for name, pcm := range map[string][]int16{"noise": noise, "silence": make([]int16, 1000), "too little": tonePCM(700)} {
		var d ToneDetector
		d.Frame(pcm)
		if got, ok := d.Dominant(); ok {
			t.Errorf("%s has the frequency %v", name, got)
		}
	}
}

// Each key, at every place in the windows, of the shortest length.
func TestKeysAreHeard(t *testing.T) {
	for _, key := range []byte(keypad) {
		for lead := 0; lead < dtmfWindow; lead += 17 {
			var told []byte
			d := NewDTMFDetector(func(digit byte, d time.Duration) { told = append(told, digit) })
			low, high, ok := DTMF(key)
			if !ok {
				t.Fatalf("%c has no tones", key)
			}
			pcm := make([]int16, lead+shortest+1000)
			Tones(low, high).Frame(pcm[lead : lead+shortest])
			d.Frame(DecodeALaw(nil, AppendALaw(nil, pcm)))
			if string(told) != string(key) {
				t.Errorf("%c after %d samples is heard as %q", key, lead, told)
			}
		}
	}
}

func TestOtherSoundsAreNoKeys(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	noise := make([]int16, 80000)
	for i := range noise {
		noise[i] = int16(random.IntN(16000) - 8000)
	}
	dial, single := make([]int16, 8000), make([]int16, 8000)
	Tones(350, 440).Frame(dial)
	Tone(697).Frame(single)
	for name, pcm := range map[string][]int16{"noise": noise, "dial tone": dial, "half a key": single, "silence": make([]int16, 8000)} {
		d := NewDTMFDetector(func(digit byte, d time.Duration) { t.Errorf("%s is heard as %c of %v", name, digit, d) })
		d.Frame(pcm)
		d.Frame(make([]int16, 1000))
	}
	if _, _, ok := DTMF('!'); ok {
		t.Error("a flash has tones")
	}
}
