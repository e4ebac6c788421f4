// Dialog: what two phones agree on so that their requests find each other (RFC
// 3261 section 12).
package phone

import (
	"slices"

	"viaduct/sip"
)

// dialog is one, early or confirmed.
type dialog struct {
	callID              string
	local, remote       string // values of From and To, tags included, as our requests write them
	localTag, remoteTag string
	localSeq, remoteSeq uint32
	target              string   // URI of the peer's Contact
	routes              []string // route set: values of Route, the next hop first
	confirmed           bool
}

// dialed makes the dialog of a response to our INVITE (section 12.1.2).
func dialed(request *request, response *sip.Message) *dialog {
	d := &dialog{
		callID: request.callID, local: request.from, localTag: sip.AddressParam(request.from, "tag"),
		remote: response.Get(sip.FieldTo), remoteTag: response.ToTag(),
		localSeq: response.CSeq.Number, target: request.uri,
	}
	d.reroute(response)
	d.refresh(response)
	return d
}

// reroute takes the route set of a response to a request of ours.
func (d *dialog) reroute(response *sip.Message) {
	d.routes = nil
	for v := range response.Values(sip.FieldRecordRoute) {
		d.routes = append(d.routes, v.Text)
	}
	slices.Reverse(d.routes)
}

// called makes the dialog of an INVITE that we answer (section 12.1.1).
func called(invite *sip.Message, tag string) *dialog {
	d := &dialog{
		callID: invite.CallID(), local: invite.Get(sip.FieldTo) + ";tag=" + tag, localTag: tag,
		remote: invite.Get(sip.FieldFrom), remoteTag: invite.FromTag(), remoteSeq: invite.CSeq.Number,
	}
	for v := range invite.Values(sip.FieldRecordRoute) {
		d.routes = append(d.routes, v.Text)
	}
	if from, err := sip.ParseNameAddr(d.remote); err == nil {
		d.target = from.URI // a caller without Contact can only be where it says
	}
	d.refresh(invite)
	return d
}

// refresh takes the peer's Contact as the new target (section 12.2).
func (d *dialog) refresh(m *sip.Message) {
	for v := range m.Values(sip.FieldContact) {
		if contact, err := sip.ParseNameAddr(v.Text); err == nil {
			d.target = contact.URI
		}
		return
	}
}

// route gives Request-URI and Route values of a request within the dialog, and
// the URI that leads to its next hop. A first route without lr is a strict
// router, which wants its own URI as Request-URI (section 12.2.1.1).
func (d *dialog) route() (uri string, routes []string, next string) {
	if len(d.routes) == 0 {
		return d.target, nil, d.target
	}
	first, err := sip.ParseNameAddr(d.routes[0])
	if err != nil {
		return d.target, d.routes, d.target
	}
	u, err := sip.ParseURI(first.URI)
	if err != nil {
		return d.target, d.routes, d.target
	}
	if _, loose := u.Param("lr"); loose {
		return d.target, d.routes, first.URI
	}
	routes = append(slices.Clone(d.routes[1:]), "<"+d.target+">")
	return sip.WithoutHeaders(first.URI), routes, first.URI
}

// next numbers a request of ours.
func (d *dialog) next() uint32 {
	d.localSeq++
	return d.localSeq
}

// takes tells whether a request of the peer is in order, and notes its number
// (section 12.2.2).
func (d *dialog) takes(m *sip.Message) bool {
	if d.remoteSeq != 0 && m.CSeq.Number <= d.remoteSeq {
		return false
	}
	d.remoteSeq = m.CSeq.Number
	return true
}
