// Where calls are recorded: the flags of the store.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"viaduct/server"
	"viaduct/store"
	"viaduct/wire"
)

// storeFlag chooses the store of the commands that read one.
type storeFlag struct {
	DB string `name:"db" placeholder:"PATH" help:"Store to read. Without it: the one of viaduct serve, viaduct/viaduct.db in $$XDG_STATE_HOME or ~/.local/state."`
}

// open opens the store for reading.
func (f *storeFlag) open() (*store.Reader, error) {
	path, err := storePath(f.DB)
	if err != nil {
		return nil, err
	}
	reader, err := store.Read(path)
	return reader, hinted(err)
}

// storePath gives the path of a store: the named one, or the user's own.
func storePath(name string) (string, error) {
	if scheme, _, isURL := strings.Cut(name, "://"); isURL {
		return "", &server.Hinted{Problem: fmt.Errorf("--db %s: stores of %s are not spoken", name, scheme), Hint: "--db PATH names a file; SQLite is built in"}
	}
	if name != "" {
		return name, nil
	}
	state := os.Getenv("XDG_STATE_HOME") // XDG Base Directory Specification
	if !filepath.IsAbs(state) {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", &server.Hinted{Problem: errors.New("there is no folder for what is recorded: neither XDG_STATE_HOME nor HOME is set"), Hint: "--db PATH names a file, --db none keeps nothing"}
		}
		state = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(state, "viaduct", "viaduct.db"), nil
}

// hinted gives the advice of a store to the command line.
func hinted(err error) error {
	var refused *store.Refusal
	var wrong *store.FilterError
	switch {
	case errors.As(err, &refused):
		return &server.Hinted{Problem: err, Hint: refused.Hint}
	case errors.As(err, &wrong):
		return &server.Hinted{Problem: err, Hint: wrong.Hint}
	}
	return err
}

// recordFlags are those of serve.
type recordFlags struct {
	DB        string `name:"db" placeholder:"PATH|none" help:"File to record calls and bindings in, or none. Without it: viaduct/viaduct.db in $$XDG_STATE_HOME or ~/.local/state."`
	Keep      string `default:"7d" placeholder:"TIME" help:"How long calls are kept: 12h, 7d."`
	KeepBytes string `default:"10GB" placeholder:"SIZE" help:"How much all that is recorded may take: 500MB, 10GB."`
}

// open begins to record; nil when nothing shall be.
func (f *recordFlags) open(log io.Writer) (*store.Recorder, string, error) {
	options := store.Options{Warn: func(text string) { fmt.Fprintf(log, "viaduct: %s\n", text) }}
	var ok bool
	if options.Keep, ok = parseAge(f.Keep); !ok {
		return nil, "", &server.Hinted{Problem: fmt.Errorf("--keep %s: not a time", f.Keep), Hint: "write 90m, 12h or 7d; a minute at least"}
	}
	if options.KeepBytes, ok = parseSize(f.KeepBytes); !ok {
		return nil, "", &server.Hinted{Problem: fmt.Errorf("--keep-bytes %s: not a size", f.KeepBytes), Hint: "write 500MB or 10GB; 1MB at least"}
	}
	if f.DB == "none" {
		return nil, "", nil
	}
	path, err := storePath(f.DB)
	if err != nil {
		return nil, "", err
	}
	recorder, err := store.Record(path, options)
	return recorder, path, hinted(err)
}

// parseAge reads a duration that may count days.
func parseAge(text string) (time.Duration, bool) {
	if days, isDays := strings.CutSuffix(text, "d"); isDays {
		n, err := strconv.ParseFloat(days, 64)
		text = fmt.Sprintf("%fh", n*24)
		if err != nil {
			return 0, false
		}
	}
	age, err := time.ParseDuration(text)
	return age, err == nil && age >= time.Minute
}

// parseSize reads a number of bytes; units are powers of ten.
func parseSize(text string) (int64, bool) {
	number, factor := strings.ToUpper(strings.TrimSpace(text)), 1.0
	for unit, is := range map[string]float64{"KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12} {
		if before, found := strings.CutSuffix(number, unit); found {
			number, factor = before, is
			break
		}
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	bytes := n * factor
	return int64(bytes), err == nil && bytes >= 1e6 && bytes < 1e18
}

// taps shows each packet to several.
type taps []wire.Tap

func (t taps) Packet(p *wire.Packet) {
	for _, tap := range t {
		tap.Packet(p)
	}
}
