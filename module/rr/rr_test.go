package rr

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"

	"viaduct/module"
	"viaduct/proxy"
	"viaduct/script"
	"viaduct/script/syntax"
	"viaduct/sip"
	"viaduct/wire"
)

// ours are the addresses of the server under test.
var ours = []string{"127.168.1.15:5060", "127.0.0.1:7660", "127.0.0.1:7662", "us.test:5060", "us.test:5061"}

func myself(host string, port int, _ wire.Transport) bool {
	return slices.Contains(ours, host+":"+strconv.Itoa(port))
}

// request makes a request with lines of header before From.
func request(t *testing.T, method, uri, fromTag, toTag string, lines ...string) *module.Message {
	t.Helper()
	text := method + " " + uri + " SIP/2.0\r\n" +
		"Via: SIP/2.0/UDP 127.0.0.1:7000;branch=z9hG4bK1\r\n" +
		strings.Join(append(lines, ""), "\r\n") +
		"From: <sip:308@127.168.1.15>;tag=" + fromTag + "\r\n" +
		"To: <sip:309@127.168.1.15>"
	if toTag != "" {
		text += ";tag=" + toTag
	}
	text += "\r\nCall-ID: 8c80d06175b1eb80@127.168.1.10\r\nCSeq: 1 " + method + "\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
	return parsed(t, text)
}

func parsed(t *testing.T, text string) *module.Message {
	t.Helper()
	message, err := sip.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	m := &module.Message{Proxy: &proxy.Proxy{Listeners: listeners}}
	m.Host = m
	m.Context.Message = message
	m.URI = message.RequestURI
	m.Flow = wire.Flow{Transport: wire.UDP, Local: listeners[0].Local}
	return m
}

var listeners = []proxy.Listener{
	{Transport: wire.UDP, Local: netip.MustParseAddrPort("127.0.0.1:7660"), SentBy: "127.0.0.1:7660"},
	{Transport: wire.UDP, Local: netip.MustParseAddrPort("127.0.0.1:7662"), SentBy: "127.0.0.1:7662"},
	{Transport: wire.TCP, Local: netip.MustParseAddrPort("127.0.0.1:7662"), SentBy: "us.test:7662"},
}

// load makes the module with parameters "name=value".
func load(t *testing.T, params ...string) *script.Module {
	t.Helper()
	m := New(Server{Myself: myself, Key: []byte("a key for tests")})
	for _, param := range params {
		name, value, _ := strings.Cut(param, "=")
		i := slices.IndexFunc(m.Params, func(p script.Param) bool { return p.Name == name })
		if i < 0 {
			t.Fatalf("no parameter %s", name)
		}
		if err := m.Params[i].Set(script.StringValue(value)); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Start(); err != nil {
		t.Fatal(err)
	}
	return m
}

// call runs a function with constant arguments.
func call(t *testing.T, m *script.Module, c *module.Message, name string, args ...string) int {
	t.Helper()
	i := slices.IndexFunc(m.Functions, func(f script.Function) bool { return f.Name == name })
	if i < 0 {
		t.Fatalf("no function %s", name)
	}
	var bound []script.Arg
	for _, arg := range args {
		bound = append(bound, constant(arg))
	}
	action, err := m.Functions[i].Bind(bound)
	if err != nil {
		t.Fatal(err)
	}
	return action(&c.Context)
}

type constant string

func (a constant) Constant() (script.Value, bool)    { return script.StringValue(string(a)), true }
func (a constant) Eval(*script.Context) script.Value { return script.StringValue(string(a)) }
func (a constant) Variable() script.Assignable       { return nil }
func (a constant) Source() syntax.Expr               { return nil }

// routesOf gives the Route values of a message with its edits.
func routesOf(t *testing.T, m *module.Message) []string {
	t.Helper()
	message, err := sip.Parse(string(m.Edits.Append(nil, m.Context.Message)))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for value := range message.Values(sip.FieldRoute) {
		all = append(all, value.Text)
	}
	return all
}
