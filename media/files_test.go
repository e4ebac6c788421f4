package media

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tonePCM is a piece of a tone.
func tonePCM(samples int) []int16 {
	pcm := make([]int16, samples)
	Tone(440).Frame(pcm)
	return pcm
}

func TestWAVFilesComeBack(t *testing.T) {
	for format, allowed := range map[WAVFormat]int{WAVLinear: 0, WAVALaw: 256, WAVMuLaw: 256} {
		path := filepath.Join(t.TempDir(), "x.wav")
		w, err := CreateWAV(path, format)
		if err != nil {
			t.Fatal(err)
		}
		pcm := tonePCM(1601)
		w.Frame(pcm[:160])
		w.Frame(pcm[160:])
		if err := errors.Join(w.Close(), w.Close()); err != nil {
			t.Fatal(err)
		}
		w.Frame(pcm) // after Close: nothing
		octets, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if size := binary.LittleEndian.Uint32(octets[4:]); int(size) != len(octets)-8 || len(octets)%2 != 0 {
			t.Errorf("format %d: RIFF says %d of %d octets", format, size, len(octets))
		}
		got, err := ReadWAV(bytes.NewReader(octets))
		if err != nil || len(got) != len(pcm) {
			t.Fatalf("format %d: %d samples, %v", format, len(got), err)
		}
		for i := range got {
			if d := int(got[i]) - int(pcm[i]); d > allowed || d < -allowed {
				t.Fatalf("format %d: sample %d is %d, want %d", format, i, got[i], pcm[i])
			}
		}
		source, err := WAVFile(path, false)
		if err != nil {
			t.Fatal(err)
		}
		frames, frame := 0, make([]int16, frameSamples)
		for ; source.Frame(frame); frames++ {
		}
		if frames != 11 || frame[1] != 0 {
			t.Errorf("format %d: %d frames, the last ends with %d", format, frames, frame[1])
		}
	}
	if _, err := NewWAVWriter(nil, 2); err == nil {
		t.Error("format 2 is taken")
	}
}

// wav makes a file by hand.
func wav(format, channels, bits uint16, rate uint32, before string, data []byte) []byte {
	fmt := binary.LittleEndian.AppendUint16(nil, format)
	fmt = binary.LittleEndian.AppendUint16(fmt, channels)
	fmt = binary.LittleEndian.AppendUint32(fmt, rate)
	fmt = append(fmt, 0, 0, 0, 0, 0, 0)
	fmt = binary.LittleEndian.AppendUint16(fmt, bits)
	file := append([]byte("RIFF\xff\xff\xff\xffWAVE"+before+"fmt \x10\x00\x00\x00"), fmt...)
	file = binary.LittleEndian.AppendUint32(append(file, "data"...), uint32(len(data)))
	return append(file, data...)
}

