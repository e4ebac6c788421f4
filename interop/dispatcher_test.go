// Requests shared out by module dispatcher: the same script and the same list through both servers, and the same
// requests must come to the same destinations.

package interop

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"viaduct/sip"
)

// gateway is one destination: it answers every request alike.
type gateway struct {
	name   string
	conn   *net.UDPConn
	status int
	seen   func(name string, m *sip.Message)
}

func (g *gateway) address() string { return g.conn.LocalAddr().String() }

// serve answers until the socket is closed.
func (g *gateway) serve() {
	buffer := make([]byte, 65535)
	for {
		n, from, err := g.conn.ReadFromUDPAddrPort(buffer)
		if err != nil {
			return
		}
		m, err := sip.Parse(string(buffer[:n]))
		if err != nil || m.Method == "ACK" {
			continue
		}
		g.seen(g.name, m)
		reply := sip.AppendReply(nil, m, &sip.Reply{Status: g.status, ToTag: g.name})
		_, _ = g.conn.WriteToUDPAddrPort(reply, from)
	}
}

// journal says which gateways a call came to, in their order. A retransmission is no second coming.
type journal struct {
	mutex sync.Mutex
	came  map[string][]string // by Call-ID
	known map[string]bool     // branches
}

func (j *journal) note(name string, m *sip.Message) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	if key := name + m.Get(sip.FieldVia); !j.known[key] {
		j.known[key] = true
		j.came[m.CallID()] = append(j.came[m.CallID()], name)
	}
}

func (j *journal) of(id string) string {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	return strings.Join(j.came[id], " ")
}

