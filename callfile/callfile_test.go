package callfile

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"viaduct/capture"
	"viaduct/wire"
)

func sample(t *testing.T) []wire.Packet {
	t.Helper()
	file, err := os.Open("../capture/testdata/suricata-verify/sip-method.pcap.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	packets, err := capture.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	return packets
}

// What a page shows is read out of it again as it was.
func TestPageIsReadAgain(t *testing.T) {
	calls, _ := capture.Calls(sample(t))
	for _, chosen := range [][]capture.Call{calls[1:2], calls} {
		page := Append(nil, chosen, nil)
		got, err := capture.ReadAll(bytes.NewReader(page))
		if err != nil {
			t.Fatal(err)
		}
		again, _ := capture.Calls(got)
		if len(again) != len(chosen) {
			t.Fatalf("%d calls, want %d", len(again), len(chosen))
		}
		for i := range again {
			if again[i].ID != chosen[i].ID || len(again[i].Packets) != len(chosen[i].Packets) {
				t.Errorf("call %d differs", i)
			}
			for j := range again[i].Packets {
				if g, w := again[i].Packets[j], chosen[i].Packets[j]; g.Text != w.Text || g.Flow != w.Flow || !g.Time.Equal(w.Time) {
					t.Errorf("packet %d of call %d differs", j, i)
				}
			}
		}
	}
}

func TestPageShows(t *testing.T) {
	calls, _ := capture.Calls(sample(t))
	page := string(Append(nil, calls[1:2], nil))
	for _, want := range []string{"<title>Call 105090259-446faf7a@192.168.1.2</title>", "<svg", "18 messages from 2005-07-04 09:40:49", "timer A fired", "What is wrong or strange",
		"<pre>INVITE sip:97239287044@voip.brujula.net SIP/2.0\nVia:"} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not in the page", want)
		}
	}
}

// Nothing of a message becomes markup.
func TestPageIsClosedToMarkup(t *testing.T) {
	text := "INVITE sip:\"><script>alert(1)</script>@x SIP/2.0\r\nCall-ID: <script>evil</script>\r\nSubject: </pre></script><img src=x onerror=y>\x00\xff\r\n\r\n"
	calls, _ := capture.Calls([]wire.Packet{{Text: text}})
	page := Append(nil, calls, nil)
	for _, bad := range []string{"<script>", "<img", "\x00", "</pre></script>"} {
		if bytes.Contains(page, []byte(bad)) {
			t.Errorf("the page has %q", bad)
		}
	}
	if bytes.Count(page, []byte("</script>")) != 1 {
		t.Error("not one element holds the packets")
	}
}
