package sdp

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	pion "github.com/pion/sdp/v3"
)

// bodies reads the descriptions that the paper prints.
func bodies(t testing.TB) map[string]string {
	found := map[string]string{}
	paths, err := filepath.Glob("testdata/paper/*.sdp")
	if err != nil || len(paths) == 0 {
		t.Fatal("no descriptions in testdata/paper", err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		found[strings.TrimSuffix(filepath.Base(path), ".sdp")] = string(text)
	}
	return found
}

func codecs(t testing.TB, names ...string) (list []Codec) {
	for _, name := range names {
		codec, ok := Known(name)
		if !ok {
			t.Fatal(name)
		}
		list = append(list, codec)
	}
	return list
}

// paperPhone is configured as the phones of the paper.
func paperPhone(t testing.TB, user, address string) Local {
	return Local{
		User: user, Session: 8000, Address: netip.MustParseAddr(address), Port: 5004,
		Codecs: codecs(t, "g723", "G729", "ILBC"), Ptime: 60 * time.Millisecond,
	}
}

func TestPaperPhonesPrintThePapersBodies(t *testing.T) {
	paper := bodies(t)
	offer := Offer(paperPhone(t, "308", "192.168.1.10"))
	if got, want := offer.String(), paper["offer"]; got != want {
		t.Errorf("offer:\n%s\nwant\n%s", got, want)
	}
	answer, chosen, err := Answer(offer, paperPhone(t, "309", "192.168.1.11"))
	if err != nil || chosen.Name != "G723" {
		t.Fatal(chosen, err)
	}
	if got, want := answer.String(), paper["answer"]; got != want {
		t.Errorf("answer:\n%s\nwant\n%s", got, want)
	}
	if codec, err := offer.Accepted(answer); err != nil || codec.Name != "G723" || codec.PayloadType != 4 {
		t.Error(codec, err)
	}
}

func TestPapersBodiesAreReadAndPrintedAlike(t *testing.T) {
	for name, body := range bodies(t) {
		d, err := Parse(body)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if d.String() != body {
			t.Errorf("%s:\n%s\nwant\n%s", name, d, body)
		}
	}
}

func TestPionReadsWhatIsPrinted(t *testing.T) {
	local := paperPhone(t, "308", "::1")
	local.Codecs = codecs(t, "L16", "PCMA", "telephone-event")
	var other pion.SessionDescription
	if err := other.UnmarshalString(Offer(local).String()); err != nil {
		t.Fatal(err)
	}
	audio := other.MediaDescriptions[0]
	if got := strings.Join(audio.MediaName.Formats, " "); got != "10 8 101" {
		t.Error(got)
	}
	if codec, err := other.GetCodecForPayloadType(101); err != nil || codec.Name != "telephone-event" || codec.Fmtp != "0-16" {
		t.Error(codec, err)
	}
	if got := other.ConnectionInformation.Address.Address; got != "::1" {
		t.Error(got)
	}
}

func TestErrorsNameLineAndExpectation(t *testing.T) {
	const head = "v=0\r\no=- 1 1 IN IP4 h.test\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
	for _, test := range []struct{ body, want string }{
		{"", `line 1: expected a line like x=value, found nothing`},
		{"v=1", `line 1: expected the version, v=0, found "v=1"`},
		{"v=0\r\n", `line 2: expected the origin, o=, found nothing`},
		{"v=0\r\no=- 1 1 IN IP4 h.test", `line 3: expected the name of the session, s=, found nothing`},
		{"v=0\r\ns=-", `line 2: expected the origin`},
		{"v=0\no=- 1 1 IN IP4 h.test\ns=-\nm=audio 4 RTP/AVP 0", `line 5: expected the time, t=0 0`},
		{"v=0\r\no=- x 1 IN IP4 h.test", `line 2: expected the origin`},
		{"v=0\r\no=- 1 1 IN IP4 ::1", `line 2: expected an address of the family IP4`},
		{"v=0\no=- 1 1 IN IP4 h.test\ns=-\nt=0 0\nm=audio 4 RTP/AVP 0", `line 6: expected where to send, c=IN IP4 address, found nothing`},
		{head + "c=IN IP4 ::1", `line 6: expected an address of the family IP4, found "c=IN IP4 ::1"`},
		{head + "c=IN IP4 1.2.3", `line 6: expected an address of the family IP4`},
		{head + "s=again", `line 6: expected v=, o= and s= once`},
		{head + "m=audio 70000 RTP/AVP 0", `line 6: expected a media line, m=audio port RTP/AVP formats, with a port of 0 to 65535`},
		{head + "m=audio 4 RTP/AVP", `line 6: expected a media line`},
		{head + "m=audio 4 RTP/AVP 128", `line 6: expected payload types of 0 to 127`},
		{head + "m=audio 4 RTP/AVP 0\r\na=rtpmap:0 PCMU", `line 7: expected a=rtpmap:type name/rate, found "a=rtpmap:0 PCMU"`},
		{head + "m=audio 4 RTP/AVP 0\r\na=ptime:-1", `line 7: expected a=ptime: and milliseconds`},
		{head + "m=audio 4 RTP/AVP 0\r\na=rtcp:x", `line 7: expected a=rtcp:port`},
		{head + "rubbish", `line 6: expected a line like x=value, found "rubbish"`},
		{head + strings.Repeat("m=x 1 y z\r\n", 33), `at most 32 media lines`},
		{head + strings.Repeat("b=AS:1\r\n", 4000), `line 1: expected at most 16384 octets`},
	} {
		_, err := Parse(test.body)
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%.80q: %v, want %s", test.body, err, test.want)
		}
	}
}

