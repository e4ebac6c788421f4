// The sound card of this machine, by way of PulseAudio or PipeWire.
package media

import (
	"errors"
	"fmt"

	"github.com/jfreymuth/pulse"
)

// ErrNoSoundCard says that no sound server answers on this machine.
var ErrNoSoundCard = errors.New("media: no sound card: neither PulseAudio nor PipeWire answers")

// SoundCard is the microphone and the loudspeaker that the user has chosen.
type SoundCard struct {
	client      *pulse.Client
	record      *pulse.RecordStream
	playback    *pulse.PlaybackStream
	mouth, ears delay // from the microphone; to the loudspeaker
}

// OpenSoundCard opens both. server names the sound server's socket; "" is the
// usual one (PULSE_SERVER, or the user's own). ErrNoSoundCard: there is none.
func OpenSoundCard(server string) (*SoundCard, error) {
	options := []pulse.ClientOption{pulse.ClientApplicationName("viaduct")}
	if server != "" {
		options = append(options, pulse.ClientServerString(server))
	}
	client, err := pulse.NewClient(options...)
	if err != nil {
		return nil, fmt.Errorf("%w (%v)", ErrNoSoundCard, err)
	}
	card := &SoundCard{client: client}
	if err := card.open(); err != nil {
		client.Close()
		return nil, fmt.Errorf("media: the sound card: %w", err)
	}
	return card, nil
}

func (c *SoundCard) open() (err error) {
	const latency = 0.04 // seconds: two frames
	c.record, err = c.client.NewRecord(pulse.Int16Writer(func(pcm []int16) (int, error) {
		c.mouth.put(pcm)
		return len(pcm), nil
	}), pulse.RecordMono, pulse.RecordSampleRate(clockRate), pulse.RecordLatency(latency))
	if err != nil {
		return err
	}
	c.playback, err = c.client.NewPlayback(pulse.Int16Reader(func(pcm []int16) (int, error) {
		c.ears.take(pcm)
		return len(pcm), nil
	}), pulse.PlaybackMono, pulse.PlaybackSampleRate(clockRate), pulse.PlaybackLatency(latency))
	if err != nil {
		return err
	}
	c.record.Start()
	c.playback.Start()
	return nil
}

// Source is the microphone.
func (c *SoundCard) Source() Source { return microphone{c} }

// Sink is the loudspeaker.
func (c *SoundCard) Sink() Sink { return loudspeaker{c} }

type microphone struct{ card *SoundCard }

func (m microphone) Frame(pcm []int16) bool {
	m.card.mouth.take(pcm)
	return true
}

type loudspeaker struct{ card *SoundCard }

func (l loudspeaker) Frame(pcm []int16) { l.card.ears.put(pcm) }

// Close gives the sound card back.
func (c *SoundCard) Close() error {
	c.record.Close()
	c.playback.Close()
	c.client.Close()
	return nil
}
