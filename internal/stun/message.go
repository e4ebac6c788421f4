// Messages: told apart from others, made, and read.
package stun

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"

	pion "github.com/pion/stun/v3"
)

const (
	headerSize  = 20
	magicCookie = 0x2112A442
)

// IsMessage tells STUN from SIP, RTP and RTCP on one socket: the first two
// bits are zero (RFC 7983 section 7: a first octet of 0 to 3), the cookie is
// in its place, and the length fits (RFC 8489 section 6.3).
func IsMessage(datagram []byte) bool {
	return len(datagram) >= headerSize && datagram[0] <= 3 &&
		binary.BigEndian.Uint32(datagram[4:]) == magicCookie &&
		int(binary.BigEndian.Uint16(datagram[2:])) == len(datagram)-headerSize && len(datagram)%4 == 0
}

// bindingRequest makes a request with a new transaction id and a FINGERPRINT,
// which RFC 8489 section 7 asks for on a socket that carries other protocols.
func bindingRequest() (*pion.Message, error) {
	return pion.Build(pion.TransactionID, pion.BindingRequest, pion.Fingerprint)
}

// isResponse is true for both kinds of answer to a Binding request.
func isResponse(kind pion.MessageType) bool {
	return kind == pion.BindingSuccess || kind == pion.BindingError
}

// ServerError is an error response.
type ServerError struct {
	Code   int // 300 to 699
	Reason string
}

func (e *ServerError) Error() string {
	return fmt.Sprintf("stun: the server answers %d %s", e.Code, e.Reason)
}

// decode reads a message, and checks its FINGERPRINT where there is one.
func decode(datagram []byte) (*pion.Message, error) {
	message := pion.New()
	if !IsMessage(datagram) {
		return nil, errors.New("stun: no STUN message")
	}
	if err := pion.Decode(datagram, message); err != nil {
		return nil, fmt.Errorf("stun: %w", err)
	}
	if message.Contains(pion.AttrFingerprint) {
		if err := pion.Fingerprint.Check(message); err != nil {
			return nil, fmt.Errorf("stun: %w", err)
		}
	}
	return message, nil
}

// outcome is what a response says: the mapped address, or an error.
func outcome(response *pion.Message) (netip.AddrPort, error) {
	if response.Type.Class == pion.ClassErrorResponse {
		var code pion.ErrorCodeAttribute
		if err := code.GetFrom(response); err != nil {
			return netip.AddrPort{}, fmt.Errorf("stun: an error response without a code: %w", err)
		}
		return netip.AddrPort{}, &ServerError{Code: int(code.Code), Reason: string(code.Reason)}
	}
	for _, attribute := range response.Attributes {
		if !understood(attribute.Type) {
			return netip.AddrPort{}, fmt.Errorf("stun: the response demands to understand %v", attribute.Type)
		}
	}
	var xored pion.XORMappedAddress
	if err := xored.GetFrom(response); err == nil {
		return address(xored.IP, xored.Port)
	} else if !errors.Is(err, pion.ErrAttributeNotFound) {
		return netip.AddrPort{}, fmt.Errorf("stun: XOR-MAPPED-ADDRESS: %w", err)
	}
	var plain pion.MappedAddress // of a server before RFC 5389
	if err := plain.GetFrom(response); err != nil {
		return netip.AddrPort{}, errors.New("stun: the response has no mapped address")
	}
	return address(plain.IP, plain.Port)
}

// understood is false for an attribute that a client must know and we do not
// (RFC 8489 sections 6.3.3 and 14); those of RFC 3489's servers are known.
func understood(kind pion.AttrType) bool {
	switch kind {
	case pion.AttrMappedAddress, pion.AttrXORMappedAddress, pion.AttrSourceAddress, pion.AttrChangedAddress,
		pion.AttrMessageIntegrity, pion.AttrMessageIntegritySHA256:
		return true
	}
	return kind >= 0x8000
}

func address(ip net.IP, port int) (netip.AddrPort, error) {
	addr, ok := netip.AddrFromSlice(ip)
	if !ok || port == 0 {
		return netip.AddrPort{}, fmt.Errorf("stun: %v port %d is no address", ip, port)
	}
	return netip.AddrPortFrom(addr.Unmap(), uint16(port)), nil
}
