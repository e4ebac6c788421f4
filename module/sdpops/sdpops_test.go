package sdpops

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"viaduct/internal/siptest/scripttest"
	"viaduct/module"
	"viaduct/script"
	"viaduct/script/syntax"
)

// two is a description of two streams.
var two = crlf(`v=0
o=alice 2890844526 2890844526 IN IP4 127.0.0.9
s=-
c=IN IP4 127.0.0.9
t=0 0
a=X-session:1
m=audio 4000 RTP/AVP 0 8 18 101
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:18 G729/8000
a=fmtp:18 annexb=no
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=ptime:20
a=X-foo:1
a=sendrecv
m=video 4002/2 RTP/SAVP 96 97
c=IN IP4 127.0.0.10
a=rtpmap:96 H264/90000
a=fmtp:96 profile-level-id=42e01f
a=rtcp-fb:96 nack pli
a=rtpmap:97 VP8/90000
a=rtcp-fb:* ccm fir
a=X-foo:2
`)

func crlf(text string) string { return strings.ReplaceAll(text, "\n", "\r\n") }

// one is the first stream alone.
var one = two[:strings.Index(two, "m=video")]

// dynamic has one payload type with two meanings.
var dynamic = crlf(`v=0
o=a 1 1 IN IP4 127.0.0.9
s=-
c=IN IP6 ::1
t=0 0
m=audio 4000 RTP/AVP 96 97
a=rtpmap:96 opus/48000/2
a=rtpmap:97 PCMU/16000
a=fmtp:97 x
m=audio 4002 RTP/AVP 96 97
a=rtpmap:96 PCMU/8000
a=rtpmap:97 opus/48000/2
a=fmtp:97 y
m=image 4004 udptl t38
a=T38FaxVersion:0
`)

// static names no codecs.
var static = crlf(`v=0
o=a 1 1 IN IP4 127.0.0.9
s=-
t=0 0
m=audio 4000 RTP/AVP 0 8 18 3
c=IN IP4 127.0.0.9
a=fmtp:18 annexb=no
`)

// inParts is a multipart body around two.
func inParts(sdp string) string {
	return crlf("--b1\nContent-Type: text/plain\n\nhello\na=X-not:1\n--b1\nContent-Disposition: session\nContent-Type: application/sdp\n\n") + sdp + crlf("\n--b1--\n")
}

// run runs statements on a message with a body, and gives the lines that are
// gone and new, and what was said.
func run(t *testing.T, contentType, body, statements string) (changes, said string) {
	t.Helper()
	s := new(scripttest.Said)
	m := scripttest.Message(t, scripttest.Body(contentType, body))
	p := scripttest.Compile(t, "loadmodule \"sdpops\"\nloadmodule \"say\"\nrequest_route {\n"+statements+"\n}", New(nil, new(module.Verbosity)), s.Module())
	p.Find(syntax.RequestRoute, "").Run(&m.Context)
	_, after, _ := strings.Cut(scripttest.Forwarded(m), "\r\n\r\n")
	return difference(body, after), strings.Join(s.Lines, "|")
}

// difference lists the lines of a text that another lacks, and the other's own.
func difference(before, after string) string {
	var all []string
	old, new := slices.Collect(strings.Lines(before)), slices.Collect(strings.Lines(after))
	for len(old) > 0 || len(new) > 0 {
		switch {
		case len(old) > 0 && len(new) > 0 && old[0] == new[0]:
			old, new = old[1:], new[1:]
		case len(old) > 0 && len(new) > 0 && !slices.Contains(new, old[0]) && !slices.Contains(old, new[0]):
			all = append(all, "-"+strings.TrimRight(old[0], "\r\n"), "+"+strings.TrimRight(new[0], "\r\n"))
			old, new = old[1:], new[1:]
		case len(old) > 0 && !slices.Contains(new, old[0]):
			all = append(all, "-"+strings.TrimRight(old[0], "\r\n"))
			old = old[1:]
		case len(new) > 0:
			all = append(all, "+"+strings.TrimRight(new[0], "\r\n"))
			new = new[1:]
		default:
			old = old[1:]
		}
	}
	return strings.Join(all, "\n")
}

