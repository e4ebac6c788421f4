package server

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"viaduct/transport"
)

// goodInvite is what most of the bad input is made of.
func (s *onSockets) goodInvite() string {
	return fmt.Sprintf("INVITE sip:nobody@%v SIP/2.0\r\nVia: SIP/2.0/UDP %v;branch=z9hG4bKbad;rport\r\nMax-Forwards: 70\r\n"+
		"Route: <sip:%v;lr>\r\nRecord-Route: <sip:127.0.0.9;lr>\r\nFrom: \"Bad\" <sip:bad@test.test>;tag=bad\r\nTo: <sip:nobody@%v>\r\n"+
		"Call-ID: bad@test.test\r\nCSeq: 7 INVITE\r\nContact: <sip:bad@%v;transport=udp>;expires=60;q=0.5\r\nExpires: 120\r\n"+
		"Require: \r\nSupported: 100rel, path\r\nAuthorization: Digest username=\"b\", realm=\"r\", nonce=\"n\", uri=\"sip:u\", response=\"0\"\r\n"+
		"Content-Type: application/sdp\r\nContent-Length: 5\r\n\r\nv=0\r\n",
		s.at, addressOf(s.pinger), s.at, s.at, addressOf(s.pinger))
}

// largest is nearly what fits a datagram of IPv4: 65,507 bytes.
const largest = 65400

// fill repeats a piece until a message has the largest size.
func fill(before, piece, behind string) string {
	return before + strings.Repeat(piece, (largest-len(before)-len(behind))/len(piece)) + behind
}

