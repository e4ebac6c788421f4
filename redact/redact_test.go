package redact

import (
	"net/netip"
	"os"
	"strings"
	"testing"

	"viaduct/capture"
	"viaduct/ladder"
	"viaduct/sip"
	"viaduct/wire"
)

const invite = "INVITE sip:+4930123456@proxy.biloxi.test;transport=tcp SIP/2.0\r\n" +
	"Via: SIP/2.0/TCP 10.1.2.3:5062;branch=z9hG4bKsecret10.1.2.3;rport;received=203.0.113.77\r\n" +
	"v: SIP/2.0/UDP [2001:db8:1::77]:5060;branch=z9hG4bKother\r\n" +
	"From: \"Alice Smith\" <sip:alice@atlanta.test>;tag=alicetag\r\n" +
	"To: <sip:+4930123456@proxy.biloxi.test;user=phone>\r\n" +
	"Call-ID: privateid@10.1.2.3\r\nCSeq: 314 INVITE\r\nMax-Forwards: 70\r\n" +
	"Contact: <sip:alice:password@10.1.2.3:5062;transport=tcp;ob>;+sip.instance=\"<urn:uuid:00000000-aaaa>\";expires=60\r\n" +
	"Proxy-Authorization: Digest username=\"alice\", realm=\"atlanta.test\", nonce=\"n0nce\", uri=\"sip:proxy.biloxi.test\", response=\"deadbeef\", algorithm=MD5, qop=auth, nc=00000001, cnonce=\"c0\"\r\n" +
	"P-Asserted-Identity: \"Alice Smith\" <tel:+12125551234>, <sip:alice@atlanta.test>\r\n" +
	"Subject: about Bob\r\nX-Customer: Alice Smith\r\nUser-Agent: Phone 1.2 000b82aabbcc\r\nSupported: timer, 100rel\r\n" +
	"Replaces: other@10.1.2.3;to-tag=alicetag;from-tag=x1\r\nReason: Q.850;cause=16;text=\"Alice left\"\r\n" +
	"Content-Type: application/sdp\r\nContent-Length: %LENGTH\r\n\r\n"

const offer = "v=0\r\no=alice 2890844526 1 IN IP4 10.1.2.3\r\ns=Call of Alice\r\ni=about Bob\r\nc=IN IP4 10.1.2.3\r\nt=0 0\r\nk=clear:opensesame\r\n" +
	"m=audio 49170 RTP/SAVP 0 101\r\na=rtpmap:0 PCMU/8000\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|1:32\r\n" +
	"a=ice-pwd:icesecret\r\na=fingerprint:sha-256 AA:BB:CC\r\na=candidate:1 1 UDP 2130706431 10.1.2.3 49170 typ srflx raddr 192.168.7.7 rport 9\r\n" +
	"a=x-owner:Alice\r\na=sendrecv\r\na=rtcp:49171 IN IP4 10.1.2.3\r\na=ssrc:1 cname:alice@laptop\r\n"

func packet(t *testing.T, text string, outgoing bool) wire.Packet {
	t.Helper()
	head, body, _ := strings.Cut(text, "\r\n\r\n")
	_ = head
	text = strings.Replace(text, "%LENGTH", itoa(len(body)), 1)
	m, err := sip.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return wire.Packet{Text: text, Message: m, Outgoing: outgoing, Flow: wire.Flow{Transport: wire.TCP,
		Local: netip.MustParseAddrPort("203.0.113.77:5060"), Remote: netip.MustParseAddrPort("10.1.2.3:5062")}}
}

func itoa(n int) string {
	digits := ""
	for ; n > 0 || digits == ""; n /= 10 {
		digits = string(rune('0'+n%10)) + digits
	}
	return digits
}

func TestNothingIsLeft(t *testing.T) {
	bye := "BYE sip:alice@10.1.2.3 SIP/2.0\r\nVia: SIP/2.0/TCP proxy.biloxi.test;branch=z9hG4bKb\r\nFrom: <sip:+4930123456@proxy.biloxi.test>;tag=b\r\n" +
		"To: <sip:alice@atlanta.test>;tag=alicetag\r\nCall-ID: privateid@10.1.2.3\r\nCSeq: 1 BYE\r\nContent-Type: text/plain\r\nContent-Length: %LENGTH\r\n\r\nAlice, call 4711"
	got := Packets([]wire.Packet{packet(t, invite+offer, false), packet(t, bye, true)})
	all := ""
	for i, p := range got {
		if p.Message == nil {
			t.Fatalf("packet %d cannot be read any more:\n%s", i, p.Text)
		}
		all += p.Text + p.Flow.Local.String() + p.Flow.Remote.String()
	}
	for _, secret := range []string{"alice", "Alice", "Smith", "Bob", "atlanta", "biloxi", "4930123456", "12125551234", "10.1.2.3", "203.0.113.77", "2001:db8:1::77", "192.168.7.7",
		"privateid", "alicetag", "secret", "password", "n0nce", "deadbeef", "c0\"", "urn:uuid", "000b82", "opensesame", "WVNf", "AA:BB", "laptop", "4711", "left"} {
		if strings.Contains(all, secret) {
			t.Errorf("%q is left in\n%s", secret, all)
		}
	}
	for _, stays := range []string{"INVITE sip:+5", ";transport=tcp SIP/2.0\r\n", "SIP/2.0/TCP 10.0.0.2:5062;branch=z9hG4bKtoken", ";rport;received=198.18.0.", "CSeq: 314 INVITE", "Max-Forwards: 70", "algorithm=MD5", "qop=auth",
		"Supported: timer, 100rel", "Phone 1.2 redacted", "Reason: Q.850;cause=16;text=", "m=audio 49170 RTP/SAVP 0 101", "a=rtpmap:0 PCMU/8000", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:token", "|2^20|1:32", "a=sendrecv\r\n", ";expires=60"} {
		if !strings.Contains(all, stays) {
			t.Errorf("%q is not there any more in\n%s", stays, all)
		}
	}
	first, second := got[0].Message, got[1].Message
	if first.CallID() != second.CallID() || first.FromTag() != second.ToTag() || got[0].Flow != got[1].Flow {
		t.Error("the two messages do not belong together any more")
	}
	if a, b := first.Get(sip.FieldTo), second.Get(sip.FieldFrom); !strings.Contains(b, strings.TrimSuffix(strings.TrimPrefix(a, "<"), ";user=phone>")) {
		t.Errorf("the callee is %s and %s", a, b)
	}
	for _, m := range []*sip.Message{first, second} {
		if length, ok := m.ContentLength(); !ok || length != len(m.Body) || !strings.HasSuffix(m.Text, "\r\n\r\n"+m.Body) {
			t.Errorf("Content-Length %d, body of %d", length, len(m.Body))
		}
	}
}

