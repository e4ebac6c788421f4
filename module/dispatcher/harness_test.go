package dispatcher

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"viaduct/internal/siptest/scripttest"
	"viaduct/module"
	"viaduct/proxy"
	"viaduct/resolve"
	"viaduct/script"
	"viaduct/script/syntax"
)

// home is a server with a list and what outlives a script.
type home struct {
	t    testing.TB
	kept Kept
	dir  string
	at   time.Time
	log  scripttest.Log
	said scripttest.Said
	last *script.Module
}

func newHome(t testing.TB, list string) *home {
	h := &home{t: t, dir: t.TempDir(), at: time.Unix(1_000_000, 0)}
	h.write(list)
	return h
}

func (h *home) write(list string) {
	h.t.Helper()
	if err := os.WriteFile(filepath.Join(h.dir, "list"), []byte(list), 0o644); err != nil {
		h.t.Fatal(err)
	}
}

func (h *home) now() time.Time { return h.at }

func (h *home) module() *script.Module {
	h.last = New(Server{
		Directory: h.dir, Kept: &h.kept, Proxy: &proxy.Proxy{Resolver: resolve.New()}, Now: h.now, Log: &h.log,
		Run: func(route *script.Route, set func(*module.Message)) {
			m := scripttest.Message(h.t, scripttest.Invite)
			set(m)
			route.Run(&m.Context)
		},
	})
	return h.last
}

const loads = "loadmodule \"say\"\nloadmodule \"dispatcher.so\"\nmodparam(\"dispatcher\", \"list_file\", \"list\")\n"

// source is a script with parameters "name=value".
func source(params []string, body, others string) string {
	text := loads
	for _, p := range params {
		name, value, _ := strings.Cut(p, "=")
		text += "modparam(\"dispatcher\", \"" + name + "\", " + value + ")\n"
	}
	return text + "request_route {\n" + body + "\n}\n" + others
}

func (h *home) compile(params []string, body, others string) *script.Program {
	h.t.Helper()
	return scripttest.Compile(h.t, source(params, body, others), h.module(), h.said.Module())
}

// run runs statements on a request and gives what they said.
func (h *home) run(params []string, request, body string) []string {
	h.t.Helper()
	return h.play(h.compile(params, body, ""), request)
}

func (h *home) play(p *script.Program, request string) []string {
	h.t.Helper()
	h.said.Lines = nil
	m := scripttest.Message(h.t, request)
	p.Find(syntax.RequestRoute, "").Run(&m.Context)
	return h.said.Lines
}

// invite is a request with another Call-ID.
func invite(t testing.TB, id string) string {
	return scripttest.Swap(t, scripttest.Invite, "Call-ID: c1@example.test", "Call-ID: "+id)
}
