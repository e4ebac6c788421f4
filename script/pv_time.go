// pv_time.go: pseudo-variables of the clock: $Ts $TS $Tf $TF $TV $time $timef.

package script

import (
	"fmt"
	"strconv"
	"time"

	"viaduct/script/syntax"
)

// asctime is how $Tf writes a time.
const asctime = "Mon Jan _2 15:04:05 2006"

var processStart = time.Now()

func timeVariables() map[string]binder {
	seconds := readOnly(func(c *Context) Value { return IntValue(c.now().Unix()) })
	formatted := readOnly(func(c *Context) Value { return StringValue(c.now().Format(asctime)) })
	return map[string]binder{
		"Ts": seconds, "TS": seconds,
		"Tf": formatted, "TF": formatted,
		"Tb":     readOnly(func(*Context) Value { return IntValue(processStart.Unix()) }),
		"TV":     bindTimeval,
		"time":   bindTimePart(time.Time.Local),
		"utime":  bindTimePart(time.Time.UTC),
		"timef":  bindTimeFormat(time.Time.Local),
		"utimef": bindTimeFormat(time.Time.UTC),
	}
}

func (c *Context) now() time.Time {
	if c.Program.options.Now != nil {
		return c.Program.options.Now()
	}
	return time.Now()
}

// bindTimeval binds $TV(s|u|sn|un|Sn): seconds, microseconds, and both.
func bindTimeval(_ *compiler, pv *syntax.PV) (variable, error) {
	what, err := constantInner(pv)
	if err != nil {
		return variable{}, err
	}
	var eval valueOf
	switch what {
	case "s", "sn":
		eval = func(c *Context) Value { return IntValue(c.now().Unix()) }
	case "u", "un":
		eval = func(c *Context) Value { return IntValue(int64(c.now().Nanosecond() / 1000)) }
	case "Sn", "Sm":
		eval = func(c *Context) Value {
			now := c.now()
			return StringValue(fmt.Sprintf("%d.%06d", now.Unix(), now.Nanosecond()/1000))
		}
	default:
		return variable{}, fmt.Errorf("$TV(%s): want s, u, sn, un or Sn", what)
	}
	return variable{eval: eval}, nil
}

// bindTimePart binds $time(sec|min|hour|mday|mon|year|wday|yday|isdst).
func bindTimePart(zone func(time.Time) time.Time) binder {
	return func(_ *compiler, pv *syntax.PV) (variable, error) {
		what, err := constantInner(pv)
		if err != nil {
			return variable{}, err
		}
		parts := map[string]func(time.Time) int{
			"sec": time.Time.Second, "min": time.Time.Minute, "hour": time.Time.Hour, "mday": time.Time.Day,
			"mon":  func(t time.Time) int { return int(t.Month()) },
			"year": time.Time.Year,
			"wday": func(t time.Time) int { return int(t.Weekday()) + 1 },
			"yday": time.Time.YearDay,
			"isdst": func(t time.Time) int {
				if t.IsDST() {
					return 1
				}
				return 0
			},
		}
		part, ok := parts[what]
		if !ok {
			return variable{}, fmt.Errorf("$%s(%s): want sec, min, hour, mday, mon, year, wday, yday or isdst", pv.Name, what)
		}
		return variable{eval: func(c *Context) Value { return IntValue(int64(part(zone(c.now())))) }}, nil
	}
}

// bindTimeFormat binds $timef(%Y-%m-%d), with the conversions of strftime.
func bindTimeFormat(zone func(time.Time) time.Time) binder {
	return func(_ *compiler, pv *syntax.PV) (variable, error) {
		format, err := constantInner(pv)
		if err != nil {
			return variable{}, err
		}
		return variable{eval: func(c *Context) Value {
			return StringValue(strftime(zone(c.now()), format))
		}}, nil
	}
}

// strftime formats a time as C does in the POSIX locale.
func strftime(t time.Time, format string) string {
	var out []byte
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			out = append(out, format[i])
			continue
		}
		i++
		layout, ok := strftimeLayouts[format[i]]
		switch {
		case ok:
			out = t.AppendFormat(out, layout)
		case format[i] == 's':
			out = strconv.AppendInt(out, t.Unix(), 10)
		case format[i] == 'j':
			out = fmt.Appendf(out, "%03d", t.YearDay())
		case format[i] == 'u':
			out = fmt.Append(out, (int(t.Weekday())+6)%7+1)
		case format[i] == 'w':
			out = fmt.Append(out, int(t.Weekday()))
		case format[i] == 'n':
			out = append(out, '\n')
		case format[i] == 't':
			out = append(out, '\t')
		case format[i] == '%':
			out = append(out, '%')
		default:
			out = append(out, '%', format[i])
		}
	}
	return string(out)
}

var strftimeLayouts = map[byte]string{
	'Y': "2006", 'y': "06", 'm': "01", 'd': "02", 'e': "_2", 'H': "15", 'I': "03", 'M': "04", 'S': "05",
	'p': "PM", 'a': "Mon", 'A': "Monday", 'b': "Jan", 'B': "January", 'h': "Jan",
	'c': asctime, 'D': "01/02/06", 'F': "2006-01-02", 'T': "15:04:05", 'R': "15:04", 'x': "01/02/06", 'X': "15:04:05",
	'z': "-0700", 'Z': "MST", 'r': "03:04:05 PM",
}
