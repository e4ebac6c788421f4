// Package scripttest runs pieces of scripts on messages, for the tests of
// modules: no socket, no server.
//
//	m := scripttest.Message(t, scripttest.Invite)
//	code := scripttest.Run(t, m, `is_method("INVITE|BYE");`, textops.New())
//	after := scripttest.Forwarded(m)
package scripttest

import (
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"viaduct/module"
	"viaduct/proxy"
	"viaduct/resolve"
	"viaduct/script"
	"viaduct/script/syntax"
	"viaduct/sip"
	"viaduct/transport"
	"viaduct/wire"
)

// Invite is a request with an offer, as a phone sends it.
const Invite = "INVITE sip:bob@example.test SIP/2.0\r\n" +
	"Via: SIP/2.0/UDP 127.0.0.9:5070;branch=z9hG4bK1\r\n" +
	"Max-Forwards: 70\r\n" +
	"From: \"Alice\" <sip:alice@example.test>;tag=f1\r\n" +
	"To: <sip:bob@example.test>\r\n" +
	"Call-ID: c1@example.test\r\n" +
	"CSeq: 1 INVITE\r\n" +
	"Contact: <sip:alice@127.0.0.9:5070;transport=udp>\r\n" +
	"User-Agent: probe\r\n" +
	"Content-Type: application/sdp\r\n" +
	"Content-Length: 115\r\n" +
	"\r\n" + Offer

// Offer is the body of Invite.
const Offer = "v=0\r\no=alice 1 1 IN IP4 127.0.0.9\r\ns=-\r\nc=IN IP4 127.0.0.9\r\nt=0 0\r\n" +
	"m=audio 4000 RTP/AVP 0 8\r\na=rtpmap:0 PCMU/8000\r\n"

// With adds header lines to a message at the end of its header. Each line goes
// without its end.
func With(text string, lines ...string) string {
	at := strings.Index(text, "\r\n\r\n") + 2
	return text[:at] + strings.Join(lines, "\r\n") + "\r\n" + text[at:]
}

// Swap changes one piece of a message, which must be there, and corrects
// Content-Length when the piece stands in the body.
func Swap(t testing.TB, text, old, new string) string {
	t.Helper()
	if !strings.Contains(text, old) {
		t.Fatalf("the message has no %q", old)
	}
	head, body, _ := strings.Cut(text, "\r\n\r\n")
	if strings.Contains(head, old) {
		return strings.Replace(text, old, new, 1)
	}
	changed := strings.Replace(body, old, new, 1)
	length := "Content-Length: " + strconv.Itoa(len(body))
	head = strings.Replace(head, length, "Content-Length: "+strconv.Itoa(len(changed)), 1)
	return head + "\r\n\r\n" + changed
}

// Body gives Invite another body, or none when contentType is "".
func Body(contentType, body string) string {
	head, _, _ := strings.Cut(Invite, "Content-Type:")
	if contentType != "" {
		head += "Content-Type: " + contentType + "\r\n"
	}
	return head + "Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
}

// Local and Remote are the addresses of the message: ours, and its sender's.
var (
	Local  = netip.MustParseAddrPort("127.0.0.1:5060")
	Remote = netip.MustParseAddrPort("127.0.0.9:5070")
)

// Sent is what was given to the network.
type Sent struct {
	Flow wire.Flow
	Text string
}

// Network takes what is sent.
type Network struct{ Sent []Sent }

// Send keeps a copy.
func (n *Network) Send(flow wire.Flow, text []byte, _ transport.Owner) error {
	n.Sent = append(n.Sent, Sent{flow, string(text)})
	return nil
}

// LocalFor knows one listener for each transport.
func (n *Network) LocalFor(wire.Transport, netip.AddrPort) (netip.AddrPort, bool) {
	return Local, true
}

// Message parses a message as it comes from Remote over UDP. What is sent
// goes to Sends(m).
func Message(t testing.TB, text string) *module.Message {
	t.Helper()
	parsed, err := sip.Parse(text)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return Parsed(parsed)
}

