package wire

import (
	"net/netip"
	"strings"
	"testing"
	"time"
)

var samplePackets = []Packet{
	{
		Time: time.Date(2010, 11, 13, 23, 29, 0, 62500000, time.UTC),
		Flow: Flow{Transport: UDP, Local: netip.MustParseAddrPort("127.0.0.1:5060"), Remote: netip.MustParseAddrPort("127.0.0.1:5062")},
		Text: "INFO sip:309@127.168.1.11 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5062;branch=z9hG4bK1\r\nFrom: <sip:308@h>;tag=1\r\n" +
			"To: \"J\\\"ü\" <sip:309@h>;tag=2\r\nCall-ID: 1\r\nCSeq: 2 INFO\r\nContent-Length: 22\r\n\r\nSignal=3\r\nDuration=480",
	},
	{
		Time:     time.Date(2010, 11, 13, 23, 29, 1, 0, time.UTC),
		Flow:     Flow{Transport: TLS, Local: netip.MustParseAddrPort("[::1]:5061"), Remote: netip.MustParseAddrPort("[::1]:40000"), Connection: 7},
		Outgoing: true,
		Text:     "| no SIP\n\r\r\n\x00\xff\\x41 \r\n",
	},
	{},
}

const sampleTranscript = `2010-11-13T23:29:00.0625Z UDP 127.0.0.1:5060 <- 127.0.0.1:5062
| INFO sip:309@127.168.1.11 SIP/2.0
| Via: SIP/2.0/UDP 127.0.0.1:5062;branch=z9hG4bK1
| From: <sip:308@h>;tag=1
| To: "J\\"ü" <sip:309@h>;tag=2
| Call-ID: 1
| CSeq: 2 INFO
| Content-Length: 22
|
| Signal=3
| Duration=480\

2010-11-13T23:29:01Z TLS [::1]:5061 -> [::1]:40000 connection 7
| | no SIP\n\r
| \x00\xff\\x41 

* * * <- *

`

func TestTranscript(t *testing.T) {
	var text []byte
	for i := range samplePackets {
		text = AppendTranscript(text, &samplePackets[i])
	}
	if string(text) != sampleTranscript {
		t.Errorf("got\n%s\nwant\n%s", text, sampleTranscript)
	}
	packets, err := ParseTranscript("# a comment\n\n" + strings.ReplaceAll(sampleTranscript, "|\n", "| \r\n"))
	if err != nil || len(packets) != len(samplePackets) {
		t.Fatalf("%d packets, %v", len(packets), err)
	}
	for i, p := range packets {
		if (p.Message != nil) != (i == 0) {
			t.Errorf("packet %d: message %v", i, p.Message)
		}
		p.Message = nil
		if p != samplePackets[i] {
			t.Errorf("packet %d:\n got %+v\nwant %+v", i, p, samplePackets[i])
		}
	}
}

func TestParseTranscriptErrors(t *testing.T) {
	for text, want := range map[string]string{
		"| INVITE":             "line 1: expected a line with time",
		"\n#\nhello":           "line 3: expected time, transport",
		"yesterday * * <- *":   "line 1: expected a time",
		"* SMTP * <- *":        "line 1: expected a transport",
		"* * localhost:1 <- *": "line 1: expected address:port",
		"* * * to *":           "line 1: expected -> or <-",
		"* * * <- 127.0.0.1":   "line 1: expected address:port",
		"* * * <- * connection 18446744073709551616": "line 1: expected the number",
		"* * * <- *\n| \\x4":                         "line 2: expected two hexadecimal digits",
		"* * * <- *\n| \\x":                          "line 2: expected two hexadecimal digits",
		"* * * <- *\n| \\x+1":                        "line 2: expected two hexadecimal digits",
		"* * * <- *\n| \\t":                          "line 2: expected \\\\",
	} {
		if _, err := ParseTranscript(text); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: error %v, want %s", text, err, want)
		}
	}
}

// FuzzTranscript: any message comes back as it was, and any text that is read
// prints as something that is read the same.
func FuzzTranscript(f *testing.F) {
	f.Add(sampleTranscript)
	for i := range samplePackets {
		f.Add(samplePackets[i].Text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		sent := Packet{Text: text, Outgoing: len(text)%2 == 0}
		packets, err := ParseTranscript(string(AppendTranscript(nil, &sent)))
		if err != nil || len(packets) != 1 || packets[0].Text != text || packets[0].Outgoing != sent.Outgoing {
			t.Fatalf("%q comes back as %+v, %v", text, packets, err)
		}
		packets, err = ParseTranscript(text)
		if err != nil {
			return
		}
		var printed []byte
		for i := range packets {
			printed = AppendTranscript(printed, &packets[i])
		}
		again, err := ParseTranscript(string(printed))
		if err != nil || len(again) != len(packets) {
			t.Fatalf("%q is printed as %q, which gives %v", text, printed, err)
		}
		for i := range packets {
			packets[i].Message, again[i].Message = nil, nil
			if packets[i] != again[i] {
				t.Fatalf("%+v is printed as %q and read as %+v", packets[i], printed, again[i])
			}
		}
	})
}
