// Package digest answers the challenges of HTTP Digest authentication as SIP
// uses it (RFC 3261 section 22, RFC 7616, RFC 8760).
//
//	challenge, err := digest.ParseChallenge(m.Get(sip.FieldProxyAuthenticate))
//	value, err := challenge.Answer(digest.User{Name: "alice", Password: "secret"},
//		digest.Request{Method: "INVITE", URI: "sip:bob@biloxi.test"}, cnonce, 1)
//
// The package has no clock and no source of randomness: who calls hands the
// client nonce in.
package digest