const (
	video = "-m=video 4002/2 RTP/SAVP 96 97\n-c=IN IP4 127.0.0.10\n-a=rtpmap:96 H264/90000\n-a=fmtp:96 profile-level-id=42e01f\n" +
		"-a=rtcp-fb:96 nack pli\n-a=rtpmap:97 VP8/90000\n-a=rtcp-fb:* ccm fir\n-a=X-foo:2"
	noVideo = "-m=video 4002/2 RTP/SAVP 96 97\n+m=video 0/2 RTP/SAVP 97\n-a=rtpmap:96 H264/90000\n-a=fmtp:96 profile-level-id=42e01f\n" +
		"-a=rtcp-fb:96 nack pli\n-a=rtpmap:97 VP8/90000"
	audio = "-m=audio 4000 RTP/AVP 0 8 18 101\n-a=rtpmap:0 PCMU/8000\n-a=rtpmap:8 PCMA/8000\n-a=rtpmap:18 G729/8000\n-a=fmtp:18 annexb=no\n" +
		"-a=rtpmap:101 telephone-event/8000\n-a=fmtp:101 0-15\n-a=ptime:20\n-a=X-foo:1\n-a=sendrecv"
)

// What is taken out. Kamailio 5.6.3 does the same, but for what is marked:
// where it leaves an m= line without formats, the stream gets port 0 here.
func TestChanges(t *testing.T) {
	const (
		withoutPCMU = "-m=audio 4000 RTP/AVP 0 8 18 101\n+m=audio 4000 RTP/AVP 8 18 101\n-a=rtpmap:0 PCMU/8000"
		withoutG729 = "-m=audio 4000 RTP/AVP 0 8 18 101\n+m=audio 4000 RTP/AVP 0 8 101\n-a=rtpmap:18 G729/8000\n-a=fmtp:18 annexb=no"
		withoutH264 = "-m=video 4002/2 RTP/SAVP 96 97\n+m=video 4002/2 RTP/SAVP 97\n-a=rtpmap:96 H264/90000\n-a=fmtp:96 profile-level-id=42e01f\n-a=rtcp-fb:96 nack pli"
		twoLeft     = "-m=audio 4000 RTP/AVP 0 8 18 101\n+m=audio 4000 RTP/AVP 18 101\n-a=rtpmap:0 PCMU/8000\n-a=rtpmap:8 PCMA/8000"
		noAudio     = "-m=audio 4000 RTP/AVP 0 8 18 101\n+m=audio 0 RTP/AVP 101\n-a=rtpmap:0 PCMU/8000\n-a=rtpmap:8 PCMA/8000\n-a=rtpmap:18 G729/8000\n" +
			"-a=fmtp:18 annexb=no\n-a=rtpmap:101 telephone-event/8000\n-a=fmtp:101 0-15"
		onlyPCMU = "-m=audio 4000 RTP/AVP 0 8 18 101\n+m=audio 4000 RTP/AVP 0\n-a=rtpmap:8 PCMA/8000\n-a=rtpmap:18 G729/8000\n-a=fmtp:18 annexb=no\n" +
			"-a=rtpmap:101 telephone-event/8000\n-a=fmtp:101 0-15"
	)
	for _, test := range []struct {
		body, statements string
		code, changes    string
	}{
		{two, `sdp_remove_codecs_by_id("0");`, "1", withoutPCMU},
		{two, `sdp_remove_codecs_by_id("0, 8");`, "1", twoLeft},
		{two, `$var(x) = "0"; sdp_remove_codecs_by_id("$var(x),8");`, "1", twoLeft},
		{two, `sdp_remove_codecs_by_id("0"); sdp_remove_codecs_by_id("8");`, "1", twoLeft},
		{two, `sdp_remove_codecs_by_id("18", "AUDIO");`, "1", withoutG729},
		{two, `sdp_remove_codecs_by_id("18", "video");`, "1", ""},
		{two, `sdp_remove_codecs_by_id("99");`, "1", ""},
		{two, `sdp_remove_codecs_by_id("");`, "-1", ""},
		{two, `sdp_remove_codecs_by_name("PCMU");`, "1", withoutPCMU},
		{two, `sdp_remove_codecs_by_name("pcmu , GSM");`, "1", withoutPCMU},
		{two, `sdp_remove_codecs_by_name("H264");`, "1", withoutH264},
		{two, `sdp_remove_codecs_by_name("G729", "audio");`, "1", withoutG729},
		{two, `sdp_remove_codecs_by_name("foo");`, "-1", ""},
		{two, `sdp_remove_codecs_by_name("telephone");`, "-1", ""},
		{two, `sdp_remove_codecs_by_name("$hdr(X)");`, "-1", ""},
		{two, `sdp_remove_codecs_by_id("0,8,18,101");`, "1", noAudio},
		{two, `sdp_remove_codecs_by_name("PCMU,PCMA,G729,telephone-event");`, "1", noAudio},
		{two, `sdp_remove_codecs_by_id("0,8"); sdp_remove_codecs_by_id("18"); sdp_remove_codecs_by_id("101"); sdp_remove_codecs_by_id("101");`, "1", noAudio},
		{two, `sdp_keep_codecs_by_id("0", "audio");`, "1", onlyPCMU},
		{two, `sdp_keep_codecs_by_id("0");`, "1", onlyPCMU + "\n" + noVideo},
		{two, `sdp_keep_codecs_by_id("0,8", "audio"); sdp_keep_codecs_by_id("0,18", "audio");`, "1", onlyPCMU},
		{two, `sdp_keep_codecs_by_name("PCMU");`, "1", onlyPCMU + "\n" + noVideo},
		{two, `sdp_keep_codecs_by_name("VP8", "video");`, "1", withoutH264},
		{two, `sdp_keep_codecs_by_name("foo");`, "-1", ""},
		{two, `sdp_keep_codecs_by_name("foo", "audio");`, "-1", ""},
		{two, `sdp_keep_codecs_by_id("0,8,18,101,96,97");`, "1", ""},
		{static, `sdp_remove_codecs_by_name("PCMU");`, "1", "-m=audio 4000 RTP/AVP 0 8 18 3\n+m=audio 4000 RTP/AVP 8 18 3"},
		{static, `sdp_remove_codecs_by_name("G729");`, "1", "-m=audio 4000 RTP/AVP 0 8 18 3\n+m=audio 4000 RTP/AVP 0 8 3\n-a=fmtp:18 annexb=no"},
		{static, `sdp_keep_codecs_by_name("PCMA");`, "1", "-m=audio 4000 RTP/AVP 0 8 18 3\n+m=audio 4000 RTP/AVP 8\n-a=fmtp:18 annexb=no"},
		// Kamailio takes all payload types of both streams here, for it gathers the numbers of a name.
		{dynamic, `sdp_remove_codecs_by_name("opus");`, "1", "-m=audio 4000 RTP/AVP 96 97\n+m=audio 4000 RTP/AVP 97\n-a=rtpmap:96 opus/48000/2\n" +
			"-m=audio 4002 RTP/AVP 96 97\n+m=audio 4002 RTP/AVP 96\n-a=rtpmap:97 opus/48000/2\n-a=fmtp:97 y"},
		{dynamic, `sdp_remove_codecs_by_id("t38");`, "1", "-m=image 4004 udptl t38\n+m=image 0 udptl t38"},

		{two, `sdp_remove_line_by_prefix("a=X-");`, "1", "-a=X-session:1\n-a=X-foo:1\n-a=X-foo:2"},
		{two, `sdp_remove_line_by_prefix("a=X-", "video");`, "1", "-a=X-foo:2"},
		{two, `sdp_remove_line_by_prefix("a=X-", "image");`, "1", ""},
		{two, `sdp_remove_line_by_prefix("a=x-");`, "1", ""},
		{two, `sdp_remove_line_by_prefix("");`, "-1", ""},
		{two, `sdp_remove_line_by_prefix("c=");`, "1", "-c=IN IP4 127.0.0.9\n-c=IN IP4 127.0.0.10"},
		{two, `sdp_remove_media("video");`, "1", video},
		{two, `sdp_remove_media("Audio");`, "1", audio},
		{two, `sdp_remove_media("image");`, "-1", ""},
		{two, `sdp_remove_media("audio"); sdp_remove_media("video");`, "1", audio + "\n" + video},
		{two, `sdp_remove_codecs_by_id("0"); sdp_remove_line_by_prefix("a=X-"); sdp_remove_media("audio"); sdp_remove_media("video");`, "1", "-a=X-session:1\n" + audio + "\n" + video},
		{two, `sdp_remove_transport("RTP/AVP");`, "1", audio},
		{two, `sdp_remove_transport("rtp/savp");`, "1", video},
		{two, `sdp_remove_transport("UDP");`, "-1", ""},
		{strings.TrimSuffix(one, "\r\n"), `sdp_remove_line_by_prefix("a=sendrecv");`, "1", "-a=sendrecv"},
		{strings.TrimSuffix(one, "\r\n"), `sdp_remove_media("audio");`, "1", audio},
		{strings.ReplaceAll(two, "\r\n", "\n"), `sdp_remove_codecs_by_id("0"); sdp_remove_media("video");`, "1", withoutPCMU + "\n" + video},
		{two, `$sdp(sess_version) = 7;`, "1", "-o=alice 2890844526 2890844526 IN IP4 127.0.0.9\n+o=alice 2890844526 7 IN IP4 127.0.0.9"},
		{two, `$sdp(sess_version) = 7; $sdp(sess_version) = -1;`, "1", "-o=alice 2890844526 2890844526 IN IP4 127.0.0.9\n+o=alice 2890844526 8 IN IP4 127.0.0.9"},
		{two, `$sdp(sess_version) = "x"; $sdp(body) = "x";`, "1", ""},
	} {
		statements := test.statements + ` say("$rc");`
		if strings.HasPrefix(test.statements, "$sdp") {
			statements = test.statements + ` say("1");`
		}
		for _, whole := range []bool{true, false} {
			contentType, body := "application/sdp", test.body
			if !whole {
				contentType, body = `Multipart/Mixed; boundary="b1"`, inParts(test.body)
				if !strings.HasSuffix(test.body, "\n") {
					continue
				}
			}
			changes, code := run(t, contentType, body, statements)
			if changes != test.changes || code != test.code {
				t.Errorf("%s: %s\n%s\nwant %s\n%s", test.statements, code, changes, test.code, test.changes)
			}
		}
	}
}

