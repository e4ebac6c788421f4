package registrar

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"viaduct/internal/siptest/scripttest"
	"viaduct/location"
	"viaduct/module"
	"viaduct/registrar"
	"viaduct/script"
	"viaduct/sip"
	"viaduct/wire"
)

// server is what the module under test runs in.
type server struct {
	config registrar.Config
	tables map[string]*location.Table
	now    time.Time
	open   map[uint64]bool
}

func newServer() *server {
	return &server{
		config: registrar.DefaultConfig(),
		tables: map[string]*location.Table{},
		now:    time.Unix(1_800_000_000, 0),
		open:   map[uint64]bool{},
	}
}

func (s *server) module() *script.Module {
	return New(Server{
		Config: &s.config,
		Table:  s.table,
		IsOpen: func(connection uint64) bool { return s.open[connection] },
		Now:    func() time.Time { return s.now },
	})
}

func (s *server) table(name string) registrar.Table {
	if s.tables[name] == nil {
		s.tables[name] = location.New()
	}
	return s.tables[name]
}

// run runs statements on a message.
func (s *server) run(t *testing.T, m *module.Message, params, body string) int {
	t.Helper()
	return scripttest.RunWith(t, m, params, body, s.module())
}

// register makes a REGISTER of a user with lines, Contact among them.
func register(t *testing.T, user, callID string, cseq int, lines ...string) *module.Message {
	t.Helper()
	text := "REGISTER sip:us.test SIP/2.0\r\n" +
		"Via: SIP/2.0/UDP 127.0.0.9:5070;branch=z9hG4bK" + fmt.Sprint(cseq) + "\r\n" +
		"Max-Forwards: 70\r\n" +
		"From: <sip:" + user + "@us.test>;tag=1\r\nTo: <sip:" + user + "@us.test>\r\n" +
		"Call-ID: " + callID + "\r\nCSeq: " + fmt.Sprint(cseq) + " REGISTER\r\n" +
		strings.Join(append(lines, "Content-Length: 0", "", ""), "\r\n")
	return scripttest.Message(t, text)
}

// request makes a request to a URI; inDialog gives it a To tag.
func request(t *testing.T, method, uri string, inDialog bool) *module.Message {
	t.Helper()
	tag := ""
	if inDialog {
		tag = ";tag=2"
	}
	return scripttest.Message(t, method+" "+uri+" SIP/2.0\r\n"+
		"Via: SIP/2.0/UDP 127.0.0.9:5070;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n"+
		"From: <sip:b@us.test>;tag=1\r\nTo: <sip:a@us.test>"+tag+"\r\n"+
		"Call-ID: 1\r\nCSeq: 1 "+method+"\r\nContent-Length: 0\r\n\r\n")
}

// reply gives the one reply that was sent, as status, reason and Contact values.
func reply(t *testing.T, m *module.Message) string {
	t.Helper()
	sent := scripttest.Sends(m)
	if len(sent) == 0 {
		return ""
	}
	if len(sent) > 1 {
		t.Fatalf("%d replies", len(sent))
	}
	answer, err := sip.Parse(sent[0].Text)
	if err != nil {
		t.Fatal(err)
	}
	text := answer.Summary()
	for value := range answer.Values(sip.FieldContact) {
		text += " " + value.Text
	}
	if after := answer.Get(sip.FieldRetryAfter); after != "" {
		text += " after " + after
	}
	return text
}

const (
	one   = "Contact: <sip:a@127.0.0.1:7001>"
	two   = "Contact: <sip:a@127.0.0.1:7002>"
	three = "Contact: <sip:a@127.0.0.1:7003>"

	oneIs   = " <sip:a@127.0.0.1:7001>;expires=3600"
	twoIs   = " <sip:a@127.0.0.1:7002>;expires=3600"
	threeIs = " <sip:a@127.0.0.1:7003>;expires=3600"
)