func TestBadDatagrams(t *testing.T) {
	s := startOnSockets(t, "", io.Discard)
	invite := s.goodInvite()
	head, body, _ := strings.Cut(invite, "\r\n\r\n")
	line, fields, _ := strings.Cut(head, "\r\n")
	line, fields, body = line+"\r\n", fields+"\r\n", "\r\n"+body
	field := func(name string) string { // the message with one field more, without its value
		return line + fields + name + ": "
	}
	texts := map[string]string{
		"nothing":                      "",
		"a NUL":                        "\x00",
		"line ends":                    strings.Repeat("\r\n", 1000),
		"noise":                        "\xff\xfe\x80\x81\r\n\x00\x01",
		"a STUN request":               "\x00\x01\x00\x00\x21\x12\xa4\x42abcdefghijkl",
		"HTTP":                         "GET / HTTP/1.1\r\nHost: test.test\r\n\r\n",
		"a start line":                 line,
		"a method":                     "INVITE",
		"a body alone":                 "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\n",
		"no Via":                       strings.Replace(invite, "Via:", "X:", 1),
		"a stray response":             strings.Replace(invite, line, "SIP/2.0 200 OK\r\n", 1),
		"a stray 100":                  strings.Replace(invite, line, "SIP/2.0 100 Trying\r\n", 1),
		"a response with status 0":     strings.Replace(invite, line, "SIP/2.0 0 None\r\n", 1),
		"a response with our own Via":  strings.Replace(strings.Replace(invite, line, "SIP/2.0 200 OK\r\n", 1), "branch=z9hG4bKbad", "branch=z9hG4bK0.00000000.0", 1),
		"a stateless Via to everybody": strings.Replace(strings.Replace(invite, line, "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP "+s.at.String()+";branch=z9hG4bKs1\r\n", 1), addressOf(s.pinger).String(), "255.255.255.255", 1),
		"an ACK of nothing":            strings.ReplaceAll(invite, "INVITE", "ACK"),
		"a CANCEL of nothing":          strings.ReplaceAll(invite, "INVITE", "CANCEL"),
		"a BYE of nothing":             strings.ReplaceAll(invite, "INVITE", "BYE"),
		"a method of 60,000 bytes":     fill("", "M", " sip:a SIP/2.0\r\n"+fields+body),
		"a URI of 60,000 bytes":        fill("INVITE sip:", "u", "@"+s.at.String()+" SIP/2.0\r\n"+fields+body),
		"a name of 60,000 bytes":       fill(line+fields, "X", ": 1\r\n"+body),
		"a value of 60,000 bytes":      fill(field("X"), "y", "\r\n"+body),
		"a display name of 60,000":     strings.Replace(fill(head+"\r\nX: ", "\\\"", "\r\n"+body), "\"Bad\"", "\"Bad", 1),
		"a quote without end":          fill(field("Contact")+"\"", "a", "\r\n"+body),
		"a body of 60,000 bytes":       fill(head+"\r\n\r\n", "b", ""),
		"folds":                        fill(field("Subject"), "\r\n ", "\r\n"+body),
		"thousands of Via fields":      fill(line, "v:SIP/2.0/UDP h\r\n", fields+body),
		"thousands of Via values":      fill(line+"Via: SIP/2.0/UDP "+addressOf(s.pinger).String()+";rport", ",SIP/2.0/UDP h", "\r\n"+fields+body),
		"thousands of Via parameters":  fill(line+"Via: SIP/2.0/UDP h", ";a=b", "\r\n"+fields+body),
		"a flood of fields":            fill(line+fields, "a:\r\n", body),
		"1,024 fields":                 line + fields + strings.Repeat("a:b\r\n", 1024-strings.Count(fields, "\n")) + body,
		"thousands of routes":          fill(field("Route"), "<sip:h;lr>,", "<sip:h>\r\n"+body),
		"thousands of contacts":        strings.ReplaceAll(fill(field("Contact"), "<sip:h>,", "<sip:h>\r\n"+body), "INVITE", "REGISTER"),
		"thousands of option tags":     fill(field("Proxy-Require"), "a,", "b\r\n"+body),
		"thousands of commas":          fill(field("Contact"), ",", "\r\n"+body),
		"thousands of credentials":     fill(field("Authorization")+"Digest ", "a=\"b\",", "c=d\r\n"+body),
		"thousands of escapes":         fill("INVITE sip:", "%41", "@"+s.at.String()+" SIP/2.0\r\n"+fields+body),
		"Max-Forwards past an int":     strings.Replace(invite, "Max-Forwards: 70", "Max-Forwards: 99999999999999999999", 1),
		"Expires past an int":          strings.Replace(invite, "Expires: 120", "Expires: 99999999999999999999", 1),
		"CSeq past an int":             strings.Replace(invite, "CSeq: 7", "CSeq: 99999999999999999999", 1),
		"Content-Length past an int":   strings.Replace(invite, "Content-Length: 5", "Content-Length: 99999999999999999999", 1),
		"a port past all":              strings.Replace(invite, "UDP 127", "UDP h:70000,SIP/2.0/UDP 127", 1),
	}
	for at := 0; at < len(invite); at += 7 {
		texts[fmt.Sprintf("an INVITE cut at %d", at)] = invite[:at]
	}
	before, calls := s.counted(), s.calls.Load()
	for s.calls.Load() < calls+3 && !t.Failed() { // so long that some calls live through it
		for name, text := range texts {
			s.send(text)
			s.ping(name)
		}
	}
	after := s.counted()
	if after.Malformed < before.Malformed+uint64(len(invite)/14) || after.KeepAlives <= before.KeepAlives {
		t.Errorf("too little was counted: %+v, before %+v", after, before)
	}
	if s.Dropped().Malformed.Load() == 0 || s.Dropped().Stray.Load() < 3 {
		t.Errorf("%d malformed and %d stray messages were counted as dropped", s.Dropped().Malformed.Load(), s.Dropped().Stray.Load())
	}
}

func (s *onSockets) counted() transport.Traffic {
	counters := s.layer.Counters()
	return counters.Total()
}

// hostile pieces go where something else is expected.
var hostile = []string{"", " ", "\t", ",", ";", ";;", "\"", "\\", "<", ">", "<>", "<<", "@", "@@", ":", "::", "[", "]", "[::", "%", "%00", "%zz", "?", "&", "=", "/",
	"\r\n", "\r\n ", "\n", "\r", "\x00", "\x7f", "\xff", "é", "0", "-1", "+1", "4294967296", "99999999999999999999", "1e9", "0x10", "SIP/2.0", "SIP/3.0",
	"sip:", "sips:a@b", "tel:+1", "urn:x", "*", "z9hG4bK", ";tag=", ";tag=a;tag=b", ";lr", ";rport", ";received=1", ";maddr=127.0.0.1", "INVITE", "ACK", "a", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}

