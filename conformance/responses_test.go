// The responses among the messages, as answers to a request that is waiting: there the proxy has to do something.

package conformance

import (
	"strings"
	"testing"
	"time"

	"viaduct/sip"
)

const invite = "INVITE sip:user@example.com SIP/2.0\r\nVia: SIP/2.0/UDP CALLER;branch=z9hG4bK-waits\r\nMax-Forwards: 70\r\n" +
	"From: <sip:caller@example.net>;tag=waits\r\nTo: <sip:user@example.com>\r\nCall-ID: waits\r\nCSeq: 1 INVITE\r\n" +
	"Contact: <sip:caller@CALLER>\r\nContent-Length: 0\r\n\r\n"

// as gives an answer the start line of an RFC's response and some of its fields.
func as(response, answer string, names ...string) string {
	start, _, _ := strings.Cut(response, "\r\n")
	_, rest, _ := strings.Cut(answer, "\r\n")
	for _, name := range names {
		rest = replaceField(rest, name, fieldLine(response, name))
	}
	return start + "\r\n" + rest
}

func fieldLine(text, name string) string {
	_, line, _ := strings.Cut(text, "\r\n"+name+":")
	line, _, _ = strings.Cut(line, "\r\n")
	return name + ":" + line + "\r\n"
}

func replaceField(rest, name, line string) string {
	if old := fieldLine("\r\n"+rest, name); strings.Contains(rest, old) {
		return strings.Replace(rest, old, line, 1)
	}
	return line + rest
}

func TestResponsesToARequestThatWaits(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		section string
		answers func(ok string) []string // of the callee to the INVITE
		want    string                   // status line at the caller, "" for none but 100
	}{
		{"unreason", "3.1.1.12: the phrase passes to the byte", func(ok string) []string {
			return []string{as(readMessage(t, "unreason"), ok)}
		}, "200 = 2**3 * 5**2 но сто девяносто девять - простое"},
		{"noreason", "3.1.1.13: 100 is for this hop, and the INVITE is not sent again", func(ok string) []string {
			return []string{as(readMessage(t, "noreason"), ok)}
		}, ""},
		{"scalarlg", "3.1.2.5: discarded; the sound answer behind it counts", func(ok string) []string {
			return []string{as(readMessage(t, "scalarlg"), ok, "CSeq", "Retry-After", "Warning"), ok}
		}, "200 OK"},
		{"bigcode", "3.1.2.19: dropped; the sound answer behind it counts", func(ok string) []string {
			return []string{as(readMessage(t, "bigcode"), ok), ok}
		}, "200 OK"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newPlayer(t)
			_, relay := scripts(t, viaduct{}, p.loopback.callee)
			at := p.nextServer()
			viaduct{}.start(t, relay, at)
			reply := func(_ *sip.Message, ok string) []string { return test.answers(ok) }
			p.reply.Store(&reply)
			p.send(at, strings.ReplaceAll(invite, "CALLER", p.caller.String()))
			got, invites := "", 0
			for end := time.After(3 * silence); ; { // longer than T1: a second INVITE would come
				select {
				case e := <-p.events:
					switch {
					case e.at == callee:
						invites++
					case e.answer.status != 100:
						got, _, _ = strings.Cut(e.text, "\r\n")
						got = strings.TrimPrefix(got, "SIP/2.0 ")
					}
					continue
				case <-end:
				}
				break
			}
			if got != test.want || invites != 1 {
				t.Errorf("%s: the caller got %q, want %q; %d INVITEs", test.section, got, test.want, invites)
			}
		})
	}
}

// A response to a request that was forwarded without state is sent on by its second Via alone; not when that is
// everybody (section 3.3.10).
func TestResponseForEverybody(t *testing.T) {
	t.Parallel()
	p := newPlayer(t)
	_, relay := scripts(t, viaduct{}, p.loopback.callee)
	at := p.nextServer()
	viaduct{}.start(t, relay, at)
	text := strings.Replace(readMessage(t, "bcast"), "192.0.2.198;branch=z9hG4bK1324923", at.Addr().String()+";branch=z9hG4bKs1", 1)
	p.send(at, strings.Replace(text, "255.255.255.255", p.caller.String(), 1))
	if seen := p.drain(silence); len(seen) != 1 || seen[0].answer == nil || seen[0].answer.status != 200 {
		t.Fatalf("the response does not pass at all: %+v", seen)
	}
	p.send(at, text)
	if seen := p.drain(silence); len(seen) != 0 {
		t.Errorf("sent on to %+v", seen)
	}
}
