// Overload: says that datagrams came faster than they were read.
package server

import (
	"viaduct/script"
	"viaduct/transport"
)

// counting is a network that counts what passes; one in memory need not.
type counting interface{ Counters() transport.Counters }

// warnOfOverflow logs how many datagrams the kernel has thrown away since the
// last call because they were not read in time. Callers see that as silence,
// so it must not go unseen here.
func (s *Server) warnOfOverflow() {
	network, ok := s.network.(counting)
	if !ok {
		return
	}
	counters := network.Counters()
	total := counters.Total().Overflowed
	if now := total - s.overflowed; now > 0 {
		s.overflowed = total
		s.logf(script.LevelWarning, "%d datagrams were dropped unread: more came than this process had time for\n", now)
	}
}
