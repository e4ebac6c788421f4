// dialect.go: the three languages of one family, and how a file shows which one it is written in.

package syntax

import (
	"fmt"
	"strings"
)

// Dialect names one language of the family. The zero value, Auto, asks Parse to find out with DetectDialect.
type Dialect int

const (
	Auto     Dialect = iota
	SER              // SIP Express Router 0.8 to 2.0: numeric routes, % specifiers in xlog, break and drop end a route
	OpenSER          // OpenSER 1.x: numeric routes, $ pseudo-variables, exit and return
	Kamailio         // Kamailio 3 to 6: named routes, request_route, preprocessor, event routes
)

var dialectNames = [...]string{Auto: "auto", SER: "ser", OpenSER: "openser", Kamailio: "kamailio"}

// String returns the name as ParseDialect reads it.
func (d Dialect) String() string {
	if d < 0 || int(d) >= len(dialectNames) {
		return fmt.Sprintf("Dialect(%d)", int(d))
	}
	return dialectNames[d]
}

// ParseDialect reads "ser", "openser", "kamailio" or "auto" in upper or lower case.
func ParseDialect(name string) (Dialect, error) {
	for d, n := range dialectNames {
		if strings.EqualFold(n, name) {
			return Dialect(d), nil
		}
	}
	return Auto, fmt.Errorf("unknown dialect %q: want ser, openser, kamailio or auto", name)
}
