// A thousand phones in this process at a real server, and a hundred calls with sound at once.

package interop

import (
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"viaduct/media"
	ua "viaduct/phone"
	"viaduct/wire"
)

func TestThousandPhonesAtAServer(t *testing.T) {
	needPrograms(t)
	const count, calling, atOnce = 1000, 100, 50
	through := start(t, viaduct{}, builtinScript)
	stack, _, err := ua.Listen(wire.UDP, netip.MustParseAddrPort("127.0.0.1:0"), ua.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stack.Close)
	audio := ua.NewAudio()
	audio.Mouth = func() (media.Source, error) { return media.Tone(ourTone), nil }
	var answered, ended, mute atomic.Int32
	hear := func(e ua.Event) {
		switch e.Kind {
		case ua.Answered:
			answered.Add(1)
		case ua.Ended:
			ended.Add(1)
			if r := e.Call.Report(); r.Received < 10 || r.Lost > r.Received/10 {
				mute.Add(1)
			}
		}
	}
	began := time.Now()
	phones := make([]*ua.Phone, count)
	var registering sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	for i := range phones {
		if phones[i], err = ua.New(stack, ua.Config{User: fmt.Sprintf("many%03d", i), Server: through.ipv4.String(), Media: audio,
			AutoAnswer: 10 * time.Millisecond, Patience: 8 * time.Second, Events: hear}); err != nil {
			t.Fatal(err)
		}
		slots <- struct{}{}
		registering.Go(func() {
			defer func() { <-slots }()
			if err := phones[i].Register(t.Context()); err != nil {
				t.Errorf("phone %d: %v", i, err)
			}
		})
	}
	registering.Wait()
	registered := time.Since(began)
	calls := make([]*ua.Call, calling)
	for i := range calls {
		if calls[i], err = phones[i].Dial(t.Context(), phones[count-1-i].User()); err != nil {
			t.Fatal(err)
		}
	}
	if !eventually(5*time.Second, func() bool { return answered.Load() == 2*calling }) {
		t.Fatalf("%d of %d ends are in a call", answered.Load(), 2*calling)
	}
	inCalls := time.Since(began)
	time.Sleep(500 * time.Millisecond)
	for i, c := range calls {
		if err := c.Hangup(); err != nil {
			t.Errorf("call %d: %v", i, err)
		}
	}
	if !eventually(5*time.Second, func() bool { return ended.Load() == 2*calling }) || mute.Load() > 0 {
		t.Errorf("%d of %d ends are over, %d heard too little", ended.Load(), 2*calling, mute.Load())
	}
	t.Logf("%d registered after %v, %d calls stood after %v", count, registered.Round(time.Millisecond), calling, inCalls.Round(time.Millisecond))
}
