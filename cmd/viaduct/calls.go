// The calls command: what was recorded, a call a line.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/signal"
	"syscall"
	"time"
	"unicode/utf8"

	"viaduct/server"
	"viaduct/store"
)

type callsCommand struct {
	storeFlag
	User    string `short:"u" placeholder:"NAME" help:"Calls from or to this user or number; 030* is all that begin so."`
	Since   string `placeholder:"TIME" help:"Calls that began then or later: 2026-01-31, '2026-01-31 15:04', 15:04, or 90m and 2d ago."`
	Until   string `placeholder:"TIME" help:"Calls that began earlier than this."`
	Result  string `placeholder:"RESULT" help:"A status (486), a class (4xx), or one of answered calling cancelled completed failed open ringing talking."`
	Address string `placeholder:"HOST[:PORT]" help:"Calls from or to this address."`
	All     bool   `short:"a" help:"List registrations and other requests too, not calls only."`
	Limit   int    `short:"n" default:"100" help:"List the newest so many."`
	Follow  bool   `short:"F" help:"Go on: print a line whenever a call begins, is answered or ends."`
	JSON    bool   `name:"json" help:"Print a JSON object a line."`
	Output  string `short:"o" placeholder:"FILE" help:"Write to a file."`
}

func (c *callsCommand) Run(s streams) error {
	filter, err := c.filter(time.Now())
	if err != nil {
		return err
	}
	reader, err := c.open()
	if err != nil {
		return err
	}
	defer reader.Close()
	return writeTo(c.Output, s.out, func(to io.Writer) error {
		if c.Follow {
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			return c.follow(ctx, to, reader, filter)
		}
		calls, err := reader.Calls(filter)
		if err != nil {
			return hinted(err)
		}
		if len(calls) == 0 && !c.JSON {
			fmt.Fprintln(s.err, "no calls")
			return nil
		}
		return c.print(to, calls, true)
	})
}

// writeTo lets write write to a file, or to otherwise without a name. A file
// appears only when all was written.
func writeTo(name string, otherwise io.Writer, write func(io.Writer) error) error {
	if name == "" || name == "-" {
		return write(otherwise)
	}
	file, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o644)
	if err != nil {
		return &server.Hinted{Problem: err, Hint: "-o FILE needs a folder that can be written"}
	}
	if err := write(file); err != nil {
		file.Close()
		return err
	}
	return file.Close()
}

// filter turns the flags into a filter.
func (c *callsCommand) filter(now time.Time) (f store.Filter, err error) {
	f = store.Filter{User: c.User, Result: c.Result, All: c.All, Limit: c.Limit}
	if c.Limit < 1 {
		return f, &server.Hinted{Problem: fmt.Errorf("--limit %d: nothing would be listed", c.Limit), Hint: "give a number from 1"}
	}
	if f.Since, err = parseMoment(c.Since, now); err != nil {
		return f, fmt.Errorf("--since %w", err)
	}
	if f.Until, err = parseMoment(c.Until, now); err != nil {
		return f, fmt.Errorf("--until %w", err)
	}
	if c.Address != "" {
		if f.Address, err = netip.ParseAddr(c.Address); err != nil {
			both, err := netip.ParseAddrPort(c.Address)
			if err != nil {
				return f, &server.Hinted{Problem: fmt.Errorf("--address %s: not an address", c.Address), Hint: "write 127.0.0.1, 127.0.0.1:5060, ::1 or [::1]:5060"}
			}
			f.Address, f.Port = both.Addr(), both.Port()
		}
	}
	return f, nil
}

// parseMoment reads a time of day, a date, both, or how long ago; "" is none.
func parseMoment(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if age, ok := parseAge(text); ok {
		return now.Add(-age), nil
	}
	for _, layout := range []string{time.DateOnly, "2006-01-02 15:04", time.DateTime, "2006-01-02T15:04", "2006-01-02T15:04:05", time.RFC3339} {
		if t, err := time.ParseInLocation(layout, text, now.Location()); err == nil {
			return t, nil
		}
	}
	for _, layout := range []string{"15:04", time.TimeOnly} {
		if t, err := time.ParseInLocation(layout, text, now.Location()); err == nil {
			year, month, day := now.Date()
			return time.Date(year, month, day, t.Hour(), t.Minute(), t.Second(), 0, now.Location()), nil
		}
	}
	return time.Time{}, &server.Hinted{Problem: fmt.Errorf("%s: not a time", text), Hint: "write 2026-01-31, '2026-01-31 15:04', 15:04, or 90m and 2d for so long ago"}
}

