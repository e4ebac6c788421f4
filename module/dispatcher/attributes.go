// Attributes of a destination: "duid=a;maxload=20;weight=50;socket=udp:…".
package dispatcher

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"viaduct/script"
	"viaduct/wire"
)

// attributes are those that mean something to us, and all of them as written.
type attributes struct {
	text       string
	duid       string // names the destination for the count of its calls
	maxLoad    int    // calls at once; 0: any number
	weight     int    // percent of the requests, algorithm 9; 0: none
	share      int    // against those of the others, algorithm 11 (rweight); 0: none
	socketText string
	socket     wire.Flow // to send from; zero: the best one
	socketName string    // of a listen line, before socket
	pingFrom   string
	proxyURI   string // that pings go through (obproxy)
	latency    int    // ms to begin with
	congestion bool   // cc=1: what counts is how much slower than usual it is
}

var errAttributes = errors.New(`expected attributes as in: duid=a;maxload=20`)

// parseAttributes reads the last word of a line. Unknown names are the script's.
func parseAttributes(text string) (a attributes, err error) {
	a.text = text
	for one := range strings.SplitSeq(strings.TrimSuffix(text, ";"), ";") {
		name, value, _ := strings.Cut(one, "=")
		if name == "" {
			return a, fmt.Errorf("%q: %w", text, errAttributes)
		}
		if err := a.set(name, strings.Trim(value, `"'`)); err != nil {
			return a, err
		}
	}
	return a, nil
}

func (a *attributes) set(name, value string) (err error) {
	switch name {
	case "duid":
		a.duid = value
	case "maxload":
		a.maxLoad, err = numberOf(name, value, 1<<30)
	case "weight":
		a.weight, err = numberOf(name, value, 100)
	case "rweight":
		a.share, err = numberOf(name, value, 100)
	case "latency":
		a.latency, err = numberOf(name, value, 1<<30)
	case "cc":
		a.congestion = value == "1"
	case "socket":
		a.socketText = value
		if a.socket, err = script.ParseSocket(value); err != nil {
			return fmt.Errorf("socket=%s: %w", value, err)
		}
	case "sockname":
		a.socketName = value
	case "ping_from":
		a.pingFrom = value
	case "obproxy":
		a.proxyURI = value
	}
	return err
}

func numberOf(name, value string, most int) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 || n > most {
		return 0, fmt.Errorf("%s=%s: expected a number from 0 to %d", name, value, most)
	}
	return n, nil
}
