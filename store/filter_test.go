package store

import (
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// filled makes a store with calls of each kind.
func filled(t *testing.T) *Reader {
	path := filepath.Join(t.TempDir(), "v.db")
	r := record(t, path, Options{})
	for i, user := range []string{"alice", "alfred", "al*", "al_"} {
		put(r, relayedCall(user+"@completed", user, "bob", testTime.Add(time.Duration(i)*time.Hour), time.Second))
	}
	kinds := map[string]func(b *builder){
		"calling": func(b *builder) {},
		"ringing": func(b *builder) {
			b.relayRequest("INVITE", 1, "a1", "p1")
			b.relayResponse(180, "Ringing", "INVITE", 1, "a1", "p1")
		},
		"talking": func(b *builder) {
			b.relayRequest("INVITE", 1, "a1", "p1")
			b.relayResponse(200, "OK", "INVITE", 1, "a1", "p1")
		},
		"failed": func(b *builder) { b.response(404, "Not Found", "INVITE", 1, "a1", true) },
		"cancelled": func(b *builder) {
			b.request("CANCEL", 1, "a1", false)
			b.response(487, "Request Terminated", "INVITE", 1, "a1", true)
		},
	}
	for name, steps := range kinds {
		b := &builder{id: name, caller: "bob", callee: "carol", now: testTime.Add(5 * time.Hour)}
		b.request("INVITE", 1, "a1", false)
		steps(b)
		put(r, b.packets)
	}
	b := &builder{id: "registration", caller: "alice", callee: "alice", now: testTime}
	b.request("REGISTER", 1, "a1", false)
	b.response(200, "OK", "REGISTER", 1, "a1", true)
	put(r, b.packets)
	closeRecorder(t, r)
	return read(t, path)
}

func TestFilter(t *testing.T) {
	t.Parallel()
	r := filled(t)
	for _, test := range []struct {
		name   string
		filter Filter
		want   int
	}{
		{"all calls", Filter{}, 9},
		{"registrations too", Filter{All: true}, 10},
		{"a user", Filter{User: "alice"}, 1},
		{"who is called", Filter{User: "carol"}, 5},
		{"either way", Filter{User: "bob"}, 9},
		{"a registered user", Filter{User: "alice", All: true}, 2},
		{"a beginning", Filter{User: "al*"}, 4},
		{"a beginning with a sign of LIKE", Filter{User: "al_*"}, 1},
		{"nobody", Filter{User: "al"}, 0},
		{"quotes", Filter{User: "a' OR '1'='1"}, 0},
		{"since", Filter{Since: testTime.Add(2 * time.Hour)}, 7},
		{"until", Filter{Until: testTime.Add(2 * time.Hour)}, 2},
		{"an hour", Filter{Since: testTime.Add(time.Hour), Until: testTime.Add(2 * time.Hour)}, 1},
		{"completed", Filter{Result: "completed"}, 4},
		{"answered", Filter{Result: "Answered"}, 5},
		{"calling", Filter{Result: "calling"}, 1},
		{"ringing", Filter{Result: "ringing"}, 1},
		{"talking", Filter{Result: "talking"}, 1},
		{"open", Filter{Result: "open"}, 3},
		{"cancelled", Filter{Result: "cancelled"}, 1},
		{"failed", Filter{Result: "failed"}, 1},
		{"a status", Filter{Result: "404"}, 1},
		{"a class", Filter{Result: "4xx"}, 2},
		{"the caller's address", Filter{Address: callerAddress.Addr(), Port: callerAddress.Port()}, 9},
		{"the callee's port", Filter{Address: calleeAddress.Addr(), Port: calleeAddress.Port()}, 6},
		{"a host", Filter{Address: callerAddress.Addr()}, 9},
		{"a host whose digits others begin with", Filter{Address: netip.MustParseAddr("127.0.0.100")}, 0},
		{"an IPv6 host", Filter{Address: netip.MustParseAddr("::1")}, 0},
		{"two of them", Filter{Limit: 2}, 2},
		{"later ones", Filter{AfterID: 7, All: true}, 3},
		{"these", Filter{IDs: []int64{1, 3, 4711}}, 2},
		{"none", Filter{IDs: []int64{}}, 0},
		{"all at once", Filter{User: "bob", Result: "4xx", Address: callerAddress.Addr(), Since: testTime, Until: testTime.Add(9 * time.Hour)}, 2},
	} {
		calls := list(t, r, test.filter)
		if len(calls) != test.want {
			t.Errorf("%s: %d calls, want %d", test.name, len(calls), test.want)
		}
		for i := range calls {
			if i > 0 && calls[i].ID <= calls[i-1].ID {
				t.Errorf("%s: the order is wrong", test.name)
			}
		}
		for _, word := range Results() {
			if test.filter.Result == word && word != "open" && word != "answered" && calls[0].State().String() != word {
				t.Errorf("%s gives a call that is %v", word, calls[0].State())
			}
		}
	}
	for _, word := range []string{"nonsense", "7xx", "1xx", "99", "1000", "xx", "-4xx", "486x"} {
		_, err := r.Calls(Filter{Result: word})
		var wrong *FilterError
		if !errors.As(err, &wrong) || wrong.Hint == "" {
			t.Errorf("%s: %v", word, err)
		}
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	r := filled(t)
	for name, want := range map[string]string{
		"failed": "failed", "fai": "failed", "alfred@completed": "alfred@completed", "1": "alice@completed", "al_": "al_@completed",
	} {
		if c, err := r.Find(name); err != nil || c.CallID != want {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
	}
	for name, want := range map[string]string{"": "no such call", "4711": "no such call", "%": "no such call", "al": "several calls begin with al: "} {
		if c, err := r.Find(name); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
	}
}

// Listing with filters among 100,000 calls.
func BenchmarkCalls(b *testing.B) {
	path := filepath.Join(b.TempDir(), "v.db")
	rec, err := Record(path, Options{QueuePackets: 1 << 30, QueueBytes: 1 << 40})
	if err != nil {
		b.Fatal(err)
	}
	for i := range 100_000 {
		t := testTime.Add(time.Duration(i) * time.Second)
		call := builder{id: fmt.Sprintf("%d-x@test", i), caller: fmt.Sprint(1000 + i%9000), callee: fmt.Sprint(20000 + i%7), now: t}
		call.request("INVITE", 1, "a1", false)
		if call.response(200, "OK", "INVITE", 1, "a1", true); i%1000 == 0 {
			call.packets = call.packets[:1]
			call.response(486, "Busy Here", "INVITE", 1, "a1", true)
		}
		put(rec, call.packets)
	}
	if err := rec.Close(); err != nil {
		b.Fatal(err)
	}
	for name, f := range map[string]Filter{
		"newest": {}, "user": {User: "4711"}, "beginning": {User: "471*"}, "often": {User: "20003"}, "result": {Result: "486"}, "nothing": {Result: "ringing"},
		"time": {Since: testTime.Add(50_000 * time.Second), Until: testTime.Add(50_100 * time.Second)}, "address": {Address: netip.MustParseAddr("127.0.0.9")},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() { // as a command does: open, list, close
				r, err := Read(path)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := r.Calls(f); err != nil {
					b.Fatal(err)
				}
				r.Close()
			}
		})
	}
}