func listenLocal(t *testing.T) *net.UDPConn {
	t.Helper()
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// The gateways: a to d answer 200, x and y 500, e is always inactive.
const gatewaySets = `1 sip:a
1 sip:b
1 sip:c 0 5
1 sip:d 0 5
1 sip:e 1
2 sip:a 0 1
2 sip:x 0 2
3 sip:x
3 sip:y
4 sip:e 1
5 sip:a 0 0 weight=50
5 sip:b 0 0 weight=30
5 sip:c 0 0 weight=20
6 sip:a 0 0 rweight=1
6 sip:b 0 0 rweight=3
7 sip:a 0 0 duid=a;maxload=2
7 sip:b 0 0 duid=b;maxload=1
8 sip:a 0 10
8 sip:b 0 20
8 sip:c 0 20
`

func TestDispatcher(t *testing.T) {
	needPrograms(t, "kamailio")
	told := map[string][]string{}
	for _, s := range servers() {
		t.Run(s.name(), func(t *testing.T) { told[s.name()] = dispatchThrough(t, s) })
	}
	kamailios, ours := told["kamailio"], told["viaduct"]
	if len(kamailios) == 0 || len(kamailios) != len(ours) {
		t.Fatalf("%d and %d results", len(kamailios), len(ours))
	}
	for i, want := range kamailios {
		if ours[i] != want {
			t.Errorf("viaduct: %s\nKamailio: %s", ours[i], want)
		}
	}
	for _, want := range []string{
		"failover set-2-alg-8: x a, 200", "all down set-3-alg-8: y x, 500 All down", "then set-3-alg-8: , 404 No destination", "again set-2-alg-8: a, 200",
		"none set-4-alg-4: , 404 No destination", "no such set-9-alg-4: , 404 No destination",
		"hundred set-5-alg-9: a 50, b 30, c 20", "hundred set-6-alg-11: a 25, b 75",
	} {
		found := false
		for _, line := range kamailios {
			found = found || strings.HasPrefix(line, want)
		}
		if !found {
			t.Errorf("Kamailio did not give %q:\n%s", want, strings.Join(kamailios, "\n"))
		}
	}
}

// dispatchThrough plays all requests through one server, and says what became of each.
func dispatchThrough(t *testing.T, s server) (told []string) {
	seen := &journal{came: map[string][]string{}, known: map[string]bool{}}
	list := gatewaySets
	for name, status := range map[string]int{"a": 200, "b": 200, "c": 200, "d": 200, "e": 200, "x": 500, "y": 500} {
		g := &gateway{name: name, conn: listenLocal(t), status: status, seen: seen.note}
		go g.serve()
		list = strings.NewReplacer("sip:"+name+"\n", "sip:"+g.address()+"\n", "sip:"+name+" ", "sip:"+g.address()+" ").Replace(list)
	}
	through := start(t, s, configWithList(t, list))
	c := &dispatchCaller{t: t, conn: listenLocal(t), server: through.ipv4}
	ask := func(about, method, user, id string) string {
		status := c.ask(method, user, id)
		return fmt.Sprintf("%s %s: %s, %s", about, user, seen.of(id), status)
	}
	for algorithm := range 9 {
		if algorithm == 6 { // random
			continue
		}
		for i := range 12 {
			told = append(told, ask("hashing", "MESSAGE", fmt.Sprintf("set-1-alg-%d", algorithm), fmt.Sprintf("%d.call%d@x", algorithm, i)))
		}
	}
	for i := range 5 {
		told = append(told, ask("latency", "MESSAGE", "set-8-alg-13", fmt.Sprintf("latency%d", i)))
		told = append(told, ask("load", "INVITE", "set-7-alg-10", fmt.Sprintf("load%d", i)))
	}
	told = append(told,
		ask("failover", "INVITE", "set-2-alg-8", "failover"),
		ask("again", "MESSAGE", "set-2-alg-8", "again"),
		ask("all down", "INVITE", "set-3-alg-8", "alldown"),
		ask("then", "INVITE", "set-3-alg-8", "then"),
		ask("none", "INVITE", "set-4-alg-4", "none"),
		ask("no such", "INVITE", "set-9-alg-4", "nosuch"),
	)
	for _, user := range []string{"set-5-alg-9", "set-6-alg-11"} {
		counts := map[string]int{}
		for i := range 100 {
			id := fmt.Sprintf("%s.%d", user, i)
			c.ask("MESSAGE", user, id)
			counts[seen.of(id)]++
		}
		line := "hundred " + user + ": a " + fmt.Sprint(counts["a"]) + ", b " + fmt.Sprint(counts["b"])
		if counts["c"] > 0 {
			line += ", c " + fmt.Sprint(counts["c"])
		}
		told = append(told, line)
	}
	return told
}

// dispatcherScript is not a scenario's: its list names the ports of each run.
var dispatcherScript = filepath.Join("configs", "dispatcher.cfg")

// configWithList writes the list and the script that reads it.
func configWithList(t *testing.T, list string) string {
	t.Helper()
	folder := t.TempDir()
	text, err := os.ReadFile(dispatcherScript)
	if err != nil {
		t.Fatal(err)
	}
	path, config := filepath.Join(folder, "dispatcher.list"), filepath.Join(folder, "dispatcher.cfg")
	if err := os.WriteFile(path, []byte(list), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(config, []byte(strings.Replace(string(text), `"LIST"`, `"`+path+`"`, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	return config
}

// dispatchCaller sends requests, one after the other.
type dispatchCaller struct {
	t      *testing.T
	conn   *net.UDPConn
	server netip.AddrPort
	count  int
}

// ask sends a request and gives status and reason of the final response; what is no 2xx to an INVITE is acknowledged.
func (c *dispatchCaller) ask(method, user, id string) string {
	c.t.Helper()
	c.count++
	local := c.conn.LocalAddr().String()
	text := func(method string) string {
		return fmt.Sprintf("%s sip:%s@example.test SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK-dispatch-%d\r\nMax-Forwards: 70\r\n"+
			"From: <sip:alice%d@example.test>;tag=a%d\r\nTo: <sip:bob%d@example.test:5070>\r\nCall-ID: %s\r\nCSeq: 1 %s\r\nContent-Length: 0\r\n\r\n",
			method, user, local, c.count, c.count, c.count, c.count, id, method)
	}
	for range 3 { // a datagram may be lost
		_, _ = c.conn.WriteToUDPAddrPort([]byte(text(method)), c.server)
		if m := c.final(id); m != nil {
			if method == "INVITE" && m.Status >= 300 {
				ack := strings.Replace(text("ACK"), fmt.Sprintf("To: <sip:bob%d@example.test:5070>", c.count), "To: "+m.Get(sip.FieldTo), 1)
				_, _ = c.conn.WriteToUDPAddrPort([]byte(ack), c.server)
			}
			if m.Status == 200 {
				return "200 " + m.Get(sip.FieldTo)[strings.Index(m.Get(sip.FieldTo), "tag="):]
			}
			return fmt.Sprintf("%d %s", m.Status, m.Reason)
		}
	}
	c.t.Fatalf("no answer to %s %s", method, user)
	return ""
}

// final waits a second for the final response of a call.
func (c *dispatchCaller) final(id string) *sip.Message {
	buffer := make([]byte, 65535)
	_ = c.conn.SetReadDeadline(time.Now().Add(time.Second))
	for {
		n, _, err := c.conn.ReadFromUDPAddrPort(buffer)
		if err != nil {
			return nil
		}
		if m, err := sip.Parse(string(buffer[:n])); err == nil && m.Status >= 200 && m.CallID() == id {
			return m
		}
	}
}
