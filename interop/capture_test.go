// Captures beside tshark: what we read counts as it counts, what we write it reads.

package interop

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"viaduct/capture"
	"viaduct/wire"
)

// tsharkCallIDs gives the Call-ID of each SIP message that tshark finds, sorted.
func tsharkCallIDs(t *testing.T, file string, flags ...string) []string {
	t.Helper()
	flags = append(flags, "-r", file, "-Y", "sip", "-T", "fields", "-E", "aggregator= ", "-e", "sip.Call-ID")
	out, err := exec.Command("tshark", flags...).Output()
	if err != nil {
		t.Fatal(err)
	}
	ids := strings.Fields(string(out))
	slices.Sort(ids)
	return ids
}

func callIDs(packets []wire.Packet) []string {
	var ids []string
	for i := range packets {
		ids = append(ids, capture.CallID(&packets[i]))
	}
	slices.Sort(ids)
	return ids
}

// wantSameCallIDs compares as many messages of as many calls.
func wantSameCallIDs(t *testing.T, got, want []string) {
	t.Helper()
	if len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("%d messages, tshark has %d\n%q\n%q", len(got), len(want), got, want)
	}
}

// sample unpacks a public capture and reads it.
func sample(t *testing.T, name string) (file string, packets []wire.Packet) {
	t.Helper()
	data, err := os.ReadFile("../capture/testdata/suricata-verify/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(name, ".gz") {
		z, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if data, err = io.ReadAll(z); err != nil {
			t.Fatal(err)
		}
	}
	file = filepath.Join(t.TempDir(), "sample.pcap")
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
	packets, err = capture.ReadAll(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return file, packets
}

func TestCapturesReadAsTsharkReadsThem(t *testing.T) {
	needPrograms(t, "tshark")
	for _, name := range []string{"sip-body-frames.pcap", "sip-body-large.pcap.gz", "sip-compact-form.pcap", "sip-method.pcap.gz",
		"sip-options-method.pcap", "sip-sdp.pcap", "sip-tcp-method.pcap"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file, packets := sample(t, name)
			wantSameCallIDs(t, callIDs(packets), tsharkCallIDs(t, file))
		})
	}
}

// What we write as pcapng, tshark dissects whole, with sound checksums and
// sequence numbers, whichever the transport.
func TestTsharkReadsOurCapture(t *testing.T) {
	needPrograms(t, "tshark")
	_, packets := sample(t, "sip-method.pcap.gz")
	ports := map[wire.Transport]uint16{wire.UDP: 5060, wire.TCP: 5060, wire.TLS: 5061, wire.WS: 8088, wire.WSS: 443}
	for i := range packets { // over all transports and both families
		p := &packets[i]
		p.Flow.Transport = wire.Transport(1 + i%5)
		host := "127.0.0.1"
		if i%2 == 1 {
			host = "::1"
		}
		p.Flow.Local = netip.AddrPortFrom(netip.MustParseAddr(host), ports[p.Flow.Transport])
		p.Flow.Remote = netip.AddrPortFrom(netip.MustParseAddr(host), uint16(40000+i%3))
		p.Outgoing = i%4 > 1
		p.Flow.Connection = 0
		if p.Flow.Transport.IsReliable() {
			p.Flow.Connection = uint64(1 + i%30)
		}
	}
	file := filepath.Join(t.TempDir(), "ours.pcapng")
	out, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	w := capture.NewWriter(out)
	for i := range packets {
		if err := w.Write(&packets[i], "decision"); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	wantSameCallIDs(t, callIDs(packets), tsharkCallIDs(t, file, "-d", "tcp.port==8088,sip")) // else it is HTTP's
	wrong, err := exec.Command("tshark", "-r", file, "-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE",
		"-Y", "ip.checksum.status==0 or udp.checksum.status==0 or tcp.checksum.status==0 or _ws.malformed or tcp.analysis.retransmission or tcp.analysis.lost_segment").Output()
	if err != nil || len(wrong) > 0 {
		t.Errorf("tshark says, error %v:\n%s", err, wrong)
	}
	comments, err := exec.Command("tshark", "-r", file, "-Y", "frame.comment==\"decision\"", "-T", "fields", "-e", "frame.time_epoch").Output()
	if err != nil || strings.Count(string(comments), "\n") != len(packets) {
		t.Errorf("%d comments of %d messages, error %v", strings.Count(string(comments), "\n"), len(packets), err)
	}
	again, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	read, err := capture.ReadAll(again)
	if err != nil || len(read) != len(packets) {
		t.Fatalf("%d packets of %d, error %v", len(read), len(packets), err)
	}
	for i := range read {
		if read[i].Text != packets[i].Text || !read[i].Time.Equal(packets[i].Time.Round(time.Nanosecond)) {
			t.Errorf("packet %d differs", i)
		}
	}
}
