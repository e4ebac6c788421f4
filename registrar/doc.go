// Package registrar processes REGISTER requests and finds the contacts of an
// address-of-record (RFC 3261 section 10, RFC 3327). It sends nothing: it says
// what to answer.
//
//	r := registrar.New(registrar.DefaultConfig(), location.New())
//	result := r.Save(m, flow, now, registrar.SaveOptions{})
//	out = sip.AppendReply(out, m, &sip.Reply{
//		Status: result.Status, Reason: result.Reason, Fields: result.Fields})
//
//	targets, found := r.Lookup("sip:bob@biloxi.test", "INVITE", now)
//
// Section 10.3 lists the steps of a registrar; process.go has them in the same
// order.
package registrar
