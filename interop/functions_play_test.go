// Plays the cases of functions at a server: a caller and a callee on loopback, all that they receive noted by case.

package interop

import (
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// silence is how long an answer may take before the next request is sent; what comes later still counts.
const silence = 60 * time.Millisecond

// casePlayer is the caller and the callee of all cases at one server.
type casePlayer struct {
	server         netip.AddrPort
	folder         string // interop, as an absolute path
	caller, callee *net.UDPConn
	changed        chan struct{} // something came; of capacity 1

	mutex    sync.Mutex
	plays    map[string]*casePlay // by case
	presence map[string]bool      // Call-IDs of answers to are-you-there
}

// casePlay is what became of one case.
type casePlay struct {
	answers          []string
	atCaller         []string // messages, in order
	atCallee         []string
	final            map[string]bool   // methods that have a final response
	pending          map[string]string // requests at the callee without a final response, by their topmost Via
	answeredRequests map[string]bool
}

func newCasePlayer(t *testing.T) *casePlayer {
	t.Helper()
	p := &casePlayer{changed: make(chan struct{}, 1), plays: map[string]*casePlay{}, presence: map[string]bool{}}
	var err error
	if p.folder, err = filepath.Abs("."); err != nil {
		t.Fatal(err)
	}
	first := freePorts(t, 2)
	for i, socket := range []**net.UDPConn{&p.caller, &p.callee} {
		connection, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: int(first) + i})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { connection.Close() })
		*socket = connection
	}
	go p.listen(p.caller, p.atCaller)
	go p.listen(p.callee, p.atCallee)
	return p
}

func (p *casePlayer) listen(at *net.UDPConn, take func(text string)) {
	buffer := make([]byte, 65536)
	for {
		length, err := at.Read(buffer)
		if err != nil {
			return // closed at the end of the test
		}
		p.mutex.Lock()
		take(string(buffer[:length]))
		p.mutex.Unlock()
		select {
		case p.changed <- struct{}{}:
		default:
		}
	}
}

var caseOf = regexp.MustCompile(`(?mi)^(?:Call-ID|X-Case|i): *(c\d+)(?:@|\r$)`)

func (p *casePlayer) playOf(text string) *casePlay {
	if found := caseOf.FindStringSubmatch(text); found != nil {
		return p.plays[found[1]]
	}
	return nil
}

var (
	callIDLine = regexp.MustCompile(`(?mi)^(?:Call-ID|i): *(\S+)`)
	cseqLine   = regexp.MustCompile(`(?mi)^CSeq: *(\d+) +(\w+)`)
	viaLine    = regexp.MustCompile(`(?mi)^Via: *[^\r]*`)
	toLine     = regexp.MustCompile(`(?mi)^(?:To|t): *[^\r]*`)
	userOfURI  = regexp.MustCompile(`^\w+ sips?:a(\d{3})@`)
	takenOver  = regexp.MustCompile(`(?mi)^(?:Via|From|f|Call-ID|i|CSeq|Record-Route): *[^\r]*\r\n`)
)

func (p *casePlayer) atCaller(text string) {
	if found := callIDLine.FindStringSubmatch(text); found != nil && strings.HasPrefix(found[1], "are-you-there") {
		p.presence[found[1]] = true
		return
	}
	play := p.playOf(text)
	if play == nil {
		return
	}
	play.atCaller = append(play.atCaller, text)
	cseq := cseqLine.FindStringSubmatch(text)
	if cseq == nil || !strings.HasPrefix(text, "SIP/2.0 ") || text[8] == '1' {
		return
	}
	play.final[cseq[2]] = true
	if cseq[2] == "INVITE" && text[8] >= '3' {
		via, to := viaLine.FindString(text), toLine.FindString(text)
		head := fmt.Sprintf("ACK sip:bob@example.test SIP/2.0\r\n%s\r\n%s\r\nCSeq: %s ACK\r\nX-Harness: ack\r\nContent-Length: 0\r\n", via, to, cseq[1])
		for _, line := range takenOver.FindAllString(text, -1) {
			if !strings.HasPrefix(line, "Via") && !strings.HasPrefix(line, "CSeq") && !strings.HasPrefix(line, "Record-Route") {
				head += line
			}
		}
		p.send(p.caller, head+"\r\n")
	}
}

func (p *casePlayer) atCallee(text string) {
	play := p.playOf(text)
	if play == nil {
		return
	}
	play.atCallee = append(play.atCallee, text)
	via := viaLine.FindString(text)
	if strings.HasPrefix(text, "SIP/2.0") || strings.HasPrefix(text, "ACK ") || play.answeredRequests[text] {
		return
	}
	play.answeredRequests[text] = true
	if strings.HasPrefix(text, "CANCEL ") {
		p.answer(text, "200")
		if invite := play.pending[via]; invite != "" {
			p.answer(invite, "487")
			delete(play.pending, via)
		}
		return
	}
	statuses := play.answers
	if found := userOfURI.FindStringSubmatch(text); found != nil {
		statuses = []string{found[1]}
	}
	if statuses[len(statuses)-1][0] == '1' {
		play.pending[via] = text
	}
	for _, status := range statuses {
		if status != "100" {
			p.answer(text, status)
		}
	}
}

