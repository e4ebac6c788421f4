package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const samples = "../../capture/testdata/suricata-verify/"

func TestLadder(t *testing.T) {
	cut := filepath.Join(t.TempDir(), "cut.pcap")
	whole, err := os.ReadFile(samples + "sip-body-frames.pcap")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(cut, whole[:len(whole)-1], 0o644); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		args   string
		status int
		want   []string // in what is printed, in this order
	}{
		{"lists", samples + "sip-method.pcap.gz", 0, []string{
			"1  2005-07-04 09:32:52.844  15m36.756s  26        REGISTER voi18063@sip.cybercity.dk → voi18063@sip.cybercity.dk     200 OK  ",
			"6  2005-07-04 09:56:06.443  17.909s     8         INVITE 35104723@sip.cybercity.dk → 35104724@sip.cybercity.dk       480 Error "}},
		{"draws the one call", samples + "sip-tcp-method.pcap", 0, []string{"Call-ID 8OmtYUU8EdlafUh4g4jiAw..", "987654", "├─────── REGISTER ──────▶│", "│◀─ 200 OK (REGISTER) ───┤"}},
		{"by number", samples + "sip-method.pcap.gz --call 3", 0, []string{"Call-ID 85216695-42dcdb1d@192.168.1.2\n", "403 Wrong password"}},
		{"by Call-ID", samples + "sip-method.pcap.gz --call 85216695-42dcdb1d@192.168.1.2", 0, []string{"Call-ID 85216695-42dcdb1d@192.168.1.2\n"}},
		{"by its beginning", samples + "sip-method.pcap.gz --call 852", 0, []string{"Call-ID 85216695-42dcdb1d@192.168.1.2\n"}},
		{"all", samples + "sip-body-frames.pcap --all", 0, []string{"Call-ID ", "Call-ID ", "Call-ID "}},
		{"explains", samples + "sip-method.pcap.gz --call 2 --explain", 0, []string{"INVITE (SDP)", "timer A fired"}},
		{"names", samples + "sip-tcp-method.pcap --name 127.0.0.1:5060=registrar", 0, []string{"registrar", "REGISTER"}},
		{"SVG", samples + "sip-method.pcap.gz --call 2 --format svg", 0, []string{"<svg", "816666", "</svg>"}},
		{"Mermaid", samples + "sip-method.pcap.gz --call 2 --format mermaid", 0, []string{"sequenceDiagram", "INVITE"}},
		{"JSON", samples + "sip-body-frames.pcap --all --format json", 0, []string{"{\"lanes\"", "\n{\"lanes\"", "\n{\"lanes\""}},
		{"a call file", samples + "sip-tcp-method.pcap --format html", 0, []string{"<!DOCTYPE html>", "<svg", "REGISTER", "viaduct-transcript", "</html>"}},
		{"redacts", samples + "sip-method.pcap.gz --call 3 --redact", 0, []string{"Call-ID token", "10.0.0.", "403 Wrong password"}},
		{"redacts the list", samples + "sip-method.pcap.gz --redact", 0, []string{"1  2005-07-04 09:32:52.844", "REGISTER user", "@host1.example", "token"}},
		{"redacts under names", samples + "sip-method.pcap.gz --redact --name 10.0.0.1=a", 1, []string{"viaduct: --redact and --name do not go together\nhint: "}},
		{"a transcript", samples + "sip-tcp-method.pcap --format transcript", 0, []string{"Z TCP 127.0.0.1:5060 <- 127.0.0.1:58882 connection 1\n| REGISTER sip:192.168.43.100;transport=TCP SIP/2.0\n", "\n| SIP/2.0 200 OK\n"}},
		{"a capture", samples + "sip-tcp-method.pcap --format pcapng -o -", 0, []string{"viaduct", "TCP", "REGISTER sip:", "200 OK"}},
		{"a capture on the terminal", samples + "sip-tcp-method.pcap --format pcapng", 1, []string{"viaduct: --format pcapng is nothing for a terminal\nhint: -o FILE"}},
		{"a damaged file", cut, 1, []string{"#  begins", "cut.pcap: the capture is damaged: frame ", ": the file ends within it; what is above was read before it"}},
		{"no such file", "nowhere.pcap", 1, []string{"viaduct: nowhere.pcap: no such file\nhint: tcpdump -i any -w nowhere.pcap"}},
		{"no capture", "ladder.go", 1, []string{"viaduct: ladder.go: neither pcap, pcapng nor a transcript"}},
		{"no such call", samples + "sip-method.pcap.gz --call 7", 1, []string{"viaduct: --call 7: no call has this number or Call-ID\nhint: "}},
		{"several as SVG", samples + "sip-method.pcap.gz --all --format svg", 1, []string{"viaduct: --format svg draws one call, and these are 6\nhint: --call 1"}},
		{"words as SVG", samples + "sip-tcp-method.pcap --explain --format svg", 1, []string{"viaduct: --explain and --format svg do not go together"}},
		{"no address", samples + "sip-tcp-method.pcap --name proxy=1", 1, []string{"viaduct: --name proxy=1: not an address\nhint: "}},
		{"over itself", cut + " -o " + cut, 1, []string{"cut.pcap is the capture itself\nhint: "}},
		{"an unwritable folder", samples + "sip-tcp-method.pcap -o nowhere/ladder.txt", 1, []string{"viaduct: nowhere/ladder.txt cannot be written: no such file or directory"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			if status := run(append([]string{"ladder"}, strings.Fields(test.args)...), streams{&out, &out}); status != test.status {
				t.Errorf("status %d, want %d", status, test.status)
			}
			rest := out.String()
			for _, want := range test.want {
				_, after, found := strings.Cut(rest, want)
				if !found {
					t.Fatalf("%q is not in\n%s", want, out.String())
				}
				rest = after
			}
		})
	}
	t.Run("a redacted page tells nothing", func(t *testing.T) {
		var out bytes.Buffer
		run([]string{"ladder", samples + "sip-method.pcap.gz", "--all", "--redact", "--format", "html"}, streams{&out, &out})
		for _, secret := range []string{"voi18062", "35104723", "97239287044", "816666", "cybercity", "brujula", "192.168.1.2", "212.242.33.35", "200.68.120.81", "85216695"} {
			if strings.Contains(out.String(), secret) {
				t.Errorf("%q stands in the page", secret)
			}
		}
		if !strings.Contains(out.String(), "viaduct-transcript") {
			t.Error("no page was written")
		}
	})
	if after, err := os.ReadFile(cut); err != nil || !bytes.Equal(after, whole[:len(whole)-1]) {
		t.Error("the capture was written over")
	}
}
