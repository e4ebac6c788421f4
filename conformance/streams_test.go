// What the RFC says of messages that come over a stream, where their end must be known.

package conformance

import (
	"os"
	"testing"
	"time"
)

func readMessage(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("testdata/rfc4475/" + name + ".dat")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A Content-Length that cannot be understood, or none, leaves no way to find the next message: the request is answered
// and the connection closed (sections 3.1.2.3 and 3.3.9; RFC 3261 section 18.3).
func TestStreamsThatCannotBeCut(t *testing.T) {
	p := newPlayer(t)
	builtin, _ := scripts(t, viaduct{}, p.loopback.callee)
	at := p.nextServer()
	viaduct{}.start(t, builtin, at)
	for _, name := range []string{"ncl", "mcl01", "inv2543"} {
		o := newOutcome(nil, p.stream(t, p.connect(at), readMessage(t, name), func(seen []event) bool { return seen[len(seen)-1].closed }))
		if o.kind() != "400" || !o.closed {
			t.Errorf("%s: %s", name, o.words())
		}
	}
}

// Behind the body of one message the next one begins: what is noise in a datagram is a request here (section 3.1.1.8).
func TestTwoRequestsInOneSegment(t *testing.T) {
	p := newPlayer(t)
	builtin, _ := scripts(t, viaduct{}, p.loopback.callee)
	at := p.nextServer()
	viaduct{}.start(t, builtin, at)
	connection := p.connect(at)
	defer connection.Close()
	seen := p.stream(t, connection, readMessage(t, "dblreq"), func(seen []event) bool { return len(seen) == 2 })
	if len(seen) != 2 || seen[0].answer == nil || seen[0].answer.status != 200 || seen[1].answer == nil || seen[1].answer.status != 404 {
		t.Errorf("%+v, want 200 for the REGISTER and 404 for the INVITE", seen)
	}
}

// A body that is shorter than Content-Length says is waited for, and only by its own connection (section 3.1.2.2).
func TestBodyThatDoesNotCome(t *testing.T) {
	t.Parallel()
	p := newPlayer(t)
	builtin, _ := scripts(t, viaduct{}, p.loopback.callee)
	at := p.nextServer()
	viaduct{}.start(t, builtin, at)
	connection := p.connect(at)
	defer connection.Close()
	seen := p.stream(t, connection, readMessage(t, "clerr"), func([]event) bool { return false })
	if len(seen) > 0 {
		t.Errorf("%+v", seen)
	}
	p.ask(at, "OPTIONS", "sip:"+at.String(), "")
}

// stream writes text to a connection and gives what is seen until that is enough, or nothing comes any more.
func (p *player) stream(t *testing.T, connection interface{ Write([]byte) (int, error) }, text string, enough func([]event) bool) (seen []event) {
	t.Helper()
	if _, err := connection.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	end := time.After(4 * silence)
	for {
		select {
		case e := <-p.events:
			if seen = append(seen, e); enough(seen) {
				return seen
			}
		case <-end:
			return seen
		}
	}
}
