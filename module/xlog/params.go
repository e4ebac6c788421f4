// Parameters of xlog, and what they lead to in a line.
package xlog

import (
	"fmt"
	"strconv"
	"strings"

	"viaduct/script"
	"viaduct/script/syntax"
)

// params are those that mean something here. Lines are never cut (buf_size),
// and whether they bear colours the terminal decides (force_color).
func (w *words) params() []script.Param {
	w.filter = allMethods
	return []script.Param{
		{Name: "prefix", Set: script.SetString(&w.prefix)},
		{Name: "prefix_mode", Set: script.SetInt(&w.prefixMode)},
		{Name: "long_format", Set: script.SetBool(&w.longFormat)},
		{Name: "log_colors", Set: checkColors},
		{Name: "methods_filter", Set: func(v script.Value) error { w.filter = methodSet(v.AsInt()); return nil }},
	}
}

// checkColors checks "L_ERR=cr;L_WARN=px": colours of whole lines by level,
// which are the printer's business.
func checkColors(v script.Value) error {
	for one := range strings.SplitSeq(v.AsString(), ";") {
		name, colors, _ := strings.Cut(strings.TrimSpace(one), "=")
		if _, ok := levelOf(name); !ok || len(colors) != 2 {
			return fmt.Errorf("expected level=colours as L_ERR=cr, not %q", one)
		}
	}
	return nil
}

// appendPlace writes the line of the script, with its file when asked.
func (w *words) appendPlace(dst []byte, at syntax.Pos) []byte {
	if w.longFormat {
		dst = append(dst, at.File...)
		dst = append(dst, ':')
	}
	dst = strconv.AppendInt(dst, int64(at.Line), 10)
	return append(dst, ':')
}

// methodSet is a set of methods with Kamailio's bits.
type methodSet int

const allMethods methodSet = -1

var methodBits = [...]string{
	"INVITE", "CANCEL", "ACK", "BYE", "INFO", "REGISTER", "SUBSCRIBE", "NOTIFY",
	"MESSAGE", "OPTIONS", "PRACK", "UPDATE", "REFER", "PUBLISH",
}

// otherMethods is the bit of all methods without one of their own.
const otherMethods methodSet = 1 << 31

func (s methodSet) has(method string) bool {
	for bit, name := range methodBits {
		if name == method {
			return s&(1<<bit) != 0
		}
	}
	return s&otherMethods != 0
}
