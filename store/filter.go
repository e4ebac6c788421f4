// Filter: which calls are listed.
package store

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Filter says which calls to give; zero values take all.
type Filter struct {
	User    string     // of From or To; * at the end stands for anything
	Since   time.Time  // that began then or later
	Until   time.Time  // that began earlier
	Result  string     // one of Results, a status ("486") or a class of them ("4xx")
	Address netip.Addr // of the caller or of who answered
	Port    uint16     // of it; 0: any
	All     bool       // requests other than INVITE too
	AfterID int64      // later calls only
	Limit   int        // the newest so many; 0: 100
	IDs     []int64    // only these; nil: all
}

// Results are the words for results that a Filter knows, besides statuses.
var results = map[string]string{
	"calling":   "status = 0 AND answered = 0 AND ringing = 0",
	"ringing":   "status = 0 AND answered = 0 AND ringing != 0",
	"talking":   "answered != 0 AND ended = 0",
	"completed": "answered != 0 AND ended != 0",
	"cancelled": "status >= 300 AND answered = 0 AND ended_by = 1",
	"failed":    "status >= 300 AND answered = 0 AND ended_by != 1",
	"answered":  "answered != 0",
	"open":      "(status = 0 OR answered != 0 AND ended = 0)",
}

// Results gives the words for results that a Filter knows, besides statuses.
func Results() []string {
	var words []string
	for word := range results {
		words = append(words, word)
	}
	slices.Sort(words)
	return words
}

// FilterError is a Filter that means nothing.
type FilterError struct{ Problem, Hint string }

func (e *FilterError) Error() string { return e.Problem }

// Calls gives the newest calls that pass the filter, the oldest of them first.
// An error is a *FilterError or a *Refusal.
func (r *Reader) Calls(f Filter) ([]Call, error) {
	condition, arguments, err := f.condition()
	if err != nil {
		return nil, err
	}
	if f.Limit == 0 {
		f.Limit = 100
	}
	calls, err := r.query(context.Background(), condition, arguments, f.Limit)
	slices.Reverse(calls)
	return calls, err
}

// condition gives the filter in SQL.
func (f *Filter) condition() (string, []any, error) {
	terms := []string{"1"}
	var arguments []any
	add := func(term string, values ...any) {
		terms = append(terms, term)
		arguments = append(arguments, values...)
	}
	if !f.All {
		add("method = 'INVITE'")
	}
	switch beginning, any := strings.CutSuffix(f.User, "*"); {
	case f.User == "" || f.User == "*":
	case any: // a range, so that the indices serve
		end := beginning + "\U0010ffff"
		add("id IN (SELECT id FROM calls WHERE caller >= ? AND caller < ? UNION SELECT id FROM calls WHERE callee >= ? AND callee < ?)", beginning, end, beginning, end)
	default:
		add("id IN (SELECT id FROM calls WHERE caller = ? UNION SELECT id FROM calls WHERE callee = ?)", f.User, f.User)
	}
	if !f.Since.IsZero() {
		add("started >= ?", f.Since.UnixMicro())
	}
	if !f.Until.IsZero() {
		add("started < ?", f.Until.UnixMicro())
	}
	if f.AfterID > 0 {
		add("id > ?", f.AfterID)
	}
	if f.IDs != nil {
		marks := make([]string, len(f.IDs))
		for i, id := range f.IDs {
			marks[i] = strconv.FormatInt(id, 10)
		}
		add("id IN (" + strings.Join(marks, ",") + ")")
	}
	if f.Address.IsValid() {
		host := strings.TrimSuffix(netip.AddrPortFrom(f.Address.Unmap(), 0).String(), "0") // "127.0.0.1:"
		if f.Port != 0 {
			host += strconv.Itoa(int(f.Port))
			add("(source = ? OR target = ?)", host, host)
		} else {
			end := strings.TrimSuffix(host, ":") + ";" // the character after ":"
			add("(source >= ? AND source < ? OR target >= ? AND target < ?)", host, end, host, end)
		}
	}
	if f.Result != "" {
		term, values, err := resultTerm(f.Result)
		if err != nil {
			return "", nil, err
		}
		add(term, values...)
	}
	return strings.Join(terms, " AND "), arguments, nil
}

func resultTerm(word string) (string, []any, error) {
	word = strings.ToLower(word)
	if term, known := results[word]; known {
		return term, nil, nil
	}
	if class, isClass := strings.CutSuffix(word, "xx"); isClass {
		if n, err := strconv.Atoi(class); err == nil && n >= 2 && n <= 6 {
			return "status >= ? AND status < ?", []any{n * 100, n*100 + 100}, nil
		}
	} else if n, err := strconv.Atoi(word); err == nil && n >= 200 && n <= 699 {
		return "status = ?", []any{n}, nil
	}
	return "", nil, &FilterError{fmt.Sprintf("there is no result %s", word), "a status (486), a class (4xx), or one of " + strings.Join(Results(), " ")}
}
