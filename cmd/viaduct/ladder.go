// The ladder command.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"

	"viaduct/callfile"
	"viaduct/capture"
	"viaduct/explain"
	"viaduct/ladder"
	"viaduct/redact"
	"viaduct/server"
	"viaduct/wire"
)

type ladderCommand struct {
	File    string            `arg:"" help:"Capture: pcap or pcapng (tcpdump, Wireshark, sngrep), also with gzip, a transcript or a call file. - is standard input."`
	Call    []string          `placeholder:"CALL" sep:"none" help:"Draw this call only: its number in the list, its Call-ID or the beginning of it. Repeatable."`
	All     bool              `help:"Draw all calls. Without --all and --call they are listed, and one alone is drawn."`
	Format  string            `default:"text" enum:"text,svg,mermaid,json,html,transcript,pcapng" help:"What to write: ${enum}."`
	Explain bool              `help:"Say in words what each message does, and what is wrong with the call."`
	Name    map[string]string `placeholder:"ADDRESS=NAME" help:"Name a lane: 192.0.2.1=proxy or 192.0.2.1:5060=proxy. Repeatable."`
	Redact  bool              `help:"Put pseudonyms in the place of numbers, names, addresses, keys and texts, the same for the same."`
	Output  string            `short:"o" placeholder:"FILE" help:"Write to a file instead of the terminal."`
}

func (c *ladderCommand) Run(s streams) error {
	names, err := laneNames(c.Name)
	if err != nil {
		return err
	}
	if c.Redact && len(names) > 0 {
		return &server.Hinted{Problem: errors.New("--redact and --name do not go together"), Hint: "--redact -o FILE first, then --name with the addresses that stand there"}
	}
	packets, damage := readCapture(c.File)
	if len(packets) == 0 {
		if damage == nil {
			damage = &server.Hinted{Problem: fmt.Errorf("%s holds no SIP message", c.File), Hint: "messages within TLS cannot be seen in a capture; viaduct serve --ladder sees them"}
		}
		return damage
	}
	calls, rest := capture.Calls(packets)
	chosen, err := c.choose(calls)
	if err != nil {
		return err
	}
	if c.Redact {
		calls, chosen = redactCalls(calls), redactCalls(chosen)
	}
	var out []byte
	switch {
	case chosen == nil:
		out = appendCalls(out, calls)
		if len(rest) > 0 {
			out = fmt.Appendf(out, "%s without a Call-ID\n", count(len(rest), "message"))
		}
	default:
		out, err = c.draw(chosen, names)
	}
	if err == nil {
		err = c.write(s, out)
	}
	if err == nil {
		err = damage
	}
	return err
}

// redactCalls redacts calls together, so that the same stays the same in all.
func redactCalls(calls []capture.Call) []capture.Call {
	if calls == nil {
		return nil
	}
	var packets []wire.Packet
	for _, call := range calls {
		packets = append(packets, call.Packets...)
	}
	redacted, _ := capture.Calls(redact.Packets(packets))
	return redacted
}

// readCapture reads a file. With an error, the packets are what could be read.
func readCapture(name string) ([]wire.Packet, error) {
	from := os.Stdin
	if name != "-" {
		file, err := os.Open(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, &server.Hinted{Problem: fmt.Errorf("%s: no such file", name), Hint: "tcpdump -i any -w " + name + " udp port 5060 makes a capture"}
		case err != nil:
			return nil, fmt.Errorf("%s cannot be read: %w", name, errors.Unwrap(err))
		}
		defer file.Close()
		from = file
	}
	packets, err := capture.ReadAll(from)
	if err != nil {
		err = fmt.Errorf("%s: %w", name, err)
		if len(packets) > 0 {
			err = fmt.Errorf("%w; what is above was read before it", err)
		}
	}
	return packets, err
}

// laneNames reads --name.
func laneNames(given map[string]string) (ladder.Names, error) {
	names := ladder.Names{}
	for address, name := range given {
		if a, err := netip.ParseAddrPort(address); err == nil {
			names[a] = name
			continue
		}
		a, err := netip.ParseAddr(strings.Trim(address, "[]"))
		if err != nil {
			return nil, &server.Hinted{Problem: fmt.Errorf("--name %s=%s: not an address", address, name), Hint: "write 192.0.2.1=proxy or 192.0.2.1:5060=proxy"}
		}
		names[netip.AddrPortFrom(a, 0)] = name
	}
	return names, nil
}