// mutate changes a message in one to three places: a byte, a piece, a line, a
// whole value.
func mutate(random *rand.Rand, text string) string {
	for range 1 + random.IntN(3) {
		at, end := random.IntN(len(text)+1), 0
		piece := hostile[random.IntN(len(hostile))]
		switch random.IntN(6) {
		case 0: // put in
			end = at
		case 1: // in place of one byte
			end = min(at+1, len(text))
		case 2: // in place of several
			end = min(at+1+random.IntN(10), len(text))
		case 3: // in place of the rest of the line
			if end = strings.IndexByte(text[at:], '\r'); end < 0 {
				end = len(text) - at
			}
			end += at
		case 4: // a line twice, the second one elsewhere
			lines := strings.SplitAfter(text, "\r\n")
			piece, end = lines[random.IntN(len(lines))], at
		case 5: // in place of a whole value
			at = strings.LastIndexByte(text[:at], '\n') + 1
			if colon := strings.IndexByte(text[at:], ':'); colon >= 0 {
				at += colon + 1
			}
			if end = strings.IndexByte(text[at:], '\r'); end < 0 {
				end = len(text) - at
			}
			end += at
		}
		text = text[:at] + piece + text[end:]
	}
	return text
}

// TestMutatedInvites: whatever is wrong with an INVITE, the server answers the
// next request in time.
func TestMutatedInvites(t *testing.T) {
	s := startOnSockets(t, "", io.Discard)
	count := 4500
	if raceDetector {
		count = 600
	}
	random := rand.New(rand.NewPCG(1, 2))
	invite := s.goodInvite()
	for i := range count {
		text := mutate(random, strings.Replace(invite, "z9hG4bKbad", fmt.Sprintf("z9hG4bKbad%d", i), 1))
		if i%2 == 0 {
			if len(text) <= largest {
				s.send(text)
			}
		} else {
			s.once(text)
		}
		s.ping(text)
	}
}

// once sends a text over a connection of its own, and closes that.
func (s *onSockets) once(text string) {
	connection := s.connect()
	defer connection.Close()
	_, _ = io.WriteString(connection, text)
}

func (s *onSockets) connect() *net.TCPConn {
	s.t.Helper()
	connection, err := net.DialTCP("tcp4", net.TCPAddrFromAddrPort(addressWithoutPort(s.pinger)), net.TCPAddrFromAddrPort(s.at))
	if err != nil {
		s.t.Fatal(err)
	}
	return connection
}

// TestSlowPeers: connections that say nothing, never end a message, send byte
// by byte or do not read are closed in time, and nobody else waits for them.
func TestSlowPeers(t *testing.T) {
	s := startOnSockets(t, "", io.Discard)
	invite := s.goodInvite()
	stream := strings.Replace(invite, "SIP/2.0/UDP", "SIP/2.0/TCP", 1)
	options := strings.ReplaceAll(strings.ReplaceAll(strings.Replace(stream, "INVITE sip:nobody@", "OPTIONS sip:", 1), "INVITE", "OPTIONS"), "z9hG4bKbad", "z9hG4bKopt")
	var ends []*net.TCPConn
	begin := func(text string) *net.TCPConn {
		connection := s.connect()
		_, _ = io.WriteString(connection, text)
		ends = append(ends, connection)
		return connection
	}
	for range 50 {
		begin("")
	}
	begin(stream[:1])
	begin(stream[:len(stream)/2])
	begin(stream[:len(stream)-1])
	begin("INVITE sip:a SIP/2.0\r\n" + strings.Repeat("X: 1\r\n", 5000))
	begin(strings.Replace(stream, "Content-Length: 5", "Content-Length: 60000", 1))
	dripping := begin("")
	deaf := begin("")
	_ = deaf.SetWriteDeadline(time.Now().Add(20 * time.Second))
	for { // answers pile up on our side until it is too much
		if _, err := io.WriteString(deaf, strings.Repeat(options, 200)); err != nil {
			break
		}
		s.ping("a peer that does not read")
	}
	reset := begin(stream[:len(stream)/2])
	_ = reset.SetLinger(0)
	reset.Close()
	for i := 0; ; i++ {
		if _, err := io.WriteString(dripping, stream[i%len(stream):i%len(stream)+1]); err != nil {
			break
		}
		s.ping("a byte")
		if time.Sleep(20 * time.Millisecond); i == 200 {
			t.Error("who sends byte by byte is never closed")
			break
		}
	}
	for i, connection := range ends {
		_ = connection.SetReadDeadline(time.Now().Add(5 * time.Second))
		if _, err := io.Copy(io.Discard, connection); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("connection %d is still open", i)
		}
		connection.Close()
	}
	s.ping("all of them")
	if n := s.layer.Counters().Connections; n.Slow < 50 || n.Stalled+n.QueueFull == 0 {
		t.Errorf("%+v", n)
	}
}

