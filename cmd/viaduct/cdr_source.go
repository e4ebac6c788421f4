// Where the records of cdr come from: captures and the store.
package main

import (
	"iter"
	"slices"
	"time"

	"viaduct/cdr"
	"viaduct/server"
	"viaduct/store"
	"viaduct/wire"
)

// readCaptures reads captures; what several have seen is put into the order of
// time. A damaged one gives no records, as its calls may be parts.
func readCaptures(names []string) ([]wire.Packet, error) {
	var all []wire.Packet
	for _, name := range names {
		packets, err := readCapture(name)
		if err != nil && len(packets) > 0 {
			return nil, &server.Hinted{Problem: err, Hint: "its calls might be told wrongly; viaduct ladder draws what could be read"}
		} else if err != nil {
			return nil, err
		}
		all = append(all, packets...)
	}
	if len(names) > 1 {
		slices.SortStableFunc(all, func(a, b wire.Packet) int { return a.Time.Compare(b.Time) })
	}
	return all, nil
}

// endOf gives the time of the latest packet.
func endOf(packets []wire.Packet) time.Time {
	var end time.Time
	for i := range packets {
		if t := packets[i].Time; t.After(end) {
			end = t
		}
	}
	return end
}

// storedRecords folds the calls of a store that pass a filter, one after the
// other; those in progress have their length so far.
func storedRecords(reader *store.Reader, filter store.Filter, now time.Time) iter.Seq2[cdr.Record, error] {
	return func(yield func(cdr.Record, error) bool) {
		for call, err := range storedCalls(reader, filter) {
			var r cdr.Record
			if err == nil {
				r, _, err = recordOf(reader, call)
			}
			if err == nil && r.State == cdr.NoCall {
				continue
			}
			if !yield(r.At(now), err) || err != nil {
				return
			}
		}
	}
}

// recordOf folds the packets of one call, and gives them too. Those that the
// store had no room for, or keeps no more, are a doubt.
func recordOf(reader *store.Reader, call *store.Call) (cdr.Record, []store.Packet, error) {
	packets, _, err := reader.Packets(call)
	if err != nil {
		return cdr.Record{}, nil, hinted(err)
	}
	var f cdr.Folder
	for i := range packets {
		f.Add(&packets[i].Packet)
	}
	f.Missed(call.Missed + max(call.Packets-len(packets), 0))
	return f.Record(), packets, nil
}

// callsAtOnce are read from the store at a time.
const callsAtOnce = 500

// storedCalls gives the calls of a store that pass a filter, in the order in
// which they began. Those of methods that make no call are left out.
func storedCalls(reader *store.Reader, filter store.Filter) iter.Seq2[*store.Call, error] {
	filter.All = true // the beginning of a call may be missing
	return func(yield func(*store.Call, error) bool) {
		newest, err := reader.Calls(store.Filter{All: true, Limit: 1})
		if err != nil {
			yield(nil, hinted(err))
			return
		}
		if len(newest) == 0 {
			return
		}
		for first := int64(1); first <= newest[0].ID; first += callsAtOnce {
			filter.Limit, filter.IDs = callsAtOnce, nil
			for id := first; id < first+callsAtOnce && id <= newest[0].ID; id++ {
				filter.IDs = append(filter.IDs, id)
			}
			calls, err := reader.Calls(filter)
			if err != nil {
				yield(nil, hinted(err))
				return
			}
			for i := range calls {
				switch calls[i].Method {
				case "REGISTER", "OPTIONS", "SUBSCRIBE", "PUBLISH", "MESSAGE":
					continue
				}
				if !yield(&calls[i], nil) {
					return
				}
			}
		}
	}
}
