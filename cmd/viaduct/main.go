// Viaduct is the SIP server that shows its work: a proxy and registrar that
// runs the scripts of SER, OpenSER and Kamailio and prints, draws and explains
// what it does.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"viaduct/script/syntax"
	"viaduct/server"
)

// commands is the command line.
type commands struct {
	Serve   serveCommand   `cmd:"" help:"Run a SIP server: the built-in script, or one of yours."`
	Check   checkCommand   `cmd:"" help:"Say what is wrong with a script, and what of it runs."`
	Calls   callsCommand   `cmd:"" help:"List the calls that were recorded."`
	Show    showCommand    `cmd:"" help:"Draw a call that was recorded; say in words what happened."`
	Send    sendCommand    `cmd:"" help:"Send SIP messages written by hand, and print what comes back."`
	Phone   phoneCommand   `cmd:"" help:"Be a SIP phone: register, call, answer, dial digits; by hand or by a script."`
	Cdr     cdrCommand     `cmd:"" help:"Print call records of recorded messages, with the messages that prove them."`
	Ladder  ladderCommand  `cmd:"" help:"Draw the calls of a capture by tcpdump or Wireshark as ladders."`
	Lab     labCommand     `cmd:"" help:"Play experiments: the printout, the ladder and the reason of each message."`
	Listen  listenCommand  `cmd:"" help:"Draw the calls of another server that sends copies of its messages by HEP."`
	Script  scriptCommand  `cmd:"" help:"Print scripts that come with viaduct."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

// streams are where a command prints.
type streams struct{ out, err io.Writer }

func main() {
	// A reader that goes away must not end the server with it.
	signal.Ignore(syscall.SIGPIPE)
	os.Exit(run(os.Args[1:], streams{os.Stdout, os.Stderr}))
}

// run carries out a command line and gives the exit status: 0, 1 when the
// command failed, 2 when it was not understood.
func run(args []string, s streams) int {
	var c commands
	status := -1
	parser, err := kong.New(&c,
		kong.Name("viaduct"),
		kong.Description("The SIP server that shows its work."),
		kong.Writers(s.out, s.err),
		kong.Exit(func(code int) { status = code }),
		kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		panic(err) // the tags above are wrong
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	context, err := parser.Parse(args)
	if status >= 0 { // --help has been printed
		return status
	}
	if err != nil {
		report(s.err, err)
		fmt.Fprintln(s.err, "hint: viaduct --help lists the commands, viaduct COMMAND --help its flags")
		return 2
	}
	if err := context.Run(s); err != nil {
		report(s.err, err)
		return 1
	}
	return 0
}

// report prints an error in one sentence, and a hint where there is one.
func report(to io.Writer, err error) {
	var faults syntax.ErrorList
	if errors.As(err, &faults) {
		fmt.Fprintln(to, faults.Detail())
		return
	}
	fmt.Fprintf(to, "viaduct: %v\n", err)
	var hinted *server.Hinted
	if errors.As(err, &hinted) {
		fmt.Fprintf(to, "hint: %s\n", hinted.Hint)
	}
}
