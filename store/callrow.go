// Call rows: a call as a line of the table calls.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"net/netip"
	"strings"
	"time"
)

// callColumns are those that readers take, in the order of scanCall.
const callColumns = "id, call_id, method, from_uri, to_uri, dialled, caller, callee, source, target, " +
	"started, ringing, answered, ended, last, status, reason, ended_by, packets, missed, first_file, last_file"

// foldColumns are those that only the writer needs.
const foldColumns = "from_tag, branch, cseq"

// callRows are the statements of the writer.
type callRows struct {
	insert, replace, update, byKey *sql.Stmt
	values                         []any
}

func (r *callRows) prepare(ctx context.Context, c *sql.Conn) (err error) {
	columns := strings.Split(callColumns+", "+foldColumns+", key", ", ")
	marks := strings.TrimSuffix(strings.Repeat("?,", len(columns)), ",")
	r.insert, err = c.PrepareContext(ctx, fmt.Sprintf("INSERT INTO calls(%s) VALUES (%s)", strings.Join(columns, ","), marks))
	if err != nil {
		return err
	}
	r.replace, err = c.PrepareContext(ctx, fmt.Sprintf("REPLACE INTO calls(%s) VALUES (%s)", strings.Join(columns, ","), marks))
	if err != nil {
		return err
	}
	// What stands in an index does not change any more once the method is known.
	r.update, err = c.PrepareContext(ctx, "UPDATE calls SET target = ?, ringing = ?, answered = ?, ended = ?, last = ?, status = ?, reason = ?, "+
		"ended_by = ?, packets = ?, missed = ?, first_file = ?, last_file = ?, branch = ?, cseq = ? WHERE id = ?")
	if err != nil {
		return err
	}
	r.byKey, err = c.PrepareContext(ctx, fmt.Sprintf("SELECT %s, %s FROM calls WHERE key = ? AND call_id = ? ORDER BY id DESC LIMIT 1", callColumns, foldColumns))
	return err
}

// callKey is the hash by which the row of a Call-ID is found.
func callKey(id string) int64 {
	h := fnv.New64a()
	h.Write([]byte(id))
	return int64(h.Sum64())
}

func (r *callRows) write(ctx context.Context, c *openCall) error {
	if c.isStored && c.isNamed {
		r.values = append(r.values[:0],
			addressText(c.Target), micros(c.Ringing), micros(c.Answered), micros(c.Ended), micros(c.Last), c.Status, c.Reason,
			int(c.EndedBy), c.Packets, c.Missed, c.firstFile, c.lastFile, c.branch, int64(c.cseq), c.ID)
		_, err := r.update.ExecContext(ctx, r.values...)
		return err
	}
	r.values = append(r.values[:0],
		c.ID, c.CallID, c.Method, c.From, c.To, c.Dialled, c.Caller, c.Callee, addressText(c.Source), addressText(c.Target),
		micros(c.Started), micros(c.Ringing), micros(c.Answered), micros(c.Ended), micros(c.Last),
		c.Status, c.Reason, int(c.EndedBy), c.Packets, c.Missed, c.firstFile, c.lastFile,
		c.fromTag, c.branch, int64(c.cseq), callKey(c.CallID))
	statement := r.insert
	if c.isStored {
		statement = r.replace
	}
	_, err := statement.ExecContext(ctx, r.values...)
	return err
}

// find gives the newest call of a Call-ID, nil when there is none.
func (r *callRows) find(ctx context.Context, id string) (*openCall, error) {
	c := &openCall{isStored: true}
	var cseq int64
	err := scanCall(r.byKey.QueryRowContext(ctx, callKey(id), id).Scan, &c.Call, &c.fromTag, &c.branch, &cseq)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	c.cseq, c.isNamed = uint32(cseq), c.Method != ""
	return c, err
}

// scanCall reads the columns of callColumns, and more behind them.
func scanCall(scan func(...any) error, c *Call, more ...any) error {
	var source, target string
	var started, ringing, answered, ended, last int64
	into := append([]any{
		&c.ID, &c.CallID, &c.Method, &c.From, &c.To, &c.Dialled, &c.Caller, &c.Callee, &source, &target,
		&started, &ringing, &answered, &ended, &last, &c.Status, &c.Reason, &c.EndedBy, &c.Packets, &c.Missed, &c.firstFile, &c.lastFile,
	}, more...)
	if err := scan(into...); err != nil {
		return err
	}
	c.Source, c.Target = parseAddress(source), parseAddress(target)
	c.Started, c.Ringing, c.Answered, c.Ended, c.Last = at(started), at(ringing), at(answered), at(ended), at(last)
	return nil
}

// micros and at are times as columns; 0 is no time.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func at(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros)
}

func addressText(a netip.AddrPort) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

func parseAddress(text string) netip.AddrPort {
	a, _ := netip.ParseAddrPort(text) // "" is none
	return a
}
