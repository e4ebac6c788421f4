// Statistics: the server's own numbers, by the names under which Kamailio's
// $stat gives them.
package server

import (
	"strconv"
	"strings"
	"sync/atomic"
)

// statistic gives what reads a number; nil when there is none of that name.
func (s *Server) statistic(name string) func() int64 {
	switch name {
	case "rcv_requests":
		return func() int64 { return sumOf(s.traffic.requests[:]) }
	case "rcv_replies":
		return s.traffic.allReplies
	case "unsupported_methods":
		return read(&s.traffic.requests[otherMethod])
	case "rcv_replies_18x":
		return read(&s.traffic.ringing)
	case "bad_msg_hdr":
		return read(&s.dropped.Malformed)
	case "drop_replies":
		return func() int64 { return int64(s.dropped.Stray.Load() + s.dropped.Script.Load()) }
	case "inuse_transactions":
		return func() int64 { servers, _ := s.transactions.Active(); return int64(servers) }
	case "active_transactions":
		return func() int64 { return int64(s.transactions.Pending()) }
	case "registered_users":
		return func() int64 { return s.locations.users() }
	}
	if method, ok := strings.CutPrefix(name, "rcv_requests_"); ok {
		if number := methodNumber(strings.ToUpper(method)); number != otherMethod {
			return read(&s.traffic.requests[number])
		}
		return nil
	}
	if kind, ok := strings.CutPrefix(name, "rcv_replies_"); ok {
		return s.traffic.repliesBy(kind)
	}
	if table, ok := strings.CutSuffix(name, "_users"); ok && s.locations.has(table) {
		return func() int64 { users, _ := s.locations.Table(table).Counts(); return int64(users) }
	}
	if table, ok := strings.CutSuffix(name, "_contacts"); ok && s.locations.has(table) {
		return func() int64 { _, contacts := s.locations.Table(table).Counts(); return int64(contacts) }
	}
	if n := s.kept.calls.Statistic(name); n != nil {
		return n
	}
	for _, counter := range s.kept.counters.All() {
		if counter.Name == name {
			return counter.Value
		}
	}
	return nil
}

func read(n *atomic.Uint64) func() int64 { return func() int64 { return int64(n.Load()) } }

func sumOf(all []atomic.Uint64) (sum int64) {
	for i := range all {
		sum += int64(all[i].Load())
	}
	return sum
}

func (t *traffic) allReplies() (sum int64) {
	for class := range t.replies {
		sum += sumOf(t.replies[class][:])
	}
	return sum
}

// repliesBy gives what reads the replies of "2xx", "2xx_invite", "2xx_reg" or
// "486".
func (t *traffic) repliesBy(kind string) func() int64 {
	for i, status := range countedStatuses {
		if strconv.Itoa(status) == kind {
			return read(&t.statuses[i])
		}
	}
	if len(kind) < 3 || kind[0] < '1' || kind[0] > '6' || kind[1:3] != "xx" {
		return nil
	}
	class := &t.replies[kind[0]-'0']
	if len(kind) == 3 {
		return func() int64 { return sumOf(class[:]) }
	}
	method, ok := strings.CutPrefix(kind[3:], "_")
	if method == "reg" {
		method = "register"
	}
	number := methodNumber(strings.ToUpper(method))
	if !ok || number == otherMethod {
		return nil
	}
	return read(&class[number])
}