func TestWAVErrorsSayWhatIsWrong(t *testing.T) {
	for _, test := range []struct{ file, want string }{
		{"", "does not begin with RIFF"},
		{"RIFF    WAVE", "ends before its chunk"},
		{"RIFF    WAVEdata\x02\x00\x00\x00ab", `"data" before "fmt "`},
		{"RIFF    WAVELIST\xff\x00\x00\x00a", `ends within its chunk "LIST"`},
		{"RIFF    WAVEfmt \x04\x00\x00\x00abcd", `"fmt " has 4 octets`},
		{string(wav(1, 2, 16, 44100, "", nil)), "44100 Hz and 2 channels; it must have 8000 Hz and 1"},
		{string(wav(1, 1, 8, 8000, "", nil)), "8 bits a sample; format 1 has 16"},
		{string(wav(85, 1, 8, 8000, "", nil)), "format 85"},
	} {
		if _, err := ReadWAV(strings.NewReader(test.file)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%.40q: %v, want %s", test.file, err, test.want)
		}
	}
	cut := wav(1, 1, 16, 8000, "LIST\x03\x00\x00\x00abc\x00", []byte{1, 0, 2, 0, 3})
	if pcm, err := ReadWAV(bytes.NewReader(cut)); err != nil || !slices.Equal(pcm, []int16{1, 2}) {
		t.Error("an odd chunk before, half a sample at the end:", pcm, err)
	}
	if _, err := WAVFile("testdata/none.wav", false); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func FuzzReadWAV(f *testing.F) {
	f.Add(wav(1, 1, 16, 8000, "", []byte{1, 2, 3, 4}))
	f.Add(wav(6, 1, 8, 8000, "LIST\x02\x00\x00\x00ab", []byte{1, 2, 3}))
	f.Add(append([]byte("RIFF    WAVEfmt \x1a\x00\x00\x00\xfe\xff\x01\x00\x40\x1f\x00\x00\x00\x00\x00\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\x07\x00"), "data\xff\xff\xff\xffabc"...))
	f.Fuzz(func(t *testing.T, file []byte) {
		if pcm, err := ReadWAV(bytes.NewReader(file)); err == nil && len(pcm) > len(file) {
			t.Error("more samples than octets")
		}
	})
}

func TestRecordingsPlayAgain(t *testing.T) {
	source, pcm := Samples([]int16{1, 2, 3}, true), make([]int16, 7)
	if !source.Frame(pcm) || !slices.Equal(pcm, []int16{1, 2, 3, 1, 2, 3, 1}) {
		t.Error(pcm)
	}
	if Samples(nil, true).Frame(pcm) {
		t.Error("nothing, played again and again, has an end at once")
	}
}

func TestFrameFilesComeBack(t *testing.T) {
	frames := map[Codec][][]byte{
		G723:   {make([]byte, 24), append([]byte{1}, make([]byte, 19)...), {2, 0, 0, 0}, {3}},
		G729:   {make([]byte, 10), {7, 7}},
		ILBC20: {make([]byte, 38)},
		ILBC30: {make([]byte, 50), make([]byte, 50)},
	}
	for codec, want := range frames {
		path := filepath.Join(t.TempDir(), "x.frames")
		w, err := CreateFrames(path, codec)
		if err != nil {
			t.Fatal(err)
		}
		for _, frame := range want {
			w.Encoded(frame)
		}
		if err := errors.Join(w.Close(), w.Close()); err != nil {
			t.Fatal(err)
		}
		w.Encoded(want[0]) // after Close: nothing
		f, err := FrameFile(path, true)
		if err != nil || f.Codec() != codec {
			t.Fatal(codec, err)
		}
		frame := make([]byte, 50)
		for i := range 2 * len(want) {
			if n, more := f.Encoded(frame); !more || !bytes.Equal(frame[:n], want[i%len(want)]) {
				t.Errorf("%v: frame %d is %x", codec, i, frame[:n])
			}
		}
		s := newSession(NewPacer(), &air{}, hereAddr)
		if err := s.Start(Stream{Remote: thereAddr, Codec: G723 + (codec-G723+1)%4, Send: true, Source: f}); err == nil {
			t.Errorf("frames of %v are sent as those of another codec", codec)
		}
	}
	if _, err := CreateFrames(filepath.Join(t.TempDir(), "x"), PCMU); err == nil {
		t.Error("frames of PCMU")
	}
}

func TestFrameFileErrorsSayWhatIsWrong(t *testing.T) {
	for _, test := range []struct{ file, want string }{
		{"", "no first line"},
		{"RIFF\n", "does not begin with"},
		{"viaduct-frames opus\n", `no codec "opus"`},
		{"viaduct-frames PCMU\n", "made from sound"},
		{"viaduct-frames G723\n\x00", "within the length of frame 1"},
		{"viaduct-frames G723\n\x00\x00", "frame 1 has 0 octets; G723 has 1 to 24"},
		{"viaduct-frames G723\n\x00\x04\x02", "ends within frame 1"},
		{"viaduct-frames G723\n\x00\x01\x03\x00\x04\x00\x00\x00\x00", "frame 2 with its 4 octets is no frame"},
	} {
		if _, err := ReadFrames(strings.NewReader(test.file), false); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: %v, want %s", test.file, err, test.want)
		}
	}
}

func FuzzReadFrames(f *testing.F) {
	f.Add([]byte("viaduct-frames iLBC mode=20\n\x00\x01\x03"))
	f.Add([]byte("viaduct-frames G729\n\x00\x02ab\x00\x02cd"))
	f.Fuzz(func(t *testing.T, file []byte) {
		frames, err := ReadFrames(bytes.NewReader(file), false)
		if err != nil {
			return
		}
		buffer := make([]byte, 50)
		for n, more := frames.Encoded(buffer); more; n, more = frames.Encoded(buffer) {
			if frames.Codec().firstFrame(buffer[:n]) != n {
				t.Fatalf("%x is no frame", buffer[:n])
			}
		}
	})
}

func TestNoSoundCard(t *testing.T) {
	card, err := OpenSoundCard("unix:" + filepath.Join(t.TempDir(), "none"))
	if card != nil || !errors.Is(err, ErrNoSoundCard) || !strings.Contains(err.Error(), "no sound card") {
		t.Errorf("%v %v", card, err)
	}
}
