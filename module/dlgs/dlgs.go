// Package dlgs is the script module of light dialog statistics: which calls
// there are, how far each is, and words that count them.
//
// The script says when: dlgs_init for the first INVITE, dlgs_update for each
// request and reply after it. Nothing else depends on the table, and what is
// not updated is forgotten when its time is over.
//
//	dlgs.go    the module and its words
//	table.go   the calls, by Call-ID
//	state.go   how far a call is
//	filter.go  which calls dlgs_count counts
package dlgs

import (
	"fmt"
	"time"

	"viaduct/module"
	"viaduct/script"
)

// New gives the module on a table of the server, which outlives the script.
func New(table *Table, now func() time.Time) *script.Module {
	w := &words{table: table, now: now}
	times := defaultLifetimes
	return &script.Module{
		Name: "dlgs",
		Functions: []script.Function{
			{Name: "dlgs_init", MinArgs: 3, MaxArgs: 3, Bind: w.bindInit},
			module.Plain("dlgs_update", func(c *script.Context) int { return module.Bool(table.update(c.Message, now())) }),
			{Name: "dlgs_count", MinArgs: 3, MaxArgs: 3, Bind: w.bindCount},
			module.OfText("dlgs_tags_add", func(c *script.Context, tag string) int { return module.Bool(table.tag(c.Message.CallID(), tag)) }),
			module.OfText("dlgs_tags_rm", func(c *script.Context, tag string) int { return module.Bool(table.untag(c.Message.CallID(), tag)) }),
			module.OfText("dlgs_tags_count", func(_ *script.Context, tag string) int {
				return counted(table.count(now(), func(d *dialog) bool { return d.has(tag) }))
			}),
		},
		Params: []script.Param{
			{Name: "init_lifetime", Set: seconds(&times.init)},
			{Name: "active_lifetime", Set: seconds(&times.active)},
			{Name: "finish_lifetime", Set: seconds(&times.finish)},
			{Name: "timer_interval", Set: seconds(&times.interval)},
		},
		Start: func() error {
			table.setLifetimes(times)
			return nil
		},
	}
}

type words struct {
	table *Table
	now   func() time.Time
}

func seconds(into *time.Duration) func(script.Value) error {
	return func(v script.Value) error {
		n, ok := module.NumberIn(v)
		if !ok || n < 1 || n > 1<<30 {
			return fmt.Errorf("expected a number of seconds, not %s", v)
		}
		*into = time.Duration(n) * time.Second
		return nil
	}
}

// bindInit binds dlgs_init(source, destination, data): the call of this INVITE
// is tracked from now on. What the three mean the script says.
func (w *words) bindInit(args []script.Arg) (script.Action, error) {
	source, destination, data := module.Text(args[0]), module.Text(args[1]), module.Text(args[2])
	return func(c *script.Context) int {
		m := c.Message
		if !m.IsRequest() || m.Method != "INVITE" || m.ToTag() != "" {
			return -1
		}
		return module.Bool(w.table.add(m.CallID(), source(c), destination(c), data(c), w.now()))
	}, nil
}

// bindCount binds dlgs_count(field, operator, value): how many calls that are
// not over fit; -1 when none does.
func (w *words) bindCount(args []script.Arg) (script.Action, error) {
	filter, err := bindFilter(args)
	if err != nil {
		return nil, err
	}
	return func(c *script.Context) int {
		fits := filter(c)
		if fits == nil {
			return -1
		}
		return counted(w.table.count(w.now(), fits))
	}, nil
}

// counted is a number as a result: none is false, never the end of the script.
func counted(n int) int {
	if n == 0 {
		return -1
	}
	return n
}