func TestParseReadsWhatPhonesSay(t *testing.T) {
	d, err := Parse("v=0\no=alice 1 2 IN IP4 a.example.test\ns=-\ni=x\nb=AS:64\nt=0 0\na=sendonly\n" +
		"m=video 9 RTP/AVP 31\nc=IN IP4 127.0.0.9\na=inactive\n" +
		"m=audio 0 RTP/AVP 0\nm=audio 49170/2 RTP/AVP 101 0 8 96 99 98 0\nc=IN IP4 224.2.1.1/127\n" +
		"a=rtpmap:101 TELEPHONE-EVENT/8000\na=fmtp:101 0-15\na=rtpmap:96 opus/48000/2\na=rtpmap:98 speex/8000/1\na=rtcp:5000\na=ptime:30\n")
	if err != nil {
		t.Fatal(err)
	}
	want := &Description{
		User: "alice", Session: 1, Version: 2, Origin: "a.example.test", Name: "-",
		Address: netip.MustParseAddr("224.2.1.1"), Audio: true, Port: 49170, RTCP: netip.MustParseAddrPort("224.2.1.1:5000"),
		Codecs: []Codec{
			{Name: "PCMU", ClockRate: 8000}, {Name: "PCMA", PayloadType: 8, ClockRate: 8000},
			{Name: "opus", PayloadType: 96, ClockRate: 48000, Channels: 2}, {PayloadType: 99},
			{Name: "speex", PayloadType: 98, ClockRate: 8000},
		},
		DTMF:      Codec{Name: "TELEPHONE-EVENT", PayloadType: 101, ClockRate: 8000, Parameters: "0-15"},
		Direction: SendOnly, Ptime: 30 * time.Millisecond,
		Others: []Media{{0, "video", 9, "RTP/AVP", "31"}, {1, "audio", 0, "RTP/AVP", "0"}},
	}
	if !reflect.DeepEqual(d, want) {
		t.Errorf("%+v\nwant\n%+v", d, want)
	}
}

func FuzzParse(f *testing.F) {
	for _, body := range bodies(f) {
		f.Add(body)
	}
	f.Add("v=0\no=- 1 1 IN IP6 ::1\ns=\nc=IN IP4 host.test\nt=0 0\nm=video 1 RTP/SAVP x\nm=audio 2 RTP/AVP 0 101\na=rtpmap:101 telephone-event/8000\na=rtcp:5 IN IP6 ::2\na=inactive")
	f.Fuzz(func(t *testing.T, body string) {
		d, err := Parse(body)
		if err != nil {
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || syntax.Line < 1 {
				t.Fatal(err)
			}
			return
		}
		again, err := Parse(d.String())
		if err != nil {
			t.Fatalf("%v in what was printed:\n%s", err, d)
		}
		if !reflect.DeepEqual(d, again) {
			t.Fatalf("%+v\nread again\n%+v", d, again)
		}
		local := Local{Address: netip.IPv4Unspecified(), Port: 4, Codecs: known[:]}
		if answer, _, err := Answer(d, local); err == nil && answer.lines() != d.lines() {
			t.Fatalf("%d lines of media answered to %d", answer.lines(), d.lines())
		}
	})
}
