// Plays one scenario with SIPp: the phones that wait, the phone that starts, and what each of them saw.

package interop

import (
	"fmt"
	"net/netip"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// scenario is a set of files scenarios/CALL.ROLE.xml, one a phone, and how they reach the server. The role "caller"
// starts; the others are registered first and wait: "callee", "callee2" … are contacts of one user, the callee, and any
// other role is a user of its own.
type scenario struct {
	name      string // of the golden file
	call      string // of the files
	script    string // the server's
	transport string // "udp" or "tcp"
	ipv6      bool
}

func scenarios() []scenario {
	var all []scenario
	for _, call := range []string{"register", "call", "callee-ends", "cancel", "busy", "fork", "reinvite", "message",
		"not-found", "options", "too-many-hops", "not-relaying", "no-dialog"} {
		all = append(all, scenario{name: call, call: call, script: debianScript, transport: "udp"})
	}
	for _, call := range []string{"register", "call", "cancel", "busy", "fork", "reinvite"} {
		all = append(all, scenario{name: call + "-tcp", call: call, script: debianScript, transport: "tcp"},
			scenario{name: call + "-ipv6", call: call, script: debianScript, transport: "udp", ipv6: true})
	}
	all = append(all, scenario{name: "call-tcp-ipv6", call: "call", script: debianScript, transport: "tcp", ipv6: true})
	for _, own := range []struct {
		script string
		calls  []string
	}{
		{"stateless", []string{"call", "callee-ends", "cancel", "busy", "not-found"}},
		{"fromtag", []string{"call", "callee-ends", "reinvite"}},
		{"failover", []string{"call", "failover", "nobody", "moved", "cancel"}},
		{"dialog", []string{"call", "callee-ends", "busy", "cancel", "reinvite", "too-long", "hung-up"}},
	} {
		for _, call := range own.calls {
			all = append(all, scenario{name: own.script + "-" + call, call: call,
				script: filepath.Join("configs", own.script+".cfg"), transport: "udp"})
		}
	}
	return all
}

const caller = "caller"

// registering is what a phone that waits for a call plays first.
const registering = "attach.xml"

// longest is more than any scenario takes; SIPp gives up before that.
const (
	longest     = 20 * time.Second
	sippTimeout = "15s"
)

// play runs the scenario through a server and returns its normalized ladder.
func (s scenario) play(t *testing.T, through *running) string {
	folder := t.TempDir()
	roles := s.roles(t)
	phones := map[string]*phone{}
	addresses := map[string]netip.AddrPort{serverRole: through.address(s.ipv6)}
	for _, role := range roles {
		phones[role] = &phone{scenario: s, role: role, folder: folder, server: addresses[serverRole],
			address: netip.AddrPortFrom(addresses[serverRole].Addr(), freePort(t))}
		addresses[role] = phones[role].address
	}
	for _, role := range roles {
		if role != caller {
			phones[role].register(t)
			phones[role].await(t)
		}
	}
	phones[caller].begin(t)
	for _, role := range roles {
		phones[role].finish(t, through)
	}
	logs := map[string][]traced{}
	for _, role := range roles {
		log, err := readTrace(phones[role].trace())
		if err != nil {
			t.Fatal(err)
		}
		logs[role] = log
	}
	return newNormalizer(addresses, s.userSuffix()).draw(merge(logs))
}

// roles are named by the scenario's files, the caller last.
func (s scenario) roles(t *testing.T) []string {
	files, err := filepath.Glob(filepath.Join("scenarios", s.call+".*.xml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no file scenarios/%s.*.xml (%v)", s.call, err)
	}
	var roles []string
	for _, file := range files {
		role := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), s.call+"."), ".xml")
		if role != caller {
			roles = append(roles, role)
		}
	}
	return append(roles, caller)
}

// userSuffix keeps the users of scenarios that share a server apart.
func (s scenario) userSuffix() string { return "." + s.name }

// phone is one SIPp in a scenario.
type phone struct {
	scenario
	role            string
	folder          string
	address, server netip.AddrPort
	running         *process
}

// register binds the address-of-record of this phone's user to it.
func (p *phone) register(t *testing.T) {
	first := &phone{scenario: p.scenario, role: p.role + "-registers", folder: p.folder, address: p.address, server: p.server}
	first.launch(t, registering)
	first.finish(t, nil)
}

// waits is the user that a waiting phone belongs to, or that the caller calls.
func (p *phone) waits() string {
	role := strings.TrimSuffix(p.role, "-registers")
	if role == caller || strings.HasPrefix(role, "callee") {
		role = "callee"
	}
	return role + p.userSuffix()
}

// await starts a phone that waits for a call.
func (p *phone) await(t *testing.T) {
	p.launch(t, p.scenario.call+"."+p.role+".xml")
	if !eventually(5*time.Second, func() bool { return p.running.hasEnded() || isBound(p.transport, p.address) }) {
		t.Fatalf("%s does not listen at %v: %s", p.role, p.address, p.running.tail())
	}
}

func (p *phone) begin(t *testing.T) { p.launch(t, p.scenario.call+"."+p.role+".xml") }

func (p *phone) launch(t *testing.T, file string) {
	path, err := filepath.Abs(filepath.Join("scenarios", file))
	if err != nil {
		t.Fatal(err)
	}
	host := p.address.Addr().String()
	mode, contact := "u1", []string{"-key", "transport_parameter", ""}
	if p.transport == "tcp" {
		mode, contact = "t1", []string{"-key", "transport_parameter", ";transport=tcp"}
	}
	p.running = launch(t, p.folder, p.role, exec.Command("sipp", slices.Concat([]string{
		p.server.String(), "-sf", path, "-t", mode, "-m", "1", "-nostdin",
		"-i", host, "-p", fmt.Sprint(p.address.Port()), "-mi", host,
		"-key", "caller", caller + p.userSuffix(), "-key", "callee", p.waits()}, contact, []string{
		"-recv_timeout", "8000", "-timeout", sippTimeout, "-timeout_error",
		"-trace_msg", "-message_file", p.trace(), "-trace_err", "-error_file", p.errors()})...))
}

func (p *phone) trace() string  { return filepath.Join(p.folder, p.role+".messages") }
func (p *phone) errors() string { return filepath.Join(p.folder, p.role+".errors") }

// finish waits until the phone has played its part, and fails with all that is known when it has not.
func (p *phone) finish(t *testing.T, through *running) {
	err, inTime := p.running.wait(longest)
	if inTime && err == nil {
		return
	}
	server := ""
	if through != nil {
		server = through.tail()
	}
	t.Fatalf("%s did not play its part (%v)\n--- its errors\n%s\n--- its messages\n%s\n--- the server\n%s",
		p.role, err, tail(p.errors()), tail(p.trace()), server)
}
