// Observer: who hears what becomes of the requests that are relayed or
// answered with state. Accounting is one.
package module

import (
	"viaduct/sip"
	"viaduct/transport"
)

// Observer hears the ends of transactions. It is called by module tm on the
// goroutine that carries the response, with no lock of a lower floor held and
// while no other route of the transaction runs, so it may read and set what
// is in the message. It must be quick and must not block.
type Observer interface {
	// Watches tells, when a transaction begins to relay (t_relay) or is
	// answered (t_reply), whether the observer wants to hear of it. Most
	// requests nobody watches; they cost this one question.
	Watches(request *Message) bool
	// Answered: a response above 100 went back to the caller.
	Answered(request *Message, answer Answer)
	// Missed: all branches have ended without a 2xx, and answer is the best of
	// what they gave. It comes before failure_route, which may find new
	// targets, so that one call may be missed more than once.
	Missed(request *Message, answer Answer)
	// Acknowledged: the ACK of a 2xx came and goes on. request is the INVITE,
	// or nil when that is gone.
	Acknowledged(request, ack *Message)
}

// Answer is a response as an observer sees it.
type Answer struct {
	Status   int
	Reason   string
	ToTag    string             // of the response
	Response *sip.Message       // as it was received; nil when it is one of ours
	Inbound  *transport.Inbound // what the goroutine reads; nil when it reads nothing
}

// Observers are all that hear of the transactions of one server. A nil or
// empty list costs nothing.
type Observers []Observer

// Watching gives those that want to hear of a request; nil: none.
func (all Observers) Watching(request *Message) Observers {
	for i, o := range all {
		if !o.Watches(request) {
			continue
		}
		watching := Observers{o}
		for _, other := range all[i+1:] {
			if other.Watches(request) {
				watching = append(watching, other)
			}
		}
		return watching
	}
	return nil
}

// Answered tells all.
func (all Observers) Answered(request *Message, answer Answer) {
	for _, o := range all {
		o.Answered(request, answer)
	}
}

// Missed tells all.
func (all Observers) Missed(request *Message, answer Answer) {
	for _, o := range all {
		o.Missed(request, answer)
	}
}

// Acknowledged tells all.
func (all Observers) Acknowledged(request, ack *Message) {
	for _, o := range all {
		o.Acknowledged(request, ack)
	}
}
