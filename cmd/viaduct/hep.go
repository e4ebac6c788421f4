// Copies of all messages, sent to HOMER by HEP (serve --hep).
package main

import (
	"fmt"
	"io"
	"strings"

	"viaduct/hep"
	"viaduct/server"
	"viaduct/wire"
)

type hepFlags struct {
	HEP    string `name:"hep" placeholder:"[udp:|tcp:]HOST:PORT" help:"Send a copy of each message to HOMER, sngrep or viaduct listen, by HEP version 3."`
	HEPID  uint32 `name:"hep-id" default:"2001" help:"Number by which HOMER knows this server."`
	HEPKey string `name:"hep-key" placeholder:"KEY" help:"Key that HOMER asks for."`
}

// openHEP begins to send copies; nil when none are wanted.
func (f *hepFlags) openHEP() (*hep.Sender, error) {
	if f.HEP == "" {
		return nil, nil
	}
	network, address, found := strings.Cut(f.HEP, ":")
	if network = strings.ToLower(network); !found || network != "udp" && network != "tcp" {
		network, address = "udp", f.HEP
	}
	address, err := hostPort(address)
	if err != nil {
		return nil, &server.Hinted{Problem: fmt.Errorf("--hep %s: not an address", f.HEP), Hint: "write 127.0.0.1:9060 or tcp:127.0.0.1:9060"}
	}
	return hep.NewSender(network, address, hep.SenderOptions{Agent: f.HEPID, Key: f.HEPKey})
}

// closeHEP sends what waits, and says what was not sent.
func closeHEP(sender *hep.Sender, log io.Writer) {
	sender.Close()
	if dropped := sender.Dropped(); dropped > 0 {
		fmt.Fprintf(log, "viaduct: %s not sent by HEP: nobody took them, or not fast enough\n", count(int(dropped), "message"))
	}
}

// alsoTo adds a tap to those there are.
func alsoTo(tap, another wire.Tap) wire.Tap {
	if tap == nil {
		return another
	}
	return taps{tap, another}
}