// Unless marked, Kamailio 5.6.3 gives the same.
func TestQuestions(t *testing.T) {
	inactive := strings.Replace(strings.Replace(two, "a=sendrecv", "a=inactive", 1), "video 4002/2", "video 0", 1)
	quiet := strings.Replace(one, "a=X-session:1", "a=inactive", 1)
	for _, test := range []struct{ body, statements, want string }{
		{two, `sdp_with_media("audio");`, "1"},
		{two, `sdp_with_media("VIDEO");`, "1"},
		{two, `sdp_with_media("image");`, "-1"},
		{two, `sdp_with_active_media("audio");`, "1"},
		{two, `sdp_with_active_media("video");`, "1"},
		{two, `sdp_with_active_media("image");`, "-1"},
		{inactive, `sdp_with_active_media("audio");`, "-1"},
		{inactive, `sdp_with_active_media("video");`, "-1"},
		{quiet, `sdp_with_active_media("audio");`, "1"},
		{strings.Replace(quiet, "a=sendrecv\r\n", "", 1), `sdp_with_active_media("audio");`, "-1"}, // 1 there
		{two, `sdp_with_transport("RTP/AVP");`, "1"},
		{two, `sdp_with_transport("rtp/avp");`, "1"},
		{two, `sdp_with_transport("RTP/SAVPF");`, "-1"},
		{two, `sdp_with_transport_like("SAVP");`, "1"},
		{two, `sdp_with_transport_like("savp");`, "-1"},
		{two, `sdp_with_codecs_by_id("0");`, "2"},
		{two, `sdp_with_codecs_by_id("99");`, "-1"},
		{two, `sdp_with_codecs_by_id("0,8,18,101,96,97");`, "2"},
		{one, `sdp_with_codecs_by_id("0,8");`, "1"},
		{one, `sdp_with_codecs_by_id("0,8,7");`, "2"},
		{one, `sdp_with_codecs_by_id("");`, "-1"},
		{two, `sdp_with_codecs_by_name("foo,vp8");`, "2"},
		{two, `sdp_with_codecs_by_name("foo");`, "-1"},
		{static, `sdp_with_codecs_by_name("GSM");`, "1"},
		{one, `sdp_with_codecs_by_name("PCMU,PCMA,G729,telephone-event");`, "1"},
		{two, `sdp_with_ice();`, "-1"},
		{one + "a=candidate:1 1 UDP 1 127.0.0.1 4000 typ host\r\n", `sdp_with_ice();`, "1"},
		{two, `sdp_get_address_family();`, "4"},
		{dynamic, `sdp_get_address_family();`, "6"},
		{static, `sdp_get_address_family();`, "4"},
		{two, `sdp_content();`, "1"},
		{two, `sdp_content("1");`, "1"},
		{one, `sdp_transport("$avp(x)");`, "1"},
		{two, `sdp_transport("$avp(x)");`, "-2"},
		{two, `sdp_get("$avp(x)");`, "1"},
		{two, `sdp_get_line_startswith("$avp(x)", "a=X-");`, "1"},
		{two, `sdp_get_line_startswith("$avp(x)", "zz");`, "-1"},
		{two, `sdp_get_line_startswith("$avp(x)", "");`, "-1"},
		{two, `sdp_print("1");`, "1"},
	} {
		for _, body := range []string{test.body, inParts(test.body)} {
			contentType := "application/sdp; charset=utf-8"
			if body != test.body {
				contentType = "multipart/mixed;boundary=b1"
			}
			if changes, got := run(t, contentType, body, test.statements+` say("$rc");`); got != test.want || changes != "" {
				t.Errorf("%s: %s, want %s\n%s", test.statements, got, test.want, changes)
			}
		}
	}
}

