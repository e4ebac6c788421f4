// The show command: one call, drawn.
package main

import (
	"errors"
	"fmt"
	"io"

	"viaduct/callfile"
	"viaduct/capture"
	"viaduct/explain"
	"viaduct/ladder"
	"viaduct/server"
	"viaduct/store"
	"viaduct/wire"
)

type showCommand struct {
	Call string `arg:"" optional:"" help:"Number of the call as viaduct calls lists it, its Call-ID, or the beginning of that. Without it: the newest call."`
	storeFlag
	Format  string `short:"f" default:"text" enum:"text,svg,html,mermaid,sip,json,pcapng" help:"How to draw it: ${enum}; sip is the messages themselves, html a page that explains it."`
	Explain bool   `help:"Say in words what each message does, and what is wrong."`
	Output  string `short:"o" placeholder:"FILE" help:"Write to a file."`
}

func (c *showCommand) Run(s streams) error {
	if c.Explain && c.Format != "text" {
		return &server.Hinted{Problem: fmt.Errorf("--explain goes with --format text"), Hint: "leave --format away"}
	}
	reader, err := c.open()
	if err != nil {
		return err
	}
	defer reader.Close()
	call, err := c.find(reader)
	if err != nil {
		return err
	}
	recorded, gone, err := reader.Packets(call)
	if err != nil {
		return hinted(err)
	}
	if gone {
		fmt.Fprintf(s.err, "viaduct: earlier messages of this call are no longer kept\n")
	}
	if call.Missed > 0 && c.Format != "text" {
		fmt.Fprintf(s.err, "viaduct: %s of this call not recorded\n", count(call.Missed, "message"))
	}
	packets := make([]wire.Packet, len(recorded))
	for i := range recorded {
		packets[i] = recorded[i].Packet
	}
	if c.Format == "pcapng" && c.Output == "" {
		return &server.Hinted{Problem: errors.New("--format pcapng is nothing for a terminal"), Hint: "-o FILE names the file, -o - is standard output"}
	}
	drawn, err := c.draw(call, packets)
	if err != nil {
		return err
	}
	return writeTo(c.Output, s.out, func(to io.Writer) error {
		_, err := to.Write(drawn)
		return err
	})
}

// find looks for the call.
func (c *showCommand) find(reader *store.Reader) (*store.Call, error) {
	if c.Call == "" {
		calls, err := reader.Calls(store.Filter{Limit: 1})
		if err != nil {
			return nil, hinted(err)
		}
		if len(calls) == 0 {
			return nil, &server.Hinted{Problem: errors.New("no call was recorded yet"), Hint: "viaduct calls --all lists registrations and other requests too"}
		}
		return &calls[0], nil
	}
	call, err := reader.Find(c.Call)
	if errors.Is(err, store.ErrNoCall) {
		err = &server.Hinted{Problem: fmt.Errorf("%s: no such call was recorded", c.Call), Hint: "viaduct calls lists them, viaduct calls --all registrations and other requests too"}
	}
	return call, hinted(err)
}

// draw gives the call in the form that was asked for.
func (c *showCommand) draw(call *store.Call, packets []wire.Packet) ([]byte, error) {
	names := ladder.Names{}
	for i := range packets { // our side of each way is we
		if local := packets[i].Flow.Local; local.IsValid() {
			names[local] = "viaduct"
		}
	}
	calls := []capture.Call{{ID: call.CallID, Packets: packets}}
	switch c.Format {
	case "sip":
		return appendTranscript(nil, calls), nil
	case "html":
		return callfile.Append(nil, calls, names), nil
	case "pcapng":
		return pcapng(calls)
	}
	drawing := ladder.New(packets, names)
	switch c.Format {
	case "svg":
		return drawing.AppendSVG(nil), nil
	case "mermaid":
		return drawing.AppendMermaid(nil), nil
	case "json":
		return drawing.AppendJSON(nil), nil
	}
	text := fmt.Appendf(nil, "Call-ID %s\n%s, %s to %s: %s\n\n", call.CallID, call.Started.Format("2006-01-02 15:04:05.000"), call.Caller, call.Callee, call.Result())
	text = drawing.AppendText(text, ladder.TextOptions{Times: true})
	if call.Missed > 0 {
		text = fmt.Appendf(text, "%s not recorded\n", count(call.Missed, "message"))
	}
	if c.Explain {
		text = explain.Call(packets, names).AppendText(append(text, '\n'))
	}
	return text, nil
}