// A redacted capture draws the same ladder, under other names.
func TestLadderStays(t *testing.T) {
	for _, name := range []string{"sip-method.pcap.gz", "sip-sdp.pcap", "sip-body-frames.pcap"} {
		file, err := os.Open("../capture/testdata/suricata-verify/" + name)
		if err != nil {
			t.Fatal(err)
		}
		packets, err := capture.ReadAll(file)
		file.Close()
		if err != nil {
			t.Fatal(err)
		}
		redacted := Packets(packets)
		want, got := ladder.New(packets, nil), ladder.New(redacted, nil)
		if len(want.Lanes) != len(got.Lanes) || len(want.Arrows) != len(got.Arrows) {
			t.Fatalf("%s: %d lanes and %d arrows, want %d and %d", name, len(got.Lanes), len(got.Arrows), len(want.Lanes), len(want.Arrows))
		}
		secrets := map[string]bool{}
		for i := range packets {
			if g, w := got.Arrows[i], want.Arrows[i]; g.From != w.From || g.To != w.To || packets[i].Message != nil && (g.Label != w.Label || g.Retransmission != w.Retransmission) {
				t.Errorf("%s: arrow %d is %s, want %s", name, i, g.Label, w.Label)
			}
			for _, a := range []netip.AddrPort{packets[i].Flow.Local, packets[i].Flow.Remote} {
				secrets[a.Addr().String()] = !a.Addr().IsLoopback()
			}
			secrets[capture.CallID(&packets[i])] = true
			if m := packets[i].Message; m != nil {
				for _, kind := range []sip.FieldKind{sip.FieldFrom, sip.FieldTo} {
					a, _ := sip.ParseNameAddr(m.Get(kind))
					if u, err := sip.ParseURI(a.URI); err == nil {
						secrets[u.User], secrets[u.Host] = len(u.User) > 3, true
					}
				}
			}
		}
		for i := range redacted {
			for secret, is := range secrets {
				if is && secret != "" && strings.Contains(redacted[i].Text, secret) {
					t.Errorf("%s: %q is left in\n%s", name, secret, redacted[i].Text)
				}
			}
		}
		calls, _ := capture.Calls(packets)
		again, _ := capture.Calls(redacted)
		if len(calls) != len(again) {
			t.Errorf("%s: %d calls, want %d", name, len(again), len(calls))
		}
	}
}

func TestNumbersStayApart(t *testing.T) {
	r := redactor{users: map[string]string{}, taken: map[string]bool{}}
	seen := map[string]bool{}
	for i := range 2000 {
		number := r.user(itoa(i))
		if seen[number] || len(number) < len(itoa(i)) {
			t.Fatalf("%d became %s", i, number)
		}
		seen[number] = true
	}
	if r.user("17") != r.user("17") || len(r.user("+493012345")) != len("+493012345") {
		t.Error("not stable, or of another length")
	}
}

// What could be read can be read again, with its length right.
func FuzzPackets(f *testing.F) {
	f.Add(strings.Replace(invite, "%LENGTH", itoa(len(offer)), 1) + offer)
	f.Add("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP host;branch=1\r\nFrom: a <sip:b>\r\nCall-ID: 1\r\n\r\nbody")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := sip.Parse(text)
		if err != nil {
			m = nil
		}
		got := Packets([]wire.Packet{{Text: text, Message: m}})[0]
		if m == nil {
			return
		}
		if again, err := sip.Parse(got.Text); err != nil && len(got.Text) < sip.MaxMessageSize/2 {
			t.Errorf("%v\n%q\nbecame\n%q", err, text, got.Text)
		} else if err == nil && (again.Method != m.Method || again.Status != m.Status) {
			t.Errorf("%q became %q", text, got.Text)
		}
	})
}
