// Call: one dialog of a Phone, so that a test need not write out routes and tags.
package siptest

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"viaduct/sip"
)

// Call is one dialog, or the attempt of one, as a Phone sees it (RFC 3261
// section 12).
type Call struct {
	Phone  *Phone
	ID     string
	Local  string   // From of requests, with the tag
	Remote string   // To of requests, with the tag once it is known
	Target string   // URI of the peer's Contact
	Routes []string // Route values, the next hop first
	CSeq   int

	branch string // of the INVITE
}

// Invite sends an INVITE with an offer to a URI, with further header lines.
func (p *Phone) Invite(uri string, lines ...string) *Call {
	p.t.Helper()
	p.calls++
	c := &Call{
		Phone: p, ID: fmt.Sprintf("call-%s-%d", p.Name, p.calls),
		Local: p.fill("<sip:{name}@{domain}>;tag={name}", ""), Remote: "<" + uri + ">", Target: uri,
		CSeq: 1, branch: p.newBranch(),
	}
	c.send("INVITE", c.branch, append(lines, "Contact: "+p.Contact, "Content-Type: application/sdp"), p.Offer())
	return c
}

// Dialog makes a call for requests other than INVITE, as OPTIONS.
func (p *Phone) Dialog(uri string) *Call {
	p.calls++
	return &Call{
		Phone: p, ID: fmt.Sprintf("call-%s-%d", p.Name, p.calls),
		Local: p.fill("<sip:{name}@{domain}>;tag={name}", ""), Remote: "<" + uri + ">", Target: uri,
	}
}

// Take makes the call of an INVITE that arrived; answer it with Phone.Reply.
func (p *Phone) Take(invite *sip.Message) *Call {
	c := &Call{Phone: p, ID: invite.CallID(), Local: invite.Get(sip.FieldTo) + ";tag=" + p.Name, Remote: invite.Get(sip.FieldFrom), CSeq: 100}
	c.learn(invite)
	for route := range invite.Values(sip.FieldRecordRoute) {
		c.Routes = append(c.Routes, route.Text)
	}
	return c
}

// learn takes the peer's Contact as the target.
func (c *Call) learn(m *sip.Message) {
	if contact, err := sip.ParseNameAddr(m.Get(sip.FieldContact)); err == nil {
		c.Target = contact.URI
	}
}

// Ack acknowledges a final response: a 2xx within the dialog that it makes,
// any other one hop by hop (sections 13.2.2.4 and 17.1.1.3).
func (c *Call) Ack(response *sip.Message) {
	c.Phone.t.Helper()
	if response.Status >= 300 {
		refused := *c
		refused.Remote = response.Get(sip.FieldTo)
		refused.send("ACK", c.branch, nil, "")
		return
	}
	c.Join(response)
	c.send("ACK", c.Phone.newBranch(), nil, "")
}

// Join takes tag, target and route set of a response that makes a dialog, also
// of an early one (section 12.1.2).
func (c *Call) Join(response *sip.Message) {
	c.Remote = response.Get(sip.FieldTo)
	c.learn(response)
	if len(c.Routes) > 0 {
		return
	}
	for route := range response.Values(sip.FieldRecordRoute) {
		c.Routes = append(c.Routes, route.Text)
	}
	slices.Reverse(c.Routes)
}

// Cancel cancels the INVITE.
func (c *Call) Cancel() {
	c.Phone.t.Helper()
	c.send("CANCEL", c.branch, nil, "")
}

// Request sends a request within the dialog, with further header lines.
func (c *Call) Request(method string, lines ...string) {
	c.Phone.t.Helper()
	c.CSeq++
	branch := c.Phone.newBranch()
	body := ""
	if method == "INVITE" {
		c.branch = branch
		lines = append(lines, "Contact: "+c.Phone.Contact, "Content-Type: application/sdp")
		body = c.Phone.Offer()
	}
	c.send(method, branch, lines, body)
}

func (c *Call) send(method, branch string, lines []string, body string) {
	c.Phone.t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s SIP/2.0\r\nVia: SIP/2.0/{transport} {local};branch={branch}\r\nMax-Forwards: 70\r\n", method, c.Target)
	for _, route := range c.Routes {
		fmt.Fprintf(&b, "Route: %s\r\n", route)
	}
	fmt.Fprintf(&b, "From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\n", c.Local, c.Remote, c.ID, c.CSeq, method)
	for _, line := range lines {
		b.WriteString(line + "\r\n")
	}
	fmt.Fprintf(&b, "Content-Length: {length}\r\n\r\n%s", body)
	c.Phone.sendTo(c.nextHop(), c.Phone.fill(b.String(), branch))
}

// nextHop is the first route, within a dialog the peer itself, else the server.
func (c *Call) nextHop() netip.AddrPort {
	next := c.Target
	if len(c.Routes) > 0 {
		route, err := sip.ParseNameAddr(c.Routes[0])
		if err != nil {
			c.Phone.t.Fatalf("Route %q: %v", c.Routes[0], err)
		}
		next = route.URI
	}
	uri, err := sip.ParseURI(next)
	if err != nil {
		c.Phone.t.Fatalf("%q: %v", next, err)
	}
	address, err := sip.ParseHost(uri.Host)
	if err != nil { // a name: nobody but the server knows it
		return c.Phone.Server
	}
	port := uri.Port
	if port == 0 {
		port = sip.DefaultPort(c.Phone.transport.String())
	}
	return netip.AddrPortFrom(address, uint16(port))
}