var phrases = map[string]string{"180": "Ringing", "183": "Progress", "200": "OK", "302": "Moved", "404": "Not Here", "486": "Busy",
	"487": "Terminated", "401": "Unauthorized", "407": "Authenticate", "500": "Error", "503": "Unavailable", "603": "Decline"}

// answer sends a response of the callee's.
func (p *casePlayer) answer(request, status string) {
	out := "SIP/2.0 " + status + " " + phrases[status] + "\r\n"
	out += strings.Join(takenOver.FindAllString(request, -1), "")
	to := toLine.FindString(request)
	if !strings.Contains(to, ";tag=") {
		to += ";tag=callee"
	}
	out += to + "\r\nX-Answer: " + status + "\r\nServer: callee\r\n"
	switch status {
	case "401":
		out += "WWW-Authenticate: Digest realm=\"callee.test\", nonce=\"1234\", qop=\"auth\", algorithm=MD5\r\n"
	case "407":
		out += "Proxy-Authenticate: Digest realm=\"callee.test\", nonce=\"1234\", algorithm=MD5\r\n"
	case "200", "180", "302":
		out += "Contact: <sip:callee@127.0.0.1:" + fmt.Sprint(portOf(p.callee)) + ">\r\n"
	}
	p.send(p.callee, out+"Content-Length: 0\r\n\r\n")
}

func (p *casePlayer) send(from *net.UDPConn, text string) {
	_, _ = from.WriteToUDPAddrPort([]byte(text), p.server) // what does not arrive is seen by the comparison
}

func portOf(c *net.UDPConn) uint16 { return uint16(c.LocalAddr().(*net.UDPAddr).Port) }

// place puts the addresses into a script or a request, and FOLDER's path.
func (p *casePlayer) place(text string) string {
	return strings.NewReplacer("CALLEEPORT", fmt.Sprint(portOf(p.callee)), "CALLER", p.caller.LocalAddr().String(),
		"CALLEE", p.callee.LocalAddr().String(), "SERVER", p.server.String(), "FOLDER", p.folder).Replace(text)
}

// play sends the requests of a case, each when the one before has its final response or after a silence.
// It is false when the server does not answer any more.
func (p *casePlayer) play(c *functionCase, requests map[string]string) bool {
	play := &casePlay{answers: c.answers, final: map[string]bool{}, pending: map[string]string{}, answeredRequests: map[string]bool{}}
	p.mutex.Lock()
	p.plays[c.id] = play
	p.mutex.Unlock()
	for i, name := range c.requests {
		text := asRequest(strings.ReplaceAll(p.place(requests[name]), "CASE", c.id))
		method, _, _ := strings.Cut(text, " ")
		p.send(p.caller, text)
		more := i+1 < len(c.requests)
		p.until(silence, func() bool {
			return play.final[method] || more && len(play.pending) > 0 && len(play.atCaller) > 1 || method == "ACK" && len(play.atCallee) > 0
		})
		if !p.pass(c.id, i) {
			return false
		}
	}
	p.mutex.Lock()
	for via, request := range play.pending { // nothing shall wait for timers
		p.answer(request, "487")
		delete(play.pending, via)
	}
	p.mutex.Unlock()
	return true
}

// pass sends a request of no case and waits for its answer: what the server received before has passed its script.
func (p *casePlayer) pass(id string, step int) bool {
	callID := fmt.Sprintf("are-you-there-%s-%d", id, step)
	request := "OPTIONS sip:SERVER SIP/2.0\r\nVia: SIP/2.0/UDP CALLER;branch=z9hG4bK-" + callID + "\r\nMax-Forwards: 70\r\n" +
		"From: <sip:test@caller.test>;tag=1\r\nTo: <sip:SERVER>\r\nCall-ID: " + callID + "\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
	p.send(p.caller, p.place(request))
	return p.until(5*time.Second, func() bool { return p.presence[callID] })
}

// until waits until a condition holds, or for some time, and tells whether it does.
func (p *casePlayer) until(limit time.Duration, condition func() bool) bool {
	timeout := time.After(limit)
	for {
		p.mutex.Lock()
		holds := condition()
		p.mutex.Unlock()
		if holds {
			return true
		}
		select {
		case <-p.changed:
		case <-timeout:
			return false
		}
	}
}

// asRequest gives a request of a file its line ends and its Content-Length.
func asRequest(text string) string {
	head, body, _ := strings.Cut(text, "\n\n")
	head, body = strings.ReplaceAll(strings.TrimSuffix(head, "\n"), "\n", "\r\n"), strings.ReplaceAll(body, "\n", "\r\n")
	if !strings.Contains(strings.ToLower(head), "content-length:") {
		head += fmt.Sprintf("\r\nContent-Length: %d", len(body))
	}
	return head + "\r\n\r\n" + body
}
