// Package sdp reads and writes session descriptions (RFC 4566) and plays the
// offer/answer model (RFC 3264) for one stream of audio over RTP/AVP.
//
// The caller offers what it can do, the callee picks from it:
//
//	offer := sdp.Offer(sdp.Local{User: "308", Address: here, Port: 5004, Codecs: codecs})
//	answer, chosen, err := sdp.Answer(offer, local) // at the callee; ErrNoCommonCodec: 488
//	chosen, err = offer.Accepted(answer)            // back at the caller
//
// A later description of the same session says what it follows, so that its
// version counts up (RFC 3264 section 8):
//
//	held := sdp.Offer(local.With(sdp.SendOnly)).After(offer)
//
// All other media lines of an offer are refused in their place. The reader is
// our own because its errors name the line; pion/sdp checks in the tests what
// the writer prints.
package sdp
