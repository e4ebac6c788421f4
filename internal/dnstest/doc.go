// Package dnstest is a name server for tests: zones as text, faults on
// request, and a list of what it was asked.
//
//	server := dnstest.New(t, `
//		example.test.            60 NAPTR 10 10 "s" "SIP+D2U" "" _sip._udp.example.test.
//		_sip._udp.example.test.  60 SRV 0 1 5070 one.example.test.
//		one.example.test.        60 A 127.0.0.3`)
//	address := server.Listen() // on loopback, UDP and TCP
//	server.Exchange(…)         // or in memory, for tests in fake time
//
// It answers for names below .test only, and refuses all others. A name that
// is not in the zone does not exist; a negative answer bears the zone's SOA.
package dnstest
