// Rates: what calls cost, by the prefix of the number dialled, read from CSV.
package cdr

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// Rate is the price of calls to the numbers that begin with a prefix.
type Rate struct {
	Prefix    string   // digits, * and #, without "+"; "" is for all that no other rate is for
	PerMinute *big.Rat // exact
	First     int64    // seconds that are charged at least
	Step      int64    // seconds to which the rest is rounded up
	Fee       *big.Rat // of each call that was answered
	Currency  string   // "EUR"
	line      int      // where it stands
}

// Rates are the rates of a file.
type Rates struct {
	byPrefix map[string]*Rate
	longest  int // prefix
}

// RatesError says where a file of rates is wrong, and what should stand there.
type RatesError struct {
	Line, Column int // from 1; columns in bytes
	Expected     string
}

func (e *RatesError) Error() string {
	return fmt.Sprintf("line %d, column %d: expected %s", e.Line, e.Column, e.Expected)
}

// columns of a file of rates. The header line gives their order.
var columns = []string{"prefix", "per_minute", "increments", "fee", "currency"}

// ReadRates reads a file of rates: CSV (RFC 4180) with a header line.
//
//	prefix,per_minute,increments,fee,currency
//	49,0.019,60/1,0,EUR
//	4915,0.0925,1/1,0.05,EUR
//	,0.25,60/60,0.10,EUR
//
// Increments are the seconds that are charged at least and those to which the
// rest is rounded up. Numbers are decimal, with a point. Lines that begin with
// "#" do not count. Errors of the text are of type *RatesError.
func ReadRates(from io.Reader) (*Rates, error) {
	r := csv.NewReader(from)
	r.Comment = '#'
	r.FieldsPerRecord = -1 // told in our words
	header, err := r.Read()
	if err == io.EOF {
		return nil, &RatesError{1, 1, "the header line " + strings.Join(columns, ",")}
	} else if err != nil {
		return nil, csvError(err)
	}
	order, err := readHeader(r, header)
	if err != nil {
		return nil, err
	}
	rates := &Rates{byPrefix: map[string]*Rate{}}
	for {
		fields, err := r.Read()
		if err == io.EOF {
			return rates, nil
		} else if err != nil {
			return nil, csvError(err)
		}
		if err := rates.add(r, fields, order); err != nil {
			return nil, err
		}
	}
}

// csvError tells a fault of the quoting in our words.
func csvError(err error) error {
	var fault *csv.ParseError
	if !errors.As(err, &fault) {
		return err
	}
	expected := "a field without quotes inside, or in quotes with those inside doubled"
	if errors.Is(err, csv.ErrQuote) {
		expected = `a closing quote, and a comma or the end of the line behind it; a quote inside is written ""`
	}
	return &RatesError{fault.Line, max(fault.Column, 1), expected}
}

// fault gives the error of one field of the line that was read last.
func fault(r *csv.Reader, field int, format string, args ...any) error {
	line, column := r.FieldPos(field)
	return &RatesError{line, column, fmt.Sprintf(format, args...)}
}

// readHeader finds which column stands where.
func readHeader(r *csv.Reader, header []string) (order []int, err error) {
	order = make([]int, len(columns))
	for i := range order {
		order[i] = -1
	}
	for i, name := range header {
		if i == 0 {
			name = strings.TrimPrefix(name, "\ufeff") // spreadsheets begin a file with it
		}
		at := slices.Index(columns, strings.ToLower(strings.TrimSpace(name)))
		switch {
		case at < 0:
			return nil, fault(r, i, "one of the columns %s, not %q", strings.Join(columns, ", "), name)
		case order[at] >= 0:
			return nil, fault(r, i, "each column once, %q stands there twice", name)
		}
		order[at] = i
	}
	for i, at := range order {
		if at < 0 {
			return nil, fault(r, len(header)-1, "a column %s too", columns[i])
		}
	}
	return order, nil
}

func (rates *Rates) add(r *csv.Reader, fields []string, order []int) error {
	if len(fields) != len(columns) {
		return fault(r, min(len(fields), len(columns))-1, "%d fields in this line, not %d", len(columns), len(fields))
	}
	var rate Rate
	rate.line, _ = r.FieldPos(0)
	value := func(column int) string { return strings.TrimSpace(fields[order[column]]) }
	rate.Prefix = strings.TrimPrefix(value(0), "+")
	if !isDialString(rate.Prefix) || value(0) == "+" {
		return fault(r, order[0], "a prefix of digits, * and #, not %q", value(0))
	}
	var ok bool
	if rate.PerMinute, ok = parseDecimal(value(1)); !ok {
		return fault(r, order[1], "a price like 0.019, not %q", value(1))
	}
	if rate.First, rate.Step, ok = parseIncrements(value(2)); !ok {
		return fault(r, order[2], "increments in seconds like 60/1 or 1/1, not %q", value(2))
	}
	if rate.Fee, ok = parseDecimal(value(3)); !ok {
		return fault(r, order[3], "a fee like 0.05, or 0, not %q", value(3))
	}
	if rate.Currency = value(4); !isCurrency(rate.Currency) {
		return fault(r, order[4], "a currency like EUR, not %q", value(4))
	}
	if earlier := rates.byPrefix[rate.Prefix]; earlier != nil {
		return fault(r, order[0], "each prefix once, %q stands in line %d too", rate.Prefix, earlier.line)
	}
	rates.byPrefix[rate.Prefix] = &rate
	rates.longest = max(rates.longest, len(rate.Prefix))
	return nil
}

// Find gives the rate of the longest prefix that a number begins with; nil when
// there is none. "+" in front of the number does not count; visual separators
// (RFC 3966 section 3) do not either.
func (rates *Rates) Find(number string) *Rate {
	number = dialString(number)
	for n := min(len(number), rates.longest); n >= 0; n-- {
		if rate := rates.byPrefix[number[:n]]; rate != nil {
			return rate
		}
	}
	return nil
}

func isDialString(s string) bool {
	return strings.Trim(s, "0123456789*#") == ""
}

// dialString takes out of a number what is there for the eye.
func dialString(number string) string {
	bare := strings.NewReplacer("-", "", ".", "", "(", "", ")", "", " ", "").Replace(strings.TrimPrefix(number, "+"))
	if isDialString(bare) {
		return bare
	}
	return number
}

// maxDigits bounds a decimal number.
const maxDigits = 18

// parseDecimal reads "0.019": digits, and perhaps a point and digits.
func parseDecimal(s string) (*big.Rat, bool) {
	whole, part, hasPoint := strings.Cut(s, ".")
	if whole == "" || hasPoint && part == "" || len(whole)+len(part) > maxDigits || strings.Trim(whole+part, "0123456789") != "" {
		return nil, false
	}
	return new(big.Rat).SetString(s)
}

// parseIncrements reads "60/1". A day is the longest.
func parseIncrements(s string) (first, step int64, ok bool) {
	a, b, found := strings.Cut(s, "/")
	if !found {
		return 0, 0, false
	}
	seconds := func(s string) int64 {
		n, err := strconv.ParseUint(s, 10, 32)
		if err != nil || n > 86400 {
			return 0
		}
		return int64(n)
	}
	first, step = seconds(a), seconds(b)
	return first, step, first > 0 && step > 0
}

func isCurrency(s string) bool {
	return len(s) == 3 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}
