// $HN: the name of this machine.
package ipops

import (
	"errors"
	"os"
	"strings"

	"viaduct/script"
	"viaduct/script/syntax"
)

var errHost = errors.New("expected $HN(n) for the name, $HN(f) for all of it, $HN(d) for the domain")

// bindHost binds $HN(n), $HN(f) and $HN(d), as the machine calls itself; no
// name server is asked.
func bindHost(inner *syntax.Inner, _ *syntax.Index, _ script.FormatBinder) (script.Assignable, error) {
	if inner == nil {
		return nil, errHost
	}
	full, err := os.Hostname()
	if err != nil {
		return nil, err
	}
	name, domain, _ := strings.Cut(full, ".")
	switch inner.Text {
	case "n":
		return hostName(name), nil
	case "f":
		return hostName(full), nil
	case "d":
		return hostName(domain), nil
	}
	return nil, errHost
}

type hostName string

func (h hostName) Eval(*script.Context) script.Value {
	if h == "" {
		return script.Value{}
	}
	return script.StringValue(string(h))
}

func (hostName) Assign(*script.Context, script.Value) error { return errRead }
