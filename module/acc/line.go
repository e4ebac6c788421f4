// The line: "ACC: transaction answered: timestamp=…;method=INVITE;from_tag=…;
// to_tag=…;call_id=…;code=200;reason=OK" and the extras.
package acc

import (
	"strconv"

	"viaduct/script"
)

// event is one thing to account.
type event struct {
	title        string
	code, reason string
	toTag        string // of the answer
}

// log writes the line, if its level is on.
func (a *accounting) log(c *script.Context, e event) {
	level := a.levelFor(c.Program)
	if level > a.verbosity.Level(c.Program) {
		return
	}
	seen := c
	fromTag, toTag := c.Message.FromTag(), e.toTag
	if a.detectDirection && fromCallee(c.Message) {
		seen = turned(c)
		fromTag, toTag = toTag, fromTag
	}
	line := make([]byte, 0, 512)
	line = append(line, "ACC: "...)
	line = append(line, e.title...)
	line = append(line, ": timestamp="...)
	line = strconv.AppendInt(line, a.now().Unix(), 10)
	line = appendPair(line, "method", c.Message.Method)
	line = appendPair(line, "from_tag", fromTag)
	line = appendPair(line, "to_tag", toTag)
	line = appendPair(line, "call_id", c.Message.CallID())
	line = appendPair(line, "code", e.code)
	line = appendPair(line, "reason", e.reason)
	for i := range a.extras {
		line = appendPair(line, a.extras[i].name, a.extras[i].value(seen))
	}
	a.printer.Print(level, append(line, '\n'))
}

func appendPair(line []byte, name, value string) []byte {
	line = append(line, ';')
	line = append(line, name...)
	line = append(line, '=')
	return append(line, value...)
}
