// Any cutting of a stream gives the same messages.
package sip

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

const (
	streamInvite = "INVITE sip:bob@example.test SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:5070;branch=z9hG4bK1\r\nFrom: <sip:a@example.test>;tag=1\r\n" +
		"To: <sip:bob@example.test>\r\nCall-ID: 1@example.test\r\nCSeq: 1 INVITE\r\nContent-Length: 12\r\n\r\nv=0\r\n\r\nbody\n"
	streamRinging = "SIP/2.0 180 Ringing\r\nv: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bK2\r\nf: <sip:a@example.test>;tag=1\r\n" +
		"t: <sip:bob@example.test>;tag=2\r\ni: 1@example.test\r\nCSeq: 1 INVITE\r\nl  :\r\n 0\r\n\r\n"
	streamTooLarge  = "INFO sip:bob@example.test SIP/2.0\r\nl: 65500\r\n\r\n"
	streamLineFeeds = "BYE sip:bob@example.test SIP/2.0\nVia: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bK3\nContent-Length: 3\n\nabc"
)

// cut writes pieces of the given lengths (the last goes on to the end) and
// gives what the framer finds: texts, "ping", "pong" and in the end the error.
func cut(stream string, lengths func() int) (found []string) {
	var f Framer
	for stream != "" {
		n := min(max(lengths(), 1), len(stream))
		f.Write([]byte(stream[:n]))
		stream = stream[n:]
		for {
			text, event, err := f.Next()
			if event == FrameTooLarge {
				found = append(found, fmt.Sprintf("too large, status %d: %s", err.Status, text))
				continue
			}
			if err != nil {
				return append(found, fmt.Sprintf("status %d: %v: %s", err.Status, err, text))
			}
			if event == FrameNeedMore {
				break
			}
			switch event {
			case FrameMessage:
				found = append(found, text)
			case FramePing:
				found = append(found, "ping")
			case FramePong:
				found = append(found, "pong")
			case FrameSkipped:
				found = append(found, "skipped")
			}
		}
	}
	if f.Unfinished() {
		found = append(found, "unfinished")
	}
	return found
}

func whole() int { return 1 << 30 }

func TestFramer(t *testing.T) {
	lines := func(n int) string { return strings.Repeat("X: y\r\n", n) }
	for _, test := range []struct {
		name, stream string
		want         []string
	}{
		{"one", streamInvite, []string{streamInvite}},
		{"three", streamInvite + streamRinging + streamLineFeeds, []string{streamInvite, streamRinging, streamLineFeeds}},
		{"ping and pong between", "\r\n\r\n" + streamInvite + "\r\n" + streamRinging + "\r\n\r\n\r\n" + streamInvite,
			[]string{"ping", streamInvite, "pong", streamRinging, "ping", "pong", streamInvite}},
		{"line feeds before", "\n\n" + streamInvite, []string{streamInvite}},
		{"unfinished header", streamInvite[:60], []string{"unfinished"}},
		{"unfinished body", streamInvite[:len(streamInvite)-1], []string{"unfinished"}},
		{"half a ping", "\r\n\r", nil},
		{"one CRLF may be half a ping", "\r\n", nil},
		{"no message", "\x16\x03\x01", []string{"status 400: offset 0: start line: expected a method or SIP/2.0: "}},
		{"stray CR", "\r\rX", []string{"status 400: offset 0: start line: expected a method or SIP/2.0: "}},
		{"CR behind CRLF", "\r\n\rX", []string{"pong", "status 400: offset 0: start line: expected a method or SIP/2.0: "}},
		{"no length", "A b SIP/2.0\r\nX: y\r\n\r\n", []string{"status 400: offset 21: Content-Length: expected this field, it is mandatory on streams: A b SIP/2.0\r\nX: y\r\n\r\n"}},
		{"bad length", "A b SIP/2.0\r\nl: 1x\r\n\r\n", []string{"status 400: offset 16: Content-Length: expected a number of bytes: A b SIP/2.0\r\nl: 1x\r\n\r\n"}},
		{"negative length", "A b SIP/2.0\r\nl: -1\r\n\r\n", []string{"status 400: offset 16: Content-Length: expected a number of bytes: A b SIP/2.0\r\nl: -1\r\n\r\n"}},
		{"length twice", "A b SIP/2.0\r\nl: 1\r\nContent-Length: 1\r\n\r\n", []string{"status 400: offset 19: Content-Length: expected this field once only: A b SIP/2.0\r\nl: 1\r\nContent-Length: 1\r\n\r\n"}},
		{"length in a fold is none", "A b SIP/2.0\r\nX: y\r\n l: 5\r\nl: 1\r\n\r\nz", []string{"A b SIP/2.0\r\nX: y\r\n l: 5\r\nl: 1\r\n\r\nz"}},
		{"length on a line without name", "A b SIP/2.0\r\n: l\r\n=\r\nl: 1\r\n\r\nz", []string{"A b SIP/2.0\r\n: l\r\n=\r\nl: 1\r\n\r\nz"}},
		{"too large by length", "A b SIP/2.0\r\nl: 65511\r\n\r\n", []string{"too large, status 513: A b SIP/2.0\r\nl: 65511\r\n\r\n", "unfinished"}},
		{"too large, and one behind", "A b SIP/2.0\r\nl: 70000\r\n\r\n" + strings.Repeat("A\r\n\r\nzz", 10000) + streamInvite,
			[]string{"too large, status 513: A b SIP/2.0\r\nl: 70000\r\n\r\n", "skipped", streamInvite}},
		{"LF among CRLF", "A b SIP/2.0\r\nX: y\nl: 0\r\n\r\n", []string{"status 400: offset 17: header: expected the line end that the start line has: A b SIP/2.0\r\nX: y\nl: 0\r\n\r\n"}},
		{"an empty line by LF", "A b SIP/2.0\r\nl: 0\r\n\nB c SIP/2.0\r\n\r\n", []string{"status 400: offset 19: header: expected the line end that the start line has: A b SIP/2.0\r\nl: 0\r\n\n"}},
		{"header that ends too late", "A b SIP/2.0\r\n" + lines(11000) + "l: 0\r\n\r\n", []string{"status 513: offset 65535: header: expected its end within 65535 bytes: " + ("A b SIP/2.0\r\n" + lines(11000))[:65535]}},
		{"just not too large", "A b SIP/2.0\r\nl: 65510\r\n\r\n" + strings.Repeat("z", 65510), []string{"A b SIP/2.0\r\nl: 65510\r\n\r\n" + strings.Repeat("z", 65510)}},
		{"huge length", "A b SIP/2.0\r\nl: 99999999999\r\n\r\n", []string{"status 400: offset 16: Content-Length: expected a number of bytes: A b SIP/2.0\r\nl: 99999999999\r\n\r\n"}},
		{"header without end", "A b SIP/2.0\r\n" + lines(11000), []string{"status 513: offset 65535: header: expected its end within 65535 bytes: " + ("A b SIP/2.0\r\n" + lines(11000))[:65535]}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := cut(test.stream, whole); !slices.Equal(got, test.want) {
				t.Fatalf("in one piece:\n got %.300q\nwant %.300q", got, test.want)
			}
			for _, length := range []int{1000, 4096, 65536} {
				if got := cut(test.stream, func() int { return length }); !slices.Equal(got, test.want) {
					t.Errorf("in pieces of %d:\n got %.300q\nwant %.300q", length, got, test.want)
				}
			}
			if len(test.stream) > 2000 {
				return
			}
			if got := cut(test.stream, func() int { return 1 }); !slices.Equal(got, test.want) {
				t.Errorf("byte by byte:\n got %q\nwant %q", got, test.want)
			}
		})
	}
}

