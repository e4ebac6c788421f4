// Name server: answers for the names of a scenario, and for no others.
package lab

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"

	"github.com/miekg/dns"
)

// nameServer is one at work.
type nameServer struct {
	server  *dns.Server
	at      netip.AddrPort
	records map[string][]dns.RR // by lower-case name

	mu    sync.Mutex
	asked []string
}

// serveNames begins to answer on a port of 127.0.0.1. The zone is written as
// RFC 1035 section 5 has it.
func serveNames(zone string) (*nameServer, error) {
	n := &nameServer{records: map[string][]dns.RR{}}
	parser := dns.NewZoneParser(strings.NewReader(zone), "test.", "zone")
	parser.SetDefaultTTL(60)
	for record, ok := parser.Next(); ok; record, ok = parser.Next() {
		name := strings.ToLower(record.Header().Name)
		n.records[name] = append(n.records[name], record)
	}
	if err := parser.Err(); err != nil {
		return nil, err
	}
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	n.at = conn.LocalAddr().(*net.UDPAddr).AddrPort()
	started := make(chan bool)
	n.server = &dns.Server{PacketConn: conn, Handler: n, NotifyStartedFunc: func() { close(started) }}
	go n.server.ActivateAndServe()
	<-started
	return n, nil
}

// ServeDNS answers one query.
func (n *nameServer) ServeDNS(w dns.ResponseWriter, query *dns.Msg) {
	if len(query.Question) != 1 {
		return
	}
	question := query.Question[0]
	name := strings.ToLower(question.Name)
	answer := new(dns.Msg)
	answer.SetReply(query)
	answer.Authoritative = true
	all, exists := n.records[name]
	if !exists {
		answer.Rcode = dns.RcodeNameError
	}
	for _, record := range all {
		if record.Header().Rrtype == question.Qtype {
			answer.Answer = append(answer.Answer, record)
		}
	}
	n.note(name, question.Qtype, answer.Answer)
	_ = w.WriteMsg(answer) // the asker may be gone
}

// note keeps a question and its answer for the reader.
func (n *nameServer) note(name string, kind uint16, records []dns.RR) {
	line := fmt.Sprintf("%s %s?", name, dns.TypeToString[kind])
	if len(records) == 0 {
		line += "  no such record"
	}
	for _, record := range records {
		text := record.String()
		line += "  " + strings.Join(strings.Fields(text[len(record.Header().String()):]), " ")
	}
	n.mu.Lock()
	n.asked = append(n.asked, line)
	n.mu.Unlock()
}

// printout gives what was asked and answered.
func (n *nameServer) printout() Printout {
	n.mu.Lock()
	defer n.mu.Unlock()
	return Printout{"what the name server was asked", "\n" + strings.Join(n.asked, "\n") + "\n"}
}

func (n *nameServer) Close() error { return n.server.Shutdown() }
