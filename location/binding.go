// Binding: one contact address of an address-of-record.
package location

import (
	"net/netip"
	"strings"
	"time"

	"viaduct/sip"
)

// Binding ties a contact address to an address-of-record for some time
// (RFC 3261 section 10.3 step 7).
type Binding struct {
	Contact   string // URI as the client wrote it, without angle brackets
	Params    string // ";name=value;…" of the Contact value, without expires and q
	CallID    string // of the REGISTER that made or refreshed it
	UserAgent string // "" when the client did not say
	Path      string // values of Path, first hop first, ", " between them (RFC 3327)

	Expires  time.Time // from then on it does not count
	Updated  time.Time // when it was made or refreshed
	Received Flow      // the way the REGISTER came, to be used outward again

	CSeq    uint32 // of the REGISTER
	Flags   uint32 // branch flags
	Methods Methods
	Q       int16 // preference in thousandths, 0 to 1000, or NoQ
}

// NoQ is the Q of a binding for which none was given.
const NoQ = -1

// Flow is the way a REGISTER came, as wire.Flow has it; that floor is above
// this one. Transport holds the number of a wire.Transport.
type Flow struct {
	Local, Remote netip.AddrPort
	Connection    uint64
	Transport     uint8
}

// IsCurrent tells whether the binding still counts.
func (b *Binding) IsCurrent(now time.Time) bool { return b.Expires.After(now) }

// Seconds gives the time left in whole seconds, rounded up: a current binding
// has at least one, since 0 would say that it is gone.
func (b *Binding) Seconds(now time.Time) int64 {
	left := b.Expires.Sub(now)
	return int64((left + time.Second - 1) / time.Second)
}

// Instance gives the URN of the device, without quotes and angle brackets, ""
// when it gave none (+sip.instance, RFC 5626 section 4.1).
func (b *Binding) Instance() string {
	value, _ := sip.Param(b.Params, "+sip.instance")
	return strings.Trim(value, `"<>`)
}

// RegID gives the number of the flow among those of the device, "" when there
// is none (reg-id, RFC 5626 section 4.2).
func (b *Binding) RegID() string {
	value, _ := sip.Param(b.Params, "reg-id")
	return value
}

// Own replaces the texts of b, which may be parts of a large message, by
// copies. Where they are the same as in old, which may be nil, those of old
// are taken: a refresh then copies nothing.
func (b *Binding) Own(old *Binding) {
	if old != nil && b.Contact == old.Contact && b.CallID == old.CallID &&
		b.UserAgent == old.UserAgent && b.Params == old.Params && b.Path == old.Path {
		b.Contact, b.CallID, b.UserAgent = old.Contact, old.CallID, old.UserAgent
		b.Params, b.Path = old.Params, old.Path
		return
	}
	// One block for all five: five small ones would cost more memory and time.
	var block strings.Builder
	texts := [...]*string{&b.Contact, &b.Params, &b.CallID, &b.UserAgent, &b.Path}
	size := 0
	for _, text := range texts {
		size += len(*text)
	}
	block.Grow(size)
	for _, text := range texts {
		block.WriteString(*text)
	}
	rest := block.String()
	for _, text := range texts {
		*text, rest = rest[:len(*text)], rest[len(*text):]
	}
}
