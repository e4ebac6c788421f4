// Sound both ways: the tone that one phone sends is the tone that the other hears, with baresip and with linphone.

package interop

import (
	"fmt"
	"math"
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"viaduct/media"
	ua "viaduct/phone"
	"viaduct/wire"
)

// What the phones say, in Hz: ours is that of startDesk.
const (
	ourTone   = 440
	theirTone = 700
)

func TestPhoneSound(t *testing.T) {
	needPrograms(t, "baresip", "linphonec")
	for _, s := range servers() {
		through := start(t, s, debianScript)
		t.Run(s.name()+"/baresip", func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			// Its bridge keeps the time of what is heard, sndfile writes that down, and aufile speaks.
			startBaresipIn(t, folder, "theirs-sound", through.ipv4, "udp", "auto", fmt.Sprintf(`module aufile.so
module sndfile.so
snd_path %s
audio_source aufile,%s
`, folder, toneFile(t, folder)))
			ours, ear := listeningDesk(t, "ours-sound", through.ipv4)
			ours.do("dial theirs-sound; expect answered")
			ours.hears(ear, theirTone)
			ours.do("hangup; expect ended")
			heardInFile(t, filepath.Join(folder, "dump-*-dec.wav"), ourTone)
		})
		t.Run(s.name()+"/linphone", func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			commands, p := startLinphoneIn(t, folder, "linphone-sound", "-a", "")
			fmt.Fprintf(commands, "soundcard use files\nplay %s\nrecord %s\n", toneFile(t, folder), filepath.Join(folder, "heard.wav"))
			ours, ear := listeningDesk(t, "ours-files", through.ipv4)
			ours.reachesLinphone(commands, p, "linphone-sound", through.ipv4)
			ours.hears(ear, theirTone)
			ours.do("hangup; expect ended")
			fmt.Fprintln(commands, "unregister\nquit")
			heardInFile(t, filepath.Join(folder, "heard.wav"), ourTone)
		})
	}
}

// toneFile is ten seconds of theirTone.
func toneFile(t *testing.T, folder string) string {
	t.Helper()
	path := filepath.Join(folder, "tone.wav")
	file, err := media.CreateWAV(path, media.WAVLinear)
	if err != nil {
		t.Fatal(err)
	}
	tone, pcm := media.Tone(theirTone), make([]int16, 160)
	for range 500 {
		tone.Frame(pcm)
		file.Frame(pcm)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// listeningDesk is a phone whose ear tells tones.
func listeningDesk(t *testing.T, user string, server netip.AddrPort) (*desk, *media.ToneDetector) {
	ear := &media.ToneDetector{}
	return startDesk(t, user, server, wire.UDP, func(c *ua.Config) {
		c.Media.(*ua.Audio).Ear = func() (media.Sink, error) { return ear, nil }
	}), ear
}

// hears waits for a tone, and for another second of call, for the other side's file.
func (d *desk) hears(ear *media.ToneDetector, want float64) {
	d.t.Helper()
	var heard float64
	if !eventually(5*time.Second, func() bool {
		heard, _ = ear.Dominant()
		return math.Abs(heard-want) < 3
	}) {
		d.t.Fatalf("we hear %.1f Hz, want %v\n%s", heard, want, d.story())
	}
	d.do("wait 1s")
}

// heardInFile wants a tone in at least half a second of a recording, and no other.
func heardInFile(t *testing.T, pattern string, want float64) {
	t.Helper()
	right, others := 0, map[int]int{}
	if !eventually(3*time.Second, func() bool {
		paths, _ := filepath.Glob(pattern)
		if len(paths) != 1 {
			return false
		}
		source, err := media.WAVFile(paths[0], false)
		if err != nil {
			return false // not complete before the other phone has closed it
		}
		right, others = tones(source, want)
		return right >= 5
	}) || len(others) > 1 {
		t.Errorf("%s: %v Hz was heard for %d ms; others: %v", pattern, want, 100*right, others)
	}
}

// tones counts pieces of 100 ms with a tone, and those with others.
func tones(source media.Source, want float64) (right int, others map[int]int) {
	others = map[int]int{}
	detector, pcm := &media.ToneDetector{}, make([]int16, 160)
	for n := 1; source.Frame(pcm); n++ {
		detector.Frame(pcm)
		if n%5 != 0 {
			continue
		}
		switch heard, ok := detector.Dominant(); {
		case ok && math.Abs(heard-want) < 3:
			right++
		case ok:
			others[int(heard)]++
		}
	}
	return right, others
}
