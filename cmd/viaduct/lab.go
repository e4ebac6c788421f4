// The lab command.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"viaduct/lab"
	"viaduct/server"
)

type labCommand struct {
	Experiment string `arg:"" optional:"" placeholder:"NAME" help:"Experiment to play, all of them (all), or a scenario file of your own. Without it: list them."`
	Predict    bool   `help:"Ask what will happen before it is shown."`
	Script     string `placeholder:"FILE" help:"Script that the proxies run instead of their own."`
	HTML       string `name:"html" placeholder:"FILE" help:"Write a page that stands alone; of all: a directory with a page each."`
	Color      string `default:"auto" enum:"auto,always,never" help:"Colours on the terminal: ${enum}."`
}

func (c *labCommand) Run(s streams) error {
	if c.Experiment == "" {
		return c.list(s)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	all := []string{c.Experiment}
	if c.Experiment == "all" {
		all = lab.Names()
	}
	var played []*lab.Scenario
	for _, name := range all {
		one, err := lab.Find(name)
		if err != nil {
			return explainLab(err)
		}
		played = append(played, one)
	}
	for i, one := range played {
		if i > 0 {
			fmt.Fprintln(s.out)
		}
		if err := c.play(ctx, s, one); err != nil {
			return err
		}
	}
	if c.HTML == "" || c.Experiment != "all" {
		return nil
	}
	index, err := lab.AppendIndex(nil, played)
	if err != nil {
		return err
	}
	return c.write(filepath.Join(c.HTML, "index.html"), index)
}

// list prints the experiments with their questions.
func (c *labCommand) list(s streams) error {
	color := useColor(c.Color, s.out)
	var text []byte
	for _, name := range lab.Names() {
		one, err := lab.Find(name)
		if err != nil {
			return err
		}
		text = one.AppendEntry(text, color)
	}
	text = append(text, "\nviaduct lab NAME plays one, viaduct lab all plays them all, viaduct lab FILE one of your own.\n"...)
	_, err := s.out.Write(text)
	return err
}

// play plays one experiment and shows what came of it.
func (c *labCommand) play(ctx context.Context, s streams, one *lab.Scenario) error {
	color := useColor(c.Color, s.out)
	var said []string
	if c.Predict {
		var err error
		if said, err = predict(s.out, os.Stdin, one, color); err != nil {
			return err
		}
	}
	result, err := lab.Play(ctx, one, lab.Options{Script: c.Script})
	if result == nil {
		return c.explain(err)
	}
	text := result.AppendText(nil, color)
	text = one.AppendAnswers(text, said, color)
	if _, wrong := s.out.Write(text); wrong != nil {
		return wrong
	}
	if c.HTML != "" {
		if wrong := c.page(result); wrong != nil {
			return wrong
		}
	}
	if err != nil {
		return c.explain(err)
	}
	if differ := len(result.Missing) + len(result.Strange); differ > 0 {
		if c.Script != "" { // another script may well do otherwise
			return nil
		}
		return &server.Hinted{Problem: fmt.Errorf("%s: %d messages are otherwise than expected", one.Name, differ), Hint: "- was expected and did not come, + came and was not expected"}
	}
	return nil
}

// page writes a result as a page.
func (c *labCommand) page(r *lab.Result) error {
	name, index := c.HTML, ""
	if c.Experiment == "all" {
		if err := os.MkdirAll(c.HTML, 0o777); err != nil {
			return notWritten(c.HTML, err)
		}
		name, index = filepath.Join(c.HTML, r.Scenario.Name+".html"), "index.html"
	}
	text, err := r.AppendHTML(nil, index)
	if err != nil {
		return err
	}
	return c.write(name, text)
}

func (c *labCommand) write(name string, text []byte) error {
	if err := os.WriteFile(name, text, 0o666); err != nil {
		return notWritten(name, err)
	}
	return nil
}

func notWritten(name string, err error) error {
	return &server.Hinted{Problem: fmt.Errorf("--html %s: %w", name, errors.Unwrap(err)), Hint: "name a file in a directory that is there; with all it is a directory"}
}

// predict asks what will happen, and gives what the reader says.
func predict(to io.Writer, from io.Reader, one *lab.Scenario, color bool) (said []string, err error) {
	if _, err := to.Write(one.AppendQuestion(nil, color)); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(from)
	for _, ask := range one.Asks {
		fmt.Fprintf(to, "\n%s\n> ", ask.Question)
		if !lines.Scan() {
			fmt.Fprintln(to)
			return said, lines.Err()
		}
		said = append(said, strings.TrimSpace(lines.Text()))
	}
	fmt.Fprintln(to)
	return said, nil
}

// explain adds a hint to what went wrong with playing.
func (c *labCommand) explain(err error) error {
	var step *lab.StepError
	var path *fs.PathError
	switch {
	case errors.As(err, &step) && c.Script != "":
		return &server.Hinted{Problem: err, Hint: "does " + c.Script + " relay as the experiment needs it? the ladder above shows how far it came"}
	case errors.As(err, &step):
		return &server.Hinted{Problem: err, Hint: "the ladder above shows what happened until then"}
	case c.Script != "" && errors.As(err, &path):
		return explainMissing(c.Script, err)
	}
	return explainLab(err)
}

func explainLab(err error) error {
	var wrong *lab.Error
	if errors.As(err, &wrong) && wrong.Hint != "" {
		return &server.Hinted{Problem: err, Hint: wrong.Hint}
	}
	return err
}
