package capture

import (
	"bytes"
	"testing"

	"viaduct/wire"
)

// Whatever a message holds, the page ends where we end it, and the packets come
// out as they went in.
func TestEmbedded(t *testing.T) {
	packets := exchange()
	for _, text := range []string{"</script><script>alert(1)</script>", "<!-- <script> -->", "\x00\xff\r\n\\x3c <\r\n", "a < b <- c", embedStart} {
		packets = append(packets, wire.Packet{Time: noon, Text: "INVITE sip:x SIP/2.0\r\nSubject: " + text + "\r\n\r\n", Flow: wire.Flow{Transport: wire.UDP, Local: alice, Remote: bob}})
	}
	page := append([]byte("<!DOCTYPE html>\n<title>x</title>\n"), AppendEmbedded(nil, packets)...)
	page = append(page, "<p>behind</p>\n"...)
	if bytes.Count(page, []byte("</script>")) != 1 || bytes.Count(page, []byte("<script")) != 1 {
		t.Error("a message opens or ends an element")
	}
	got, err := ReadAll(bytes.NewReader(page))
	if err != nil || len(got) != len(packets) {
		t.Fatalf("%d packets, error %v", len(got), err)
	}
	for i := range got {
		if got[i].Text != packets[i].Text || got[i].Flow != packets[i].Flow || got[i].Outgoing != packets[i].Outgoing || !got[i].Time.Equal(packets[i].Time) {
			t.Errorf("packet %d is %+v, want %+v", i, got[i], packets[i])
		}
	}
}
