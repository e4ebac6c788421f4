// The serve command.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"

	"viaduct/proxy"
	"viaduct/script/syntax"
	"viaduct/server"
	"viaduct/sip"
	"viaduct/store"
	"viaduct/wire"
)

type scriptFlags struct {
	Define  []string `placeholder:"NAME[=VALUE]" sep:"none" help:"Define a name for the script, as #!define does. Repeatable."`
	Dialect string   `default:"auto" enum:"auto,ser,openser,kamailio" help:"Language of the script: ${enum}."`
	Lenient bool     `help:"Run a script though it calls functions that viaduct does not implement; they return -1."`
}

type serveCommand struct {
	File   string   `short:"f" placeholder:"SCRIPT" help:"Script to run. Without it: the built-in registrar and proxy."`
	Listen []string `placeholder:"PROTO:HOST:PORT" sep:"none" help:"Address to listen on instead of the script's own. Repeatable."`
	scriptFlags
	Color  string `default:"auto" enum:"auto,always,never" help:"Colours on the terminal: ${enum}."`
	Ladder bool   `help:"Draw each call as a ladder when it has ended."`
	recordFlags
	hepFlags
	HTTP string `name:"http" default:"off" placeholder:"off|ADDR" help:"Where to show calls in a browser. So far only: off."`
}

func (c *serveCommand) Run(s streams) error {
	config, err := c.config(s)
	if err != nil {
		return err
	}
	recorder, path, err := c.recordFlags.open(s.err)
	if err != nil {
		return err
	}
	if recorder != nil {
		config.Tap, config.Keeper = recorder, recorder
		defer closeRecorder(recorder, s.err)
	}
	var drawing *ladders
	if c.Ladder {
		drawing = newLadders(s.out)
		if config.Tap = drawing; recorder != nil {
			config.Tap = taps{drawing, recorder}
		}
	}
	copies, err := c.hepFlags.openHEP()
	if err != nil {
		return err
	}
	if copies != nil {
		config.Tap = alsoTo(config.Tap, copies)
		defer closeHEP(copies, s.err)
	}
	srv, err := server.New(config)
	if err != nil {
		return explainMissing(c.File, err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go reloadOnHangup(ctx, stop, srv, s.err)
	go followLoad(ctx)
	defer relaxCollector()()
	var drawn sync.WaitGroup
	defer drawn.Wait()
	return srv.Run(ctx, func() {
		c.greet(s.out, srv)
		if recorder != nil {
			fmt.Fprintf(s.out, "Calls are recorded in %s: viaduct calls, viaduct show; --db none records nothing\n", path)
		}
		if drawing != nil {
			drawn.Go(func() { drawing.draw(ctx, srv.Listeners()) })
		}
	})
}

// closeRecorder writes what waits, and says what could not be written.
func closeRecorder(recorder *store.Recorder, log io.Writer) {
	if err := recorder.Close(); err != nil {
		report(log, hinted(err))
	}
	if missed := recorder.Missed(); missed > 0 {
		fmt.Fprintf(log, "viaduct: %s not recorded: the disk was too slow or full\n", count(int(missed), "message"))
	}
}

// config turns the flags into a server's configuration.
func (c *serveCommand) config(s streams) (server.Config, error) {
	config := server.Config{
		Script: c.File, Defines: c.Define, Lenient: c.Lenient,
		Color: useColor(c.Color, s.err), Out: s.err,
	}
	if c.HTTP != "off" {
		return config, &server.Hinted{Problem: fmt.Errorf("--http %s: web pages are not built in yet", c.HTTP), Hint: "leave --http away; use --ladder to see calls"}
	}
	var err error
	if config.Dialect, err = dialect(c.Dialect); err != nil {
		return config, err
	}
	for _, text := range c.Listen {
		listen, err := parseListen(text)
		if err != nil {
			return config, err
		}
		config.Listen = append(config.Listen, listen)
	}
	return config, nil
}

// dialect reads --dialect; auto leaves it to the script.
func dialect(name string) (syntax.Dialect, error) {
	if name == "auto" {
		return syntax.Auto, nil
	}
	return syntax.ParseDialect(name)
}

// parseListen reads PROTO:HOST:PORT, of which PROTO and PORT may be left out.
func parseListen(text string) (*syntax.Listen, error) {
	listen := &syntax.Listen{Address: syntax.Address{Pos: syntax.Pos{File: "--listen"}}}
	rest := text
	if proto, after, found := strings.Cut(text, ":"); found && wire.ParseTransport(proto) != wire.NoTransport {
		listen.Proto, rest = strings.ToLower(proto), after
	}
	if strings.Count(rest, ":") > 1 && !strings.HasPrefix(rest, "[") {
		rest = "[" + rest + "]"
	}
	uri, err := sip.ParseURI("sip:" + rest)
	if err != nil || uri.HasUser || uri.Params != "" {
		return nil, &server.Hinted{Problem: fmt.Errorf("--listen %s: not an address", text), Hint: "write udp:127.0.0.1:5060 or tcp:[::1]:5060"}
	}
	listen.Host, listen.Port = uri.Host, uri.Port
	return listen, nil
}

// greet says in three lines where the server listens and what to do next.
func (c *serveCommand) greet(to io.Writer, srv *server.Server) {
	name := c.File
	if name == "" {
		name = "its built-in script (viaduct script default)"
	}
	listeners := srv.Listeners()
	fmt.Fprintf(to, "viaduct runs %s and listens on %s\n", name, listing(listeners))
	host := listeners[0].SentBy
	fmt.Fprintf(to, "Register a phone: any user name, server %s, no password (in baresip: /uanew <sip:alice@%s>;auth_pass=none)\n", host, host)
	fmt.Fprintf(to, "Call from it: sip:bob@%s   Ctrl-C ends the server\n", host)
}

// listing names the listeners, those of one address together.
func listing(listeners []proxy.Listener) string {
	var names []string
	seen := map[string]int{}
	for _, l := range listeners {
		transport := strings.ToLower(l.Transport.String())
		address := l.Local.String()
		if at, ok := seen[address]; ok {
			names[at] = strings.Replace(names[at], ":", "+"+transport+":", 1)
			continue
		}
		seen[address] = len(names)
		names = append(names, transport+":"+address)
	}
	return strings.Join(names, ", ")
}

// reloadOnHangup reads the script again at each SIGHUP. One that comes because
// the terminal of the server was closed ends it, unless nohup said otherwise.
func reloadOnHangup(ctx context.Context, stop func(), srv *server.Server, to io.Writer) {
	endsWithTerminal := hasTerminal() && !signal.Ignored(syscall.SIGHUP)
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangup:
			if endsWithTerminal && !hasTerminal() {
				stop()
				return
			}
			if err := srv.Reload(); err != nil {
				report(to, err)
				fmt.Fprintln(to, "viaduct: the script was not read again; the old script goes on")
			}
		}
	}
}
