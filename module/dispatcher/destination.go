// Destination: one line of the list, and what is known of it.
package dispatcher

import (
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"

	"viaduct/script"
	"viaduct/sip"
	"viaduct/wire"
)

// destination is never changed but for its state and its load, which are seen
// by all at once.
type destination struct {
	line
	place     string // "host:port;params", what ds_select_domain puts into the Request-URI
	address   netip.Addr
	transport wire.Transport

	*state
	load *atomic.Int64 // calls; nil without duid

	record     *script.XAVP // for xavp_dst
	loadRecord *script.XAVP // the same with dstid, for algorithm 10
}

func newDestination(l line, s *settings) *destination {
	d := &destination{line: l, transport: transportOf(&l.parsed)}
	d.address, _ = sip.ParseHost(l.parsed.Host)
	host := l.parsed
	host.User, host.Password, host.HasUser = "", "", false
	d.place = strings.TrimPrefix(host.String(), host.Scheme+":")
	fields := d.fields(s)
	d.record = script.NewXAVP(s.recordName, fields...)
	if d.duid != "" {
		fields = append(fields, script.Field{Name: "dstid", Value: script.StringValue(d.duid)})
	}
	d.loadRecord = script.NewXAVP(s.recordName, fields...)
	return d
}

// Bits of the parameter xavp_dst_mode.
const (
	withoutAttributes = 1 << iota
	withSocket
	withSocketName
)

// fields are what scripts see of a destination.
func (d *destination) fields(s *settings) []script.Field {
	text := func(name, value string) script.Field {
		return script.Field{Name: name, Value: script.StringValue(value)}
	}
	fields := []script.Field{
		text("uri", d.uri),
		{Name: "grp", Value: script.IntValue(int64(d.set))},
	}
	if d.text != "" && s.recordMode&withoutAttributes == 0 {
		fields = append(fields, text("attrs", d.text))
	}
	if d.socketText != "" {
		fields = append(fields, text("sock", d.socketText))
		if s.recordMode&withSocket != 0 {
			fields = append(fields, text("socket", d.socketText))
		}
	}
	if d.socketName != "" && s.recordMode&withSocketName != 0 {
		fields = append(fields, text("sockname", d.socketName))
	}
	return fields
}

// transportOf gives the transport of a URI, UDP when it says none.
func transportOf(u *sip.URI) wire.Transport {
	if name, ok := u.Param("transport"); ok {
		return wire.ParseTransport(name)
	}
	if u.Is("sips") {
		return wire.TLS
	}
	return wire.UDP
}

// isAt tells whether an address is one of the destination's.
func (d *destination) isAt(address netip.Addr) bool {
	if d.address.IsValid() {
		return d.address == address
	}
	if found := d.addresses.Load(); found != nil {
		for _, one := range *found {
			if one == address {
				return true
			}
		}
	}
	return false
}

func (d *destination) String() string { return strconv.Itoa(d.set) + " " + d.uri }
