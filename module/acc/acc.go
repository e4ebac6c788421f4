// Package acc is the script module of accounting: a line of the log for each
// transaction that the script marks with a flag.
//
//	acc.go        the module, its parameters and words
//	observe.go    what becomes of a transaction, and whether it is accounted
//	line.go       the line
//	extra.go      log_extra: what else stands in it
//	direction.go  detect_direction: caller and callee of the dialog
package acc

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"viaduct/module"
	"viaduct/script"
	"viaduct/sip"
)

// Printer takes the lines. It must not keep text.
type Printer interface {
	Print(level script.Level, text []byte)
}

// New gives the module, and the observer by which it hears of transactions.
func New(printer Printer, verbosity *module.Verbosity, now func() time.Time) (*script.Module, module.Observer) {
	a := &accounting{printer: printer, verbosity: verbosity, now: now, level: unsetLevel}
	return &script.Module{
		Name: "acc",
		Functions: []script.Function{
			{Name: "acc_log_request", MinArgs: 1, MaxArgs: 1, Bind: a.bindLogRequest},
			{Name: "acc_request", MinArgs: 2, MaxArgs: 2, Bind: a.bindRequest},
		},
		Params: []script.Param{
			{Name: "log_flag", Set: setFlag(&a.logFlag)},
			{Name: "log_missed_flag", Set: setFlag(&a.missedFlag)},
			{Name: "failed_transaction_flag", Set: setFlag(&a.failedFlag)},
			{Name: "acc_prepare_flag", Set: setFlag(&a.prepareFlag)},
			{Name: "acc_prepare_always", Set: script.SetBool(&a.prepareAlways)},
			{Name: "failed_filter", Set: a.setFilter},
			{Name: "report_ack", Set: script.SetBool(&a.reportACK)},
			{Name: "report_cancels", Set: script.SetBool(&a.reportCancels)},
			{Name: "early_media", Set: script.SetBool(&a.earlyMedia)},
			{Name: "detect_direction", Set: script.SetBool(&a.detectDirection)},
			{Name: "reason_from_hf", Set: script.SetBool(&a.reasonFromField)},
			{Name: "log_level", Set: a.setLevel},
			{Name: "log_extra", Set: script.SetString(&a.extraText)},
			{Name: "db_url", Set: script.SetString(&a.database)},
		},
		Start: a.start,
	}, a
}

type accounting struct {
	printer   Printer
	verbosity *module.Verbosity
	now       func() time.Time

	logFlag, missedFlag, failedFlag, prepareFlag uint32 // one bit each; 0: not set

	prepareAlways, reportACK, reportCancels, earlyMedia, detectDirection, reasonFromField bool

	filter    []int // failures that are not accounted
	level     int   // as the script numbers it
	extraText string
	extras    []extra
	database  string
}

// unsetLevel stands for notice, whatever its number is.
const unsetLevel = 1 << 20

// setFlag sets the bit of a flag's number; -1 takes it away.
func setFlag(bit *uint32) func(script.Value) error {
	return func(v script.Value) error {
		n, ok := module.NumberIn(v)
		if !ok || n < -1 || n > 31 {
			return fmt.Errorf("flags have the numbers 0 to 31, not %s", v)
		}
		if *bit = 0; n >= 0 {
			*bit = 1 << n
		}
		return nil
	}
}

func (a *accounting) setFilter(v script.Value) error {
	a.filter = nil
	for one := range sip.SplitList(v.AsString()) {
		n, err := strconv.Atoi(one)
		if err != nil || n < 300 || n > 999 {
			return fmt.Errorf("expected statuses from 300 to 999, not %q", one)
		}
		a.filter = append(a.filter, n)
	}
	return nil
}

func (a *accounting) setLevel(v script.Value) error {
	n, ok := module.NumberIn(v)
	if !ok {
		return fmt.Errorf("expected a level, not %s", v)
	}
	a.level = n
	return nil
}

func (a *accounting) start() (err error) {
	a.extras, err = parseExtras(a.extraText)
	return err
}

// levelFor gives the level of the lines of a script.
func (a *accounting) levelFor(p *script.Program) script.Level {
	if a.level == unsetLevel {
		return script.LevelNotice
	}
	return module.LevelIn(p.Dialect(), a.level)
}

// bindLogRequest binds acc_log_request("404 Not Found"): a line at once.
func (a *accounting) bindLogRequest(args []script.Arg) (script.Action, error) {
	comment := module.Text(args[0])
	return func(c *script.Context) int {
		code, reason := cutComment(comment(c))
		a.log(c, event{title: "request accounted", code: code, reason: reason, toTag: ownTag(c)})
		return 1
	}, nil
}

var errDatabase = errors.New("accounting in a database is not implemented yet; without db_url the line of the log remains")

// bindRequest binds acc_request(comment, table).
func (a *accounting) bindRequest(args []script.Arg) (script.Action, error) {
	if a.database != "" {
		return nil, errDatabase
	}
	return a.bindLogRequest(args[:1])
}

// cutComment reads "404 Not Found" as status and reason.
func cutComment(comment string) (code, reason string) {
	if len(comment) >= 3 && comment[0] >= '1' && comment[0] <= '6' && (len(comment) == 3 || comment[3] == ' ') {
		if _, err := strconv.ParseUint(comment[:3], 10, 16); err == nil {
			return comment[:3], comment[min(4, len(comment)):]
		}
	}
	return "", comment
}
