// core_log.go: log([level,] text).

package script

import (
	"fmt"

	"viaduct/script/syntax"
)

func logFunctions() map[string]coreFunction {
	return map[string]coreFunction{"log": {1, 2, bindLog}}
}

// bindLog binds log("text"), log(1, "text") and log("L_INFO", "text"). The
// text is written as it stands; variables are what xlog is for.
func bindLog(c *compiler, e *syntax.Call) Action {
	level := LevelDebug + 1 // log("text") shows from debug=4 on, as in Kamailio
	if len(e.Args) == 2 {
		v, ok := c.constant(e.Args[0])
		if !ok {
			c.fail(e.Args[0].Position(), "", "the level of log must be fixed")
			return failing
		}
		parsed, err := ParseLevel(v)
		if err != nil {
			c.fail(e.Args[0].Position(), "", "%v", err)
			return failing
		}
		level = parsed
	}
	value := c.value(e.Args[len(e.Args)-1])
	return func(c *Context) int {
		if level <= c.Program.globals.Debug {
			c.Program.log(level, value(c).AsString())
		}
		return 1
	}
}

// ParseLevel reads a level as a number or by name, "L_INFO".
func ParseLevel(v Value) (Level, error) {
	if v.Kind == Int {
		return Level(v.Int), nil
	}
	levels := map[string]Level{
		"L_ALERT": LevelAlert, "L_BUG": LevelBug, "L_CRIT2": -3, "L_CRIT": LevelCritical, "L_ERR": LevelError,
		"L_ERROR": LevelError, "L_WARN": LevelWarning, "L_WARNING": LevelWarning, "L_NOTICE": LevelNotice,
		"L_INFO": LevelInfo, "L_DBG": LevelDebug, "L_DEBUG": LevelDebug,
	}
	if level, ok := levels[v.Text]; ok {
		return level, nil
	}
	if n := v.AsInt(); v.Text == IntValue(n).String() {
		return Level(n), nil
	}
	return 0, fmt.Errorf("%q is no level: want L_ALERT, L_CRIT, L_ERR, L_WARN, L_NOTICE, L_INFO, L_DBG or a number", v.Text)
}
