// Config: what the command line says.
package server

import (
	"io"
	"net/netip"
	"time"

	"viaduct/location"
	"viaduct/proxy"
	"viaduct/script/syntax"
	"viaduct/transaction"
	"viaduct/wire"
)

// Config of a server.
type Config struct {
	Script  string             // path; "" is the built-in script
	Defines []string           // NAME or NAME=VALUE, as #!define
	Dialect syntax.Dialect     // Auto: found by looking at the script
	Lenient bool               // words that are not implemented give -1
	Listen  []*syntax.Listen   // instead of the script's own; nil: the script's
	Color   bool               // $C(fg bg) gives escapes
	Out     io.Writer          // takes what the script prints and what we log
	Tap     wire.Tap           // sees each message; nil: nobody
	Keeper  Keeper             // keeps bindings; nil: they end with the server
	Timing  transaction.Timing // zero: the RFC's
	Network Network            // instead of sockets; nil: sockets
	Grace   time.Duration      // for open transactions at the end; zero: 5 s
	Now     func() time.Time   // nil: time.Now

	Load        func(name string) (string, error) // reads the script and what it includes; nil: files
	NameServers []netip.AddrPort                  // asked for names, and no hosts file; nil: those of the machine
}

// Keeper keeps the bindings of location tables over a restart.
type Keeper interface {
	// Keep puts what was kept into a new table, and follows its changes.
	Keep(name string, table *location.Table) error
}

// Network is where messages come from and go to: *transport.Layer, or one in
// memory, which calls the handler it was made with.
type Network interface {
	proxy.Network
	Listen(t wire.Transport, local netip.AddrPort) (netip.AddrPort, error)
	IsOpen(connection uint64) bool
	Start()
	Close()
}