// print writes calls as lines, below a heading when it is the first time.
func (c *callsCommand) print(to io.Writer, calls []store.Call, heading bool) error {
	var text []byte
	if heading && !c.JSON {
		text = fmt.Appendf(text, "%6s  %-23s  %-16s  %-16s  %-24s %8s  %s\n", "call", "started", "from", "to", "result", "talked", "messages")
	}
	for i := range calls {
		call := &calls[i]
		if c.JSON {
			line, err := json.Marshal(call)
			if err != nil {
				return err
			}
			text = append(append(text, line...), '\n')
			continue
		}
		text = appendCallLine(text, call, time.Now())
	}
	_, err := to.Write(text)
	return err
}

func appendCallLine(dst []byte, call *store.Call, now time.Time) []byte {
	talked := ""
	if d, ok := call.Duration(now); ok {
		talked = clock(d)
	}
	result := call.Result()
	if call.Method != "INVITE" {
		result = call.Method + " " + result
	}
	dst = fmt.Appendf(dst, "%6d  %-23s  %-16s  %-16s  %-24s %8s  %d", call.ID, call.Started.Format("2006-01-02 15:04:05.000"),
		cut(call.Caller, 16), cut(call.Callee, 16), cut(result, 24), talked, call.Packets)
	if call.Missed > 0 {
		dst = fmt.Appendf(dst, " and %d not recorded", call.Missed)
	}
	return append(dst, '\n')
}

// clock writes a duration as 1:02:03, 2:03 or 0:03.
func clock(d time.Duration) string {
	seconds := int(d.Round(time.Second).Seconds())
	if seconds >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
	}
	return fmt.Sprintf("%d:%02d", seconds/60, seconds%60)
}

// cut makes a text fit for a terminal and its column.
func cut(text string, width int) string {
	var b []rune
	for _, r := range text {
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			r = '?'
		}
		if b = append(b, r); len(b) > width {
			return string(append(b[:width-1], '…'))
		}
	}
	return string(b)
}

// followEvery is how often the store is asked for news.
const followEvery = 300 * time.Millisecond

// follow prints what there is, and then each call that begins or comes to
// another state, until ctx ends.
func (c *callsCommand) follow(ctx context.Context, to io.Writer, reader *store.Reader, filter store.Filter) error {
	seen := map[int64]store.State{} // of calls that have not ended
	look := time.NewTicker(followEvery)
	defer look.Stop()
	result := filter.Result
	for heading := true; ; heading = false {
		news, err := c.news(reader, filter, seen)
		if err != nil {
			return hinted(err)
		}
		if err := c.print(to, news, heading); err != nil {
			return err
		}
		for i := range news {
			filter.AfterID = max(filter.AfterID, news[i].ID)
		}
		filter.Limit, filter.Result = 10_000, result
		select {
		case <-ctx.Done():
			return nil
		case <-look.C:
		}
	}
}

// news gives the calls that are new, and those of seen whose state is another.
func (c *callsCommand) news(reader *store.Reader, filter store.Filter, seen map[int64]store.State) ([]store.Call, error) {
	var news []store.Call
	if len(seen) > 0 {
		again := filter
		again.AfterID, again.IDs = 0, make([]int64, 0, len(seen))
		for id := range seen {
			again.IDs = append(again.IDs, id)
		}
		calls, err := reader.Calls(again)
		if err != nil {
			return nil, err
		}
		for _, call := range calls {
			if call.State() != seen[call.ID] {
				news = append(news, call)
			}
		}
	}
	calls, err := reader.Calls(filter)
	news = append(news, calls...)
	for i := range news {
		if state := news[i].State(); state <= store.Talking {
			seen[news[i].ID] = state
		} else {
			delete(seen, news[i].ID)
		}
	}
	return news, err
}