func TestValues(t *testing.T) {
	for _, test := range []struct{ statements, want string }{
		{`sdp_get("$avp(x)"); say("$avp(x)");`, two},
		{`say("$sdp(body)");`, two},
		{`say("$sdp(raw)");`, two},
		{`say("$sdp(sess_version)");`, "2890844526"},
		{`$sdp(sess_version) = -1; say("$sdp(sess_version)");`, "2890844527"},
		{`sdp_get_line_startswith("$avp(x)", "a=X-"); say("$avp(x)");`, "a=X-session:1"},
		{`$var(k) = "m=video"; sdp_get_line_startswith("$var(x)", "$var(k)"); say("$var(x)");`, "m=video 4002/2 RTP/SAVP 96 97"},
		{`sdp_remove_media("audio"); sdp_transport("$avp(x)"); say("$avp(x)");`, "<null>"}, // changes are not seen before they are applied
	} {
		if _, got := run(t, "application/sdp", two, test.statements); got != test.want {
			t.Errorf("%s: %q", test.statements, got)
		}
	}
	if _, got := run(t, "application/sdp", one, `sdp_transport("$avp(x)"); say("$avp(x)");`); got != "RTP/AVP" {
		t.Error(got)
	}
}

// Without a description each word says so, and nothing changes. Kamailio 5.6.3
// gives the same, but -2 to sdp_with_codecs_by_id without body, and as it says
// in its manual to sdp_get_line_startswith.
func TestWithoutDescription(t *testing.T) {
	for _, test := range []struct{ contentType, body, get string }{
		{"", "", "-2"},
		{"text/plain", "hello\r\nm=audio 4000 RTP/AVP 0\r\n", "-1"},
		{"application/sdp", "hello\r\n", "-1"},
		{"multipart/mixed", inParts(two), "-1"},
		{"multipart/mixed;boundary=b2", inParts(two), "-1"},
		{"multipart/mixed;boundary=b1", "--b1--\r\n", "-1"},
		{"multipart/mixed;boundary=b1", "--b1\r\n--b1\r\n", "-1"},
	} {
		for _, statement := range []string{`sdp_with_media("audio");`, `sdp_with_active_media("audio");`, `sdp_with_codecs_by_id("0");`, `sdp_with_codecs_by_name("PCMU");`,
			`sdp_with_ice();`, `sdp_get_address_family();`, `sdp_content();`, `sdp_remove_media("audio");`, `sdp_remove_line_by_prefix("hel");`,
			`sdp_remove_line_by_prefix("hel", "audio");`, `sdp_keep_codecs_by_id("0");`, `sdp_remove_codecs_by_name("PCMU");`, `sdp_print("1");`} {
			if changes, got := run(t, test.contentType, test.body, statement+` say("$rc");`); got != "-1" || changes != "" {
				t.Errorf("%q %q: %s: %s %s", test.contentType, test.body, statement, got, changes)
			}
		}
		for _, statement := range []string{`sdp_get("$avp(x)");`, `sdp_transport("$avp(x)");`, `sdp_get_line_startswith("$avp(x)", "m=");`} {
			if _, got := run(t, test.contentType, test.body, statement+` say("$rc $avp(x) $sdp(body) $sdp(sess_version)");`); got != test.get+" <null> <null> <null>" {
				t.Errorf("%q %q: %s: %s", test.contentType, test.body, statement, got)
			}
		}
	}
	for contentType, want := range map[string]string{"application/sdp": "1", "multipart/mixed": "1", "multipart/related": "-1", "text/plain": "-1"} {
		if _, got := run(t, contentType, "nothing like application/sdp\r\n", `sdp_content("sloppy"); say("$rc");`); got != want {
			t.Errorf("%s: %s", contentType, got)
		}
	}
}

