// Traffic: what came in, by method and status.
package server

import (
	"sync/atomic"

	"viaduct/sip"
)

// traffic counts messages as they are read, retransmissions too.
type traffic struct {
	requests [methodCount]atomic.Uint64
	replies  [7][methodCount]atomic.Uint64 // by the first digit of their status
	ringing  atomic.Uint64                 // 180 to 189
	statuses [len(countedStatuses)]atomic.Uint64
}

// countedMethods have numbers of their own; the last stands for all others.
var countedMethods = [...]string{
	"INVITE", "CANCEL", "ACK", "BYE", "INFO", "REGISTER", "SUBSCRIBE", "NOTIFY",
	"MESSAGE", "OPTIONS", "PRACK", "UPDATE", "REFER", "PUBLISH", "",
}

const (
	methodCount = len(countedMethods)
	otherMethod = methodCount - 1
)

// countedStatuses have numbers of their own beside their class.
var countedStatuses = [...]int{401, 404, 407, 480, 486}

func methodNumber(method string) int {
	for i, name := range countedMethods[:otherMethod] {
		if name == method {
			return i
		}
	}
	return otherMethod
}

// count counts one message.
func (t *traffic) count(m *sip.Message) {
	method := methodNumber(m.Method)
	if m.IsRequest() {
		t.requests[method].Add(1)
		return
	}
	t.replies[min(m.Status/100, 6)][method].Add(1)
	if m.Status/10 == 18 {
		t.ringing.Add(1)
	}
	for i, status := range countedStatuses {
		if status == m.Status {
			t.statuses[i].Add(1)
		}
	}
}