func TestFramerAtEveryCut(t *testing.T) {
	stream := "\r\n\r\n" + streamInvite + "\r\n" + streamRinging + "\r\n\r\n\r\n" + streamLineFeeds + streamRinging
	want := cut(stream, whole)
	if len(want) != 8 {
		t.Fatalf("in one piece: %q", want)
	}
	for first := range len(stream) {
		lengths := []int{first, whole()}
		if got := cut(stream, func() int { n := lengths[0]; lengths = lengths[1:]; return n }); !slices.Equal(got, want) {
			t.Fatalf("cut at %d:\n got %q\nwant %q", first, got, want)
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		longest := 1 + random.IntN(300)
		if got := cut(stream, func() int { return 1 + random.IntN(longest) }); !slices.Equal(got, want) {
			t.Fatalf("random cuts up to %d:\n got %q\nwant %q", longest, got, want)
		}
	}
}

func TestFramerLengthOptional(t *testing.T) {
	f := Framer{LengthOptional: true}
	text := "A b SIP/2.0\r\nX: y\r\n\r\n"
	f.Write([]byte(text + text))
	for range 2 {
		if got, event, err := f.Next(); got != text || event != FrameMessage || err != nil {
			t.Fatalf("got %q, %v, %v", got, event, err)
		}
	}
}

// A stream of messages needs no more room than its largest message, and an
// idle one little.
func TestFramerKeepsLittle(t *testing.T) {
	var f Framer
	large := "A b SIP/2.0\r\nl: 60000\r\n\r\n" + strings.Repeat("z", 60000)
	for range 20 {
		f.Write([]byte(large[:30000]))
		f.Next()
		f.Write([]byte(large[30000:]))
		if text, _, _ := f.Next(); text != large {
			t.Fatal("the large message did not come out")
		}
	}
	if len(f.buffer) > 4*MaxMessageSize {
		t.Errorf("buffer of %d bytes", len(f.buffer))
	}
	f.Space()
	if len(f.buffer) > framerKeep {
		t.Errorf("%d bytes kept while idle", len(f.buffer))
	}
}

func FuzzFramer(f *testing.F) {
	f.Add([]byte("\r\n\r\n"+streamInvite+"\r\n"+streamRinging), uint64(1))
	f.Add([]byte(streamLineFeeds+"\r\n\rX"), uint64(2))
	f.Add([]byte(streamTooLarge+"\r\n\r\nX"), uint64(4))
	f.Add([]byte("A b SIP/2.0\r\nl: 1\r\nL: 1\r\n\r\n"), uint64(3))
	f.Fuzz(func(t *testing.T, stream []byte, seed uint64) {
		want := cut(string(stream), whole)
		random := rand.New(rand.NewPCG(seed, 0))
		if got := cut(string(stream), func() int { return 1 + random.IntN(20) }); !slices.Equal(got, want) {
			t.Fatalf("cut:\n got %q\nwhole %q", got, want)
		}
		rest := string(stream)
		for _, text := range want {
			if text == "ping" || text == "pong" || text == "unfinished" || strings.HasPrefix(text, "status ") || text == "skipped" || strings.HasPrefix(text, "too large") {
				continue
			}
			at := strings.Index(rest, text)
			if at < 0 {
				t.Fatalf("%q does not stand in the stream", text)
			}
			rest = rest[at+len(text):]
			m, err := Parse(text)
			if err == nil && m.BodyStart()+len(m.Body) != len(text) {
				t.Fatalf("framer and parser disagree on the end of %q", text)
			}
		}
	})
}