// What nobody sends in earnest is refused before it costs much.
func TestBounds(t *testing.T) {
	for name, body := range map[string]string{
		"lines":   "v=0\r\n" + strings.Repeat("a=\r\n", mostLines),
		"formats": "v=0\r\nm=audio 1 RTP/AVP" + strings.Repeat(" 0", mostFormats+1) + "\r\n",
	} {
		if changes, got := run(t, "application/sdp", body, `sdp_remove_codecs_by_id("0"); say("$rc");`); got != "-1" || changes != "" {
			t.Errorf("%s: %s", name, got)
		}
	}
	body := "v=0\r\nm=audio 1 RTP/AVP" + strings.Repeat(" 0", mostFormats) + "\r\n" + strings.Repeat("a=fmtp:0 x\r\n", mostLines-2)
	if _, got := run(t, "application/sdp", body, `sdp_keep_codecs_by_name("PCMU"); sdp_remove_line_by_prefix("a="); sdp_remove_codecs_by_id("0"); say("$rc");`); got != "1" {
		t.Errorf("within the bounds: %s", got)
	}
}

func TestNestedParts(t *testing.T) {
	body := crlf("--out\nContent-Type: multipart/alternative;boundary=b1\n\n") + inParts(two) + crlf("--out--\n")
	if changes, code := run(t, "multipart/mixed;boundary=out", body, `sdp_remove_media("video"); say("$rc");`); changes != video || code != "1" {
		t.Errorf("%s\n%s", code, changes)
	}
}

