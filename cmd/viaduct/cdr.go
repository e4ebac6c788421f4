// The cdr command.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"viaduct/cdr"
	"viaduct/server"
	"viaduct/wire"
)

type cdrCommand struct {
	List   cdrListCommand   `cmd:"" default:"withargs" help:"Print the record of each call."`
	Verify cdrVerifyCommand `cmd:"" help:"Hold records to the messages they were made from; list every difference."`
}

type cdrListCommand struct {
	Files []string `arg:"" name:"file" help:"Recorded messages: transcripts, as send and serve print them. - is standard input."`
	CSV   bool     `xor:"form" help:"Print CSV with a header line."`
	JSON  bool     `xor:"form" name:"json" help:"Print a JSON object for each call, one a line."`
	Rates string   `placeholder:"FILE" help:"Prices by prefix: CSV with the columns prefix,per_minute,increments,fee,currency."`
	Out   string   `short:"o" placeholder:"FILE" help:"Write there instead of standard output."`
}

func (c *cdrListCommand) Run(s streams) error {
	rates, err := readRates(c.Rates)
	if err != nil {
		return err
	}
	packets, err := readRecordings(c.Files)
	if err != nil {
		return err
	}
	records, err := cdr.Calls(cdr.Packets(packets))
	if err != nil {
		return err
	}
	if len(records) == 0 {
		fmt.Fprintf(s.err, "viaduct: no calls among %s\n", count(len(packets), "message"))
	}
	until := endOf(packets)
	unpriced := 0
	for i := range records {
		records[i] = records[i].At(until)
		if rates != nil {
			if records[i].Price = rates.Price(&records[i]); records[i].Price == nil {
				unpriced++
			}
		}
	}
	if unpriced > 0 {
		fmt.Fprintf(s.err, "viaduct: %s without a price: no rate for the number, or the length is not known\n", count(unpriced, "call"))
	}
	return c.write(s, records)
}

// write prints the records in the form that was asked for.
func (c *cdrListCommand) write(s streams, records []cdr.Record) (err error) {
	to := s.out
	if c.Out != "" {
		file, err := os.Create(c.Out)
		if err != nil {
			return &server.Hinted{Problem: fmt.Errorf("%s cannot be written: %w", c.Out, reasonOf(err)), Hint: "-o takes the name of a file in a folder that you may write to"}
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		to = file
	}
	buffered := bufio.NewWriter(to)
	table := cdr.NewCSV(buffered)
	for i := range records {
		r := &records[i]
		switch {
		case c.CSV:
			err = table.Write(r)
		case c.JSON:
			_, err = buffered.Write(r.AppendJSON(nil))
		default:
			_, err = buffered.Write(r.AppendText(nil))
		}
		if err != nil {
			return err
		}
	}
	if c.CSV {
		if err := table.Flush(); err != nil {
			return err
		}
	}
	return buffered.Flush()
}

type cdrVerifyCommand struct {
	Records string   `arg:"" help:"Records as cdr --json prints them."`
	Files   []string `arg:"" name:"file" help:"The messages they were made from. - is standard input."`
}

func (c *cdrVerifyCommand) Run(s streams) error {
	records, err := readRecords(c.Records)
	if err != nil {
		return err
	}
	packets, err := readRecordings(c.Files)
	if err != nil {
		return err
	}
	differences, err := cdr.Verify(slices.Values(records), cdr.Packets(packets))
	if err != nil {
		return err
	}
	for _, d := range differences {
		fmt.Fprintln(s.out, d)
	}
	if len(differences) > 0 {
		return &server.Hinted{
			Problem: fmt.Errorf("%s in %s", count(len(differences), "difference"), count(len(records), "record")),
			Hint:    "viaduct cdr prints the records that the messages give, with their proofs",
		}
	}
	fmt.Fprintf(s.out, "%s, as the messages have it\n", count(len(records), "record"))
	return nil
}

func readRates(name string) (*cdr.Rates, error) {
	if name == "" {
		return nil, nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, &server.Hinted{Problem: fmt.Errorf("the rates %s cannot be read: %w", name, reasonOf(err)), Hint: "a line of rates is 49,0.019,60/1,0,EUR below the line prefix,per_minute,increments,fee,currency"}
	}
	defer file.Close()
	rates, err := cdr.ReadRates(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return rates, nil
}

// readRecordings reads the packets of files; those of several files are put
// into the order of time.
func readRecordings(names []string) ([]wire.Packet, error) {
	var all []wire.Packet
	for _, name := range names {
		packets, err := readRecording(name)
		if err != nil {
			return nil, err
		}
		all = append(all, packets...)
	}
	if len(names) > 1 {
		slices.SortStableFunc(all, func(a, b wire.Packet) int { return a.Time.Compare(b.Time) })
	}
	return all, nil
}

func readRecording(name string) ([]wire.Packet, error) {
	text, err := readRecorded(name)
	if err != nil {
		return nil, err
	}
	packets, err := wire.ParseTranscript(string(text))
	if err != nil {
		return nil, &server.Hinted{
			Problem: fmt.Errorf("%s is no transcript: %w", name, err),
			Hint:    "a message begins with a line like 2010-11-13T23:29:00.5Z UDP 127.0.0.1:5060 <- 127.0.0.1:5062",
		}
	}
	return packets, nil
}

func readRecorded(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(os.Stdin)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, &server.Hinted{Problem: fmt.Errorf("%s cannot be read: %w", name, reasonOf(err)), Hint: "cdr takes files with recorded messages; - is standard input"}
	}
	return text, nil
}

// readRecords reads records, one JSON object a line.
func readRecords(name string) ([]cdr.Record, error) {
	text, err := readRecorded(name)
	if err != nil {
		return nil, err
	}
	var records []cdr.Record
	number := 0
	for line := range bytes.Lines(text) {
		number++
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var r cdr.Record
		if err := json.Unmarshal(line, &r); err != nil {
			return nil, &server.Hinted{Problem: fmt.Errorf("%s:%d: no record: %w", name, number, err), Hint: "viaduct cdr --json makes them, one a line"}
		}
		records = append(records, r)
	}
	return records, nil
}

// endOf gives the time of the latest packet.
func endOf(packets []wire.Packet) time.Time {
	var end time.Time
	for i := range packets {
		if t := packets[i].Time; t.After(end) {
			end = t
		}
	}
	return end
}

// reasonOf takes the name of the file out of an error that says it.
func reasonOf(err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