// TestEndlessScripts: a script without end is ended, for each message anew.
func TestEndlessScripts(t *testing.T) {
	const modules = "loadmodule \"sl\"\nloadmodule \"tm\"\nloadmodule \"rr\"\nloadmodule \"registrar\"\nloadmodule \"usrloc\"\nloadmodule \"pv\"\nloadmodule \"siputils\"\nloadmodule \"textops\"\n"
	// The call beside and the pings pass; user "endless" runs into the loop.
	const sound = `
		if (is_method("REGISTER")) { save("location"); exit; }
		if (is_method("OPTIONS")) { sl_send_reply("200", "OK"); exit; }
		if ($rU != "nobody") { if (has_totag()) { loose_route(); } else { record_route(); lookup("location"); } t_relay(); exit; }`
	for name, test := range map[string]struct{ script, says string }{
		"while":             {"request_route {" + sound + "while (1) { $var(i) = 1; } }", "max_while_loops"},
		"while of its own":  {"max_while_loops=100000\nrequest_route {" + sound + "while (1) { $var(i) = 1; } }", "max_while_loops"},
		"whiles in a while": {"max_while_loops=0\nrequest_route {" + sound + "while (1) { while (1) { $var(i) = 1; } } }", "steps"},
		"recursion":         {"request_route {" + sound + "route(A); }\nroute[A] { route(A); }", "max_recursive_level"},
		"mutual recursion":  {"request_route {" + sound + "route(A); }\nroute[A] { route(B); route(B); }\nroute[B] { route(A); route(A); }", "max_recursive_level"},
		"after t_newtran":   {"request_route {" + sound + "t_newtran(); while (1) { $var(i) = 1; } }", "max_while_loops"},
	} {
		t.Run(name, func(t *testing.T) {
			printed := &shared{}
			s := startOnSockets(t, "#!KAMAILIO\n"+modules+test.script, printed)
			for i := range 10 {
				s.send(strings.Replace(s.goodInvite(), "z9hG4bKbad", fmt.Sprintf("z9hG4bKloop%d", i), 1))
				s.ping(name)
			}
			if text := printed.String(); !strings.Contains(text, test.says) {
				t.Errorf("nothing is said of %s:\n%.1000s", test.says, text)
			}
		})
	}
}

// TestOutputThatFails: no call waits for a terminal that is closed, or that
// nobody reads, not even when the server ends.
func TestOutputThatFails(t *testing.T) {
	blocked := make(blockedWriter)
	for name, out := range map[string]io.Writer{"closed": closedWriter{}, "blocked": blocked} {
		t.Run(name, func(t *testing.T) {
			s := startOnSockets(t, "", out)
			if name == "blocked" {
				s.afterRun = func() { close(blocked) }
			}
			for i := range 200 { // more than maxPending of text
				s.send(fill(strings.Replace(s.goodInvite(), "z9hG4bKbad", fmt.Sprintf("z9hG4bKout%d", i), 1), "b", ""))
				s.ping(name)
			}
		})
	}
}

type closedWriter struct{}

func (closedWriter) Write([]byte) (int, error) { return 0, os.ErrClosed }

// blockedWriter takes nothing until it is closed.
type blockedWriter chan bool

func (b blockedWriter) Write(text []byte) (int, error) {
	<-b
	return len(text), nil
}

// shared is a buffer that may be read while it is written.
type shared struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *shared) Write(text []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(text)
}

func (s *shared) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}
