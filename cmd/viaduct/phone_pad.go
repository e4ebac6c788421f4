// The dial pad: a person at the phone command, who types one command after the other.
package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"viaduct/ladder"
	"viaduct/phone"
	"viaduct/server"
)

// dialPad reads commands from a person.
type dialPad struct {
	desk    *phone.Desk
	phone   *phone.Phone
	command *phoneCommand
	teller  *teller
	drawing *ladders
	names   ladder.Names
}

// run reads lines until quit or their end.
func (d *dialPad) run(ctx context.Context, from io.Reader) error {
	lines := make(chan string)
	go func() {
		defer close(lines)
		for scanner := bufio.NewScanner(from); scanner.Scan(); {
			select {
			case lines <- scanner.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	prompt := ""
	if !d.command.JSON {
		fmt.Fprintln(d.teller, "dial USER calls somebody, answer takes a call, hangup ends it; help lists the rest")
		if isTerminal(from) && isTerminal(d.teller.to) {
			prompt = d.command.User + "> "
			defer d.teller.ask("")
		}
	}
	d.teller.ask(prompt)
	look := time.NewTicker(200 * time.Millisecond)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-look.C:
			d.draw(now)
		case line, open := <-lines:
			if !open {
				return nil
			}
			if err := d.obey(ctx, line); errors.Is(err, phone.ErrQuit) {
				return nil
			}
			d.teller.ask(prompt)
		}
	}
}

// draw draws the calls that have ended.
func (d *dialPad) draw(now time.Time) {
	if !d.command.Ladder || d.command.JSON {
		return
	}
	d.drawing.drawCalls(worthDrawing(d.drawing.collector.Ended(now), nil), d.names)
}

// obey carries out one line; what is wrong with it is told at once.
func (d *dialPad) obey(ctx context.Context, line string) error {
	steps, err := phone.ParseScript(line)
	if err != nil {
		var wrong *phone.ScriptError
		if errors.As(err, &wrong) {
			err = &server.Hinted{Problem: fmt.Errorf("%s: %s", wrong.Step, wrong.Problem), Hint: cmp.Or(wrong.Hint, "help lists the words")}
		}
		report(d.teller, err)
		return nil
	}
	for _, step := range steps {
		switch step.Word {
		case "help":
			io.WriteString(d.teller, phone.Help())
		case "calls":
			d.list()
		}
		err := d.desk.Do(ctx, step)
		if errors.Is(err, phone.ErrQuit) {
			return err
		}
		if err != nil {
			report(d.teller, d.command.explain(err))
			return nil
		}
	}
	return nil
}

func (d *dialPad) list() {
	calls := d.phone.Calls()
	if len(calls) == 0 {
		fmt.Fprintln(d.teller, "no calls")
	}
	for _, c := range calls {
		chosen := " "
		if c == d.desk.Call() {
			chosen = "*"
		}
		fmt.Fprintf(d.teller, "%s %d %-12s %s\n", chosen, c.Number(), c.State(), c.Peer())
	}
}
