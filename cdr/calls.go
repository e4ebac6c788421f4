// Calls: packets of many calls, told apart by their Call-IDs.
package cdr

import (
	"iter"

	"viaduct/sip"
	"viaduct/wire"
)

// Source gives packets in the order in which they were seen, from wherever they
// are kept. An error ends it.
type Source = iter.Seq2[wire.Packet, error]

// Packets makes a Source of a list.
func Packets(packets []wire.Packet) Source {
	return func(yield func(wire.Packet, error) bool) {
		for i := range packets {
			if !yield(packets[i], nil) {
				return
			}
		}
	}
}

// Calls folds the packets of a source into a record for each call, in the order
// in which the calls began. Call-IDs that are no calls, as of REGISTER, have none, nor
// have packets without a Call-ID. Notes of all calls are held until the source ends.
// With an error of the source it stops: what was seen before is not given, as
// it might be a part of a call only.
func Calls(source Source) ([]Record, error) {
	var order []*Folder
	byID := map[string]*Folder{}
	for p, err := range source {
		if err != nil {
			return nil, err
		}
		id := callIDOf(&p)
		if id == "" {
			continue
		}
		f := byID[id]
		if f == nil {
			f = &Folder{}
			order = append(order, f)
		}
		if f.Add(&p); f.callID != "" {
			byID[f.callID] = f
		}
	}
	var records []Record
	for _, f := range order {
		if f.isCall {
			records = append(records, f.Record())
		}
	}
	return records, nil
}

// callIDOf gives the Call-ID of a packet, parsed with it if need be; "" when it
// is no message.
func callIDOf(p *wire.Packet) string {
	if p.Message == nil {
		m, err := sip.Parse(p.Text)
		if err != nil {
			return ""
		}
		p.Message = m
	}
	return p.Message.CallID()
}