// choose gives the calls to draw, nil to list them.
func (c *ladderCommand) choose(calls []capture.Call) ([]capture.Call, error) {
	if len(c.Call) == 0 {
		if c.All || len(calls) == 1 {
			return calls, nil
		}
		return nil, nil
	}
	var chosen []capture.Call
	for _, wanted := range c.Call {
		at, err := findCall(calls, wanted)
		if err != nil {
			return nil, err
		}
		chosen = append(chosen, calls[at])
	}
	return chosen, nil
}

// findCall finds a call by its Call-ID, by its number in the list, or by the
// beginning of its Call-ID.
func findCall(calls []capture.Call, wanted string) (int, error) {
	found := -1
	for i := range calls {
		switch {
		case calls[i].ID == wanted:
			return i, nil
		case strings.HasPrefix(calls[i].ID, wanted) && found >= 0:
			found = len(calls)
		case strings.HasPrefix(calls[i].ID, wanted):
			found = i
		}
	}
	if number, err := strconv.Atoi(wanted); err == nil && number > 0 && number <= len(calls) {
		return number - 1, nil
	}
	switch found {
	case -1:
		return 0, &server.Hinted{Problem: fmt.Errorf("--call %s: no call has this number or Call-ID", wanted), Hint: "without --call all calls are listed"}
	case len(calls):
		return 0, &server.Hinted{Problem: fmt.Errorf("--call %s: several Call-IDs begin so", wanted), Hint: "without --call all calls are listed"}
	}
	return found, nil
}

// draw draws calls one below the other, where the format has room for several.
func (c *ladderCommand) draw(calls []capture.Call, names ladder.Names) ([]byte, error) {
	if len(calls) > 1 && (c.Format == "svg" || c.Format == "mermaid") {
		return nil, &server.Hinted{Problem: fmt.Errorf("--format %s draws one call, and these are %d", c.Format, len(calls)), Hint: "--call 1 chooses one"}
	}
	if c.Format == "pcapng" && c.Output == "" {
		return nil, &server.Hinted{Problem: errors.New("--format pcapng is nothing for a terminal"), Hint: "-o FILE names the file, -o - is standard output"}
	}
	if c.Explain && c.Format != "text" {
		return nil, &server.Hinted{Problem: fmt.Errorf("--explain and --format %s do not go together", c.Format), Hint: "leave --format away; words come as text"}
	}
	switch c.Format {
	case "html":
		return callfile.Append(nil, calls, names), nil
	case "transcript":
		return appendTranscript(nil, calls), nil
	case "pcapng":
		return pcapng(calls)
	}
	var out []byte
	for i, call := range calls {
		drawing := ladder.New(call.Packets, names)
		switch c.Format {
		case "svg":
			out = drawing.AppendSVG(out)
		case "mermaid":
			out = drawing.AppendMermaid(out)
		case "json":
			out = append(bytes.TrimRight(drawing.AppendJSON(out), "\n"), '\n')
		default:
			if i > 0 {
				out = append(out, '\n')
			}
			out = fmt.Appendf(out, "Call-ID %s\n\n", printable(call.ID))
			out = drawing.AppendText(out, ladder.TextOptions{Times: true})
			if c.Explain {
				out = explain.Call(call.Packets, names).AppendText(append(out, '\n'))
			}
		}
	}
	return out, nil
}

// appendTranscript writes calls one behind the other.
func appendTranscript(out []byte, calls []capture.Call) []byte {
	for _, call := range calls {
		for i := range call.Packets {
			out = wire.AppendTranscript(out, &call.Packets[i])
		}
	}
	return out
}

// pcapng writes the packets of all calls in the order of time.
func pcapng(calls []capture.Call) ([]byte, error) {
	var packets []wire.Packet
	for _, call := range calls {
		packets = append(packets, call.Packets...)
	}
	slices.SortStableFunc(packets, func(a, b wire.Packet) int { return a.Time.Compare(b.Time) })
	var out bytes.Buffer
	w := capture.NewWriter(&out)
	for i := range packets {
		if err := w.Write(&packets[i], ""); err != nil {
			return nil, err
		}
	}
	return out.Bytes(), nil
}

// write prints, or writes the file of -o; never over the capture itself.
func (c *ladderCommand) write(s streams, out []byte) error {
	if c.Output == "" || c.Output == "-" {
		_, err := s.out.Write(out)
		return err
	}
	from, err := os.Stat(c.File)
	if to, missing := os.Stat(c.Output); err == nil && missing == nil && os.SameFile(from, to) {
		return &server.Hinted{Problem: fmt.Errorf("-o %s is the capture itself", c.Output), Hint: "choose another name"}
	}
	var path *fs.PathError
	if err := os.WriteFile(c.Output, out, 0o644); errors.As(err, &path) {
		return fmt.Errorf("%s cannot be written: %w", c.Output, path.Err)
	}
	return nil
}
