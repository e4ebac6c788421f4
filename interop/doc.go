// Package interop holds viaduct against the other SIP programs of Debian: SIPp and baresip place real calls on loopback
// sockets through Kamailio and through viaduct, with the same unmodified script, and the ladders are compared.
//
// The golden ladders of testdata come from Kamailio 5.6.3 with Debian's own /etc/kamailio/kamailio.cfg. Where viaduct
// differs on purpose, testdata/known_differences.txt says why and testdata/NAME.viaduct.ladder says what it does instead.
//
// The package is all tests. They run when VIADUCT_INTEROP=1 (`make interop`, `make test`).
package interop
