// The send command.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"viaduct/draft"
	"viaduct/explain"
	"viaduct/ladder"
	"viaduct/server"
	"viaduct/sip"
	"viaduct/wire"
)

type sendCommand struct {
	Files   []string      `arg:"" name:"file" help:"Files with SIP messages as text; several messages in one file go one after the other. - is standard input."`
	To      string        `placeholder:"PROTO:HOST:PORT" help:"Where to send them: udp:127.0.0.1:5060 or tcp:[::1]:5060."`
	From    string        `placeholder:"HOST:PORT" help:"Address to send from; without it the system chooses one."`
	Check   bool          `help:"Say what is wrong with the messages, and why. Nothing is sent when something is; without --to nothing at all."`
	Fix     bool          `help:"Put line ends (CRLF) and Content-Length right; without it the text goes as it stands."`
	Pause   time.Duration `default:"500ms" help:"Time between two messages."`
	Wait    time.Duration `default:"3s" help:"How long to wait for more after the last message that came back."`
	Explain bool          `help:"Say in words what each message does, and what is wrong with them together."`
	Ladder  bool          `default:"true" negatable:"" help:"Draw all that was sent and came back as a ladder in the end."`
}

// handwritten is a message with the place where it stands.
type handwritten struct {
	draft.Message
	file string
}

func (c *sendCommand) Run(s streams) error {
	if c.To == "" && !c.Check {
		return &server.Hinted{Problem: fmt.Errorf("send: where to? --to is missing"), Hint: "--to udp:127.0.0.1:5060, or --check to look at the messages only"}
	}
	messages, err := c.read()
	if err != nil {
		return err
	}
	transport, address, err := parseTarget(c.To)
	if err != nil {
		return err
	}
	if c.Fix {
		for i := range messages {
			messages[i].Text = draft.Fix(messages[i].Text)
		}
	}
	if c.Check {
		if err := checkAll(s.out, messages, draft.Way(transport.String())); err != nil {
			return err
		}
	}
	if c.To == "" {
		return nil
	}
	l, err := dial(transport, address, c.From)
	if err != nil {
		return err
	}
	defer l.close()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return c.exchange(ctx, s, l, messages)
}

// read reads the files and cuts them into messages.
func (c *sendCommand) read() ([]handwritten, error) {
	var messages []handwritten
	for _, name := range c.Files {
		text, err := readFile(name)
		if err != nil {
			return nil, err
		}
		all := draft.Cut(text)
		if len(all) == 0 {
			return nil, &server.Hinted{Problem: fmt.Errorf("%s holds no message", name), Hint: "a message begins with a line like OPTIONS sip:bob@127.0.0.1 SIP/2.0"}
		}
		for _, m := range all {
			messages = append(messages, handwritten{m, name})
		}
	}
	return messages, nil
}

func readFile(name string) (string, error) {
	if name == "-" {
		text, err := io.ReadAll(os.Stdin)
		return string(text), err
	}
	text, err := os.ReadFile(name)
	switch {
	case os.IsNotExist(err):
		return "", &server.Hinted{Problem: fmt.Errorf("%s: no such file", name), Hint: "send takes files with SIP messages as text; - is standard input"}
	case os.IsPermission(err):
		return "", &server.Hinted{Problem: fmt.Errorf("%s cannot be read: permission denied", name), Hint: "ls -l " + name + " says who may read it"}
	}
	return string(text), err
}

// checkAll prints what is wrong with the messages; an error means that there
// is something.
func checkAll(to io.Writer, messages []handwritten, way draft.Way) error {
	wrong := 0
	var before []string
	for _, m := range messages {
		faults := append(draft.Check(m.Text, way), draft.CheckTogether(before, m.Text)...)
		before = append(before, m.Text)
		for _, f := range faults {
			note := "note: "
			if !f.Note {
				note = ""
				wrong++
			}
			fmt.Fprintf(to, "%s:%d: %s%s\n    %s (RFC 3261 section %s)\n", m.file, m.Line+f.Line-1, note, f.Text, f.Rule.Why(), f.Rule.Section())
			if f.Rule.Fixable() {
				fmt.Fprintln(to, "    --fix puts it right")
			}
		}
		if len(faults) == 0 {
			start, _, _ := strings.Cut(m.Text, "\n")
			fmt.Fprintf(to, "%s:%d: %s: sound\n", m.file, m.Line, strings.TrimSuffix(strings.TrimSpace(start), " SIP/2.0"))
		}
	}
	if wrong > 0 {
		return &server.Hinted{Problem: fmt.Errorf("%s in %s", count(wrong, "fault"), count(len(messages), "message")), Hint: "without --check they are sent as they stand"}
	}
	return nil
}

