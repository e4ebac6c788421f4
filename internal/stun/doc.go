// Package stun asks a server how it sees us: the Binding request of STUN
// (RFC 8489, before it RFC 5389), over a socket of our own or over one that
// carries SIP or RTP as well.
//
// A Client is a table of requests under way, without a socket. Who reads the
// socket hands it what IsMessage tells apart:
//
//	if stun.IsMessage(datagram) {
//		client.Feed(datagram, from)
//		continue
//	}
//
// and who wants to know asks, with a function that writes to the socket:
//
//	mapped, err := client.Mapped(ctx, send, server)
package stun