func TestPrint(t *testing.T) {
	var log scripttest.Log
	m := New(&log, new(module.Verbosity))
	for _, level := range []string{"2", "3"} {
		message := scripttest.Message(t, scripttest.Body("application/sdp", two))
		scripttest.Compile(t, fmt.Sprintf("debug=2\nloadmodule \"sdpops\"\nrequest_route { sdp_print(%q); }", level), m).Find(syntax.RequestRoute, "").Run(&message.Context)
	}
	want := "sdp: 2 streams, IN IP4 127.0.0.9\n\taudio port 4000 RTP/AVP: 0=PCMU 8=PCMA 18=G729 101=telephone-event\n\tvideo port 4002 RTP/SAVP: 96=H264 97=VP8\n"
	if len(log.Lines) != 1 || log.Lines[0] != want {
		t.Errorf("%q", log.Lines)
	}
}

func TestRefused(t *testing.T) {
	for _, body := range []string{`sdp_get("x");`, `sdp_transport("$rm");`, `sdp_get_line_startswith("x", "m=");`, `sdp_print("x");`, `$var(x) = $sdp(foo);`, `$var(x) = $sdp;`, `sdp_iterator_start("x");`} {
		if _, err := scripttest.TryCompile("loadmodule \"sdpops\"\nrequest_route { "+body+" }", syntax.Kamailio, New(nil, nil)); err == nil {
			t.Errorf("%s compiles", body)
		}
	}
}

func FuzzScan(f *testing.F) {
	for _, seed := range []string{two, one, dynamic, static, "v=0\nm=\nm=audio", "v=0\r\nm=a b/c d  e \r\n\r\n"} {
		f.Add(seed, "application/sdp", "0,101")
	}
	f.Add(inParts(two), "multipart/mixed;boundary=b1", "PCMU")
	f.Fuzz(func(t *testing.T, body, contentType, list string) {
		text, at, ok := part(body, contentType, deepest)
		if !ok {
			return
		}
		if body[at:at+len(text)] != text {
			t.Fatalf("%q in %q is not at %d", text, body, at)
		}
		d, ok := scan(text)
		if !ok {
			return
		}
		end := 0
		for _, one := range d.lines {
			if one.start != end || one.end < one.start || one.next < one.end {
				t.Fatalf("%q: line %+v behind %d", text, one, end)
			}
			end = one.next
		}
		if end != len(text) {
			t.Fatalf("%q: the lines end at %d", text, end)
		}
		c := new(script.Context)
		found := found{d, 0}
		for i := range d.streams {
			s := &d.streams[i]
			if lines := d.of(s); len(lines) == 0 || !strings.HasPrefix(lines[0].of(text), "m=") {
				t.Fatalf("%q: stream %+v", text, s)
			}
			found.removeFormats(c, s, func(format string) bool { return inList(list, format) })
		}
		for _, e := range c.Edits {
			if e.Start < 0 || e.End > len(text) || e.Start > e.End {
				t.Fatalf("%q: %+v", text, e)
			}
		}
	})
}
