// The cdr command: call records, and whether they hold.
package main

import (
	"bufio"
	"fmt"
	"io"
	"iter"
	"os"
	"time"

	"viaduct/cdr"
	"viaduct/server"
	"viaduct/store"
)

type cdrCommand struct {
	List   cdrListCommand   `cmd:"" default:"withargs" help:"Print the record of each call, with the messages that prove it."`
	Verify cdrVerifyCommand `cmd:"" help:"Fold the messages anew and list every difference to what was kept."`
}

type cdrListCommand struct {
	Files []string `arg:"" optional:"" name:"file" help:"Captures (pcap, pcapng) or transcripts; - is standard input. Without them: the store."`
	storeFlag
	From   string `placeholder:"TIME" help:"Calls that began then or later: 2026-01-31, '2026-01-31 15:04', 15:04, or 90m and 2d ago."`
	To     string `placeholder:"TIME" help:"Calls that began earlier than this."`
	CSV    bool   `name:"csv" xor:"form" help:"Print CSV with a header line."`
	JSON   bool   `name:"json" xor:"form" help:"Print a JSON object a line."`
	Rates  string `placeholder:"FILE" help:"Prices by prefix: CSV with the columns prefix,per_minute,increments,fee,currency."`
	Output string `short:"o" placeholder:"FILE" help:"Write to a file."`
}

func (c *cdrListCommand) Run(s streams) error {
	now := time.Now()
	from, err := parseMoment(c.From, now)
	if err != nil {
		return fmt.Errorf("--from %w", err)
	}
	to, err := parseMoment(c.To, now)
	if err != nil {
		return fmt.Errorf("--to %w", err)
	}
	rates, err := readRates(c.Rates)
	if err != nil {
		return err
	}
	records, close, err := c.records(store.Filter{Since: from, Until: to}, now)
	if err != nil {
		return err
	}
	defer close()
	return writeTo(c.Output, s.out, func(out io.Writer) error {
		p := printer{cdrListCommand: c, out: bufio.NewWriter(out), rates: rates}
		for r, err := range records {
			if err != nil {
				return err
			}
			if err := p.print(&r); err != nil {
				return err
			}
		}
		return p.end(s.err)
	})
}

// records gives the records of the files, or those of the store, which began in
// some time; those of calls in progress with their length so far. Close ends
// reading.
func (c *cdrListCommand) records(filter store.Filter, now time.Time) (records iter.Seq2[cdr.Record, error], close func(), err error) {
	if len(c.Files) == 0 {
		reader, err := c.open()
		if err != nil {
			return nil, nil, err
		}
		return storedRecords(reader, filter, now), reader.Close, nil
	}
	packets, err := readCaptures(c.Files)
	if err != nil {
		return nil, nil, err
	}
	all, err := cdr.Calls(cdr.Packets(packets))
	if err != nil {
		return nil, nil, err
	}
	until := endOf(packets)
	return func(yield func(cdr.Record, error) bool) {
		for _, r := range all {
			if at := beginOf(&r); !filter.Since.IsZero() && at.Before(filter.Since) || !filter.Until.IsZero() && !at.Before(filter.Until) {
				continue
			}
			if !yield(r.At(until), nil) {
				return
			}
		}
	}, func() {}, nil
}

// beginOf gives the time by which a call is filtered: when it began, or else
// when it was last heard of.
func beginOf(r *cdr.Record) time.Time {
	if r.Start.IsZero() {
		return r.LastSign.Time
	}
	return r.Start
}

// printer prints records, one by one.
type printer struct {
	*cdrListCommand
	out      *bufio.Writer
	table    *cdr.CSV
	rates    *cdr.Rates
	printed  int
	unpriced int
}

func (p *printer) print(r *cdr.Record) (err error) {
	p.printed++
	if p.rates != nil {
		if r.Price = p.rates.Price(r); r.Price == nil {
			p.unpriced++
		}
	}
	switch {
	case p.CSV:
		err = p.csv().Write(r)
	case p.JSON:
		_, err = p.out.Write(r.AppendJSON(nil))
	default:
		_, err = p.out.Write(r.AppendText(nil))
	}
	return err
}

func (p *printer) csv() *cdr.CSV {
	if p.table == nil {
		p.table = cdr.NewCSV(p.out)
	}
	return p.table
}

// end prints what is left, and says what there was not.
func (p *printer) end(notes io.Writer) error {
	if p.CSV {
		if err := p.csv().Flush(); err != nil {
			return err
		}
	}
	if p.printed == 0 {
		fmt.Fprintln(notes, "no calls")
	}
	if p.unpriced > 0 {
		fmt.Fprintf(notes, "viaduct: %s without a price: no rate for the number, or the length is not known\n", count(p.unpriced, "call"))
	}
	return p.out.Flush()
}

func readRates(name string) (*cdr.Rates, error) {
	if name == "" {
		return nil, nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, &server.Hinted{
			Problem: fmt.Errorf("the rates cannot be read: %w", err),
			Hint:    "rates are lines like 49,0.019,60/1,0,EUR below the line prefix,per_minute,increments,fee,currency",
		}
	}
	defer file.Close()
	rates, err := cdr.ReadRates(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return rates, nil
}
