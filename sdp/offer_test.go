package sdp

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// body is a description of one stream.
func body(connection, media string) string {
	return "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 " + connection + "\r\nt=0 0\r\n" + media
}

func parse(t testing.TB, text string) *Description {
	t.Helper()
	d, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// RFC 3264 sections 6.1 and 8.4.
func TestDirectionsAreAnswered(t *testing.T) {
	for _, test := range []struct {
		address string
		offered string
		local   Direction
		want    Direction
	}{
		{"127.0.0.1", "", SendRecv, SendRecv},
		{"127.0.0.1", "a=sendonly\r\n", SendRecv, RecvOnly},
		{"127.0.0.1", "a=recvonly\r\n", SendRecv, SendOnly},
		{"127.0.0.1", "a=inactive\r\n", SendRecv, Inactive},
		{"127.0.0.1", "a=sendrecv\r\n", SendOnly, SendOnly},
		{"127.0.0.1", "a=sendonly\r\n", SendOnly, Inactive}, // both hold
		{"127.0.0.1", "a=sendonly\r\n", RecvOnly, RecvOnly},
		{"0.0.0.0", "", SendRecv, RecvOnly},
		{"0.0.0.0", "a=sendonly\r\n", SendRecv, RecvOnly},
		{"0.0.0.0", "a=recvonly\r\n", SendRecv, Inactive},
	} {
		offer := parse(t, body(test.address, "m=audio 4 RTP/AVP 0\r\n"+test.offered))
		local := Local{Address: netip.MustParseAddr("127.0.0.2"), Port: 6, Codecs: codecs(t, "PCMU")}.With(test.local)
		answer, _, err := Answer(offer, local)
		if err != nil || answer.Direction != test.want {
			t.Errorf("%s to %s%q: %v %v, want %v", test.local, test.address, test.offered, answer.Direction, err, test.want)
		}
	}
	for _, d := range []Direction{SendRecv, SendOnly, RecvOnly, Inactive} {
		if again, ok := ParseDirection(d.String()); !ok || again != d || d.Reverse().Reverse() != d || d.Sends() != d.Reverse().Receives() {
			t.Errorf("%v: %v, reversed %v", d, again, d.Reverse())
		}
	}
}

func TestHeldDescriptionsWantNoMedia(t *testing.T) {
	for text, want := range map[string]Direction{
		body("0.0.0.0", "m=audio 4 RTP/AVP 0\r\n"):                 SendOnly,
		body("127.0.0.1", "m=audio 0 RTP/AVP 0\r\n"):               Inactive,
		body("127.0.0.1", ""):                                      Inactive,
		body("127.0.0.1", "m=audio 4 RTP/AVP 0\r\na=recvonly\r\n"): RecvOnly,
	} {
		d := parse(t, text)
		if d.Flow() != want || d.RTPAddr().IsValid() != (want == RecvOnly) || d.RTCPAddr().IsValid() != (want == RecvOnly) {
			t.Errorf("%s\n%v, RTP to %v, RTCP to %v", text, d.Flow(), d.RTPAddr(), d.RTCPAddr())
		}
	}
	if d := parse(t, body("127.0.0.1", "m=audio 65535 RTP/AVP 0\r\n")); d.RTCPAddr().IsValid() {
		t.Error("RTCP to port 65536:", d.RTCPAddr())
	}
}

func TestCodecsAreChosen(t *testing.T) {
	for _, test := range []struct {
		name  string
		offer string // the media line and what follows
		local []string
		want  string // the answer's codecs; or the error
	}{
		{"the offer's order", "m=audio 4 RTP/AVP 8 0\r\n", []string{"PCMU", "PCMA"}, "m=audio 6 RTP/AVP 8|a=sendrecv|a=rtpmap:8 PCMA/8000"},
		{"the offer's numbers", "m=audio 4 RTP/AVP 120 0\r\na=rtpmap:120 ilbc/8000\r\na=fmtp:120 mode=20\r\n", []string{"iLBC"},
			"m=audio 6 RTP/AVP 120|a=sendrecv|a=rtpmap:120 ilbc/8000|a=fmtp:120 mode=20"},
		{"the longer iLBC frame", "m=audio 4 RTP/AVP 97\r\na=rtpmap:97 iLBC/8000\r\n", []string{"iLBC"},
			"m=audio 6 RTP/AVP 97|a=sendrecv|a=rtpmap:97 iLBC/8000|a=fmtp:97 mode=30"},
		{"no comfort noise", "m=audio 4 RTP/AVP 18\r\na=fmtp:18 annexb=no\r\n", []string{"G729"},
			"m=audio 6 RTP/AVP 18|a=sendrecv|a=rtpmap:18 G729/8000|a=fmtp:18 annexb=no"},
		{"no comfort noise of G.723.1", "m=audio 4 RTP/AVP 4\r\na=fmtp:4 annexa=no\r\n", []string{"G723"},
			"m=audio 6 RTP/AVP 4|a=sendrecv|a=rtpmap:4 G723/8000|a=fmtp:4 annexa=no"},
		{"digits", "m=audio 4 RTP/AVP 101 0\r\na=rtpmap:101 telephone-event/8000\r\na=ptime:30\r\n", []string{"PCMU", "telephone-event"},
			"m=audio 6 RTP/AVP 0 101|a=sendrecv|a=rtpmap:0 PCMU/8000|a=rtpmap:101 telephone-event/8000|a=fmtp:101 0-16|a=ptime:30"},
		{"digits not wanted", "m=audio 4 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n", []string{"PCMU"},
			"m=audio 6 RTP/AVP 0|a=sendrecv|a=rtpmap:0 PCMU/8000"},
		{"other media", "m=video 8 RTP/AVP 31\r\nm=audio 4 RTP/AVP 0\r\nm=audio 10 RTP/SAVP 0\r\n", []string{"PCMU"},
			"m=video 0 RTP/AVP 31|m=audio 6 RTP/AVP 0|a=sendrecv|a=rtpmap:0 PCMU/8000|m=audio 0 RTP/SAVP 0"},
		{"switched off", "m=audio 0 RTP/AVP 0\r\n", []string{"PCMA"}, "m=audio 0 RTP/AVP 0|a=inactive|a=rtpmap:0 PCMU/8000"},
		{"none in common", "m=audio 4 RTP/AVP 0\r\n", []string{"PCMA"}, ErrNoCommonCodec.Error()},
		{"another rate", "m=audio 4 RTP/AVP 96\r\na=rtpmap:96 PCMU/16000\r\n", []string{"PCMU"}, ErrNoCommonCodec.Error()},
		{"only digits", "m=audio 4 RTP/AVP 101\r\na=rtpmap:101 telephone-event/8000\r\n", []string{"PCMU", "telephone-event"}, ErrNoCommonCodec.Error()},
		{"a number that says nothing", "m=audio 4 RTP/AVP 99\r\n", []string{"PCMU"}, ErrNoCommonCodec.Error()},
		{"no audio", "m=video 4 RTP/AVP 31\r\n", []string{"PCMU"}, "no audio over RTP/AVP is offered"},
		{"nothing", "", []string{"PCMU"}, "no audio over RTP/AVP is offered"},
	} {
		offer := parse(t, body("127.0.0.1", test.offer))
		answer, chosen, err := Answer(offer, Local{Address: netip.MustParseAddr("127.0.0.2"), Port: 6, Codecs: codecs(t, test.local...)})
		var got string
		if err != nil {
			got = err.Error()
			if !errors.Is(err, ErrNoCommonCodec) {
				t.Errorf("%s: %v", test.name, err)
			}
		} else {
			_, got, _ = strings.Cut(strings.ReplaceAll(strings.TrimSuffix(answer.String(), "\r\n"), "\r\n", "|"), "t=0 0|")
			if answer.Port != 0 && !answer.Codecs[0].Same(chosen) {
				t.Errorf("%s: chosen %+v", test.name, chosen)
			}
			accepted, err := offer.Accepted(answer)
			if answer.Port == 0 && !errors.Is(err, ErrRefused) || answer.Port != 0 && (err != nil || accepted != chosen) {
				t.Errorf("%s: accepted %+v, %v; chosen %+v", test.name, accepted, err, chosen)
			}
		}
		if !strings.HasSuffix(got, test.want) {
			t.Errorf("%s:\n%s\nwant\n%s", test.name, got, test.want)
		}
	}
}

func TestAnswersAreChecked(t *testing.T) {
	offer := Offer(paperPhone(t, "308", "127.0.0.1"))
	for _, test := range []struct{ answer, want string }{
		{"m=audio 4 RTP/AVP 0\r\n", ErrNoCommonCodec.Error()},
		{"m=audio 0 RTP/AVP 4\r\n", ErrRefused.Error()},
		{"m=video 4 RTP/AVP 4\r\n", ErrRefused.Error()},
		{"m=audio 4 RTP/AVP 4\r\nm=video 0 RTP/AVP 31\r\n", "has 2 media lines, the offer 1"},
	} {
		if _, err := offer.Accepted(parse(t, body("127.0.0.1", test.answer))); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: %v, want %s", test.answer, err, test.want)
		}
	}
	// the answer's number for the same encoding, and 30 ms where it says no mode
	codec, err := offer.Accepted(parse(t, body("127.0.0.1", "m=audio 4 RTP/AVP 0 120\r\na=rtpmap:120 iLBC/8000\r\n")))
	if want := (Codec{Name: "iLBC", PayloadType: 120, ClockRate: 8000, Parameters: "mode=30"}); err != nil || codec != want {
		t.Errorf("%+v %v", codec, err)
	}
}

func TestVersionsCountUp(t *testing.T) {
	local := paperPhone(t, "308", "127.0.0.1")
	first := Offer(local).After(nil)
	same := Offer(local).After(first)
	held := Offer(local.With(SendOnly)).After(same)
	back := Offer(local).After(held)
	for i, test := range []struct {
		d    *Description
		want uint64
	}{{first, 8000}, {same, 8000}, {held, 8001}, {back, 8002}} {
		if test.d.Version != test.want || test.d.Session != 8000 {
			t.Errorf("description %d: o=%d %d, want version %d", i, test.d.Session, test.d.Version, test.want)
		}
	}
}

func TestPacketTimeOfTheAnswer(t *testing.T) {
	offer := parse(t, body("127.0.0.1", "m=audio 4 RTP/AVP 4\r\na=ptime:90\r\n"))
	local := paperPhone(t, "309", "127.0.0.2")
	own, _, _ := Answer(offer, local)
	local.Ptime = 0
	theirs, _, _ := Answer(offer, local)
	if own.Ptime != 60*time.Millisecond || theirs.Ptime != 90*time.Millisecond {
		t.Error(own.Ptime, theirs.Ptime)
	}
}