// The codes are those that Kamailio 5.6.3 gives for the same requests.
func TestSave(t *testing.T) {
	s := newServer()
	for _, step := range []struct {
		name   string
		params string
		body   string // "" is save("location")
		callID string
		cseq   int
		lines  []string
		code   int
		reply  string
	}{
		{name: "question", callID: "1", cseq: 1, code: 4, reply: "200 OK"},
		{name: "new", callID: "1", cseq: 10, lines: []string{one}, code: 1, reply: "200 OK" + oneIs},
		{name: "retransmission", callID: "1", cseq: 10, lines: []string{one}, code: 1, reply: "200 OK" + oneIs},
		{name: "refresh", callID: "1", cseq: 11, lines: []string{one}, code: 2, reply: "200 OK" + oneIs},
		{name: "out of order", callID: "1", cseq: 9, lines: []string{one}, code: -1, reply: "500 CSeq Out of Order"},
		{name: "question again", callID: "1", cseq: 12, code: 4, reply: "200 OK" + oneIs},
		{name: "second", callID: "2", cseq: 1, lines: []string{two}, code: 1, reply: "200 OK" + oneIs + twoIs},
		{name: "too many", params: `modparam("registrar", "max_contacts", 2) modparam("registrar", "retry_after", 30)`,
			callID: "3", cseq: 1, lines: []string{three}, code: -2, reply: "503 Too Many Contacts after 30"},
		{name: "short", callID: "2", cseq: 2, lines: []string{two, "Expires: 5"}, code: 2, reply: "200 OK" + oneIs + " <sip:a@127.0.0.1:7002>;expires=60"},
		{name: "too short", params: `modparam("registrar", "min_expires_mode", 1)`, callID: "2", cseq: 3, lines: []string{two, "Expires: 5"}, code: -1, reply: "423 Interval Too Brief"},
		{name: "only one may stay", body: `save("location", "0x04");`, callID: "4", cseq: 1, lines: []string{three}, code: 1, reply: "200 OK" + threeIs},
		{name: "no reply", body: `save("location", 2);`, callID: "4", cseq: 2, lines: []string{three}, code: 2},
		{name: "no reply of SER", body: `save_noreply("location");`, callID: "4", cseq: 3, lines: []string{three}, code: 2},
		{name: "reply later", body: `save("location", "0x2"); reg_send_reply();`, callID: "4", cseq: 4, lines: []string{three}, code: 1, reply: "200 OK" + threeIs},
		{name: "nothing to reply", body: `reg_send_reply();`, callID: "4", cseq: 5, code: -1},
		{name: "SER's names", body: `save_memory("location");`, callID: "4", cseq: 6, lines: []string{three}, code: 2, reply: "200 OK" + threeIs},
		{name: "unknown one gone", callID: "5", cseq: 1, lines: []string{"Contact: <sip:a@127.0.0.1:7999>;expires=0"}, code: 1, reply: "200 OK" + threeIs},
		{name: "one gone, one new", callID: "4", cseq: 7, lines: []string{three + ";expires=0", one}, code: 1, reply: "200 OK" + oneIs},
		{name: "last gone", callID: "4", cseq: 8, lines: []string{one + ";expires=0"}, code: 3, reply: "200 OK"},
		{name: "all gone", callID: "4", cseq: 9, lines: []string{"Contact: *", "Expires: 0"}, code: 3, reply: "200 OK"},
		{name: "bad", callID: "4", cseq: 10, lines: []string{"Contact: <sip:a@127.0.0.1:7001"}, code: -1, reply: "400 Bad Contact"},
		{name: "another address-of-record", body: `save("location", 0, "sip:other@us.test");`, callID: "4", cseq: 11, lines: []string{one}, code: 1, reply: "200 OK" + oneIs},
		{name: "flags of a variable", body: `$var(f) = "0x02"; save("location", "$var(f)");`, callID: "4", cseq: 12, lines: []string{two}, code: 1},
	} {
		t.Run(step.name, func(t *testing.T) {
			body := step.body
			if body == "" {
				body = `save("location");`
			}
			m := register(t, "a", step.callID, step.cseq, step.lines...)
			before := s.config
			code := s.run(t, m, step.params, body)
			s.config = before
			if got := reply(t, m); code != step.code || got != step.reply {
				t.Errorf("code %d, reply %q\nwant %d, %q", code, got, step.code, step.reply)
			}
		})
	}
	if s.tables["location"].Find("other") == nil {
		t.Error("the address-of-record of the script was not taken")
	}
}

// With flag 0x10 the Contact fields go into whatever reply the script makes.
func TestSavePreparesReply(t *testing.T) {
	s := newServer()
	m := register(t, "a", "1", 1, one)
	if code := s.run(t, m, "", `save("location", "0x12");`); code != 1 {
		t.Fatalf("code %d", code)
	}
	m.Reply(200, "Mine", "")
	if got := reply(t, m); got != "200 Mine"+oneIs {
		t.Errorf("reply %q", got)
	}
}

// The tables of a script are apart.
func TestTables(t *testing.T) {
	s := newServer()
	s.run(t, register(t, "a", "1", 1, one), "", `save("location");`)
	s.run(t, register(t, "a", "1", 1, two), "", `save("other");`)
	for table, want := range map[string]string{"location": "sip:a@127.0.0.1:7001", "other": "sip:a@127.0.0.1:7002"} {
		m := request(t, "INVITE", "sip:a@us.test", false)
		if s.run(t, m, "", `lookup("`+table+`");`); m.URI != want || len(m.Branches) != 0 {
			t.Errorf("%s: %s %v", table, m.URI, m.Branches)
		}
	}
}

func TestScriptFaults(t *testing.T) {
	for body, want := range map[string]string{
		`save();`:                       "save",
		`save($var(t));`:                "named in the script",
		`save("location", "many");`:     "flags",
		`lookup("");`:                   "named in the script",
		`$var(x) = $ulc(p=>nothing);`:   "no attribute",
		`$var(x) = $ulc(p);`:            "profile=>attribute",
		`reg_fetch_contacts("l", "u");`: "reg_fetch_contacts",
	} {
		mod := newServer().module()
		_, err := scripttest.TryCompile(scripttest.Source([]*script.Module{mod}, "", body), 0, mod)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q in it", body, err, want)
		}
	}
	for _, param := range []string{`"default_expires", -1`, `"path_mode", 3`, `"default_q", 1001`, `"min_expires_mode", 2`} {
		mod := newServer().module()
		source := scripttest.Source([]*script.Module{mod}, `modparam("registrar", `+param+`)`, "exit;")
		if _, err := scripttest.TryCompile(source, 0, mod); err == nil {
			t.Errorf("modparam %s is taken", param)
		}
	}
}

func TestSocketHeader(t *testing.T) {
	m := register(t, "a", "1", 1, one)
	if newServer().run(t, m, "", `add_sock_hdr("Sock-Info");`); !strings.Contains(scripttest.Forwarded(m), "\r\nSock-Info: udp:127.0.0.1:5060\r\n") {
		t.Errorf("%s", scripttest.Forwarded(m))
	}
	if code := newServer().run(t, m, "", `add_sock_hdr("no name");`); code != -1 {
		t.Errorf("a bad name: %d", code)
	}
}

var phoneOverTCP = wire.Flow{
	Transport:  wire.TCP,
	Local:      netip.MustParseAddrPort("127.0.0.1:5060"),
	Remote:     netip.MustParseAddrPort("127.0.0.9:40000"),
	Connection: 7,
}
