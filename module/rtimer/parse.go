// The parameters timer, "name=ta;interval=10;mode=1", and exec,
// "timer=ta;route=NAME".
package rtimer

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

var (
	errTimer = errors.New(`expected "name=ta;interval=10;mode=1"`)
	errExec  = errors.New(`expected "timer=ta;route=NAME"`)
)

// parseTimer reads a timer. An interval is in seconds, or with a u behind it in
// microseconds; less than a second is a second. 0 stands for fallback.
func parseTimer(text string, fallback time.Duration) (*timer, error) {
	t := &timer{interval: fallback}
	err := eachAttribute(text, func(name, value string) error {
		switch name {
		case "name":
			t.name = value
		case "mode":
			n, err := strconv.Atoi(value)
			if err != nil || n < 0 {
				return fmt.Errorf("mode=%q is no number", value)
			}
			t.aside = t.aside || n > 0
		case "interval":
			interval, err := parseInterval(value)
			if err != nil {
				return err
			}
			if interval > 0 {
				t.interval = interval
			}
			t.aside = t.aside || strings.HasSuffix(value, "u")
		}
		return nil // others are left alone
	})
	if err == nil && t.name == "" {
		err = errTimer
	}
	return t, err
}

func parseInterval(text string) (time.Duration, error) {
	digits, micro := strings.CutSuffix(text, "u")
	n, err := strconv.ParseUint(digits, 10, 31)
	if err != nil {
		return 0, fmt.Errorf("interval=%q: expected seconds, or microseconds as 500000u", text)
	}
	if !micro || n == 0 {
		return time.Duration(n) * time.Second, nil
	}
	interval := time.Duration(n) * time.Microsecond
	return (interval + time.Second - 1).Truncate(time.Second), nil
}

func parseExec(text string) (timer, route string, err error) {
	err = eachAttribute(text, func(name, value string) error {
		switch name {
		case "timer":
			timer = value
		case "route":
			route = value
		}
		return nil
	})
	if err == nil && (timer == "" || route == "") {
		err = errExec
	}
	return timer, route, err
}

// eachAttribute cuts "a=1;b=2".
func eachAttribute(text string, take func(name, value string) error) error {
	for one := range strings.SplitSeq(text, ";") {
		if one = strings.TrimSpace(one); one == "" {
			continue
		}
		name, value, ok := strings.Cut(one, "=")
		if !ok {
			return fmt.Errorf("expected name=value, not %q", one)
		}
		if err := take(strings.TrimSpace(name), strings.TrimSpace(value)); err != nil {
			return err
		}
	}
	return nil
}
