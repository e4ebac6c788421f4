// Exchange: one question to the name servers, until one of them answers.
package resolve

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// errRefused says that name servers are there, but none knows or tells: they
// said SERVFAIL, REFUSED or nonsense.
var errRefused = fmt.Errorf("%w: they refused", ErrUnanswered)

// udpSize is how large a reply over UDP may be: what passes without fragments.
const udpSize = 1232

// ask looks for the answer to a question, and behind aliases if need be.
func (d *directory) ask(q question) (*answer, time.Duration, error) {
	ctx, cancel := context.WithTimeout(context.Background(), d.config.Limit)
	defer cancel()
	select {
	case d.questions <- struct{}{}:
		defer func() { <-d.questions }()
	case <-ctx.Done():
		return nil, 0, ErrUnanswered
	}
	chain := time.Duration(-1) // of the aliases that led out of replies
	for range maxAliases {
		reply, err := d.askAll(ctx, q)
		if err != nil {
			return nil, 0, err
		}
		found := read(reply, q)
		if chain >= 0 && (found.ttl < 0 || chain < found.ttl) {
			found.ttl = chain
		}
		if found.next == "" {
			return &answer{found.records}, d.config.bounded(&found), nil
		}
		q.name, chain = strings.ToLower(found.next), found.ttl
	}
	return &answer{}, d.config.NegativeTTL, nil // aliases without end
}

// askAll asks one server after the other, beginning with the one that
// answered last. A second round is worth it only when a packet may have got
// lost: a server that refuses will do so again.
func (d *directory) askAll(ctx context.Context, q question) (*dns.Msg, error) {
	system := d.system.now()
	servers := system.servers
	lost, refused := true, false
	for round := 0; round < system.attempts && lost; round++ {
		lost = false
		first := int(d.answering.Load())
		for i := range servers {
			at := (first + i) % len(servers)
			reply, err := d.askOne(ctx, servers[at], q, system.timeout)
			if err == nil {
				d.answering.Store(uint32(at))
				return reply, nil
			}
			if errors.Is(err, errRefused) {
				refused = true
			} else {
				lost = true
			}
			if ctx.Err() != nil {
				break
			}
		}
		if ctx.Err() != nil {
			break
		}
	}
	d.counts.unanswered.Add(1)
	if refused {
		return nil, errRefused
	}
	return nil, ErrUnanswered
}

// askOne asks one server: again without EDNS when it does not know that (RFC
// 6891 section 7), and over TCP when the answer does not fit into a datagram
// (RFC 7766).
func (d *directory) askOne(ctx context.Context, server netip.AddrPort, q question, timeout time.Duration) (*dns.Msg, error) {
	query := new(dns.Msg)
	query.SetQuestion(q.name, q.kind)
	query.SetEdns0(udpSize, false)
	network := "udp"
	for range 3 {
		reply, err := d.send(ctx, network, server, query, timeout)
		switch {
		case err != nil:
			return nil, err
		case !isReply(reply, query):
			return nil, errRefused
		case reply.Truncated && network == "udp":
			network = "tcp"
		case (reply.Rcode == dns.RcodeFormatError || reply.Rcode == dns.RcodeNotImplemented) && len(query.Extra) > 0:
			query.Extra = nil
		case reply.Rcode != dns.RcodeSuccess && reply.Rcode != dns.RcodeNameError:
			return nil, errRefused
		default:
			return reply, nil
		}
	}
	return nil, errRefused
}

func (d *directory) send(ctx context.Context, network string, server netip.AddrPort, query *dns.Msg, timeout time.Duration) (*dns.Msg, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	d.counts.queries.Add(1)
	return d.config.Exchange(ctx, network, server, query)
}

// isReply tells whether a message answers the question asked. A refusal may
// leave the question out.
func isReply(reply, query *dns.Msg) bool {
	if reply == nil || !reply.Response || reply.Id != query.Id {
		return false
	}
	if len(reply.Question) == 0 {
		return reply.Rcode != dns.RcodeSuccess
	}
	asked, answered := &query.Question[0], &reply.Question[0]
	return strings.EqualFold(asked.Name, answered.Name) && asked.Qtype == answered.Qtype && asked.Qclass == answered.Qclass
}

// overSockets sends a query from a port of its own, which the reply of a
// stranger would have to guess (RFC 5452).
func overSockets(ctx context.Context, network string, server netip.AddrPort, query *dns.Msg) (*dns.Msg, error) {
	client := dns.Client{Net: network}
	if deadline, ok := ctx.Deadline(); ok {
		client.Timeout = time.Until(deadline)
	}
	reply, _, err := client.ExchangeContext(ctx, query, server.String())
	if err != nil && reply != nil && reply.Truncated {
		return reply, nil // cut in the middle of a record
	}
	return reply, err
}