// Parsed is Message for what has been parsed, soundly or not.
func Parsed(parsed *sip.Message) *module.Message {
	m := &module.Message{Proxy: &proxy.Proxy{
		Network:   &Network{},
		Resolver:  resolve.New(),
		Listeners: []proxy.Listener{{Transport: wire.UDP, Local: Local, SentBy: "127.0.0.1"}},
	}}
	m.Host = m
	m.Context.Message = parsed
	m.URI = parsed.RequestURI
	m.Flow = wire.Flow{Transport: wire.UDP, Local: Local, Remote: Remote}
	return m
}

// Sends gives what was sent for a message so far.
func Sends(m *module.Message) []Sent { return m.Proxy.Network.(*Network).Sent }

// Forwarded prints the message with the script's edits, as it would leave but
// for what the proxy itself adds.
func Forwarded(m *module.Message) string {
	edits := append(sip.Edits(nil), m.Edits...)
	edits.FixContentLength(m.Context.Message, false)
	return string(edits.Append(nil, m.Context.Message))
}

// Log collects what the engine logs.
type Log struct{ Lines []string }

// Log keeps a line.
func (l *Log) Log(_ script.Level, text string) { l.Lines = append(l.Lines, text) }

// Compile compiles a whole script in Kamailio's dialect that may load the
// modules given.
func Compile(t testing.TB, source string, modules ...*script.Module) *script.Program {
	t.Helper()
	p, err := TryCompile(source, syntax.Kamailio, modules...)
	if err != nil {
		t.Fatalf("%v\nin\n%s", err, source)
	}
	return p
}

// TryCompile compiles a script in a dialect.
func TryCompile(source string, d syntax.Dialect, modules ...*script.Module) (*script.Program, error) {
	file, err := syntax.Parse("test.cfg", source, syntax.Options{Dialect: d})
	if err != nil {
		return nil, err
	}
	return script.Compile(file, script.Options{Modules: modules, Log: &Log{}, Myself: Myself})
}

// Myself knows Local and us.test.
func Myself(host string, port int, _ wire.Transport) bool {
	return (host == Local.Addr().String() || host == "us.test") && (port == 0 || port == int(Local.Port()))
}

// Source makes a script that loads modules, sets parameters (lines of
// modparam) and has body as its request_route.
func Source(modules []*script.Module, params, body string) string {
	var b strings.Builder
	for _, m := range modules {
		b.WriteString("loadmodule \"" + m.Name + ".so\"\n")
	}
	return b.String() + params + "\nrequest_route {\n" + body + "\n}\n"
}

// Run runs statements as the request_route on a message and gives the value of
// the last one.
func Run(t testing.TB, m *module.Message, body string, modules ...*script.Module) int {
	t.Helper()
	return RunWith(t, m, "", body, modules...)
}

// RunWith is Run with lines of modparam.
func RunWith(t testing.TB, m *module.Message, params, body string, modules ...*script.Module) int {
	t.Helper()
	p := Compile(t, Source(modules, params, body), modules...)
	return p.Find(syntax.RequestRoute, "").Run(&m.Context).Code
}

// RunReply runs statements as the reply_route.
func RunReply(t testing.TB, m *module.Message, body string, modules ...*script.Module) int {
	t.Helper()
	source := strings.Replace(Source(modules, "", body), "request_route {", "reply_route {", 1)
	return Compile(t, source, modules...).Find(syntax.ReplyRoute, "").Run(&m.Context).Code
}

// Allocations gives how often one run of a statement allocates.
func Allocations(t testing.TB, m *module.Message, body string, modules ...*script.Module) float64 {
	t.Helper()
	route := Compile(t, Source(modules, "", body), modules...).Find(syntax.RequestRoute, "")
	return testing.AllocsPerRun(100, func() { route.Run(&m.Context) })
}