// parseTarget reads PROTO:HOST:PORT; PROTO may be left out and is UDP then.
func parseTarget(text string) (transport wire.Transport, address string, err error) {
	if text == "" {
		return wire.NoTransport, "", nil
	}
	transport, rest := wire.UDP, text
	if proto, after, found := strings.Cut(text, ":"); found && wire.ParseTransport(proto) != wire.NoTransport {
		transport, rest = wire.ParseTransport(proto), after
	}
	address, err = hostPort(rest)
	if err != nil {
		return transport, "", &server.Hinted{Problem: fmt.Errorf("--to %s: not an address", text), Hint: "write udp:127.0.0.1:5060 or tcp:[::1]:5060"}
	}
	if transport != wire.UDP && transport != wire.TCP {
		return transport, "", &server.Hinted{Problem: fmt.Errorf("--to %s: messages are sent over UDP and TCP only", text), Hint: "write udp: or tcp: in front"}
	}
	return transport, address, nil
}

// hostPort reads HOST or HOST:PORT as a URI writes it.
func hostPort(text string) (string, error) {
	if strings.Count(text, ":") > 1 && !strings.HasPrefix(text, "[") {
		text = "[" + text + "]"
	}
	uri, err := sip.ParseURI("sip:" + text)
	if err == nil && (uri.HasUser || uri.Params != "" || uri.Headers != "") {
		err = fmt.Errorf("more than host and port")
	}
	if err != nil {
		return "", err
	}
	port := uri.Port
	if port == 0 {
		port = sip.DefaultPort("")
	}
	return fmt.Sprintf("%s:%d", uri.Host, port), nil
}

// exchange sends the messages and prints all that passes.
func (c *sendCommand) exchange(ctx context.Context, s streams, l *line, messages []handwritten) error {
	var packets []wire.Packet
	show := func(p wire.Packet) {
		packets = append(packets, p)
		s.out.Write(appendReadable(nil, p))
	}
	// take prints what comes until patience has passed, since the last packet
	// when each begins it anew.
	take := func(patience time.Duration, anew bool) error {
		timer := time.NewTimer(patience)
		defer timer.Stop()
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-timer.C:
				return nil
			case a := <-l.arrivals:
				if a.err != nil {
					return l.explain(a.err)
				}
				show(a.packet)
				if anew {
					timer.Reset(patience)
				}
			}
		}
	}
	wantsAnswer := false
	for i, m := range messages {
		if i > 0 {
			if err := take(c.Pause, false); err != nil {
				return err
			}
		}
		if ctx.Err() != nil {
			break
		}
		if note := l.answersElsewhere(m.Text); note != "" && i == 0 {
			fmt.Fprintf(s.err, "%s:%d: note: %s\n", m.file, m.Line, note)
		}
		p, err := l.send(m.Text)
		if err != nil {
			return l.explain(err)
		}
		show(p)
		wantsAnswer = wantsAnswer || p.Message == nil || p.Message.IsRequest() && p.Message.Method != "ACK"
	}
	err := take(c.Wait, true)
	names := ladder.Names{l.flow.Local: "send", l.flow.Remote: "peer"}
	if c.Ladder {
		s.out.Write(ladder.New(packets, names).AppendText(nil, ladder.TextOptions{Times: true}))
	}
	if c.Explain {
		s.out.Write(explain.Call(packets, names).AppendText([]byte("\n")))
	}
	if err == nil && wantsAnswer && len(packets) == len(messages) && ctx.Err() == nil {
		err = &server.Hinted{Problem: fmt.Errorf("nothing came back from %s in %v", c.To, c.Wait), Hint: "--check says whether the messages are sound; --wait 10s waits longer"}
	}
	return err
}

// appendReadable prints a packet as a transcript does. Lines that end with LF
// are shown as lines too, with a remark.
func appendReadable(dst []byte, p wire.Packet) []byte {
	if !strings.Contains(p.Text, "\r") && strings.Contains(p.Text, "\n") {
		dst = append(dst, "# in this message each line ends with LF alone\n"...)
		p.Text = strings.ReplaceAll(p.Text, "\n", "\r\n")
	}
	return wire.AppendTranscript(dst, &p)
}
